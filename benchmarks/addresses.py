"""Addresses whose responses are recorded, derived from the OpenAPI document of a server.

No parameter is written here: names, examples, enumerated values, formats and styles come from the
document; ids, codes and values from lists and facets; further addresses from links of pages. The
same document and dataset give the same list, in the same order.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import quote, urlsplit

Json = dict[str, Any]
Read = Callable[[str], Json]
"""Returns the JSON at a path."""

API = "/api/v1/"
PAGES = ("/", "/guide/", "/how-we-count/", "/dictionary/", "/docs/", "/reference/")
PROBES = ("/livez", "/readyz", "/metrics")
CURRENCIES = ("USD", "EUR", "CNY", "XXX", "usd")
WORDS = ("mask", "MASKS", "masque", "口罩", "-mask", "mask -surgical", "a OR b", '"', "zzzz", "%")
BAD_PATH_VALUES = ("don-00000000", "x", "st-zzzzzzzz", "UPPER", "a%20b", "%C3%A9", "0", "99")
WRITING = ("POST", "PUT", "PATCH", "DELETE")
PAIR_STEP = 3
"""Step through all pairs of two filters: every N-th pair is requested."""


@dataclass(frozen=True)
class Target:
    """A request, and the steps that follow its response."""

    pattern: str
    """The path with names for its variables: differences are grouped by it."""
    path: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    steps: tuple[str, ...] = ()
    """`next` and `previous` follow the link of that name; `again` sends the ETag back."""

    def __str__(self) -> str:
        words = [self.method, self.path, *(f"{name}: {value}" for name, value in self.headers)]
        return " ".join(words + [f"» {step}" for step in self.steps])


@dataclass(frozen=True)
class Parameter:
    """A query parameter as the document describes it."""

    name: str
    schema: Json
    items: Json
    """Return the schema of one value: that of the list's items, or the schema itself."""
    example: str | None

    @property
    def many(self) -> bool:
        return self.schema is not self.items

    @property
    def enum(self) -> list[str]:
        return [str(value) for value in self.items.get("enum", ())]

    @property
    def kind(self) -> str:
        return str(self.items.get("format") or self.items.get("type"))

    @property
    def usual(self) -> str | None:
        """Return a valid value."""
        return self.example or (self.enum[0] if self.enum else None)

    def good(self) -> list[str]:
        """Return valid values."""
        found = [self.usual] if self.usual else []
        found += self.enum
        if self.many and len(self.enum) > 1:
            found += [",".join(self.enum[:2]), ",".join(self.enum)]
        if self.kind == "boolean":
            found += ["true", "false"]
        elif self.kind == "integer":
            found += [str(self.items.get("minimum", 0)), "2", "7", "100"]
        elif self.kind == "number":
            found += ["0", "1.5", "1000", "1000000"]
        elif self.kind == "date":
            found += ["2020-01-01", "2020-04-15", "2021-12-31"]
        elif self.kind == "string" and "pattern" not in self.items and self.usual:
            found += [self.usual.upper(), self.usual[:3]]
            if self.name in ("search", "name"):
                found += WORDS
        elif self.name == "convert":
            found += CURRENCIES
        return list(dict.fromkeys(found))

    def bad(self) -> list[str]:
        """Return invalid and nearly valid values."""
        usual = self.usual or "x"
        found = ["", "~", usual + "x", f" {usual}", "x" * 201, f"!{usual}", f"-{usual}"]
        if self.kind in ("integer", "number"):
            found += ["-1", "1.5", "abc", "2147483648", "1e3", "NaN"]
        elif self.kind == "date":
            found += ["2020-02-30", "2020-04", "2020", "yesterday"]
        elif self.kind == "boolean":
            found += ["yes", "1", "True"]
        if self.enum:
            found += [usual[:1] + usual[2:], usual.upper()]
        if self.many:
            found += [f"{usual},", f"{usual},{usual}", f"{usual},~"]
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Operation:
    """The GET operation of a path, as the document describes it."""

    template: str
    parameters: tuple[Parameter, ...]
    path_values: tuple[tuple[str, str], ...]
    """Names and examples of the variables in the path."""
    media_types: tuple[str, ...]

    def named(self, name: str) -> Parameter | None:
        return next((one for one in self.parameters if one.name == name), None)

    def path(self, value: str | None = None) -> str:
        """Return the path with an example, or another value, for its variable."""
        path = self.template
        for name, example in self.path_values:
            path = path.replace(f"{{{name}}}", value or example)
        return path

    @property
    def listing(self) -> bool:
        return self.named("page_size") is not None

    @property
    def filters(self) -> list[Parameter]:
        """Return the parameters that choose records."""
        return [one for one in self.parameters if one.name not in SHAPING and one.usual]


