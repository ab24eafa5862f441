"""Dumping: the published history written as files, from which it can be loaded again."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from django.db import models
from tqdm import tqdm

from records.content.values import write, write_moment
from records.dataset_files import layout
from records.dataset_files.checking import Dataset
from records.dataset_files.history import History
from records.dataset_files.layout import NOUNS, columns
from records.dataset_files.reading import DatasetError
from records.models import (
    Action,
    Change,
    DatedRecord,
    Evidence,
    Figure,
    HSCode,
    Item,
    Milestone,
    Party,
    PartyType,
    Record,
    Revision,
    StagedRecord,
)
from records.models.figures import BOUNDED_BY_VALUE

WIDTH = 92
"""Where prose wraps: after the word that passes it."""


class UnsayableError(DatasetError):
    """What the database holds, and the files cannot say."""


class Inline(list):
    """A list on the line of its key."""


class InlineMapping(dict):
    """A mapping on one line."""


class Dumper(yaml.SafeDumper):
    """Everything is a string, so nothing is quoted but what YAML could not read back."""

    yaml_implicit_resolvers = {}

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def represent_text(dumper: Dumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style_of(text))


def style_of(text: str) -> str | None:
    """Plain where YAML allows it; paragraphs as a block; whatever readers of YAML would not all
    take alike, escaped."""
    if not text:
        return "'"
    lines = text.split("\n")
    if not all(line.isprintable() and line.strip() == line for line in lines):
        return '"'
    if len(lines) == 1:
        return None
    return "|" if lines[0] and lines[-1] else '"'


Dumper.add_representer(str, represent_text)
Dumper.add_representer(
    Inline,
    lambda dumper, words: dumper.represent_sequence(
        "tag:yaml.org,2002:seq", words, flow_style=True
    ),
)
Dumper.add_representer(
    InlineMapping,
    lambda dumper, values: dumper.represent_mapping(
        "tag:yaml.org,2002:map", values.items(), flow_style=True
    ),
)


def dump(directory: Path) -> dict[str, int]:
    """Write the dataset into a directory, without drafts; return noun → number of entries.

    The files are read back and compared with the database before they replace older ones, so
    that a dump that succeeds can be loaded.
    """
    in_the_way = [f"{file}.yaml" for file in NOUNS if (directory / f"{file}.yaml").is_dir()]
    if in_the_way:
        # Found only when files are replaced, it would leave some of them old and some new.
        raise DatasetError(
            [f"{directory / file}: this is a directory, no file." for file in in_the_way]
        )
    # What later revisions add is not read, so the files hold one state of the dataset.
    history = History()
    directory.mkdir(parents=True, exist_ok=True)
    written = {}
    with tempfile.TemporaryDirectory(dir=directory, prefix=".dump-") as temporary:
        for file in tqdm(NOUNS, desc="Writing", unit="file", disable=None):
            entries = entries_of(file, history)
            written[file] = len(entries)
            (Path(temporary) / f"{file}.yaml").write_text(as_yaml(entries), encoding="utf-8")
        verify(Path(temporary))
        for file in NOUNS:
            os.replace(Path(temporary) / f"{file}.yaml", directory / f"{file}.yaml")
    return written


def verify(directory: Path) -> None:
    dataset = Dataset(directory)
    dataset.check()
    if dataset.problems or dataset.todo or len(dataset.shared) < dataset.history.head:
        raise UnsayableError(
            dataset.problems.lines()
            or dataset.held_back
            or ["The files do not hold what the database does."]
        )


def as_yaml(entries: list[dict[str, Any]]) -> str:
    """Return the entries with an empty line between them."""
    if not entries:
        return "[]\n"
    return "\n".join(
        yaml.dump([entry], Dumper=Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
        for entry in entries
    )


def entries_of(file: str, history: History) -> list[dict[str, Any]]:
    noun = NOUNS[file]
    if noun.model is Revision:
        return revision_entries(history)
    if noun.is_record:
        placed = [*record_entries(noun, history), *withdrawal_entries(noun, history)]
        return [entry for _, entry in sorted(placed, key=lambda pair: pair[0])]
    return term_entries(noun, history)


def revision_entries(history: History) -> list[dict[str, Any]]:
    return [
        {
            "number": write(revision.number),
            "at": write_moment(revision.published_at),
            "message": revision.message,
            "origin": revision.origin,
        }
        for revision in Revision.objects.filter(number__lte=history.head).order_by("number")
    ]


Placed = tuple[tuple[str, int, bool], dict[str, Any]]
"""An entry of a record with what it is sorted by: id, version, a withdrawal after it."""


def record_entries(noun: layout.Noun, history: History) -> Iterator[Placed]:
    records = noun.model.objects.filter(published_in__lte=history.head)
    related = ["links"]
    if issubclass(noun.model, DatedRecord):
        related += ["parties", "figures__statement"]
    if issubclass(noun.model, StagedRecord):
        related.append("milestones__statement")
    for record in records.prefetch_related(*related):
        entry = {
            "id": record.public_id,
            "version": write(record.version),
            "revision": write(record.published_in_id),
            "reason": record.reason,
            **plain_keys(record, noun.keys),
            "links": [
                InlineMapping(type=link.type, id=link.target) for link in record.ordered_links()
            ],
        }
        if isinstance(record, DatedRecord):
            for role, rows in record.parties_by_role.items():
                key = record.ROLES[role]
                entry[key] = listed(key, [row.party_id for row in rows])
            entry["figures"] = [
                figure_entry(figure, record, history) for figure in record.ordered_figures()
            ]
        if isinstance(record, StagedRecord):
            entry["milestones"] = [
                milestone_entry(row, record, history) for row in record.ordered_milestones()
            ]
        yield (record.public_id, record.version, False), ordered(entry, noun.keys)


def withdrawal_entries(noun: layout.Noun, history: History) -> Iterator[Placed]:
    for change in history.changes.values():
        if change.kind == noun.model.KIND and change.action == Action.WITHDRAWN:
            entry = {
                "id": change.public_id,
                "version": write(change.version),
                "revision": write(change.revision_id),
                "action": str(Action.WITHDRAWN),
                "reason": change.reason,
            }
            yield (change.public_id, change.version, True), entry


def figure_entry(figure: Figure, record: Record, history: History) -> dict[str, Any]:
    entry = plain_keys(figure, layout.FIGURE)
    if figure.operator in BOUNDED_BY_VALUE:
        entry.pop("lower", None)
        entry.pop("upper", None)
    return ordered(entry | citation(figure, record, history), layout.FIGURE)


def milestone_entry(row: Milestone, record: Record, history: History) -> dict[str, Any]:
    entry = plain_keys(row, layout.MILESTONE) | citation(row, record, history)
    return ordered(entry, layout.MILESTONE)


def citation(row: Evidence, record: Record, history: History) -> dict[str, Any]:
    """Return the statement that a row cites; its version, where another was in force."""
    pinned = row.statement
    in_force = history.version_at(pinned.KIND, pinned.public_id, record.published_in_id or 0)
    version = {} if pinned.version == in_force else {"statement_version": write(pinned.version)}
    return {"statement": pinned.public_id, **version}


def term_entries(noun: layout.Noun, history: History) -> list[dict[str, Any]]:
    changes = [change for change in history.changes.values() if change.kind == noun.model.KIND]
    place = place_in_tree if noun.model is Item else countries_first
    changes.sort(key=lambda change: (place(change.public_id, history), change.version))
    return [term_entry(change, noun, history) for change in changes]


def term_entry(change: Change, noun: layout.Noun, history: History) -> dict[str, Any]:
    content: Any = change.content
    entry: dict[str, Any] = {
        "code": change.public_id,
        "version": write(change.version),
        "revision": write(change.revision_id),
        "reason": change.reason,
    }
    for key, value in content.items():
        if key == "hs_codes":
            entry[key] = [hs_code(row) for row in layout.by_edition(value)]
        else:
            entry[key] = listed(key, value) if isinstance(value, list) else value
    entry = ordered(entry, noun.keys)
    if noun.model is Party:
        country, at = content["country"], change.revision_id
        derived = history.region_of_country(change.public_id, country, at)
        if derived and content["region"] == derived:
            del entry["region"]
        elif derived and not content["region"]:
            # Left out, it would be derived.
            entry = ordered(entry | {"region": ""}, noun.keys, keep="region")
    return entry


def hs_code(row: dict[str, str]) -> InlineMapping:
    fields = columns(HSCode, layout.HS_CODE)
    return InlineMapping(
        {
            field.name: row[field.name]
            for field in fields
            if row[field.name] != field.column.get_default()
        }
    )


def place_in_tree(code: str, history: History) -> list[str]:
    """Return an item's codes from the root down, in the latest tree."""
    return history.lineage(code, history.head)[::-1]


def countries_first(code: str, history: History) -> tuple[bool, str]:
    content = history.term_at(Party.KIND, code, history.head) or {}
    return content["type"] != PartyType.COUNTRY, code


def plain_keys(instance: models.Model, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that differ from their defaults, as the file has them."""
    written: dict[str, Any] = {}
    for field in columns(type(instance), keys):
        if not field.is_default(instance):
            text = field.write(instance)
            written[field.name] = listed(field.name, text) if isinstance(text, list) else text
    return written


def listed(key: str, words: list[str]) -> list[str]:
    """Return a list that is written on the line of its key where it fits, else one word a line,
    which diffs well."""
    return Inline(words) if len(f"  {key}: [{', '.join(words)}]") <= WIDTH else words


def ordered(entry: dict[str, Any], keys: tuple[str, ...], keep: str = "") -> dict[str, Any]:
    """Return the keys in the order of the file, without empty ones."""
    return {
        key: entry[key]
        for key in keys
        if key in entry and (key == keep or entry[key] not in (None, "", []))
    }
