"""What the user typed and did not save, for the home."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils.text import capfirst

from accounts import kept_forms
from accounts.models import KeptForm
from records.curation.workflow.worklist import SHOWN, Found, Row, kinds


def unsaved(request: HttpRequest) -> Found | None:
    """Return the forms that are kept, each with the address that shows it again; one query."""
    forms = kept_forms.waiting(request.user)
    if not forms and not kinds(request, "add", "change"):
        return None
    rows = [
        Row(f"{kept.path}?{urlencode({kept_forms.KEY: kept.key})}", title_of(kept), at=kept.at)
        for kept in forms[:SHOWN]
    ]
    return Found(len(forms), rows=rows)


def title_of(kept: KeptForm) -> str:
    """Return what a form is of: the page, by its kind of row, and what was typed as its title."""
    content = kept.content
    words = content.get("title") or content.get("name") or "without a title"
    try:
        match = resolve(f"/{kept.path.removeprefix(get_script_prefix())}")
    except Resolver404:
        return words
    kind, _, page = (match.url_name or "").removeprefix("records_").partition("_")
    return f"{capfirst(kind)}, {'new' if page == 'add' else page.replace('_', ' ')}: {words}"
