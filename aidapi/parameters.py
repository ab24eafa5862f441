"""Strict query parameters: an unknown, empty or malformed one is an error that names what would be
right; none is ignored. Where only the spelling differs by the client, each is accepted: `True`,
`1e+06`, a list as a repeated parameter.

A parameter is a `django_filters` filter whose form field is one of those below. Only the
parameters that a request gives are cleaned and applied.
"""

import datetime
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, NamedTuple

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict

from aidapi import dates
from aidapi.deprecation import Deprecation
from aidapi.errors import InvalidParameters, ParameterError, nearest

MAX_LIST = 100
MAX_TEXT = 200
MAX_ERRORS = 20
"""Maximum number of errors reported for one request; thousands would be slow and useless."""


class ParameterField(forms.Field):
    """Field of one query parameter. `schema` is its JSON Schema; `example` is shown in the
    documentation and must be a valid value."""

    schema: ClassVar[dict[str, Any]] = {"type": "string"}
    many = False
    may_be_empty = False
    """Whether an empty value means the same as none."""

    def __init__(self, *, example: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example = example

    def json_schema(self) -> dict[str, Any]:
        return dict(self.schema)


def refuse(code: str, detail: str, suggestion: str | None = None) -> ValidationError:
    """Return the error of a value, for the caller to raise."""
    return ValidationError(detail, code=code, params={"suggestion": suggestion})


class TextField(ParameterField):
    maximum: ClassVar[int] = MAX_TEXT

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.maximum}

    def clean(self, value: str) -> str:
        if len(value) > self.maximum:
            raise refuse("too_long", f"Too long: give at most {self.maximum} characters.")
        # Django replaces invalid UTF-8 by this character when it reads the query.
        if "\ufffd" in value:
            raise refuse("not_text", "Not valid UTF-8: percent-encode the text as UTF-8.")
        return value


