"""Signatures: by which code a derived row was written.

A signature is a digest of what the code derives from sample records: their documents, rows in
files, search documents and index keys. Whatever changes these, such as another field of a
serializer, a filter that is counted, or another way to split words, changes the signature, and the
rows of other signatures are out of date. It is the same in every process and for every Python
version.
"""

import hashlib
from enum import StrEnum
from functools import cache

import orjson

from records.documents.render import render, render_lines
from records.index.samples import NAMES, samples
from records.index.search import SIGNATURE_LENGTH, search_text
from records.index.statistics import keys_of
from records.models import KINDS


class Rows(StrEnum):
    """The sorts of derived rows, in the order in which they depend on each other."""

    DOCUMENT = "document"
    FILE = "file"
    """Rows in files, of kinds with figures."""
    SEARCH = "search"
    STATISTICS = "statistics"


def derived_from_samples(kind: str) -> dict[Rows, object]:
    """Return what the code derives from the samples of a kind."""
    documents, lines, texts, keys = [], [], [], []
    for record in samples(kind):
        parties = record.rows_of("parties") if record.ROLES else ()
        text = search_text(record, parties, record.ordered_evidence(), NAMES)
        documents.append(render(record))
        if record.ROLES:
            lines.append(render_lines(kind, documents[-1]))
        texts.append(text)
        keys.append(sorted(keys_of(record, (text["head"], text["body"]))))
    found: dict[Rows, object] = {
        Rows.DOCUMENT: documents,
        Rows.FILE: lines,
        Rows.SEARCH: texts,
        Rows.STATISTICS: keys,
    }
    return {rows: derived for rows, derived in found.items() if derived}


@cache
def signatures() -> dict[tuple[str, Rows], str]:
    """Return (kind, rows) → the signature of this code."""
    return {
        (kind, rows): digest(derived)
        for kind in KINDS
        for rows, derived in derived_from_samples(kind).items()
    }


def digest(derived: object) -> str:
    """Return the start of the SHA-256 of plain data."""
    data = orjson.dumps(derived, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(data).hexdigest()[:SIGNATURE_LENGTH]
