"""Strict query parameters: unknown, repeated, empty or malformed ones are errors that name what
would be right, never ignored.

A parameter is a `django_filters` filter whose form field is one of those below. Only the filters
that a query names are built and run.
"""

import datetime
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from aidapi.deprecation import Deprecation
from aidapi.errors import InvalidParameters, ParameterError, nearest

MAX_LIST = 100
MAX_TEXT = 200
MAX_ERRORS = 20
"""So many faults of one query are told; thousands would make a slow and useless answer."""


class ParameterField(forms.Field):
    """A field of one query parameter. `schema` is its JSON Schema; `example` stands in the
    docs and must be a real one."""

    schema: ClassVar[dict[str, Any]] = {"type": "string"}
    many = False

    def __init__(self, *, example: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example = example

    def json_schema(self) -> dict[str, Any]:
        return dict(self.schema)


def refuse(code: str, detail: str, suggestion: str | None = None) -> ValidationError:
    return ValidationError(detail, code=code, params={"suggestion": suggestion})


class TextField(ParameterField):
    maximum: ClassVar[int] = MAX_TEXT

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.maximum}

    def clean(self, value: str) -> str:
        if len(value) > self.maximum:
            raise refuse("too_long", f"At most {self.maximum} characters.")
        # What was no UTF-8 has been replaced by this character when the query was read.
        if "\ufffd" in value:
            raise refuse("not_text", "Not valid UTF-8 text.")
        return value


class SlugField(TextField):
    def json_schema(self) -> dict[str, Any]:
        return super().json_schema() | {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}

    def clean(self, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", super().clean(value)):
            raise refuse("not_a_slug", "Give lower-case letters, digits and hyphens.")
        return value


class BooleanField(ParameterField):
    schema: ClassVar = {"type": "boolean"}

    def clean(self, value: str) -> bool:
        if value not in ("true", "false"):
            raise refuse("not_a_boolean", "Give `true` or `false`.")
        return value == "true"


class IntegerField(ParameterField):
    def __init__(self, *, minimum: int, maximum: int = 2**31 - 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def clean(self, value: str) -> int:
        if re.fullmatch(r"0|[1-9][0-9]{0,9}", value) is None or not (
            self.minimum <= int(value) <= self.maximum
        ):
            raise refuse(
                "not_a_number_in_range",
                f"Give a whole number from {self.minimum} to {self.maximum}.",
            )
        return int(value)


class NumberField(ParameterField):
    """A number of at most 15 significant digits, as figures are."""

    schema: ClassVar = {"type": "number", "minimum": 0, "exclusiveMaximum": 10**15}

    def clean(self, value: str) -> Decimal:
        try:
            if not re.fullmatch(r"[0-9]{1,15}(?:\.[0-9]{1,6})?", value):
                raise InvalidOperation
            return Decimal(value)
        except InvalidOperation:
            raise refuse(
                "not_a_number",
                "Give a number such as 500000 or 1.5: digits without separators, at most 15, "
                "and at most 6 decimals.",
            ) from None


class DateField(ParameterField):
    schema: ClassVar = {"type": "string", "format": "date"}

    def clean(self, value: str) -> datetime.date:
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                raise ValueError
            return datetime.date.fromisoformat(value)
        except ValueError:
            raise refuse("not_a_date", "Give a day as 2020-04-10.") from None


class ListField(ParameterField):
    """A comma list: any of its values."""

    many = True
    pattern: str = ".+"
    hint: str = ""

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": self.item_schema(),
            "minItems": 1,
            "maxItems": MAX_LIST,
        }

    def item_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.pattern}$", "maxLength": MAX_TEXT}

    def clean(self, value: str) -> list[str]:
        values = value.split(",", MAX_LIST + 1)
        if len(values) > MAX_LIST:
            raise refuse("too_many", f"At most {MAX_LIST} values, separated by commas.")
        if "" in values:
            raise refuse("empty_value", "There is an empty value between the commas.")
        return list(dict.fromkeys(self.clean_value(value) for value in values))

    def clean_value(self, value: str) -> str:
        if len(value) > MAX_TEXT:
            raise refuse("too_long", f"At most {MAX_TEXT} characters each.")
        if not re.fullmatch(self.pattern, value, re.ASCII):
            raise refuse("malformed", f"`{value[:60]}`: {self.hint}")
        return value


