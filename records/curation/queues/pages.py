"""The admin of a queue: a list with what waits first, and a page for each decision."""

from collections.abc import Callable, Collection
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.read_only import ReadOnlyAdmin
from records.curation.queues.models import OPEN
from records.curation.workflow.worklist import SHOWN, Found, Row

WAITING = f"?status__exact={OPEN}"
"""What narrows the list of a queue to what waits."""
OPEN_FIRST = models.Case(models.When(status=OPEN, then=0), default=1)
"""Order in which what waits comes first."""


class WhyField(forms.CharField):
    """A reason, in a few sentences."""

    def __init__(self, *, label: str, help_text: str, missing: str) -> None:
        super().__init__(
            label=label,
            max_length=2000,
            widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            help_text=help_text,
            error_messages={"required": missing},
        )


class QueueAdmin(ReadOnlyAdmin):
    """Admin of a queue: rows come from elsewhere, and a page of each offers the decisions."""

    MISSING: ClassVar[str]
    """What is said of a row that is there no more."""

    def kinds(self, request: HttpRequest) -> Collection[str]:
        """Return the kinds whose rows the user may see."""
        raise NotImplementedError

    def queue(self) -> str:
        """Return the address of the list."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(self.kinds(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        kinds = self.kinds(request)
        return bool(kinds) if obj is None else obj.kind in kinds

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows: Any = super().get_queryset(request)
        return rows.of_kinds(self.kinds(request))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Return the page of a row, or lead back to the queue where there is none."""
        row = self.get_object(request, unquote(object_id))
        if row is None:
            if not self.has_view_permission(request):
                raise PermissionDenied
            self.message_user(request, self.MISSING, messages.WARNING)
            return HttpResponseRedirect(self.queue())
        return self.decision_page(request, row, extra_context or {})

    def decision_page(
        self, request: HttpRequest, row: Any, /, extra_context: dict[str, Any]
    ) -> HttpResponse:
        """Return the page of a row, with the decisions that the user may take."""
        raise NotImplementedError

    def page_context(self, request: HttpRequest, row: Any, title: str) -> dict[str, Any]:
        """Return what the admin's templates need on the page of a row."""
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "media": self.media,
            "original": row,
        }


def found(
    rows: models.QuerySet, noun: str, address: str, row_of: Callable[[Any], Row], note: str = ""
) -> Found:
    """Return what waits, for the home: how many rows, the address of their list, and the first
    of them."""
    n = rows.count()
    if not n:
        return Found(0, note=note)
    return Found(
        n,
        [(f"{n} {noun}{'s' * (n != 1)}", address)],
        [row_of(row) for row in rows[:SHOWN]],
        note=note,
    )
