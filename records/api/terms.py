"""What parties and items share over HTTP: the vocabularies as they are now."""

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request

from aidapi.filters import Parameter
from records.api.base import Answer
from records.api.conditions import CodeListField, FoldedField
from records.api.listing import ListingViewSet, no_such
from records.api.parameters import (
    FormatParameters,
    PageParameters,
    SparseParameters,
    ordering,
)
from records.models import Head, Term


class TermParameters(FormatParameters, SparseParameters, PageParameters):
    """Parameters of both vocabularies. They show the current state, so `revision` is none."""

    SYNONYMS: ClassVar = {"q": "name", "search": "name"}
    ORDERINGS: ClassVar = {"name": "name_key", "code": "code"}
    DEFAULT_ORDERING: ClassVar = "name"

    ordering = ordering(ORDERINGS, DEFAULT_ORDERING, example="code")

    name = Parameter(
        FoldedField(example="jack ma"),
        "Part of the name or of another name (alias), whatever its case and accents.",
    )

    @classmethod
    def unknown(cls, name: str) -> Any:
        error = super().unknown(name)
        if name != "revision":
            return error
        return type(error)(
            name,
            "not_versioned",
            "The vocabulary shows its current state only: leave `revision` out. Records show "
            "parties as they stood when published.",
        )


class TermDetailParameters(FormatParameters, SparseParameters):
    """What the address of one term can be asked."""


class OneCodeField(CodeListField):
    """One code, as it stands in a path."""

    many = False

    def json_schema(self) -> dict[str, Any]:
        return self.item_schema()


def code_in_path(kind: str, example: str) -> Parameter:
    return Parameter(OneCodeField(example=example), f"Code of the {kind}; it never changes.")


class TermViewSet(ListingViewSet):
    """A vocabulary, by name."""

    model: ClassVar[type[Term]]
    row_id = "code"
    versioned = False
    lookup_field = "code"
    lookup_value_regex = "[^/]+"

    def named(self, rows: Any, asked: dict[str, Any]) -> Any:
        if "name" in asked:
            rows = rows.filter(words_key__contains=asked["name"])
        return rows

    def retrieve(self, request: Request, code: str) -> HttpResponse:
        """The term as it is now."""
        asked = self.detail_parameters(request.GET).cleaned
        newest = Head.number()
        found = self.rows(request, {}, 0).filter(code=code[:60]).first()
        if found is None:
            raise no_such(self.model.KIND, code)
        body = self.serializer_class(found, context={"request": request}).data
        return Answer(newest, self.rendered(body, asked), pinned=False)
