"""The release as Croissant 1.0, for programs of machine learning: the CSV files with the types and
keys of their columns.

Numbers are floating point there, and lists are text. Keys between tables are left out: programs
join by them what they read, and fail where a table has several.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aidapi.tables import Column
from records.api.licence import AUTHOR, LICENCE
from records.api.views.dataset import DESCRIPTION, KEYWORDS, TITLE
from records.models import Revision
from records.releases.files import File
from records.releases.sources import stamp
from records.releases.tables import Table

Json = dict[str, Any]
CONTEXT: Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the standard prescribes."""
TYPES = {
    "boolean": "sc:Boolean",
    "integer": "sc:Integer",
    "decimal": "sc:Float",
    "date": "sc:Date",
    "dateTime": "sc:DateTime",
    "anyURI": "sc:URL",
}
"""Datatype of a column → type of its field; text for all others."""


def croissant(revision: Revision, files: Sequence[File], tables: Sequence[Table]) -> Json:
    """Return the release in Croissant."""
    published = stamp(revision.published_at)
    of_tables = {f"csv/{table.name}.csv": table for table in tables}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": f"aidapi-r{revision.number}",
        "description": f"{TITLE}. {DESCRIPTION}",
        "version": str(revision.number),
        "datePublished": published,
        "license": LICENCE["url"],
        "keywords": KEYWORDS,
        "inLanguage": "en",
        "creator": {"@type": "sc:Organization", "name": AUTHOR},
        "publisher": {"@type": "sc:Organization", "name": AUTHOR},
        "citeAs": f"{AUTHOR} ({published[:4]}). {TITLE}. Revision {revision.number}.",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": file.path,
                "name": file.name,
                "description": file.description or file.path,
                "contentUrl": file.path,
                "contentSize": f"{file.size} B",
                "encodingFormat": file.media_type,
                "sha256": file.sha256,
            }
            for file in files
        ],
        "recordSet": list(record_sets(files, of_tables)),
    }


def record_sets(files: Sequence[File], of_tables: Mapping[str, Table]) -> Iterator[Json]:
    """Yield the rows of each CSV file."""
    for file in files:
        table = of_tables.get(file.path)
        if table is None:
            continue
        keys = [{"@id": f"{table.name}/{name}"} for name in table.key]
        yield {
            "@type": "cr:RecordSet",
            "@id": table.name,
            "name": table.name,
            "description": table.description,
            "key": keys if len(keys) > 1 else keys[0],
            "field": [field(column, table, file) for column in table.columns],
        }


def field(column: Column, table: Table, file: File) -> Json:
    return {
        "@type": "cr:Field",
        "@id": f"{table.name}/{column.name}",
        "name": f"{table.name}/{column.name}",
        "description": column.description,
        "dataType": "sc:Text" if column.many else TYPES.get(column.datatype, "sc:Text"),
        "source": {"fileObject": {"@id": file.path}, "extract": {"column": column.name}},
    }
