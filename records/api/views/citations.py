"""Citations: of a record, one of its figures, a query, the dataset. Each names the revision, so
that its link gives for ever what was cited; only the day of retrieval changes."""

import datetime
import re
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework import serializers

from aidapi.errors import InvalidParameters, ParameterError
from aidapi.pagination import base_url
from aidapi.parameters import (
    IntegerField,
    Parameter,
    ParameterSet,
    RepresentationField,
)
from aidapi.renderers import (
    CSLJSON,
    RIS,
    BibTeX,
    Text,
)
from records.api.parameter_sets import AnyParameters
from records.models import Revision
from records.query.revisions import unknown_revision

AUTHOR = "AidAPI"
LICENCE: dict[str, str] = settings.SPECTACULAR_SETTINGS["LICENSE"]

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def pinned(request: HttpRequest, path: str, query: dict[str, str], revision: int) -> str:
    """The address that answers the same for ever: the query in one order, and the revision."""
    pairs = [(name, value) for name, value in sorted(query.items()) if name != "revision"]
    pairs.append(("revision", str(revision)))
    return f"{base_url(request)}{path}?{urlencode(pairs, safe=',:')}"


def published(number: int) -> Revision:
    """The revision of that number; there is none before the first."""
    found = Revision.objects.filter(number=number).first()
    if found is None:
        raise unknown_revision(number, number)
    return found


@dataclass(frozen=True)
class Citation:
    """What is cited, and how each style writes it down."""

    key: str
    """Letters, digits and hyphens."""
    title: str
    url: str
    revision: Revision
    version: int | None = None
    """The record's version; none for what has several."""
    rests_on: str = ""
    """The words behind a figure, and where they stand."""

    @property
    def day(self) -> datetime.date:
        return self.revision.published_at.astimezone(datetime.UTC).date()

    @property
    def today(self) -> datetime.date:
        return timezone.now().astimezone(datetime.UTC).date()

    @property
    def edition(self) -> str:
        """Version and revision in words."""
        version = f"version {self.version}, " if self.version else ""
        return f"{version}revision {self.revision.number}"

    @property
    def note(self) -> str:
        parts = [self.rests_on, f"Licence: {LICENCE['name']}, {LICENCE['url']}"]
        return " ".join(part for part in parts if part)

    def undated(self) -> str:
        """The sentence without the day of retrieval."""
        edition = self.edition[0].upper() + self.edition[1:]
        parts = [
            f"{AUTHOR} ({self.day.year}).",
            f"{one_line(self.title).rstrip('.')}.",
            f"{edition} of {in_words(self.day)}.",
            *([one_line(self.rests_on)] if self.rests_on else []),
            f"{self.url} ({LICENCE['name']})",
        ]
        return " ".join(parts)

    def text(self) -> str:
        return f"{self.undated()[:-1]}; retrieved on {in_words(self.today)}).\n"

    def bibtex(self) -> str:
        fields = {
            "author": f"{{{bibtex_text(AUTHOR)}}}",
            # A second pair of braces keeps upper and lower case.
            "title": f"{{{bibtex_text(self.title)}}}",
            "year": str(self.day.year),
            "month": MONTHS[self.day.month - 1],
            "date": self.day.isoformat(),
            "version": bibtex_text(self.edition),
            "publisher": bibtex_text(AUTHOR),
            "howpublished": rf"\url{{{self.url}}}",
            "url": self.url,
            "urldate": self.today.isoformat(),
            "note": bibtex_text(self.note),
        }
        lines = [
            f"  {name} = {value}" if name == "month" else f"  {name} = {{{value}}}"
            for name, value in fields.items()
        ]
        return f"@misc{{{self.key},\n" + ",\n".join(lines) + "\n}\n"

    def ris(self) -> str:
        fields = [
            ("TY", "DATA"),
            ("ID", self.key),
            ("AU", AUTHOR),
            ("TI", self.title),
            ("PY", str(self.day.year)),
            ("DA", f"{self.day:%Y/%m/%d}"),
            ("ET", self.edition),
            ("PB", AUTHOR),
            ("UR", self.url),
            ("Y2", f"{self.today:%Y/%m/%d}"),
            ("N1", self.note),
            ("ER", ""),
        ]
        return "".join(f"{tag}  - {one_line(value)}\r\n" for tag, value in fields)

    def csl(self) -> list[dict[str, Any]]:
        return [
            {
                "id": self.key,
                "type": "dataset",
                "author": [{"literal": AUTHOR}],
                "title": one_line(self.title),
                "version": self.edition,
                "publisher": AUTHOR,
                "issued": {"date-parts": [[self.day.year, self.day.month, self.day.day]]},
                "accessed": {"date-parts": [[self.today.year, self.today.month, self.today.day]]},
                "license": LICENCE["url"],
                "note": one_line(self.note),
                "URL": self.url,
            }
        ]

    def answer(self, style: str) -> HttpResponse:
        """The citation in one style, or as JSON in all of them."""
        if style == "json":
            body = orjson.dumps(CitationSerializer().to_representation(self.shown()))
            media_type = "application/json"
        elif style == "csl-json":
            body, media_type = orjson.dumps(self.csl()), CSLJSON.media_type
        else:
            writers = {"text": self.text, "bibtex": self.bibtex, "ris": self.ris}
            body = writers[style]().encode()
            named = {one.format: one.media_type for one in (Text, BibTeX, RIS)}
            media_type = f"{named[style]}; charset=utf-8"
        response = HttpResponse(body, content_type=media_type)
        response["Dataset-Revision"] = str(self.revision.number)
        # The day of retrieval is today's.
        response["Cache-Control"] = "no-cache"
        return response

    def shown(self) -> dict[str, Any]:
        return {
            "revision": self.revision.number,
            "published_at": self.revision.published_at,
            "version": self.version,
            "title": self.title,
            "url": self.url,
            "license": LICENCE["name"],
            "license_url": LICENCE["url"],
            "retrieved_on": self.today,
            "text": self.text(),
            "bibtex": self.bibtex(),
            "ris": self.ris(),
            "csl_json": self.csl(),
        }


