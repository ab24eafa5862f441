"""Renderer of forms that writes the plain widgets and labels itself, as Django's templates do.

A form of the admin has hundreds of them, each a template of its own: filling these was half the
time of the page. All other templates are Django's (docs/decisions/0079).
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.template import Context
from django.template.base import render_value_in_context
from django.templatetags.static import static
from django.utils.safestring import SafeData
from django.utils.translation import gettext

WIDGETS = "django/forms/widgets/"
OPTION = f"{WIDGETS}select_option.html"
PLAIN = Context()


class FormRenderer(DjangoTemplates):
    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        write = WRITERS.get(template_name)
        html = write(context) if write else None
        return super().render(template_name, context, request) if html is None else html


def shown(value: Any) -> str:
    """Return a value as `{{ value }}` shows it."""
    if type(value) is str:
        return escape(value)
    return render_value_in_context(value, PLAIN)


def formatted(value: Any) -> str:
    """Return a value as `{{ value|stringformat:"s" }}` shows it."""
    text = str(value)
    return text if isinstance(value, SafeData) else escape(text)


def attributes(attrs: Mapping[str, Any] | None) -> str:
    """Return the attributes of an element, each with a space before it."""
    return "".join(
        f" {shown(name)}" if value is True else f' {shown(name)}="{formatted(value)}"'
        for name, value in (attrs or {}).items()
        if value is not False
    )


def input_(context: Mapping[str, Any]) -> str:
    widget = context["widget"]
    value = widget["value"]
    given = "" if value is None else f' value="{formatted(value)}"'
    return (
        f'<input type="{shown(widget["type"])}" name="{shown(widget["name"])}"{given}'
        f"{attributes(widget['attrs'])}>"
    )


def textarea(context: Mapping[str, Any]) -> str:
    widget = context["widget"]
    text = shown(widget["value"]) if widget["value"] else ""
    start = f'<textarea name="{shown(widget["name"])}"{attributes(widget["attrs"])}>'
    return f"{start}\n{text}</textarea>"


def select(context: Mapping[str, Any]) -> str | None:
    """Return a select; None if its options have a template of their own."""
    widget = context["widget"]
    parts = [f'<select name="{shown(widget["name"])}"{attributes(widget["attrs"])}>']
    for name, options, _ in widget["optgroups"]:
        if name:
            parts.append(f'\n  <optgroup label="{shown(name)}">')
        for option in options:
            if option["template_name"] != OPTION:
                return None
            parts.append(
                f'\n  <option value="{formatted(option["value"])}"{attributes(option["attrs"])}>'
                f"{shown(option['label'])}</option>\n"
            )
        if name:
            parts.append("\n  </optgroup>")
    return "".join(parts) + "\n</select>"


def date(context: Mapping[str, Any]) -> str:
    return f'<p class="date">\n  {input_(context)}\n\n\n</p>'


def label(context: Mapping[str, Any]) -> str:
    """Return the text of a label or legend, in its element if there is one."""
    text = shown(context["label"])
    if not context["use_tag"]:
        return text.strip()
    tag = shown(context["tag"])
    return f"<{tag}{attributes(context['attrs'])}>{text}</{tag}>"


def no_errors(context: Mapping[str, Any]) -> str | None:
    """Return nothing for an empty list of errors, as most are."""
    return None if context["errors"] else ""


LINKS = {
    "change": (
        "Change selected %(model)s",
        "icon-changelink",
        'data-href-template="{change_related_template_url}?{url_params}" data-popup="yes"',
    ),
    "add": (
        "Add another %(model)s",
        "icon-addlink",
        'data-popup="yes" href="{add_related_url}?{url_params}"',
    ),
    "delete": (
        "Delete selected %(model)s",
        "icon-deletelink",
        'data-href-template="{delete_related_template_url}?{url_params}" data-popup="yes"',
    ),
    "view": (
        "View selected %(model)s",
        "icon-viewlink",
        'data-href-template="{change_related_template_url}?{view_related_url_params}"',
    ),
}
"""What users do with the row that a field refers to → title, icon and addresses of the link."""


def related(context: Mapping[str, Any]) -> str:
    """Return a choice among rows, and links to change, add, delete or view them."""
    values = {name: shown(value) for name, value in context.items()}
    model = values["model_name"]
    reference = "" if context["model_has_limit_choices_to"] else f'data-model-ref="{model}"'
    links = "".join(
        f'<a class="related-widget-wrapper-link {act}-related" id="{act}_id_{values["name"]}" '
        f'{addresses.format_map(values)} title="{gettext(title) % values}">'
        f'<img src="{static(f"admin/img/{icon}.svg")}" alt="" width="24" height="24"></a>'
        for act, (title, icon, addresses) in LINKS.items()
        if context[f"can_{act}_related"] and not context["is_hidden"]
    )
    return (
        f'<div class="related-widget-wrapper" {reference}>\n{values["rendered_widget"]}\n'
        f"{links}\n</div>"
    )


INPUTS = (
    *("input", "text", "number", "email", "url", "password", "hidden", "search", "tel", "color"),
    *("checkbox", "date", "datetime", "time"),
)
WRITERS: dict[str, Callable[[Any], str | None]] = {
    **{f"{WIDGETS}{name}.html": input_ for name in INPUTS},
    f"{WIDGETS}textarea.html": textarea,
    f"{WIDGETS}select.html": select,
    "admin/widgets/date.html": date,
    "admin/widgets/related_widget_wrapper.html": related,
    "django/forms/label.html": label,
    "django/forms/errors/list/ul.html": no_errors,
    "django/forms/errors/list/default.html": no_errors,
}
"""Name of a template → what writes the same; None leaves it to the template."""