SHAPING = {
    *("format", "style", "fields", "omit", "cursor", "page_size", "count", "raw", "ordering"),
    *("rows", "revision", "facets", "limit", "group_by", "include", "convert", "figure"),
}


def operations(document: Json) -> list[Operation]:
    """Return all paths that can be read, in the document's order."""

    def resolved(schema: Json) -> Json:
        reference = schema.get("$ref")
        if not reference:
            return schema
        return document["components"]["schemas"][reference.rsplit("/", 1)[1]]

    def example_of(raw: Json) -> str | None:
        example = raw.get("example", raw["schema"].get("example"))
        if isinstance(example, bool):
            return str(example).lower()
        if isinstance(example, list):
            return ",".join(map(str, example))
        return None if example is None else str(example)

    found = []
    for template, methods in document["paths"].items():
        if "get" not in methods:
            continue
        raws = [*methods.get("parameters", ()), *methods["get"].get("parameters", ())]
        parameters = []
        for raw in raws:
            if raw["in"] == "query":
                schema = resolved(raw["schema"])
                items = resolved(schema["items"]) if "items" in schema else schema
                parameters.append(Parameter(raw["name"], schema, items, example_of(raw)))
        path_values = tuple((raw["name"], example_of(raw)) for raw in raws if raw["in"] == "path")
        media_types = tuple(methods["get"]["responses"]["200"].get("content", ()))
        found.append(Operation(template, tuple(parameters), path_values, media_types))
    return found


def query(path: str, *pairs: tuple[str, str]) -> str:
    """Return the path with a query."""
    return f"{path}?" + "&".join(f"{quote(n)}={quote(v, safe=',:*')}" for n, v in pairs)


def addresses(document: Json, read: Read, read_text: Callable[[str], str]) -> list[Target]:
    """Return all targets, each once, in a fixed order."""
    whole = operations(document)
    number = newest_revision(read)
    found: list[Target] = []
    for operation in whole:
        found += of_operation(operation, number, read)
    found += of_records(whole, number, read)
    found += of_pages(document, read, read_text, whole)
    return list(dict.fromkeys(found))


def newest_revision(read: Read) -> int:
    return int(read(f"{API}revisions/?ordering=-number&page_size=1")["results"][0]["number"])


# --- One path of the document


def of_operation(operation: Operation, latest: int, read: Read) -> Iterator[Target]:
    """Yield what is requested of one path, in all its forms."""
    path = operation.path()

    def target(*pairs: tuple[str, str], **more: Any) -> Target:
        return Target(operation.template, query(path, *pairs) if pairs else path, **more)

    yield target()
    yield target(steps=("again",))
    yield from methods_and_headers(operation, target)
    revisions = [str(n) for n in range(1, latest + 1)] if operation.named("revision") else []
    occurring = values_that_occur(operation, read)
    yield from single_values(operation, target, revisions, occurring)
    for pair in boundaries(operation, read):
        yield target(pair, ("count", "true"))
        yield target(pair, ("count", "true"), ("page_size", "500"), ("fields", "id"))
    yield from wrong_values(operation, target)
    if operation.named("style"):
        for style, revision in itertools.product(operation.named("style").enum, revisions):
            yield target(("style", style), ("revision", revision))
        yield target(("style", "text"), ("format", "json"))
    if operation.named("group_by"):
        yield from totals(operation, target, revisions)
    if operation.listing:
        yield from walks(operation, target, revisions)
        yield from pairs_of_filters(operation, target, occurring)
    if operation.named("fields"):
        yield from sparse(operation, target, read)


