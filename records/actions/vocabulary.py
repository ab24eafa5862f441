"""Edits of parties and items: each is a revision, so that the feed, caches and readers see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from records.models import DATED, HSCode, Item, Origin, Party, Revision, State, Term

FIELDS: dict[type[Term], tuple[str, ...]] = {
    Party: (
        "name",
        "type",
        "country",
        "region",
        "iati_type",
        "identifier_scheme",
        "identifier",
        "aliases",
    ),
    Item: ("name", "parent_id", "default_unit", "description", "aliases"),
}
HS_FIELDS = ("code", "edition", "assigned_by", "confidence")


@dataclass
class TermEdit:
    """A term as it is to be: all of its content, and why it changes."""

    model: type[Term]
    code: str
    content: dict[str, Any]
    reason: str = ""


def term_content(term: Term) -> dict[str, Any]:
    """A party or item as plain data, as changes keep it."""
    content = {name.removesuffix("_id"): getattr(term, name) for name in FIELDS[type(term)]}
    if isinstance(term, Item):
        content["hs_codes"] = [
            {name: getattr(row, name) for name in HS_FIELDS} for row in term.hs_codes.all()
        ]
    return content


def apply_term_edit(edit: TermEdit) -> Term:
    """Write the term; inside the transaction of its revision."""
    term = edit.model.objects.filter(code=edit.code).first() or edit.model(code=edit.code)
    for name in FIELDS[edit.model]:
        setattr(term, name, edit.content[name.removesuffix("_id")])
    if term.version and not edit.reason.strip():
        raise ValidationError({"reason": "Say why the term changes: readers see the reason."})
    term.version += 1
    term.full_clean(validate_unique=False)
    term.save()
    if isinstance(term, Item):
        wanted = [tuple(row[name] for name in HS_FIELDS) for row in edit.content["hs_codes"]]
        if sorted(wanted) != sorted(term.hs_codes.values_list(*HS_FIELDS)):
            term.hs_codes.all().delete()
            for row in wanted:
                code = HSCode(item=term, **dict(zip(HS_FIELDS, row, strict=True)))
                code.full_clean()
                code.save()
    return term


def edit_terms(edits: Sequence[TermEdit], *, message: str) -> Revision:
    """Write edits of the vocabulary as one revision. Published records keep what they said."""
    from records.actions.publishing import release

    return release(edits, message=message, origin=Origin.VOCABULARY)


def republish_users(term: Term, *, by: Any, reason: str) -> Revision:
    """New versions of every published record that names the term, so that their documents say
    what the vocabulary says now; one revision."""
    from records.actions.drafts import begin_correction
    from records.actions.publishing import Publication, release

    with transaction.atomic():
        publications = []
        for model in DATED.values():
            if isinstance(term, Party):
                using = model.objects.filter(parties__party=term)
            else:
                using = model.objects.filter(figure_items__item=term)
            for record in using.filter(state=State.PUBLISHED).distinct():
                draft = begin_correction(record, by=by, reason=reason)
                draft.digest = draft.content_digest()
                draft.state = State.IN_REVIEW
                draft.save()
                publications.append(Publication(draft))
        return release(publications, by=by, message=reason, origin=Origin.VOCABULARY)
