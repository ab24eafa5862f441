#!/usr/bin/env python
"""Django's command line for AidAPI."""

import os
import signal
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
    from django.core.management import execute_from_command_line

    from aidapi.outcomes import explained

    # A command that is stopped removes its temporary files and says so, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if failure := explained(lambda: execute_from_command_line(sys.argv)):
        sys.exit(failure)


if __name__ == "__main__":
    main()
