"""Styles of citations: a sentence, BibTeX, RIS, CSL-JSON, and all of them in one JSON document."""

import datetime
import re
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers

from aidapi.dates import in_words
from aidapi.renderers import CSLJSON, RIS, BibTeX, Text
from records.api.licence import AUTHOR, LICENCE
from records.models import Revision

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


class CSLNameSerializer(serializers.Serializer):
    """An author."""

    literal = serializers.CharField(help_text="The name, unparsed.")


class CSLDateSerializer(serializers.Serializer):
    """A date."""

    date_parts = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Year, month and day, in a list of one.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"date-parts": super().get_fields()["date_parts"]}


class CSLSerializer(serializers.Serializer):
    """A reference in CSL-JSON."""

    id = serializers.CharField(help_text="Key of the reference.")
    type = serializers.CharField(help_text="`dataset`.")
    author = CSLNameSerializer(many=True, help_text="Publisher of the dataset.")
    title = serializers.CharField(
        help_text="What is cited. Kind and id, or the filters of a list, are in "
        '`<span class="nocase">`, which styles read: they capitalize only what is outside.'
    )
    version = serializers.CharField(
        help_text="Version of the record; of a list or the dataset the revision. Styles print "
        "the word `version` before it, and the URL names the revision."
    )
    publisher = serializers.CharField(help_text="Publisher of the dataset.")
    issued = CSLDateSerializer(help_text="Date of the revision.")
    accessed = CSLDateSerializer(help_text="Date of retrieval.")
    note = serializers.CharField(help_text="The quote behind a figure, and the licence.")
    URL = serializers.CharField(help_text="Permanent link to what is cited.")


class CitationSerializer(serializers.Serializer):
    """How to cite, in every style."""

    revision = serializers.IntegerField(help_text="The revision that is cited.")
    published_at = serializers.DateTimeField(help_text="When the revision was published, in UTC.")
    version = serializers.IntegerField(
        allow_null=True, help_text="The record's version; null for a list or the dataset."
    )
    title = serializers.CharField(help_text="What is cited.")
    url = serializers.URLField(
        help_text="The link to cite: since it names the revision, its response never changes."
    )
    license = serializers.CharField(help_text="Name of the licence.")
    license_url = serializers.URLField(help_text="URL of the licence.")
    retrieved_on = serializers.DateField(
        help_text="Today, in UTC; the only field that changes for a given revision."
    )
    text = serializers.CharField(help_text="A sentence for the end of an article.")
    bibtex = serializers.CharField(help_text="An entry for BibTeX.")
    ris = serializers.CharField(help_text="A reference in RIS.")
    csl_json = CSLSerializer(many=True, help_text="A reference in CSL-JSON.")


@dataclass(frozen=True)
class Citation:
    """Citation in every style."""

    key: str
    """Letters, digits and hyphens."""
    title: str
    url: str
    revision: Revision
    version: int | None = None
    """Version of the record; none for a list or the dataset."""
    evidence: str = ""
    """Quote that a figure is based on, with its source."""
    codes: str = ""
    """The part of the title that no style may capitalize: kind and id, or filters."""

    @property
    def day(self) -> datetime.date:
        return self.revision.published_at.astimezone(datetime.UTC).date()

    @property
    def today(self) -> datetime.date:
        return timezone.now().astimezone(datetime.UTC).date()

    @property
    def edition(self) -> str:
        """Return version and revision in words."""
        version = f"version {self.version}, " if self.version else ""
        return f"{version}revision {self.revision.number}"

    @property
    def numbers(self) -> str:
        """Return version and revision as styles print them after the word version."""
        revision = str(self.revision.number)
        return f"{self.version} (revision {revision})" if self.version else revision

    @property
    def note(self) -> str:
        parts = [self.evidence, f"Licence: {LICENCE['name']}, {LICENCE['url']}"]
        return " ".join(part for part in parts if part)

    def undated(self) -> str:
        """Return the citation as a sentence, without the date of retrieval."""
        parts = [
            f"{AUTHOR} ({self.day.year}).",
            f"{one_line(self.title).rstrip('.')}.",
            f"{capitalized(self.edition)} of {in_words(self.day.isoformat())}.",
            *([one_line(self.evidence)] if self.evidence else []),
            f"{self.url} ({LICENCE['name']})",
        ]
        return " ".join(parts)

    def text(self) -> str:
        return f"{self.undated()[:-1]}; retrieved on {in_words(self.today.isoformat())}).\n"

    def bibtex(self) -> str:
        fields = {
            "author": f"{{{bibtex_text(AUTHOR)}}}",
            # A second pair of braces keeps upper and lower case.
            "title": f"{{{bibtex_text(self.title)}}}",
            "year": str(self.day.year),
            "month": MONTHS[self.day.month - 1],
            "date": self.day.isoformat(),
            "version": bibtex_text(self.numbers),
            # Styles of BibTeX print this one, those of biblatex the version.
            "howpublished": bibtex_text(capitalized(self.edition)),
            "publisher": bibtex_text(AUTHOR),
            "url": self.url,
            "urldate": self.today.isoformat(),
            "note": bibtex_text(self.note),
        }
        lines = [
            f"  {name} = {value}" if name == "month" else f"  {name} = {{{value}}}"
            for name, value in fields.items()
        ]
        return f"@dataset{{{self.key},\n" + ",\n".join(lines) + "\n}\n"

    def ris(self) -> str:
        fields = [
            ("TY", "DATA"),
            ("ID", self.key),
            ("AU", AUTHOR),
            ("TI", self.title),
            ("PY", str(self.day.year)),
            ("DA", f"{self.day:%Y/%m/%d}"),
            ("ET", self.numbers),
            ("PB", AUTHOR),
            ("UR", self.url),
            ("Y2", f"{self.today:%Y/%m/%d}"),
            ("N1", self.note),
            ("ER", ""),
        ]
        return "".join(f"{tag}  - {one_line(value)}\r\n" for tag, value in fields)

    def csl_title(self) -> str:
        """Return the title with its codes marked for styles that capitalize titles."""
        title, codes = one_line(self.title), one_line(self.codes)
        return title.replace(codes, f'<span class="nocase">{codes}</span>') if codes else title

    def csl(self) -> list[dict[str, Any]]:
        return [
            {
                "id": self.key,
                "type": "dataset",
                "author": [{"literal": AUTHOR}],
                "title": self.csl_title(),
                # One number: of several, styles print "versions".
                "version": str(self.version or self.revision.number),
                "publisher": AUTHOR,
                "issued": {"date-parts": [[self.day.year, self.day.month, self.day.day]]},
                "accessed": {"date-parts": [[self.today.year, self.today.month, self.today.day]]},
                "note": one_line(self.note),
                "URL": self.url,
            }
        ]

    def response(self, style: str) -> HttpResponse:
        """Return the citation in one style, or as JSON in all of them."""
        if style == "json":
            body = orjson.dumps(CitationSerializer().to_representation(self.document()))
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
        # The date of retrieval changes every day.
        response["Cache-Control"] = "no-cache"
        return response

    def document(self) -> dict[str, Any]:
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


def capitalized(text: str) -> str:
    return text[0].upper() + text[1:]


def one_line(text: str) -> str:
    """Return the text without line breaks and control characters, which end a field of RIS."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text).split())


BIBTEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        # Not \{ and \}: BibTeX counts braces, escaped or not.
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{character: f"\\{character}" for character in "&%$#_"},
    }
)


def bibtex_text(text: str) -> str:
    """Return the text with LaTeX characters escaped; other scripts and accents are kept."""
    return one_line(text).translate(BIBTEX)
