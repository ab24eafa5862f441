"""Messages to curators, in a cookie that only this site gets."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage import cookie, fallback, session
from django.http import HttpResponse


class CookieStorage(cookie.CookieStorage):
    """Django's, whose cookie goes to every site of the host: another copy below another path
    would discard it."""

    def _update_cookie(self, encoded_data: Any, response: HttpResponse) -> None:
        super()._update_cookie(encoded_data, response)  # type: ignore[misc]  # not in the stubs
        response.cookies[self.cookie_name]["path"] = settings.SESSION_COOKIE_PATH


class MessageStorage(fallback.FallbackStorage):
    """A cookie, and the session for what does not fit."""

    storage_classes = (CookieStorage, session.SessionStorage)
