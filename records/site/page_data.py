"""Content of pages as data: YAML files beside the code, read once."""

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "content"


def entries(name: str) -> list[dict[str, Any]]:
    """Return the entries of `content/<name>.yaml`."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text("utf-8"))
