"""The published schemas of standards, where they are at hand."""

import os
from pathlib import Path

import pytest
from django.conf import settings

FOLDER = Path(
    os.environ.get("STANDARDS_DIR") or Path(settings.BASE_DIR).parent / "shared" / "standards"
)


def standards(folder: str) -> Path:
    """Return the folder of all standards; skip the test where that of one is not at hand."""
    if not (FOLDER / folder).is_dir():
        pytest.skip(f"{FOLDER / folder} is missing: set STANDARDS_DIR to test against schemas")
    return FOLDER
