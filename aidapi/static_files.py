"""Static files of the pages, below whatever path a request came."""

from whitenoise.storage import CompressedManifestStaticFilesStorage

from aidapi.addresses import site_path


class BelowSitePath:
    """Mixin of a storage: addresses begin with the path of the site. Django's are computed once,
    when no request has come yet, and `STATIC_URL` begins at the root of the host."""

    @property
    def base_url(self) -> str:
        return f"{site_path()}/static/"


class StaticFiles(BelowSitePath, CompressedManifestStaticFilesStorage):
    """The files with hashes in their names, and compressed."""