class SlugField(TextField):
    def json_schema(self) -> dict[str, Any]:
        return super().json_schema() | {"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}

    def clean(self, value: str) -> str:
        if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", super().clean(value)):
            raise refuse("not_a_slug", "Not a slug: give lower-case letters, digits and hyphens.")
        return value


class BooleanField(ParameterField):
    """True or false, as JSON, Python, R or C write them."""

    schema: ClassVar = {"type": "boolean"}
    SPELLINGS: ClassVar = {
        **dict.fromkeys(["true", "True", "TRUE", "1"], True),
        **dict.fromkeys(["false", "False", "FALSE", "0"], False),
    }

    def clean(self, value: str) -> bool:
        if value not in self.SPELLINGS:
            raise refuse("not_a_boolean", "Not a boolean: give `true` or `false`.")
        return self.SPELLINGS[value]


NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
"""A number as programs write it; R writes a million as 1e+06, pandas the region 002 as 2.0."""


def parsed_number(value: str) -> Decimal | None:
    """Return the number that is written so; None if it is none."""
    return Decimal(value) if NUMBER.fullmatch(value) else None


class IntegerField(ParameterField):
    def __init__(self, *, minimum: int, maximum: int = 2**31 - 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}

    def clean(self, value: str) -> int:
        number = parsed_number(value)
        if (
            number is None
            or re.match("0[0-9]", value)
            or number != number.to_integral_value()
            or not self.minimum <= number <= self.maximum
        ):
            raise refuse(
                "not_a_number_in_range",
                f"Not a whole number in range: give one from {self.minimum} to {self.maximum}.",
            )
        return int(number)


class NumberField(ParameterField):
    """Number of at most 15 significant digits, as figures are."""

    schema: ClassVar = {"type": "number", "minimum": 0, "exclusiveMaximum": 10**15}

    def clean(self, value: str) -> Decimal:
        number = parsed_number(value)
        if number is None or number >= 10**15 or number != round(number, 6):
            raise refuse(
                "not_a_number",
                "Not a number: give at most 15 digits without separators, at most 6 of them "
                "decimals, such as 500000 or 1.5.",
            )
        # Without an exponent, as databases take it.
        return Decimal(f"{number:f}")


class Days(NamedTuple):
    """The days that a date means: a single one, or all of a month or year."""

    first: datetime.date
    last: datetime.date


class DateField(ParameterField):
    """Day, month or year."""

    schema: ClassVar = {"type": "string", "pattern": f"^{dates.PATTERN}$"}

    def clean(self, value: str) -> Days:
        try:
            return Days(*dates.span(*dates.parsed(value)))
        except ValueError:
            raise refuse(
                "not_a_date",
                "Not a date: give a day, month or year, such as 2020-04-10, 2020-04 or 2020.",
            ) from None


class ListField(ParameterField):
    """Comma-separated list that matches any of its values."""

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
        # People write a blank after a comma.
        values = [one.strip(" ") for one in value.split(",", MAX_LIST + 1)]
        if len(values) > MAX_LIST:
            raise refuse(
                "too_many", f"Too many values: give at most {MAX_LIST}, separated by commas."
            )
        if "" in values:
            raise refuse("empty_value", "Empty value in the list: remove the extra comma.")
        return list(dict.fromkeys(self.clean_value(value) for value in values))

    def clean_value(self, value: str) -> str:
        if len(value) > MAX_TEXT:
            raise refuse("too_long", f"Too long: give at most {MAX_TEXT} characters per value.")
        if not re.fullmatch(self.pattern, value, re.ASCII):
            raise refuse("malformed", f"`{value[:60]}`: {self.hint}", self.meant(value))
        return value

    def meant(self, value: str) -> str | None:
        """Return what was probably meant by a malformed value."""
        return None


class ChoiceField(ListField):
    """Comma-separated list of codes from a code list."""

    synonyms: Mapping[str, str] | None = None
    """Words that people try instead of the codes."""

    def __init__(
        self,
        *,
        choices: Iterable[str],
        synonyms: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.choices = [str(choice) for choice in choices]
        if synonyms is not None:
            self.synonyms = synonyms

    def item_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": self.choices}

    def clean_value(self, value: str) -> str:
        if value not in self.choices:
            raise refuse(
                "unknown_value",
                f"Unknown value `{value[:60]}`; valid values: {', '.join(self.choices)}.",
                nearest(value, self.choices, self.synonyms),
            )
        return value


class OneOfField(ChoiceField):
    """Single code from a code list."""

    many = False

    def json_schema(self) -> dict[str, Any]:
        return self.item_schema()

    def clean(self, value: str) -> str:  # type: ignore[override]
        return self.clean_value(value)


class OrderingField(OneOfField):
    """Name of an ordering, reversed by a leading `-`."""

    def __init__(
        self, names: Iterable[str], synonyms: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        signs = ("", "-")
        super().__init__(choices=[f"{sign}{name}" for name in names for sign in signs], **kwargs)
        self.synonyms = {
            f"{sign}{word}": f"{sign}{name}"
            for word, name in (synonyms or {}).items()
            for sign in signs
        }


class RepresentationField(OneOfField):
    """Name of one of the representations that an endpoint offers."""

    def __init__(self, *renderers: Any, **kwargs: Any) -> None:
        super().__init__(choices=[renderer.format for renderer in renderers], **kwargs)
        self.renderers = renderers


class Parameter(django_filters.Filter):
    """Filter with one of the fields above; `help_text` is its documentation."""

    field_class = ParameterField

    def __init__(
        self,
        field: ParameterField,
        help_text: str,
        *,
        lookup: str = "",
        deprecated: Deprecation | None = None,
    ) -> None:
        super().__init__(help_text=help_text)
        self.help_text = help_text
        self.lookup = lookup
        """Django lookup that the value must match; empty where the parameter is no filter."""
        self.deprecated = deprecated
        self._field = field

    def filter(self, queryset: QuerySet, value: Any) -> QuerySet:
        """Return the rows that match the value; all of them where there is no lookup."""
        return queryset.filter(**{self.lookup: value}) if self.lookup else queryset


class ParameterSet(django_filters.FilterSet):
    """Parameters of an endpoint. `SYNONYMS` are words that people try instead of their names;
    those of the base classes apply as well."""

    SYNONYMS: ClassVar[dict[str, str]] = {}
    ELSEWHERE: ClassVar[frozenset[str]] = frozenset()
    """Parameters of other representations, which have addresses of their own."""

    def __init__(self, query: QueryDict) -> None:
        # Not the parent's constructor: it copies and builds every filter of the set for every
        # request, which costs more than the query itself.
        self.given: dict[str, str] = {}
        """Name → the value as it was sent; of a repeated list its union."""
        self.cleaned: dict[str, Any] = {}
        errors: list[ParameterError] = []
        for name, values in query.lists():
            if len(errors) == MAX_ERRORS:
                break
            filter_ = self.base_filters.get(name)
            if filter_ is None:
                errors.append(self.unknown(name))
            elif len(values) > 1 and not filter_.field.many:
                errors.append(ParameterError(name, "repeated", "Repeated: give it once."))
            elif values == [""] and filter_.field.may_be_empty:
                continue
            elif not all(value.strip() for value in values):
                errors.append(
                    ParameterError(name, "empty", "Empty: give a value, or leave it out.")
                )
            else:
                self.given[name] = ",".join(values)
                try:
                    self.cleaned[name] = filter_.field.clean(self.given[name])
                except ValidationError as error:
                    errors.append(parameter_error(name, error))
        if not errors:
            errors = self.check()
        if errors:
            raise InvalidParameters(errors)

    def check(self) -> list[ParameterError]:
        """Return what is wrong with valid parameters in combination."""
        return []

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Return the queryset, filtered by every parameter that was given."""
        for name, value in self.cleaned.items():
            queryset = self.base_filters[name].filter(queryset, value)
        return queryset

    @classmethod
    def unknown(cls, name: str) -> ParameterError:
        """Return the error for a parameter that does not exist, with the nearest that does."""
        if name in cls.ELSEWHERE:
            return ParameterError(
                name,
                "unknown_parameter",
                "Unknown at this address, which has one representation: leave it out.",
            )
        known = sorted(cls.base_filters)
        synonyms: dict[str, str] = {}
        for level in reversed(cls.__mro__):
            synonyms |= vars(level).get("SYNONYMS", {})
        suggestion = nearest(name, known, synonyms)
        hint = f"Did you mean `{suggestion}`? " if suggestion else ""
        return ParameterError(
            name[:100],
            "unknown_parameter",
            f"Unknown parameter. {hint}"
            + (f"Valid parameters: {', '.join(known)}." if known else "This endpoint has none."),
            suggestion,
        )

    @classmethod
    def documented(cls) -> dict[str, Parameter]:
        """Return all parameters: first those of this endpoint only, last those of all."""
        ordered: dict[str, Parameter] = {}
        for level in cls.__mro__:
            if issubclass(level, ParameterSet):
                inherited = {name for base in level.__bases__ for name in declared(base)}
                ordered |= {
                    # As this endpoint declares it: its own may have more choices.
                    name: cls.base_filters[name]
                    for name in declared(level)
                    if name in cls.base_filters and name not in inherited | ordered.keys()
                }
        return ordered


def declared(parameters: type) -> dict[str, Parameter]:
    return getattr(parameters, "declared_filters", {})


def parameter_error(name: str, error: ValidationError) -> ParameterError:
    return ParameterError(
        name,
        str(error.code or "invalid"),
        str(error.message),
        (error.params or {}).get("suggestion"),
    )
