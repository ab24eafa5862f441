"""Requests of the reconciliation protocol, read strictly: every error names the part of the JSON
that is wrong, what is wrong with it, and what would be right."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, QueryDict

from aidapi.bodies import too_large as body_too_large
from aidapi.errors import InvalidParameters, ParameterError, Problem, nearest
from aidapi.parameters import MAX_ERRORS
from records.models import fold
from records.reconciliation.matching import Index, Query
from records.reconciliation.vocabularies import Property, Vocabulary

BATCH = 100
"""Maximum number of queries of a batch."""
MAX_IDS = 500
"""Maximum number of entries of which properties are requested at once."""
MAX_VALUES = 100
"""Maximum number of types, properties, or values of a property, of a query."""
DEFAULT_LIMIT, MAX_LIMIT = 10, 100
"""Number of candidates of a query without a limit, and of any query."""
FORM = "application/x-www-form-urlencoded"
PARAMETERS = ("queries", "query", "extend")
QUERY_FIELDS = ("query", "type", "limit", "properties", "type_strict")
STRICTNESS = ("any", "should", "all")


def parameters_of(request: HttpRequest) -> QueryDict:
    """Return the parameters of a request: of its form if it is a POST, else of its address."""
    if request.method != "POST":
        return request.GET
    if request.content_type != FORM:
        raise Problem(
            415,
            "unsupported_media_type",
            "Unsupported media type",
            f"Send the form element `queries` or `extend` as {FORM}.",
        )
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.QUERY_BYTES:
        raise body_too_large(settings.QUERY_BYTES)
    if request.GET:
        raise InvalidParameters(
            [
                ParameterError(name[:100], "not_in_the_address", "Send it in the form instead.")
                for name in list(request.GET)[:MAX_ERRORS]
            ]
        )
    return request.POST


def the_one_parameter(query: QueryDict) -> tuple[str, str] | None:
    """Return name and value of the parameter that says what is requested; None without any, which
    requests the manifest."""
    if not query:
        return None
    errors = []
    for name in list(query)[:MAX_ERRORS]:
        if name == "callback":
            errors.append(no_jsonp())
        elif name not in PARAMETERS:
            suggestion = nearest(name, PARAMETERS)
            hint = f"Did you mean `{suggestion}`? " if suggestion else ""
            valid = f"Valid parameters: {', '.join(PARAMETERS)}."
            errors.append(
                ParameterError(
                    name[:100],
                    "unknown_parameter",
                    f"Unknown parameter. {hint}{valid}",
                    suggestion,
                )
            )
        elif len(query.getlist(name)) > 1:
            errors.append(ParameterError(name, "repeated", "Repeated: give it once."))
    if not errors and len(query) > 1:
        errors = [
            ParameterError(name, "not_together", "Not together with another: send one of them.")
            for name in query
        ]
    if errors:
        raise InvalidParameters(errors)
    (name,) = query
    return name, str(query[name])


def no_jsonp() -> ParameterError:
    return ParameterError(
        "callback",
        "no_jsonp",
        "JSONP is not supported: leave it out, since CORS lets any page read the response.",
    )


def too_large(detail: str) -> Problem:
    return Problem(413, "too_large", "Request too large", detail)


def parsed(name: str, text: str) -> dict[str, Any]:
    """Return the JSON object that a parameter is."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid(name, "not_json", f"Not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise invalid(name, "not_an_object", "Not a JSON object.")
    return found


def invalid(parameter: str, code: str, detail: str) -> Problem:
    return InvalidParameters([ParameterError(parameter[:100], code, detail)])


# --- Reconciliation queries