# --- How texts are written down


def in_words(day: datetime.date) -> str:
    return f"{day.day} {day:%B %Y}"


def one_line(text: str) -> str:
    """The text without line breaks and control characters: they end a field of RIS."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).split())


BIBTEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        # Not \{ and \}: BibTeX counts braces, whatever stands before them.
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: f"\\{character}" for character in "&%$#_"},
    }
)


def bibtex_text(text: str) -> str:
    """The text as LaTeX shows it; other scripts and accents stay as they are."""
    return one_line(text).translate(BIBTEX)


# --- Shape and parameters


class CSLNameSerializer(serializers.Serializer):
    """An author."""

    literal = serializers.CharField(help_text="The name as it stands.")


class CSLDateSerializer(serializers.Serializer):
    """A day."""

    date_parts = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Year, month and day, in a list of one.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"date-parts": super().get_fields()["date_parts"]}


class CSLSerializer(serializers.Serializer):
    """A reference as CSL-JSON has it."""

    id = serializers.CharField(help_text="Key of the reference.")
    type = serializers.CharField(help_text="`dataset`.")
    author = CSLNameSerializer(many=True, help_text="Who published it.")
    title = serializers.CharField(help_text="What is cited.")
    version = serializers.CharField(help_text="Version and revision.")
    publisher = serializers.CharField(help_text="Who published it.")
    issued = CSLDateSerializer(help_text="The day of the revision.")
    accessed = CSLDateSerializer(help_text="The day of retrieval.")
    license = serializers.CharField(help_text="Address of the licence.")
    note = serializers.CharField(help_text="What a figure rests on, and the licence.")
    URL = serializers.CharField(help_text="The link that gives the same for ever.")


class CitationSerializer(serializers.Serializer):
    """How to cite, in every style."""

    revision = serializers.IntegerField(help_text="The revision that is cited.")
    published_at = serializers.DateTimeField(help_text="When that was published, in UTC.")
    version = serializers.IntegerField(
        allow_null=True, help_text="The record's version; null for a query or the dataset."
    )
    title = serializers.CharField(help_text="What is cited.")
    url = serializers.URLField(
        help_text="The link to give: with this revision it answers the same, byte for byte, "
        "whatever is published later."
    )
    license = serializers.CharField(help_text="Name of the licence.")
    license_url = serializers.URLField(help_text="Address of the licence.")
    retrieved_on = serializers.DateField(
        help_text="Today, in UTC: all else stays as it is for one revision."
    )
    text = serializers.CharField(help_text="A sentence to put below an article.")
    bibtex = serializers.CharField(help_text="An entry for BibTeX.")
    ris = serializers.CharField(help_text="A reference as RIS.")
    csl_json = CSLSerializer(many=True, help_text="A reference as CSL-JSON.")


class StyleParameters(ParameterSet):
    """The style of a citation."""

    SYNONYMS: ClassVar = {"type": "style", "as": "style"}

    style = Parameter(
        RepresentationField(Text, BibTeX, RIS, CSLJSON, example="bibtex"),
        "One style instead of all of them in JSON, in a media type of its own (which the Accept "
        "header can ask for as well): `text`, `bibtex`, `ris` or `csl-json`.",
    )

    def check(self) -> list[ParameterError]:
        errors = super().check()
        if "style" in self.cleaned and "format" in self.cleaned:
            errors.append(
                ParameterError(
                    "format",
                    "not_with_style",
                    "A style has a form of its own: leave `format` out, or `style` for JSON.",
                )
            )
        return errors


class CitationParameters(StyleParameters, AnyParameters):
    """What the citation of a record without figures, or of the dataset, can be asked."""


class FigureCitationParameters(CitationParameters):
    """What the citation of a record with figures can be asked."""

    SYNONYMS: ClassVar = {"figures": "figure", "number": "figure"}

    figure = Parameter(
        IntegerField(minimum=1, maximum=1000, example="1"),
        "Number of a figure within the record, from 1: cites that figure, with the words it "
        "rests on.",
    )


# --- What is cited


def dataset_citation(request: HttpRequest, revision: Revision) -> Citation:
    return Citation(
        f"aidapi-r{revision.number}",
        "AidAPI: COVID-19 aid, with the sentence behind every figure",
        pinned(request, "/api/v1/metadata/", {}, revision.number),
        revision,
    )


def record_citation(
    request: HttpRequest,
    path: str,
    document: dict[str, Any],
    revision: Revision,
    number: int | None,
) -> Citation:
    """Of a record as the revision has it, or of one figure of it."""
    named = f"{document['title'].rstrip('.')} ({document['kind']} {document['id']}"
    key = f"aidapi-{document['id']}-r{revision.number}"
    url = pinned(request, path, {}, revision.number)
    if number is None:
        return Citation(key, f"{named})", url, revision, document["version"])
    figures = document["figures"]
    if number > len(figures):
        raise InvalidParameters(
            [
                ParameterError(
                    "figure",
                    "no_such_figure",
                    f"{document['id']} has {len(figures)}: give a number up to that.",
                    str(len(figures)),
                )
            ]
        )
    evidence = figures[number - 1]["evidence"]
    source = next(one for one in document["statements"] if one["id"] == evidence["statement"])
    return Citation(
        f"{key}-figure-{number}",
        f"{named}, figure {number})",
        url,
        revision,
        document["version"],
        f"“{evidence['quote']}” ({source['publisher']}, {source['published_on']}, "
        f"{source['url']}).",
    )


def term_citation(request: HttpRequest, kind: str, count: int, revision: Revision) -> Citation:
    """Of a vocabulary, which shows its present state only."""
    return Citation(
        f"aidapi-{kind}-r{revision.number}",
        f"AidAPI {kind} ({count})",
        f"{base_url(request)}/api/v1/{kind}/",
        revision,
    )


def query_citation(
    request: HttpRequest,
    kind: str,
    path: str,
    query: dict[str, str],
    digest: str,
    count: int,
    revision: Revision,
) -> Citation:
    """Of the answer to a question."""
    asked = "; ".join(f"{name}={value}" for name, value in sorted(query.items())) or "all"
    return Citation(
        f"aidapi-{kind}-r{revision.number}-{digest}",
        f"AidAPI {kind}: {asked} ({count} record{'' if count == 1 else 's'})",
        pinned(request, path, query, revision.number),
        revision,
    )
