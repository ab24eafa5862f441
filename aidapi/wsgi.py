"""The server's entry point: granian --interface wsgi aidapi.wsgi:application."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aidapi.settings")
site = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    # Queries are UTF-8. Django would decode them in the charset of the Content-Type, and fail
    # before any view if that charset does not decode text (`undefined`).
    if "CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = re.sub(
            r";\s*charset=[^;]*", "", environ["CONTENT_TYPE"], flags=re.IGNORECASE
        )
    return site(environ, start_response)