def methods_and_headers(operation: Operation, target: Any) -> Iterator[Target]:
    """Yield other methods, media types, encodings and origins."""
    for method in ("HEAD", "OPTIONS", *WRITING):
        yield target(method=method)
    accepts = [
        *operation.media_types,
        *("*/*", "text/html", "application/xml", "application/*;q=0.5, text/csv"),
        *("application/json;q=0.1, application/x-ndjson", "nonsense"),
    ]
    for accept in accepts:
        yield target(headers=(("Accept", accept),))
    yield target(headers=(("Accept-Encoding", "gzip"),))
    yield target(headers=(("Origin", "https://example.org"),))
    yield target(headers=(("Host", "elsewhere.example"),))
    yield target(headers=(("If-None-Match", '"other"'),))
    yield target(
        method="OPTIONS",
        headers=(("Origin", "https://example.org"), ("Access-Control-Request-Method", "GET")),
    )
    yield Target(operation.template, operation.path().rstrip("/"))
    for name, _ in operation.path_values:
        for value in BAD_PATH_VALUES:
            yield Target(operation.template, operation.template.replace(f"{{{name}}}", value))


def values_that_occur(operation: Operation, read: Read) -> dict[str, list[str]]:
    """Return the most frequent values of each filter, as the facets beside it count them."""
    base = re.sub(r"(facets|cite|summary)/$", "", operation.template)
    if not operation.filters or "{" in base:
        return {}
    try:
        answer = read(f"{base}facets/?limit=6")
    except LookupError:
        return {}
    return {
        facet["parameter"]: [str(one["value"]) for one in facet["values"]]
        for facet in answer["facets"]
    }


def single_values(
    operation: Operation, target: Any, revisions: list[str], occurring: dict[str, list[str]]
) -> Iterator[Target]:
    """Yield each parameter alone: with all its values, at all revisions, in all formats."""
    representation = operation.named("format")
    formats = representation.enum if representation else []
    for parameter in operation.parameters:
        full = operation.listing or parameter.name in SHAPING
        occurs = occurring.get(parameter.name, [])
        good = [*parameter.good(), *occurs, *([",".join(occurs)] if len(occurs) > 1 else [])]
        for value in dict.fromkeys(good if full else good[:1] + occurs[:2]):
            yield target((parameter.name, value))
        usual = (occurs or [parameter.usual])[0]
        if usual is None:
            continue
        if parameter.name != "revision":
            for revision in revisions:
                yield target((parameter.name, usual), ("revision", revision))
        if parameter.name != "format" and operation.listing:
            for name in formats:
                yield target((parameter.name, usual), ("format", name))
    for revision, name in itertools.product(revisions, formats):
        yield target(("revision", revision), ("format", name))
    if operation.named("raw"):
        for name, rows in itertools.product(
            formats, operation.named("rows").enum if operation.named("rows") else [""]
        ):
            pairs = (("format", name), ("raw", "true"), *([("rows", rows)] if rows else []))
            yield target(*pairs)
            yield target(*pairs[:1], *pairs[2:], ("page_size", "3"))


