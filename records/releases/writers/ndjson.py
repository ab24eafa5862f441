"""NDJSON: the documents of the API, byte for byte, one a line."""

from collections.abc import Sequence
from pathlib import Path


class NDJSONWriter:
    """Writes documents of one kind."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8", newline="")

    def write(self, bodies: Sequence[str]) -> None:
        """Add documents, as they are stored."""
        self.file.writelines(f"{body}\n" for body in bodies)

    def close(self) -> None:
        self.file.close()
