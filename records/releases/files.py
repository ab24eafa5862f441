"""Files of a release: their names, types, sizes and checksums."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SUMS = "SHA256SUMS"
PACKAGE = "datapackage.json"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".md": "text/markdown",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".sqlite3": "application/vnd.sqlite3",
    ".ttl": "text/turtle",
    ".xml": "application/xml",
    "": "text/plain",
}
DESCRIPTIONS = {
    "aidapi.sqlite3": "All tables in one SQLite file, with keys, foreign keys and indexes.",
    "CHANGES.csv": "The changes since the previous release.",
    "CHANGES.md": "The changes since the previous release, for people.",
    "LICENSE.md": "The licence of the data.",
    "SHA256SUMS": "The checksums of all other files.",
    "croissant.json": "Description for programs of machine learning: Croissant.",
    "csv/csv-metadata.json": "Description of the CSV files: CSV on the Web.",
    "datapackage.json": "Description of all files and columns: a Data Package.",
    "dcat.jsonld": "Description for data catalogues: DCAT-AP 3.",
    "schema-org.jsonld": "Description for search engines: schema.org.",
    "README.md": "What the files are, and how to load them.",
}
IN_FOLDERS = {
    "csv": "Table as CSV.",
    "iati": "Donations in IATI 2.03.",
    "ndjson": "Documents of the API as NDJSON.",
    "ocds": "Contracts in OCDS 1.1.",
    "parquet": "Table as Parquet.",
}


@dataclass(frozen=True)
class File:
    """A file of a release."""

    folder: Path
    """The folder of the release."""
    path: str
    """Its path from there, with slashes."""

    @property
    def name(self) -> str:
        """Name of the file within the package: of a table as CSV that of the table."""
        stem, _, extension = self.path.rpartition(".")
        folder, _, name = (stem or self.path).rpartition("/")
        if folder == "csv" and extension == "csv":
            return name
        return self.path.lower().replace("/", "-").replace(".", "-").replace("_", "-")

    @property
    def directory(self) -> str:
        """Folder within the release; empty for its own."""
        return self.path.rpartition("/")[0]

    @property
    def base(self) -> str:
        """Name within its folder."""
        return self.path.rpartition("/")[2]

    @property
    def format(self) -> str:
        return self.path.rpartition(".")[2].lower() if "." in self.path else "txt"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[Path(self.path).suffix]

    @property
    def description(self) -> str:
        if self.path in DESCRIPTIONS:
            return DESCRIPTIONS[self.path]
        return IN_FOLDERS.get(self.path.partition("/")[0], "")

    @cached_property
    def size(self) -> int:
        return (self.folder / self.path).stat().st_size

    @cached_property
    def sha256(self) -> str:
        with (self.folder / self.path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def files_in(folder: Path) -> list[File]:
    """Return all files of a folder by path."""
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return [File(folder, path) for path in sorted(paths)]


def write_sums(folder: Path, files: Sequence[File]) -> None:
    """Write the checksums of all other files, as sha256sum reads them."""
    lines = [f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda one: one.path)]
    (folder / SUMS).write_text("".join(lines), "utf-8")


def read_sums(folder: Path) -> dict[str, str]:
    """Return path of each file → its checksum."""
    lines = (folder / SUMS).read_text("utf-8").splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}
