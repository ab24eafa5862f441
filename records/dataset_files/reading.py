"""Reading the files: YAML as plain strings, with the line of every key for the error report."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from records.content.builder import Entry
from records.content.values import did_you_mean
from records.dataset_files.layout import DECISIONS, NOUNS

TEXT = "tag:yaml.org,2002:str"


class DatasetError(Exception):
    """The faults of a dataset, one line each; nothing was written."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Problems:
    """Collection of faults, in the order of files and lines."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int, str], None] = {}

    def add(self, file: str, line: int, message: str, *where: str) -> None:
        place = f"{file}.yaml:{line}" if line else f"{file}.yaml"
        path = " ".join(filter(None, [place, *where]))
        order = list(NOUNS).index(file) if file in NOUNS else len(NOUNS)
        self._found[(order, line, f"{path}: {message}")] = None

    def so_far(self) -> "Problems":
        """Return a copy, which later faults are not added to."""
        copy = Problems()
        copy._found = dict(self._found)
        return copy

    def go_back(self, to: "Problems") -> None:
        """Forget the faults that were found since."""
        self._found = dict(to._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def lines(self) -> list[str]:
        return [text for _, _, text in sorted(self._found)]


class FileEntry(Entry):
    """One mapping of a file, with the line of each of its keys."""

    def __init__(
        self,
        problems: Problems,
        file: str,
        node: Node,
        keys: Sequence[str],
        label: str = "",
        path: str = "",
    ) -> None:
        super().__init__()
        self.problems, self.file, self.label, self.path = problems, file, label, path
        self.line = line_of(node)
        self._nodes: dict[str, Node] = {}
        self._lines: dict[str, int] = {}
        if not isinstance(node, MappingNode):
            self.label = self.label or "entry"
            self.fault("Write an entry of keys and values here.")
            return
        pairs = [(key.value if isinstance(key, ScalarNode) else "", key, value)
                 for key, value in node.value]  # fmt: skip
        self.label = label or name_of({key: value for key, _, value in pairs})
        for key, key_node, value in pairs:
            line = line_of(key_node)
            if key in self._nodes:
                self.fault(f"This key is there twice, first in line {self._lines[key]}.",
                           key, line=line)  # fmt: skip
            elif key not in keys:
                self.fault(f"There is no such key here.{did_you_mean(key, keys)}", key, line=line)
            else:
                self._nodes[key], self._lines[key] = value, line

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    @property
    def keys(self) -> list[str]:
        return list(self._nodes)

    def fault(self, message: str, key: str = "", line: int = 0) -> None:
        self.wrong.add(key.partition("[")[0])
        line = line or self._lines.get(key, self.line)
        path = ".".join(filter(None, [self.path, key]))
        self.problems.add(self.file, line, message, self.label, path)

    def text(self, key: str) -> str:
        node = self._nodes.get(key)
        text = None if node is None else self._text(node, key)
        if text == "":
            self.fault("It is empty: leave the key out.", key)
        return text or ""

    def is_emptied(self, key: str) -> bool:
        """Whether the key is there with an empty text."""
        node = self._nodes.get(key)
        return isinstance(node, ScalarNode) and node.value == ""

    def require(self, *keys: str) -> None:
        for key in keys:
            if key not in self._nodes:
                self.fault("This key is missing.", key)

    def words(self, key: str) -> list[str]:
        """Return a list of texts."""
        words = []
        for number, node in enumerate(self._sequence(key)):
            text = self._text(node, f"{key}[{number}]", line_of(node))
            if text == "":
                self.fault("It is empty.", f"{key}[{number}]", line=line_of(node))
            elif text is not None:
                words.append(text)
        return words

    def children(self, key: str, keys: Sequence[str]) -> list["FileEntry"]:
        """Return a list of mappings, each an entry of its own."""
        path = ".".join(filter(None, [self.path, key]))
        return [
            FileEntry(self.problems, self.file, node, keys, self.label, f"{path}[{number}]")
            for number, node in enumerate(self._sequence(key))
        ]

    def _sequence(self, key: str) -> Sequence[Node]:
        node = self._nodes.get(key)
        if node is None:
            return []
        if not isinstance(node, SequenceNode):
            self.fault("Write a list here.", key)
            return []
        if not node.value:
            self.fault("It is empty: leave the key out.", key)
        return node.value

    def _text(self, node: Node, key: str, line: int = 0) -> str | None:
        if isinstance(node, ScalarNode):
            return node.value
        self.fault("Write one value here, no list and no mapping.", key, line=line)
        return None


def line_of(node: Node) -> int:
    return node.start_mark.line + 1


def name_of(nodes: dict[str, Node]) -> str:
    """Return the name of an entry in messages: id or code, and version."""

    def text(key: str) -> str:
        node = nodes.get(key)
        return node.value if isinstance(node, ScalarNode) else ""

    if "number" in nodes:
        return f"revision {text('number')}"
    name = text("id") or text("code")
    if not name:
        return "entry without id"
    return f"{name} v{text('version')}" if text("version") else name


def read_files(directory: Path, problems: Problems) -> dict[str, list[FileEntry]]:
    """Return noun → its entries, for every file that could be read."""
    if not directory.is_dir():
        raise DatasetError([f"{directory}: there is no such directory."])
    for path in sorted([*directory.glob("*.yaml"), *directory.glob("*.yml")]):
        if path.name != DECISIONS and (path.suffix != ".yaml" or path.stem not in NOUNS):
            meant = did_you_mean(path.stem, NOUNS)
            problems.add(path.stem, 0, f"{path.name} is no file of a dataset.{meant}")
    return {
        file: entries
        for file in NOUNS
        if (entries := read_file(directory / f"{file}.yaml", problems)) is not None
    }


def root_of(path: Path, problems: Problems) -> Node | None:
    """Return the root of a file of YAML; None if it is empty, or cannot be read as the problems
    then say."""
    file = path.stem
    try:
        return yaml.compose(path.read_bytes().decode(), Loader=yaml.CBaseLoader)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.add(file, line, "This is no UTF-8 text.")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(filter(None, [error.context, error.problem]))
        problems.add(file, mark.line + 1 if mark else 0, f"This cannot be read as YAML: {reason}.")
    except yaml.reader.ReaderError as error:
        problems.add(file, 0, f"This cannot be read as YAML: {error.reason} at character "
                              f"{error.position}.")  # fmt: skip
    except OSError as error:
        problems.add(file, 0, f"The file cannot be read: {error.strerror}.")
    return None


def read_file(path: Path, problems: Problems) -> list[FileEntry] | None:
    file = path.stem
    if not path.exists():
        problems.add(file, 0, "The file is missing; where there is nothing, write [] into it.")
        return None
    before = len(problems)
    root = root_of(path, problems)
    if root is None:
        if len(problems) > before:
            return None
        if path.read_bytes().strip():
            return []  # It has comments only.
        # What a full disk or a broken copy leaves must not pass for a file without entries.
        problems.add(file, 0, "The file is empty; where there is nothing, write [] into it.")
        return None
    if not isinstance(root, SequenceNode):
        problems.add(file, line_of(root), "The file is a list: begin every entry with “- ”.")
        return None
    for node in unusual(root, set()):
        problems.add(
            file,
            line_of(node),
            "Aliases and tags are not used here: write the value out.",
        )
    return [FileEntry(problems, file, node, NOUNS[file].keys) for node in root.value]


def unusual(node: Node, seen: set[int]) -> Iterator[Node]:
    """Yield nodes with a tag, or reached a second time through an alias."""
    if id(node) in seen:
        yield node
        return
    seen.add(id(node))
    if isinstance(node, ScalarNode):
        if node.tag != TEXT:
            yield node
        return
    if node.tag not in ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"):
        yield node
    for part in node.value:
        for child in part if isinstance(part, tuple) else (part,):
            yield from unusual(child, seen)
