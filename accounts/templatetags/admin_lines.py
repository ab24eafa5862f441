"""The lines of a form of the admin, written as its template `admin/includes/fieldset.html` writes
them. A long form has hundreds, each with a dozen choices of a template's tags
(docs/decisions/0079)."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from accounts.form_renderer import shown

register = template.Library()


@register.filter
def lines(fieldset: Any) -> SafeString:
    """Return the lines of a fieldset, in HTML."""
    return mark_safe("\n".join(part for line in fieldset for part in parts_of(line)))


def parts_of(line: Any) -> Iterator[str]:
    fields = list(line)
    alone = len(line.fields) == 1
    errors = line.errors() if alone else ""
    classes = ["form-row"]
    if errors:
        classes.append("errors")
    if not line.has_visible_field:
        classes.append("hidden")
    classes += map(class_of, fields)
    yield f'<div class="{" ".join(filter(None, classes))}">'
    yield errors if alone else '<div class="flex-container form-multiline">'
    for field in fields:
        yield "<div>"
        yield from parts_of_field(field, alone)
        yield "</div>"
    if not alone:
        yield "</div>"
    yield "</div>"


def parts_of_field(field: Any, alone: bool) -> Iterator[str]:
    """Yield label, value and help of a field. It is a bound field, or what is said of a read-only
    one."""
    bound = None if field.is_readonly else field.field
    is_hidden = bound.is_hidden if bound else field.field["is_hidden"]
    classes = ["flex-container"]
    if not alone:
        errors = field.errors() if bound else ""
        if errors:
            yield errors
        classes += ["fieldBox", class_of(field), errors and "errors", is_hidden and "hidden"]
    if field.is_checkbox:
        classes.append("checkbox-row")
    yield f'<div class="{" ".join(filter(None, classes))}">'
    if field.is_checkbox:
        yield f"{bound}{field.label_tag()}"
    else:
        yield field.label_tag()
        yield str(bound) if bound else f'<div class="readonly">{field.contents()}</div>'
    yield "</div>"
    help_text = bound.help_text if bound else field.field["help_text"]
    if help_text:
        of = f' id="{shown(bound.id_for_label)}_helptext"' if bound and bound.id_for_label else ""
        yield f'<div class="help{" hidden" if is_hidden else ""}"{of}>'
        yield f"<div>{help_text}</div>"
        yield "</div>"


def class_of(field: Any) -> str:
    name = field.field["name"] if field.is_readonly else field.field.name
    return f"field-{shown(name)}" if name else ""
