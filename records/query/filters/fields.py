"""Form fields of the filters: how a parameter's text becomes a value."""

import re
from typing import Any

from aidapi.errors import nearest
from aidapi.parameters import MAX_TEXT, ListField, TextField, refuse
from records.models import ID_PATTERN, fold
from records.models.languages import WELL_FORMED, canonical, meant
from records.models.regions import REGION_SLUGS, REGIONS


class FoldedField(TextField):
    """Part of a text, folded like the stored copies: without case and accents."""

    def clean(self, value: str) -> str:
        folded = fold(super().clean(value))
        if not folded:
            raise refuse(
                "empty",
                "It has only accents, spaces or invisible characters: give letters or digits.",
            )
        return folded


class CodeListField(ListField):
    """Codes of parties or items. Other text with letters in it is taken, too: it is reported as an
    unknown code, with the code of what is called so."""

    pattern = r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
    hint = "give codes as /parties/ and /items/ list them: PAK, who, surgical-mask."

    def clean_value(self, value: str) -> str:
        if re.search("[;|]", value):
            codes = ",".join(filter(None, re.split("[;| ]+", value)))
            raise refuse("malformed", f"`{value[:60]}`: separate codes by commas.", codes)
        named = len(value) <= MAX_TEXT and any(map(str.isalpha, value)) and "\ufffd" not in value
        return value if named else super().clean_value(value)


class IdListField(ListField):
    """Public ids of one kind of record, or of any kind."""

    def __init__(self, prefix: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern = rf"{prefix}-[0-9a-hjkmnp-tv-z]{{8}}" if prefix else ID_PATTERN
        self.hint = f"give ids as {prefix or 'don'}-7k3m9q2x."

    def meant(self, value: str) -> str | None:
        return value.lower() if re.fullmatch(self.pattern, value.lower(), re.ASCII) else None


class LanguageListField(ListField):
    """Tags of languages that exist, in lower case."""

    pattern = WELL_FORMED
    hint = "give BCP 47 tags, such as en or zh-Hant."

    def clean_value(self, value: str) -> str:
        suggestion = meant(value[:MAX_TEXT])
        if canonical(value) is None and suggestion:
            raise refuse(
                "unknown_value",
                f"`{value[:60]}` is no language tag (BCP 47): give `{suggestion}`.",
                suggestion,
            )
        if canonical(super().clean_value(value)) is None:
            raise refuse(
                "unknown_value",
                f"`{value[:60]}` is no language tag (BCP 47): {self.hint}",
            )
        return value.lower()


class RegionField(ListField):
    pattern = r"(?:[0-9]{3}|[a-z]+(?:-[a-z]+)*)"
    hint = "give UN M49 numbers (002) or names (africa)."

    def clean_value(self, value: str) -> str:
        # Programs that take digits for a number drop the zeros at its start.
        digits = re.fullmatch(r"([1-9][0-9]?|[1-9][0-9]{2})(\.0)?", value, re.ASCII)
        value = digits[1].zfill(3) if digits else value
        number = REGION_SLUGS.get(super().clean_value(value), value)
        if number not in REGIONS:
            raise refuse(
                "unknown_value",
                f"`{value[:60]}` is no region of UN M49. Names are: {', '.join(REGION_SLUGS)}.",
                nearest(value, REGION_SLUGS),
            )
        return number

    def meant(self, value: str) -> str | None:
        return nearest(re.sub("[ _]+", "-", value), REGION_SLUGS)
