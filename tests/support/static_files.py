"""Static files that need not be collected, as the tests of pages serve them."""

from django.contrib.staticfiles.storage import StaticFilesStorage

from aidapi.static_files import BelowSitePath


class PlainStaticFiles(BelowSitePath, StaticFilesStorage):
    """Straight from the packages."""
