"""AidAPI's own settings and middleware, with another API behind them."""

# A settings module is the one place that may build on another.
from aidapi.settings import *  # noqa: F403, TID251

ROOT_URLCONF = "benchmarks.peers.textbook.urls"
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    # As in AidAPI: nobody logs in to read.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
}
