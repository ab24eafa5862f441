"""The worklist on the admin's home."""

from typing import Any

from django import template

from records.curation.workflow import worklist

register = template.Library()


@register.simple_tag(takes_context=True)
def work_sections(context: Any) -> list[tuple[worklist.Section, worklist.Found]]:
    """The sections of the home for the user who asks."""
    return worklist.sections(context["request"])
