"""Proposed parties, items and merges: the queue, and the page on which a second person decides."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.kept_forms import fill_forms
from accounts.permissions import may
from records.content.fields import named_fields
from records.curation.proposals import deciding
from records.curation.proposals.effects import NAMED_BY, effect_of
from records.curation.proposals.models import Proposal, ProposedAct
from records.curation.queues.pages import OPEN_FIRST, WAITING, QueueAdmin, WhyField, found
from records.curation.workflow.worklist import Found, Row
from records.models import CURRENT, DATED
from records.publishing.vocabulary_edits import FIELDS

MOST_SHOWN = 20
"""Records that the page of a proposal lists."""


def may_propose(user: Any, kind: str) -> bool:
    """Return whether the user may propose parties or items: who enters records, or keeps the
    vocabulary."""
    return may(user, kind, "add") or any(may(user, dated, "add") for dated in DATED)


def may_decide(user: Any, kind: str) -> bool:
    """Return whether the user may accept what others propose: who reviews records, or keeps the
    vocabulary."""
    return may(user, kind, "add") or any(may(user, dated, "publish") for dated in DATED)


def decidable_kinds(user: Any) -> list[str]:
    """Return the vocabularies of which the user may accept what others propose."""
    return [kind for kind in deciding.VOCABULARIES if may_decide(user, kind)]


def readable(user: Any) -> list[str]:
    """Return the vocabularies of which the user may see what is proposed."""
    return [
        kind for kind in deciding.VOCABULARIES if may_decide(user, kind) or may_propose(user, kind)
    ]


def waiting(request: HttpRequest) -> Found | None:
    """Return what others propose and the user may decide about, for the home."""
    kinds = decidable_kinds(request.user)
    if not kinds:
        return None
    return found(
        Proposal.objects.open().of_kinds(kinds).exclude(proposed_by=request.user.pk),
        "proposal",
        queue() + WAITING,
        lambda one: Row(page(one), f"{one.kind} {one}", one.reason, one.proposed_at),
    )


def queue() -> str:
    return reverse("admin:records_proposal_changelist")


def page(proposal: Proposal) -> str:
    return reverse("admin:records_proposal_change", args=[proposal.pk])


class DeclineForm(forms.Form):
    """Why a proposal is declined."""

    why = WhyField(
        label="Why it is declined",
        help_text="Name the code to use instead. Kept with your name; readers do not see it.",
        missing="Say why it is declined.",
    )


@admin.register(Proposal)
class ProposalAdmin(QueueAdmin):
    """The queue. Who proposes does so on the pages of parties and items."""

    MISSING = "There is no such proposal."

    list_display = ["__str__", "kind", "act", "reason", "proposed_by", "proposed_at", "status"]
    list_filter = ["status", "kind", "act"]
    list_select_related = ["proposed_by"]
    ordering: ClassVar[list[Any]] = [OPEN_FIRST, "proposed_at", "pk"]
    search_fields = ["code", "into", "reason"]
    search_help_text = "A code, or words of a reason."

    def kinds(self, request: HttpRequest) -> list[str]:
        return readable(request.user)

    def decision_page(
        self, request: HttpRequest, proposal: Proposal, extra_context: dict[str, Any]
    ) -> HttpResponse:
        """Return what is proposed, with the decisions that the user may take."""
        form = DeclineForm()
        fill_forms(request, form)
        decides = may_decide(request.user, proposal.kind)
        own = proposal.proposed_by_id == request.user.pk
        if request.method == "POST":
            if not decides and not (own and "decline" in request.POST):
                raise PermissionDenied
            if "accept" in request.POST:
                return self.attempt(request, proposal, "")
            form = DeclineForm(request.POST)
            if form.is_valid():
                return self.attempt(request, proposal, form.cleaned_data["why"])
        entry = deciding.entry_of(proposal)
        known = deciding.VOCABULARIES[proposal.kind].objects
        into = known.filter(code=proposal.into).first() if proposal.into else None
        users = self.users(entry)
        context = {
            **self.page_context(request, proposal, f"Proposed {proposal.kind}: {proposal}"),
            **extra_context,
            "proposal": proposal,
            "is_merge": proposal.act == ProposedAct.MERGE,
            "entry": entry,
            "fields": self.fields_of(entry),
            "into": into,
            "effect": entry and into and proposal.is_open and effect_of(entry, into),
            "users": users[:MOST_SHOWN],
            "more_users": max(len(users) - MOST_SHOWN, 0),
            "own": own,
            "may_accept": decides and not own,
            "may_decline": decides or own,
            "form": form,
        }
        return TemplateResponse(request, "admin/records/proposal.html", context)

    def fields_of(self, entry: Any) -> list[tuple[str, str]]:
        """Return label and value of each field that has one."""
        if entry is None:
            return []
        names = [name.removesuffix("_id") for name in FIELDS[type(entry)]]
        shown = [(one.label, one.show(entry)) for one in named_fields(type(entry), names)]
        return [(label, value) for label, value in shown if value]

    def users(self, entry: Any) -> list[tuple[Any, str]]:
        """Return the open and published records that name the entry, with their pages."""
        if entry is None:
            return []
        found: list[tuple[Any, str]] = []
        for kind, model in DATED.items():
            rows = model.objects.filter(**{NAMED_BY[entry.KIND]: entry}, state__in=CURRENT)
            found += [
                (row, reverse(f"admin:records_{kind}_change", args=[row.pk]))
                for row in rows.distinct()[: MOST_SHOWN + 1]
            ]
        return found

    def attempt(self, request: HttpRequest, proposal: Proposal, why: str) -> HttpResponse:
        """Accept, or decline with a reason; or report the blocking errors on the page."""
        try:
            with transaction.atomic():
                if why:
                    deciding.decline(proposal, by=request.user, why=why)
                    done = f"Declined: {why}"
                else:
                    revision = deciding.accept(proposal, by=request.user)
                    done = f"Accepted: revision {revision.number} holds it."
                self.log_change(request, proposal, done)
        except ValidationError as error:
            for sentence in error.messages:
                self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(page(proposal))
        self.message_user(request, f"{proposal}: {done}", messages.SUCCESS)
        return HttpResponseRedirect(queue())
