"""How texts of the documentation and of curators are shown."""

import re
from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from aidapi.dates import in_words
from records.models import ID_PATTERN
from records.site.addresses import item_address, party_address

register = template.Library()


register.filter(in_words)
register.filter(party_address)
register.filter(item_address)


# Both escape first; what they put in afterwards is theirs.


@register.filter
def code(text: str) -> SafeString:
    """Return the text with `backticks` shown as code."""
    return mark_safe(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))


@register.filter
def linked(text: str) -> SafeString:
    """The text with the ids of records as links to their pages."""

    def link(found: re.Match) -> str:
        return f'<a href="{reverse("record-page", args=[found[0]])}">{found[0]}</a>'

    return mark_safe(re.sub(rf"\b{ID_PATTERN}\b", link, escape(text)))


@register.filter
def thousands(number: int) -> str:
    """Return a whole number with its thousands apart."""
    return f"{number:,}"


@register.filter
def of(found: Mapping[str, Any], key: str) -> Any:
    """Return the value of a key; nothing if there is none."""
    return found.get(key)
