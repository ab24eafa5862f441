"""What of a change to an OpenAPI document breaks the clients of the one before.

For documents of an API that only reads: whatever a question may name must stay sayable, and
whatever an answer promises must stay so. A question may be given more room, an answer less.
References are followed, so that it does not matter where a schema is.

Judged as breaking, though a careful client bears it: a further code in an answer. Generated
clients turn code lists into enumerations and refuse, or misread, what is not in them.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def breaking_changes(before: Json, after: Json) -> list[str]:
    """A line for each, reported by where it is."""
    found = list(Comparison(before, after).changes())
    return list(dict.fromkeys(found))


class Comparison:
    def __init__(self, before: Json, after: Json) -> None:
        self.documents = (before, after)
        self.compared: set[tuple[str, str, bool]] = set()
        """Components that are compared already, and in which direction."""

    def changes(self) -> Iterator[str]:
        before, after = self.documents
        for path, item in before["paths"].items():
            if path not in after["paths"]:
                yield f"{path}: the path is gone"
                continue
            for method, operation in item.items():
                where = f"{method.upper()} {path}"
                if method not in after["paths"][path]:
                    yield f"{where}: the operation is gone"
                else:
                    yield from self.operation(operation, after["paths"][path][method], where)
        for kind, components in before.get("components", {}).items():
            for name in components.keys() - after.get("components", {}).get(kind, {}).keys():
                yield f"{kind}.{name}: the component is gone or has another name"

    def operation(self, before: Json, after: Json, where: str) -> Iterator[str]:
        names = before.get("operationId"), after.get("operationId")
        if names[0] != names[1]:
            yield f"{where}: operationId is {names[1]}, was {names[0]}"
        if before.get("tags") != after.get("tags"):
            yield f"{where}: other tags, by which clients group their functions"
        old, new = self.parameters(before, 0), self.parameters(after, 1)
        for key, parameter in new.items():
            if key not in old and parameter.get("required"):
                yield f"{where}: the new parameter {key[1]} is required"
        for key, parameter in old.items():
            at = f"{where}: parameter {key[1]}"
            if key not in new:
                yield f"{at} is gone"
                continue
            if new[key].get("required") and not parameter.get("required"):
                yield f"{at} has become required"
            if self.written(parameter) != self.written(new[key]):
                yield f"{at} is written in another way (style, explode)"
            yield from self.narrowed(parameter["schema"], new[key]["schema"], at)
        for status, response in before["responses"].items():
            if status not in after["responses"]:
                yield f"{where}: the status {status} is gone"
                continue
            yield from self.response(response, after["responses"][status], f"{where} {status}")

    def parameters(self, operation: Json, of: int) -> dict[tuple[str, str], Json]:
        found = (self.resolved(one, of) for one in operation.get("parameters", ()))
        return {(one["in"], one["name"]): one for one in found}

    @staticmethod
    def written(parameter: Json) -> tuple[Any, Any]:
        style = parameter.get("style", "form" if parameter["in"] == "query" else "simple")
        return style, parameter.get("explode", style == "form")

    def response(self, before: Json, after: Json, where: str) -> Iterator[str]:
        before, after = self.resolved(before, 0), self.resolved(after, 1)
        for media_type, content in before.get("content", {}).items():
            if media_type not in after.get("content", {}):
                yield f"{where}: the media type {media_type} is gone"
                continue
            new = after["content"][media_type]
            yield from self.widened(content["schema"], new["schema"], f"{where} {media_type}")
        for name, header in before.get("headers", {}).items():
            if name not in after.get("headers", {}):
                yield f"{where}: the header {name} is gone"
                continue
            old, new = self.resolved(header, 0), self.resolved(after["headers"][name], 1)
            if old.get("required") and not new.get("required"):
                yield f"{where}: the header {name} is no longer sent for sure"
            yield from self.widened(old["schema"], new["schema"], f"{where}: header {name}")

    # Schemas

    def narrowed(self, before: Any, after: Any, where: str) -> Iterator[str]:
        """What a question may say and soon may not."""
        yield from self.schema(before, after, where, asking=True)

    def widened(self, before: Any, after: Any, where: str) -> Iterator[str]:
        """What an answer never held and soon may hold, or held and soon may not."""
        yield from self.schema(before, after, where, asking=False)

    def schema(self, before: Any, after: Any, where: str, *, asking: bool) -> Iterator[str]:
        if not asking and "$ref" in after:
            # An answer may have fewer alternatives.
            before = next((one for one in before.get("anyOf", ()) if one == after), before)
        if "$ref" in before and "$ref" in after:
            pair = before["$ref"], after["$ref"], asking
            if not asking and pair[0] != pair[1]:
                yield f"{where}: is {name_of(pair[1])}, was {name_of(pair[0])}"
            if pair in self.compared:
                return
            self.compared.add(pair)
            where = name_of(pair[0])
        before, after = self.resolved(before, 0), self.resolved(after, 1)
        # What must not have more than the other: a question's past, an answer's future.
        less, more = (before, after) if asking else (after, before)
        verb = "no longer takes" if asking else "may now be"
        if lost := types(less) - types(more):
            yield f"{where}: {verb} {', '.join(sorted(lost))}"
        yield from self.codes(less, more, where, verb)
        yield from bounds(less, more, where, asking=asking)
        yield from self.alternatives(before, after, where, asking=asking)
        if "items" in before and "items" in after:
            yield from self.schema(before["items"], after["items"], f"{where}[]", asking=asking)
        yield from self.properties(before, after, where, asking=asking)

    @staticmethod
    def codes(less: Json, more: Json, where: str, verb: str) -> Iterator[str]:
        allowed, known = values(more), values(less)
        if allowed is None:
            return
        if known is None:
            yield f"{where}: {verb} others than {', '.join(map(str, allowed))}"
            return
        for value in known:
            if value not in allowed:
                yield f"{where}: {verb} {value}"

    def alternatives(
        self, before: Json, after: Json, where: str, *, asking: bool
    ) -> Iterator[str]:
        for word in ("anyOf", "oneOf", "allOf"):
            old, new = before.get(word, []), after.get(word, [])
            if len(old) != len(new):
                yield f"{where}: has {len(new)} schemas in {word}, had {len(old)}"
            for one, other in zip(old, new, strict=False):
                yield from self.schema(one, other, where, asking=asking)

    def properties(self, before: Json, after: Json, where: str, *, asking: bool) -> Iterator[str]:
        old, new = before.get("properties", {}), after.get("properties", {})
        for name, schema in old.items():
            if name not in new:
                yield f"{where}.{name}: the field is gone or has another name"
            else:
                yield from self.schema(schema, new[name], f"{where}.{name}", asking=asking)
        sure, now_sure = set(before.get("required", ())), set(after.get("required", ()))
        for name in sorted((now_sure - sure) if asking else (sure - now_sure) & new.keys()):
            yield f"{where}.{name}: {'has become required' if asking else 'may now be absent'}"
        extra, now_extra = (one.get("additionalProperties", True) for one in (before, after))
        if isinstance(extra, dict) and isinstance(now_extra, dict):
            yield from self.schema(extra, now_extra, f"{where}.*", asking=asking)

    def resolved(self, part: Json, of: int) -> Json:
        while "$ref" in part:
            found: Any = self.documents[of]
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found | {key: value for key, value in part.items() if key != "$ref"}
        return part


def name_of(reference: str) -> str:
    return reference.rpartition("/")[2]


def types(schema: Json) -> set[str]:
    """The types that a schema admits, `number` meaning integers too; of one that names none,
    all, except where its alternatives or codes say."""
    named = schema.get("type")
    if named is None:
        if "const" in schema or "enum" in schema:
            return set()
        if any(word in schema for word in ("anyOf", "oneOf", "allOf")):
            return set()
        return {"array", "boolean", "integer", "null", "number", "object", "string"}
    found = {named} if isinstance(named, str) else set(named)
    return found | {"integer"} if "number" in found else found


def values(schema: Json) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def bounds(less: Json, more: Json, where: str, *, asking: bool) -> Iterator[str]:
    """Where the one that must not admit more does."""
    reported = "has now the bound" if asking else "has no longer the bound"
    for word, open_, sign in [
        *((word, float("-inf"), 1) for word in LOWER),
        *((word, float("inf"), -1) for word in UPPER),
    ]:
        if word in more and sign * less.get(word, open_) < sign * more[word]:
            yield f"{where}: {reported} {word} {more[word]}"
    for word in ("pattern", "format", "uniqueItems", "multipleOf"):
        if word in more and less.get(word) != more[word]:
            yield f"{where}: {reported} {word} {json.dumps(more[word])}"


def report(changes: Iterable[str], release: str) -> str:
    """What the test says of them."""
    lines = "\n".join(f"- {change}" for change in changes)
    return (
        f"openapi/openapi.yaml breaks clients of release {release}:\n{lines}\n"
        "Take it back, or keep the old beside the new and mark it as deprecated "
        "(CONTRIBUTING.md, Change the API)."
    )
