"""Compression of responses, parts of files excepted."""

import re

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django_http_compression.middleware import HttpCompressionMiddleware


class CompressionMiddleware(HttpCompressionMiddleware):
    """Middleware that compresses whole responses: a range is of the bytes of a file as it is, and
    those are what a client puts together."""

    # The library knows types by name; here also whatever is JSON or XML by its suffix.
    content_type_re = re.compile(
        rf"{HttpCompressionMiddleware.content_type_re.pattern}"
        r"| ^application/(?: yaml | x-ndjson | [\w.-]+ \+ (?: json | xml ) )$",
        re.VERBOSE | re.IGNORECASE,
    )

    def maybe_compress(self, request: HttpRequest, response: HttpResponseBase) -> None:
        if response.status_code != 206 and "HTTP_ACCEPT_ENCODING" in request.META:
            super().maybe_compress(request, response)
        if "Content-Encoding" in response.headers:
            # A shared cache would cut its compressed copy.
            del response.headers["Accept-Ranges"]
