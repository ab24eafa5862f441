"""Files over HTTP: validators, ranges (RFC 9110), and lifetimes of what never changes."""

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date, parse_etags

from aidapi.ranges import Bytes, NoSuchPart, Part, no_such_part, part_wanted
from records.releases.files import File

FOREVER = "public, max-age=31536000, immutable"
SHOWN = {".json", ".jsonld", ".md", ".ttl", ".xml", ""}
"""Extensions of files that browsers may show; others are saved."""


def file_response(request: HttpRequest, file: File, digest: str, modified: datetime) -> Any:
    """Return a file that never changes, the part of it that is requested, or 304."""
    etag = f'"{digest}"'
    # Weak comparison: a client may have it compressed.
    known = {
        one.removeprefix("W/") for one in parse_etags(request.headers.get("If-None-Match", ""))
    }
    if etag in known or "*" in known:
        response: HttpResponseBase = HttpResponse(status=304)
        del response.headers["Content-Type"]
        return with_validators(response, etag, modified)
    size = file.size
    part = None
    if if_range(request, etag, modified):
        try:
            part = part_wanted(request.headers.get("Range", ""), size)
        except NoSuchPart:
            problem = no_such_part(size)
            problem.headers["Cache-Control"] = "no-store"
            return problem.response()
    whole = Part(0, size - 1)
    if request.method == "HEAD":
        # Ranges are of GET alone.
        response, part = HttpResponse(), None
    else:
        opened = (file.folder / file.path).open("rb")
        response = StreamingHttpResponse(Bytes(opened, part or whole))
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    response["Content-Length"] = str((part or whole).length)
    text = file.media_type.startswith("text/")
    response["Content-Type"] = file.media_type + ("; charset=utf-8" if text else "")
    disposition = "inline" if Path(file.path).suffix in SHOWN else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="{quote(file.base)}"'
    patch_vary_headers(response, ["Accept-Encoding"])
    return with_validators(response, etag, modified)


def if_range(request: HttpRequest, etag: str, modified: datetime) -> bool:
    """Return whether a range may be sent: of the file that the client has a part of."""
    wanted = request.headers.get("If-Range")
    return wanted is None or wanted.strip() in (etag, http_date(modified.timestamp()))


def with_validators(response: HttpResponseBase, etag: str, modified: datetime) -> HttpResponseBase:
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(modified.timestamp())
    response.headers["Cache-Control"] = FOREVER
    response.headers["Accept-Ranges"] = "bytes"
    return response
