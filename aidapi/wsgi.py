"""The WSGI application, for `python -m aidapi.server` or any other server with threads."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
site = get_wsgi_application()

from aidapi import loading  # noqa: E402 (they need Django's settings)
from aidapi.addresses import without_site_path  # noqa: E402
from aidapi.admin_process import admin_lane  # noqa: E402
from aidapi.lanes import Lanes  # noqa: E402
from aidapi.repeated import Repeated  # noqa: E402

# A slot of a lane closes its connection if that cannot be used any more. To look for connections
# three times in each request would take a tenth of it.
request_started.disconnect(close_old_connections)
request_finished.disconnect(close_old_connections)
if not settings.DEBUG:
    request_started.disconnect(reset_queries)

answer = Repeated(Lanes(site, admin_lane() if settings.ADMIN_PROCESS else None))
loading.begin()


def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    # Queries are UTF-8. Django would decode them in the charset of the Content-Type, and fail
    # before any view if that charset does not decode text (`undefined`).
    if "CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = re.sub(
            r";\s*charset=[^;]*", "", environ["CONTENT_TYPE"], flags=re.IGNORECASE
        )
    without_site_path(environ)
    return answer(environ, start_response)
