"""Publisher and licence of the data, as every response names them."""

from django.conf import settings

AUTHOR = "AidAPI"
LICENCE: dict[str, str] = settings.SPECTACULAR_SETTINGS["LICENSE"]