class Reader:
    """Reads queries about a vocabulary, and collects what is wrong with them."""

    def __init__(self, vocabulary: Vocabulary, index: Index) -> None:
        self.vocabulary, self.index = vocabulary, index
        self.errors: list[ParameterError] = []

    def batch(self, text: str) -> dict[str, Query]:
        """Return the queries of a batch by their ids."""
        given = parsed("queries", text)
        if len(given) > BATCH:
            raise too_large(f"The batch has {len(given)} queries: send at most {BATCH} at once.")
        read = {key: self.query(f"queries.{key}", one) for key, one in given.items()}
        return {key: query for key, query in self.checked(read).items() if query}

    def single(self, text: str) -> Query:
        """Return a single query, given as JSON or as a plain name."""
        plain = not text.lstrip().startswith("{")
        read = self.query("query", {"query": text} if plain else parsed("query", text))
        return self.checked({"query": read})["query"]  # type: ignore[return-value]

    def checked(self, read: dict[str, Query | None]) -> dict[str, Query | None]:
        if self.errors:
            raise InvalidParameters(self.errors[:MAX_ERRORS])
        return read

    def error(self, parameter: str, code: str, detail: str, suggestion: str | None = None) -> None:
        self.errors.append(ParameterError(parameter[:100], code, detail, suggestion))

    def query(self, at: str, given: Any) -> Query | None:
        """Return a query; None if something is wrong with it."""
        before = len(self.errors)
        if not isinstance(given, dict):
            self.error(at, "not_an_object", "Not a JSON object: give at least `query`.")
            return None
        for name in given.keys() - set(QUERY_FIELDS):
            suggestion = nearest(name, QUERY_FIELDS)
            valid = ", ".join(QUERY_FIELDS)
            self.error(
                f"{at}.{name}", "unknown_field", f"Unknown field; valid: {valid}.", suggestion
            )
        text = given.get("query", "")
        properties = given.get("properties", [])
        if not isinstance(text, str) or ("query" in given and not text.strip()):
            self.error(f"{at}.query", "not_a_name", "Not a name: give a text that is not empty.")
        elif not text and not properties:
            self.error(at, "empty_query", "Empty: give `query`, or `properties`.")
        strict = given.get("type_strict", "should")
        if strict not in STRICTNESS:
            self.error(
                f"{at}.type_strict", "unknown_value", f"Unknown value: {', '.join(STRICTNESS)}."
            )
        types = tuple(self.types(f"{at}.type", given.get("type", [])))
        limit = self.limit(f"{at}.limit", given.get("limit", DEFAULT_LIMIT))
        wanted = tuple(self.properties(f"{at}.properties", properties))
        if len(self.errors) > before:
            return None
        return Query(text, types, strict == "all", limit, wanted)

    def types(self, at: str, given: Any) -> Iterator[str]:
        given = given if isinstance(given, list) else [given]
        if len(given) > MAX_VALUES:
            self.error(at, "too_many", f"Too many: give at most {MAX_VALUES}.")
            return
        for one in given:
            type_id = one.get("id") if isinstance(one, dict) else one
            if isinstance(type_id, str) and type_id in self.index.types:
                yield type_id
                continue
            name = type_id if isinstance(type_id, str) else ""
            self.error(
                at,
                "unknown_type",
                f"Unknown type; valid types: {', '.join(self.index.types)}.",
                nearest(name, self.index.types) if name else None,
            )

    def limit(self, at: str, given: Any) -> int:
        whole = not isinstance(given, bool) and isinstance(given, int | float) and given >= 1
        if not whole or given != int(given):
            self.error(at, "not_a_limit", "Not a limit: give a whole number from 1.")
            return 1
        return min(int(given), MAX_LIMIT)

    def properties(self, at: str, given: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
        if not isinstance(given, list) or len(given) > MAX_VALUES:
            self.error(at, "not_a_list", f"Not a list of at most {MAX_VALUES} properties.")
            return
        for number, one in enumerate(given):
            where = f"{at}.{number}"
            if not isinstance(one, dict) or not {"pid", "v"} <= one.keys():
                self.error(where, "not_a_property", "Not a property: give `pid` and `v`.")
                continue
            if self.known(f"{where}.pid", one["pid"]) is None:
                continue
            values = one["v"] if isinstance(one["v"], list) else [one["v"]]
            forms = [form for value in values[:MAX_VALUES] for form in spellings(value)]
            if len(values) > MAX_VALUES or (values and not forms):
                self.error(
                    f"{where}.v",
                    "not_a_value",
                    f"Not a value: give a text, a number, a boolean, an object with `id`, or at "
                    f"most {MAX_VALUES} of them.",
                )
            elif any(forms):
                yield one["pid"], tuple(form for form in forms if form)

    def known(self, at: str, pid: Any) -> Property | None:
        found = self.vocabulary.property(pid) if isinstance(pid, str) else None
        if found is None:
            ids = [one.id for one in self.vocabulary.properties]
            suggestion = nearest(pid, ids) if isinstance(pid, str) else None
            self.error(
                at, "unknown_property", f"Unknown property; valid: {', '.join(ids)}.", suggestion
            )
        return found


def spellings(value: Any) -> Iterator[str]:
    """Yield a property value as folded text; an entry by its id and by its name."""
    if isinstance(value, Mapping):
        if isinstance(value.get("id"), str):
            yield fold(value["id"])
        if isinstance(value.get("name"), str):
            yield fold(value["name"])
    elif isinstance(value, str | int | float):
        yield fold(str(value))


# --- Data extension


def extension(vocabulary: Vocabulary, index: Index, text: str) -> tuple[list[str], list[Property]]:
    """Return the ids and properties of a data extension query."""
    given = parsed("extend", text)
    ids, wanted = given.get("ids"), given.get("properties")
    reader = Reader(vocabulary, index)
    properties: list[Property] = []
    for name in given.keys() - {"ids", "properties"}:
        reader.error(f"extend.{name}", "unknown_field", "Unknown field; valid: ids, properties.")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        reader.error("extend.ids", "not_a_list", "Not a list of ids, such as the code of a party.")
    elif len(ids) > MAX_IDS:
        raise too_large(f"The request has {len(ids)} ids: send at most {MAX_IDS} at once.")
    if not isinstance(wanted, list) or len(wanted) > MAX_VALUES:
        reader.error(
            "extend.properties",
            "not_a_list",
            'Not a list of properties, such as [{"id": "name"}].',
        )
    else:
        for number, one in enumerate(wanted):
            pid = one.get("id") if isinstance(one, dict) else None
            found = reader.known(f"extend.properties.{number}.id", pid)
            if found is not None:
                properties.append(found)
    reader.checked({})
    return ids or [], properties
