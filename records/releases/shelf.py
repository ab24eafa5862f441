"""The folder of the releases: which there are."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from django.conf import settings

from records.models import Revision
from records.releases.files import PACKAGE, SUMS, File, read_sums

NAME = re.compile(r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})-r(?P<revision>[1-9][0-9]{0,8})")


def release_name(revision: Revision) -> str:
    """Return the name of a release: the day of its revision, in UTC, and its number."""
    return f"{revision.published_at:%Y-%m-%d}-r{revision.number}"


class Contents(NamedTuple):
    """What a release says of itself."""

    package: dict[str, Any]
    digests: dict[str, str]
    """Path of each file → its SHA-256."""


@lru_cache(32)
def contents(folder: Path, written: int) -> Contents:
    """Return what a release says of itself, read once: it never changes. Should it be removed and
    made by other code, `written`, a time in nanoseconds, is another."""
    digests = read_sums(folder) | {SUMS: File(folder, SUMS).sha256}
    return Contents(orjson.loads((folder / PACKAGE).read_bytes()), digests)


@dataclass(frozen=True)
class Release:
    """A release that was made."""

    folder: Path

    @property
    def contents(self) -> Contents:
        return contents(self.folder, (self.folder / SUMS).stat().st_ctime_ns)

    @property
    def files(self) -> list[File]:
        """The files, by path."""
        return [File(self.folder, path) for path in sorted(self.contents.digests)]

    @property
    def groups(self) -> list[tuple[str, list[File]]]:
        """The files by folder, those of the release's own folder first."""
        folders = sorted({file.directory for file in self.files})
        return [(one, [file for file in self.files if file.directory == one]) for one in folders]

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return sum(file.size for file in self.files)

    @property
    def published_at(self) -> datetime:
        """When its revision was published."""
        return datetime.fromisoformat(self.contents.package["created"])

    @property
    def message(self) -> str:
        """What its revision changed, in a sentence."""
        return self.contents.package["revisionMessage"]

    @property
    def changes_since(self) -> int:
        """Revision after which its changes are listed; 0 for all."""
        return self.contents.package["changesSince"]

    def digest(self, path: str) -> str:
        """Return the SHA-256 of a file."""
        return self.contents.digests[path]

    def file(self, path: str) -> File | None:
        """Return a file by path; None if its checksums do not name it."""
        return File(self.folder, path) if path in self.contents.digests else None

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def day(self) -> str:
        """Day of its revision, in UTC."""
        return self.name.rpartition("-r")[0]

    @property
    def revision(self) -> int:
        """Number of its revision."""
        return int(self.name.rpartition("-r")[2])


@dataclass(frozen=True)
class Shelf:
    """The folder of the releases."""

    folder: Path

    def releases(self) -> list[Release]:
        """Return all releases, the latest first."""
        if not self.folder.is_dir():
            return []
        found = [Release(path) for path in self.folder.iterdir() if NAME.fullmatch(path.name)]
        return sorted(found, key=lambda one: one.revision, reverse=True)

    def find(self, name: str) -> Release | None:
        """Return a release by name; None if there is none of it."""
        if not NAME.fullmatch(name) or not (self.folder / name).is_dir():
            return None
        return Release(self.folder / name)

    def before(self, revision: int) -> int:
        """Return the revision of the release before a revision; 0 if there is none."""
        return next((one.revision for one in self.releases() if one.revision < revision), 0)


def shelf() -> Shelf:
    """Return the folder that the site serves releases from."""
    return Shelf(Path(settings.RELEASES_DIR))
