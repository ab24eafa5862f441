"""The server: `python -m aidapi.server --host 0.0.0.0 --port 8000 --workers 2`.

It is granian, with the options that the limits in the settings need. Further options are granian's
own, and override these.
"""

import os
import sys
import tempfile

from django.conf import settings
from granian.cli import entrypoint


def options() -> list[str]:
    """Return granian's options for the limits in the settings."""
    return [
        *("--interface", "wsgi", "--no-ws"),
        *("--blocking-threads", str(settings.SERVER_THREADS)),
        # A worker that dies is replaced; the others go on.
        *("--respawn-failed-workers", "--respawn-interval", "1"),
        # On SIGTERM: accept nothing, finish what is executed, and end in any case after this.
        *("--workers-kill-timeout", str(settings.DRAIN_SECONDS)),
    ]


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    with tempfile.TemporaryDirectory(prefix="aidapi-metrics-") as folder:
        # Where the workers count together; what a worker that ended has counted stays. Before the
        # settings are read.
        os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
        os.environ.setdefault("ADMIN_PROCESS", "true")
        sys.argv = ["granian", *options(), *sys.argv[1:], "aidapi.wsgi:application"]
        entrypoint()


if __name__ == "__main__":
    main()
