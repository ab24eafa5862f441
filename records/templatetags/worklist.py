"""The worklist on the admin's home."""

from typing import Any

from django import template

from records.curation.workflow import home
from records.curation.workflow.worklist import Found, Section

register = template.Library()


@register.simple_tag(takes_context=True)
def work_sections(context: Any) -> list[tuple[Section, Found]]:
    """Return the sections of the home for the signed-in user."""
    return home.sections(context["request"])