def boundaries(operation: Operation, read: Read) -> Iterator[tuple[str, str]]:
    """Yield filters that a record meets exactly, to test whether a range includes its bounds."""
    if not operation.listing:
        return
    documents = read(query(operation.path(), ("page_size", "200")))["results"]
    for parameter in operation.filters:
        stem, _, end = parameter.name.rpartition("_")
        if end not in ("min", "max", "from", "to"):
            continue
        values = {
            str(value)
            for name in (stem, f"{stem}_on")
            for value in values_named(documents, name)
            if value is not None
        }
        found = sorted(values)
        for value in found[:: max(1, len(found) // 8)]:
            yield parameter.name, value


def values_named(value: Any, name: str) -> Iterator[Any]:
    """Yield the values of a name anywhere in a document."""
    if isinstance(value, list):
        for one in value:
            yield from values_named(one, name)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                yield from values_named(inner, name)
            elif key == name:
                yield inner


def wrong_values(operation: Operation, target: Any) -> Iterator[Target]:
    """Yield invalid requests: the error of each says what would be right."""
    yield target(("nonsense", "1"))
    yield target(("a%00b", "1"))
    yield Target(operation.template, f"{operation.path()}?")
    yield Target(operation.template, f"{operation.path()}?&&")
    yield Target(operation.template, f"{operation.path()}?=1")
    yield Target(operation.template, f"{operation.path()}?x=%00")
    yield Target(operation.template, f"{operation.path()}?x=%FF")
    for parameter in operation.parameters:
        name, usual = parameter.name, parameter.usual or "x"
        yield target((name, ""))
        yield target((name[:-1], usual))
        yield target((name, "~"))
        if not operation.listing:
            continue
        yield target((name.upper(), usual))
        yield target((name.replace("_", "-") + "s", usual))
        yield target((name, usual), (name, usual))
        yield target((name, "~"), ("nonsense", "1"))
        for value in parameter.bad():
            yield target((name, value))
    for pair in (("revision", "0"), ("revision", "99"), ("cursor", "abc"), ("page_size", "501")):
        yield target(pair)


def totals(operation: Operation, target: Any, revisions: list[str]) -> Iterator[Target]:
    """Yield totals by one and by two groupings, with and without `include`."""
    groups = operation.named("group_by").enum
    included = operation.named("include").enum if operation.named("include") else []
    for group in groups:
        for revision in revisions:
            yield target(("group_by", group), ("revision", revision))
        for currency in CURRENCIES[:3] if operation.named("convert") else ():
            yield target(("group_by", group), ("convert", currency))
        for include in included[:: max(1, len(included) // 4)]:
            yield target(("group_by", group), ("include", include))
        yield target(("group_by", group), ("include", ",".join(included)))
    for first, second in itertools.combinations(groups, 2):
        yield target(("group_by", f"{first},{second}"))
    yield target(("group_by", ",".join(groups[:3])))


def walks(operation: Operation, target: Any, revisions: list[str]) -> Iterator[Target]:
    """Yield lists to follow along links, forward and back, in each order."""
    ordering = operation.named("ordering")
    for value in ordering.enum if ordering else [""]:
        start = [("page_size", "5"), *([("ordering", value)] if value else [])]
        for pairs in (start, [*start, ("revision", revisions[0])] if revisions else start):
            yield target(*pairs)
            for steps in (("next",), ("next", "next"), ("next", "previous")):
                yield target(*pairs, steps=steps)
    for steps in (("next",), ("next", "next", "next", "next", "previous", "previous")):
        yield target(("page_size", "3"), ("count", "true"), steps=steps)
    yield target(("page_size", "500"), ("count", "true"))
    yield target(("page_size", "1"), steps=("previous",))


def pairs_of_filters(
    operation: Operation, target: Any, occurring: dict[str, list[str]]
) -> Iterator[Target]:
    """Yield two filters at once: pairs are where plans, order and indexes differ."""
    for number, (one, other) in enumerate(itertools.combinations(operation.filters, 2)):
        if number % PAIR_STEP == 0:
            pairs = [(p.name, (occurring.get(p.name) or [p.usual])[0]) for p in (one, other)]
            more = [("count", "true")] if operation.named("count") else []
            yield target(*pairs, *more, ("page_size", "4"))


def sparse(operation: Operation, target: Any, read: Read) -> Iterator[Target]:
    """Yield each field alone, and all fields without it."""
    document: Any = read(query(operation.path(), ("page_size", "3")) if operation.listing else
                         operation.path())  # fmt: skip
    names = sorted(paths_in(document["results"] if operation.listing else document))
    small = [("page_size", "3")] if operation.listing else []
    for name in names:
        yield target(("fields", name), *small)
        yield target(("omit", name), *small)
    for name in names[::4]:
        yield target(("fields", f"{name},{names[0]}"), ("omit", name), *small)
    for value in ("nonsense", "id,", "id.x", "figures..value", names[0][:-1]):
        yield target(("fields", value), *small)
        yield target(("omit", value), *small)


def paths_in(value: Any, prefix: str = "") -> set[str]:
    """Return the dotted names of a document's fields."""
    if isinstance(value, list):
        return set().union(*(paths_in(one, prefix) for one in value))
    if not isinstance(value, dict):
        return set()
    found = set()
    for name, inner in value.items():
        found |= {prefix + name} | paths_in(inner, f"{prefix}{name}.")
    return found


# --- Every record and every term


def identifiers(read: Read, path: str, key: str) -> list[str]:
    """Return the ids of a whole list, page by page."""
    found: list[str] = []
    here: str | None = f"{path}?page_size=500"
    while here:
        page = read(here)
        found += [str(one[key]) for one in page["results"]]
        after = urlsplit(page["next"] or "")
        here = f"{after.path}?{after.query}" if page["next"] else None
    return found


def of_records(whole: Sequence[Operation], latest: int, read: Read) -> Iterator[Target]:
    """Yield all addresses of each record, vocabulary entry, series and revision."""
    gone = {
        (one["kind"], one["id"])
        for one in read(f"{API}changes/?action=withdrawn&page_size=500")["results"]
    }
    for operation in whole:
        if len(operation.path_values) != 1:
            continue
        collection = operation.template.split("{")[0]
        key = operation.path_values[0][0]
        ids = identifiers(read, collection, key)
        ids += sorted(one for kind, one in gone if collection.endswith(f"/{kind}s/"))
        style = operation.named("style")
        for number, public_id in enumerate(ids):
            path = operation.path(public_id)
            if style:
                # Every style of every record, and of one in ten all forms at once.
                if number % 10 == 0:
                    yield Target(operation.template, path)
                for value in style.enum:
                    yield Target(operation.template, query(path, ("style", value)))
                if operation.named("figure"):
                    yield Target(operation.template, query(path, ("figure", "2")))
                continue
            yield Target(operation.template, path)
            if operation.named("revision"):
                revision = str(1 + number % latest)
                yield Target(operation.template, query(path, ("revision", revision)))
            if operation.named("fields"):
                page = f"/records/{public_id}/"
                if number % 3 == 0 and operation.named("revision") and key == "id":
                    yield Target("/records/{id}/", page)
                if number % 30 == 0 and operation.named("revision") and key == "id":
                    for revision in range(1, latest + 1):
                        yield Target("/records/{id}/", f"{page}?revision={revision}")


# --- Pages


def of_pages(
    document: Json, read: Read, read_text: Callable[[str], str], whole: Sequence[Operation]
) -> Iterator[Target]:
    """Yield web pages, their links and those of the document, probes and unknown addresses."""
    records = [
        one["page"]
        for operation in whole
        if operation.named("publisher") and operation.listing
        for one in read(f"{operation.template}?page_size=3")["results"]
    ]
    for path in (*PAGES, *PROBES, f"{API}openapi.json", f"{API}openapi.yaml", "/admin/login/"):
        for method in ("GET", "HEAD", "OPTIONS", "POST"):
            yield Target(path, path, method)
        yield Target(path, f"{path}?nonsense=1")
        yield Target(path, path, headers=(("Accept", "application/json"),))
        yield Target(path, path, headers=(("Accept-Encoding", "gzip"),))
        if path != "/":
            yield Target(path, path.rstrip("/") if path.endswith("/") else f"{path}/")
    for record in records:
        for query_string in ("?revision=0", "?revision=99", "?revision=x", "?nonsense=1", "?"):
            yield Target("/records/{id}/", record + query_string)
        yield Target("/records/{id}/", record, "POST")
    for path in ("/records/x/", "/records/don-00000000/", "/records/", "/nothing/", "/api/"):
        yield Target("misses", path)
        yield Target("misses", path, headers=(("Accept", "application/json"),))
    for path in (f"{API}nothing/", "/api/v2/", f"{API}donations.json", "/admin/", "/static/x.css"):
        yield Target("misses", path)
    linked = set(re.findall(r"/api/v1/[^\s\"'`()<>\\]*", str(document)))
    for page in (*PAGES, *records):
        # Links of a page, without what only names a place in it.
        for reference in re.findall(r'href="(/[^"#]*)', read_text(page)):
            linked.add(unescape(reference))
    for path in sorted(linked):
        if "{" not in path and "cursor=" not in path and not path.startswith("/static/"):
            yield Target("links", quote(path, safe="/?&=,:%*+;!-._~"))
