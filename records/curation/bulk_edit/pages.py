"""The page of an edit of many drafts: its fields, then what each draft was and will be, then the
save of each."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from accounts.kept_forms import fill_forms
from records.curation.bulk_edit.forms import edit_form
from records.curation.bulk_edit.rows import EditedRow, edit_row
from records.curation.workflow.merging import number

ACTION = "edit_alike"
MAX_ROWS = 50
"""Drafts of one edit: a page of the list, each of which is checked and saved as a form."""


class BulkEditAdmin(admin.ModelAdmin):
    """Admin of records whose drafts can be edited together."""

    ALIKE: ClassVar[Sequence[str]]
    """Fields that may be set alike in many drafts: those of which a campaign, an import or a
    series has one value. What a sentence says of one record, its title, dates, parties and
    figures, is not among them."""
    actions: Any = ["edit_alike"]

    @admin.action(permissions=["change"], description="Edit several alike")
    def edit_alike(self, request: HttpRequest, queryset: models.QuerySet) -> HttpResponse | None:
        records = list(queryset[: MAX_ROWS + 1])
        if len(records) > MAX_ROWS:
            self.message_user(
                request, f"Select at most {MAX_ROWS} drafts at a time.", messages.ERROR
            )
            return None
        return self.edit_page(request, records)

    def edit_page(self, request: HttpRequest, records: Sequence[Any]) -> HttpResponse:
        """Return the page with the fields; with what changes, if they are filled; or save it."""
        columns = {column.name: column for column in self.opts.fields}
        fields = {
            name: field
            for name in self.ALIKE
            if (field := self.formfield_for_dbfield(columns[name], request))
        }
        shown = "preview" in request.POST or "confirmed" in request.POST
        form = edit_form(fields, request.POST if shown or "again" in request.POST else None)
        if "again" in request.POST:
            form = edit_form(fields, initial=request.POST.dict())
        fill_forms(request, form)
        rows = self.rows_of(request, records)
        is_shown = shown and form.is_valid()
        if is_shown:
            for row in rows:
                edit_row(self, request, row, form.edits(), save="confirmed" in request.POST)
            if saved := [row for row in rows if row.is_saved]:
                noun = self.opts.verbose_name if len(saved) == 1 else self.opts.verbose_name_plural
                self.message_user(
                    request, f"{len(saved)} {noun} changed and saved.", messages.SUCCESS
                )
            if "confirmed" in request.POST:
                rows = [row for row in rows if row.problems]
                if not rows:
                    return HttpResponseRedirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": "Edit several alike",
            "opts": self.opts,
            "media": self.media,
            "form": form,
            "rows": rows,
            "is_shown": is_shown,
            "was_saved": "confirmed" in request.POST,
            "changed": sum(bool(row.changes) and not row.problems for row in rows),
            "action": ACTION,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/records/bulk_edit.html", context)

    def rows_of(self, request: HttpRequest, records: Sequence[Any]) -> list[EditedRow]:
        """Return the rows, with the number of saves that the page showed first."""
        sent = dict(pair.split(":", 1) for pair in request.POST.getlist("seen") if ":" in pair)
        rows = []
        for record in records:
            seen = number(sent.get(str(record.pk)))
            rows.append(EditedRow(record, record.edits if seen is None else seen))
        return rows
