"""What all standards read beside the records."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings

from records.models import Revision
from records.releases import sources

Json = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """The revision of a release, the vocabularies as of it, and who publishes."""

    revision: Revision
    parties: Mapping[str, Json]
    items: Mapping[str, Json]

    @cached_property
    def times(self) -> dict[int, str]:
        """Number of a revision → when it was published."""
        return {
            row["number"]: row["published_at"] for row in sources.revisions(self.revision.number)
        }

    @property
    def iati_publisher(self) -> str:
        """Identifier of the publisher in IATI."""
        return settings.IATI_PUBLISHER

    @property
    def ocds_prefix(self) -> str:
        """Prefix of the publisher's contracting processes."""
        return settings.OCDS_PREFIX
