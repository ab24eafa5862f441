"""The Content-Security-Policy: pages may load what is ours, answers for programs nothing."""

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

NOTHING = "default-src 'none'; frame-ancestors 'none'"


class PolicyMiddleware(CSPMiddleware):
    """Writes a page's policy anew for each, since views may widen it; that of an answer is
    always the same, and building it would take a tenth of the time that the answer takes."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)
        response.headers[HEADER] = NOTHING
        return response
