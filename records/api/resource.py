"""Resources of the API: what the module of each noun declares, and the views read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from rest_framework.serializers import Serializer

from aidapi.parameters import Parameter, ParameterSet
from records.api.parameter_sets import OneIdField, PageParameters
from records.models import Record


@dataclass(kw_only=True, eq=False)
class Resource:
    """Noun of the API: its name in addresses, its documents and its parameters."""

    name: str
    """Plural, as in addresses and tags."""
    description: str
    """What the list holds, in a sentence."""
    serializer_class: type[Serializer]
    list_parameters: type[PageParameters]
    detail_parameters: type[ParameterSet] | None = None
    examples: dict[str, str] = field(default_factory=dict)
    """Parameter → an example that suits this noun better than the parameter's own."""
    noun: str = ""
    """Singular."""
    lookup_field: str = ""
    """Name of the part of the path that identifies one document."""
    lookup_parameter: Parameter | None = None
    tombstones: bool = False
    """Whether documents can be withdrawn, and then are answered with 410 and the reason."""
    versioned: bool = True
    """Whether past revisions can be requested; if not, responses always show the latest."""


@dataclass(kw_only=True, eq=False)
class RecordResource(Resource):
    """Kind of record, served from stored documents."""

    model: type[Record]
    filters: type[ParameterSet]
    """Parameters that select records: of the list, its facets, totals and citation."""
    facets_parameters: type[ParameterSet]
    list_citation_parameters: type[ParameterSet]
    citation_parameters: type[ParameterSet]
    totals_parameters: type[ParameterSet] | None = None
    """Parameters of totals; none where records have no figures."""
    example_id: str
    """Record that the documentation shows."""
    lookup_field: str = "id"
    tombstones: bool = True

    def __post_init__(self) -> None:
        self.noun = self.model.KIND
        self.lookup_parameter = Parameter(
            OneIdField(self.model.PREFIX, example=self.example_id),
            f"Id of the {self.noun}, as in lists.",
        )

    @cached_property
    def document_sql(self) -> str:
        """Statement for the latest revision's number and the document in force at a revision."""
        table = self.model._meta.db_table
        documents = self.model.child("document")._meta.db_table
        return (
            f"SELECT h.n, d.body FROM records_revisioncounter h"
            f" LEFT JOIN {table} r ON r.public_id = %s"
            " AND r.published_in_id <= COALESCE(CAST(%s AS integer), h.n) AND (r.retired_in_id"
            " IS NULL OR r.retired_in_id > COALESCE(CAST(%s AS integer), h.n))"
            f" LEFT JOIN {documents} d ON d.record_id = r.id"
        )


@dataclass(kw_only=True, eq=False)
class RowResource(Resource):
    """Rows that are serialized on request: vocabulary entries, revisions and changes."""

    rows: Callable[[int], QuerySet[Any]]
    """Return all rows as of a revision."""
    row_id: str
    """Unique column that breaks ties of an ordering."""
    model: Any = None
    """The model of a vocabulary; none for revisions and changes."""
