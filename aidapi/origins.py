"""Scripts of other sites: any page may read the API and the releases, which use no cookies.

The headers are on every response, also without `Origin` in the request. So a shared cache has one
response for all sites, and none without the headers for a browser that needs them.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

OPEN = ("/api/", "/reconcile/", "/releases/")
"""Beginnings of the paths."""
EXPOSED = (
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Range",
    "Dataset-Revision",
    "Dataset-Rows",
    "Deprecation",
    "ETag",
    "Link",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Sunset",
    "X-Request-Id",
)
"""Response headers that a script may read."""
ALWAYS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": ", ".join(EXPOSED),
}
PREFLIGHT = ALWAYS | {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
    "Content-Length": "0",
}


class OriginMiddleware:
    """Middleware that lets scripts of any site read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(OPEN):
            return self.get_response(request)
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return HttpResponse(headers=PREFLIGHT)
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers[name] = value
        return response