class ChoiceField(ListField):
    """A comma list of codes from a code list."""

    def __init__(self, *, choices: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = [str(choice) for choice in choices]

    def item_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": self.choices}

    def clean_value(self, value: str) -> str:
        if value not in self.choices:
            raise refuse(
                "unknown_value",
                f"`{value[:60]}` is none of: {', '.join(self.choices)}.",
                nearest(value, self.choices),
            )
        return value


class OneOfField(ChoiceField):
    """One code of a list, not several."""

    many = False

    def json_schema(self) -> dict[str, Any]:
        return self.item_schema()

    def clean(self, value: str) -> str:  # type: ignore[override]
        return self.clean_value(value)


class RepresentationField(OneOfField):
    """The name of one of the representations that an address offers."""

    def __init__(self, *renderers: Any, **kwargs: Any) -> None:
        super().__init__(choices=[renderer.format for renderer in renderers], **kwargs)
        self.renderers = renderers


class Parameter(django_filters.Filter):
    """A filter whose form field is one of those above; the label is its documentation."""

    field_class = ParameterField

    def __init__(
        self,
        field: ParameterField,
        help_text: str,
        *,
        deprecated: Deprecation | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(help_text=help_text, **kwargs)
        self.help_text = help_text
        self.deprecated = deprecated
        self._field = field


class ParameterSet(django_filters.FilterSet):
    """The parameters of an endpoint. `SYNONYMS` are words that people try for them; those of
    the classes above hold as well."""

    SYNONYMS: ClassVar[dict[str, str]] = {}

    def __init__(self, query: QueryDict) -> None:
        # Not the parent's constructor: it copies and builds every filter of the set for every
        # request, which costs more than the query itself.
        self.query = query
        self.cleaned: dict[str, Any] = {}
        errors: list[ParameterError] = []
        for name, values in query.lists():
            if len(errors) == MAX_ERRORS:
                break
            filter_ = self.base_filters.get(name)
            if filter_ is None:
                errors.append(self.unknown(name))
            elif len(values) > 1:
                errors.append(
                    ParameterError(
                        name,
                        "repeated",
                        "Give it once; several values stand in one list, separated by commas."
                        if filter_.field.many
                        else "Give it once.",
                    )
                )
            elif not values[0].strip():
                errors.append(
                    ParameterError(name, "empty", "It has no value: give one, or leave it out.")
                )
            else:
                try:
                    self.cleaned[name] = filter_.field.clean(values[0])
                except ValidationError as error:
                    errors.append(parameter_error(name, error))
        if not errors:
            errors = self.check()
        if errors:
            raise InvalidParameters(errors)

    def check(self) -> list[ParameterError]:
        """What is wrong with parameters together, each being well formed."""
        return []

    @classmethod
    def unknown(cls, name: str) -> ParameterError:
        known = sorted(cls.base_filters)
        synonyms: dict[str, str] = {}
        for level in reversed(cls.__mro__):
            synonyms |= vars(level).get("SYNONYMS", {})
        suggestion = nearest(name, known, synonyms)
        hint = f"Did you mean `{suggestion}`? " if suggestion else ""
        return ParameterError(
            name[:100],
            "unknown_parameter",
            f"There is no such parameter. {hint}"
            + (f"Valid are: {', '.join(known)}." if known else "This address takes none."),
            suggestion,
        )

    @classmethod
    def documented(cls) -> dict[str, Parameter]:
        """All parameters, those peculiar to the endpoint first, those of all endpoints last."""
        found: dict[str, Parameter] = {}
        for level in cls.__mro__:
            if issubclass(level, ParameterSet):
                inherited = {name for base in level.__bases__ for name in declared(base)}
                found |= {
                    # As the endpoint has it: a class of its own may have more to offer.
                    name: cls.base_filters[name]
                    for name in declared(level)
                    if name not in inherited | found.keys()
                }
        return found


def declared(parameters: type) -> dict[str, Parameter]:
    return getattr(parameters, "declared_filters", {})


def parameter_error(name: str, error: ValidationError) -> ParameterError:
    return ParameterError(
        name,
        str(error.code or "invalid"),
        str(error.message),
        (error.params or {}).get("suggestion"),
    )
