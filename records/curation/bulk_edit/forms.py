"""What can be set alike in many drafts of one kind, and the form that says what."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst

from records.curation.nouns.curated_admin import LinesField

SET, ADD, REMOVE = "set", "add", "remove"
"""What is done to a field; its name in the form begins with it."""
EMPTY = "-"
"""What is chosen or written to empty an optional field."""
REASON = "reason"
"""Field that drafts of a first version do not have."""
LONGEST = 2_000

Edits = dict[tuple[str, str], str]
"""(name of a field, what is done to it) → the text with which it is done."""


class EditForm(forms.Form):
    """What is left empty stays as it is."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned.values()):
            raise ValidationError("Choose or write what is to be set.")
        return cleaned

    def edits(self) -> Edits:
        """Return what is to be done."""
        found = {}
        for key, value in self.cleaned_data.items():
            how, _, name = key.partition("-")
            if value:
                found[name, how] = value.replace("\r\n", "\n")
        return found


def edit_form(
    fields: Mapping[str, forms.Field], data: Any = None, initial: dict[str, Any] | None = None
) -> EditForm:
    """Return the form for fields of a kind."""
    shown: dict[str, forms.Field] = {}
    for name, field in fields.items():
        label = capfirst(str(field.label or name))
        if isinstance(field, LinesField):
            shown[f"{ADD}-{name}"] = text_field(f"{label} to add", field.help_text)
            shown[f"{REMOVE}-{name}"] = text_field(f"{label} to remove", "One a line.")
        elif isinstance(field, forms.ChoiceField):
            choices: Any = field.choices
            empty = [] if field.required else [(EMPTY, "(empty it)")]
            shown[f"{SET}-{name}"] = forms.ChoiceField(
                choices=[
                    ("", "(leave as it is)"),
                    *empty,
                    *((key, text) for key, text in choices if key),
                ],
                required=False,
                label=label,
                help_text=field.help_text,
            )
        elif name == REASON:
            shown[f"{SET}-{name}"] = text_field(
                "Why it changes", f"{field.help_text} Drafts of a first version have none."
            )
        elif isinstance(field.widget, forms.Textarea):
            shown[f"{ADD}-{name}"] = text_field(f"{label} to append", field.help_text)
        else:
            said = str(field.help_text)
            if not field.required:
                said = f"{said} Write {EMPTY} to empty it."
            shown[f"{SET}-{name}"] = forms.CharField(
                required=False,
                max_length=LONGEST,
                label=label,
                help_text=said,
            )
    made: type[EditForm] = type("KindEditForm", (EditForm,), shown)
    return made(data, initial=initial)


def text_field(label: str, help_text: Any) -> forms.Field:
    return forms.CharField(
        required=False,
        max_length=LONGEST,
        label=label,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
    )


def edited(before: str, how: str, text: str) -> str:
    """Return a field as its form sends it, after an edit; done twice, it is as done once."""
    before = before.replace("\r\n", "\n")
    if how == SET:
        return "" if text == EMPTY else text
    lines = text.split("\n")
    if how == REMOVE:
        gone = {line.strip() for line in lines}
        return "\n".join(line for line in before.split("\n") if line.strip() not in gone)
    if before == text or before.endswith(f"\n{text}"):
        return before
    return f"{before}\n{text}" if before else text
