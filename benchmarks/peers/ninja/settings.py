"""AidAPI's own settings and middleware, with an API of django-ninja behind them."""

# A settings module is the one place that may build on another.
from aidapi.settings import *  # noqa: F403, TID251

ROOT_URLCONF = "benchmarks.peers.ninja.urls"
# A cursor counts the records of one day, and more than the usual 100 share a day.
NINJA_PAGINATION_MAX_OFFSET = 10_000
