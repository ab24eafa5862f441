"""The libraries that make a chart interactive in the browser, as a static file.

vl-convert has the sources of Vega, Vega-Lite and Vega-Embed that it draws with, so that a page
shows the same as the server. The bundle is made once for each version of it: by `collectstatic`,
or in development when a page first needs it.
"""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vl_convert
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

FOLDER = Path(settings.BASE_DIR) / "var" / "vega"
NAME = f"records/vega-{version('vl-convert-python')}.js"


class VegaFinder(BaseFinder):
    """Finder of the bundle among static files."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path != NAME:
            return []
        found = str(bundle())
        return [found] if find_all else found

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        bundle()
        yield NAME, FileSystemStorage(location=FOLDER)


def bundle() -> Path:
    """Return the path of the bundle, which is made if it is missing."""
    path = FOLDER / NAME
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"), "utf-8")
        draft.replace(path)
    return path
