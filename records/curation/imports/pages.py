"""Imports in the admin: send a spreadsheet, see what each of its rows would do, import all of it
as drafts or nothing, and undo it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models, transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts import kept_forms
from accounts.lookups import WholeLookups
from accounts.permissions import may
from aidapi.tables import MAX_SHEET_ROWS
from records.curation.duplicates.finding import MOST_AT_ONCE, find_for
from records.curation.imports import batches, columns, downloads, grids, mending
from records.curation.imports.models import ImportBatch, ImportRow, ImportState, Verdict
from records.curation.imports.preview import ReadCell, Reader
from records.curation.imports.sources import page_at
from records.curation.nouns.inlines import StatementChoiceField, StatementSelect
from records.curation.workflow.steps import sentences
from records.models import KINDS, DatedRecord, fold

LINES = 100
"""Rows or drafts on one page."""
FORMS = ("csv", "xlsx")


# --- On the pages of each kind


def urls(modeladmin: Any) -> list[URLPattern]:
    """The addresses that every kind of record has for its spreadsheets."""
    name = f"{modeladmin.opts.app_label}_{modeladmin.opts.model_name}"

    def view(of: Callable) -> Callable:
        return modeladmin.admin_site.admin_view(partial(of, modeladmin))

    return [
        path("import/", view(upload_view), name=f"{name}_import"),
        path("import/template.<slug:form>", view(template_view), name=f"{name}_template"),
        path("download.<slug:form>", view(download_view), name=f"{name}_download"),
    ]


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Spreadsheet",
        help_text="CSV in UTF-8 or XLSX, up to "
        f"{grids.MAX_BYTES // 1_000_000} MB and {grids.MAX_ROWS:,} rows.",
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={
            "required": "Choose a file.",
            "missing": "Choose a file.",
            "empty": "The file is empty.",
        },
    )

    sheet = forms.CharField(
        max_length=200,
        required=False,
        strip=False,
        help_text="Name of the sheet, where several of a workbook have the columns.",
        widget=forms.HiddenInput,
    )

    def choose_of(self, names: list[str]) -> None:
        """Let one of several sheets be chosen."""
        choices = [("", "---------"), *((name, name) for name in names)]
        self.fields["sheet"].widget = forms.Select(choices=choices)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > grids.MAX_BYTES:
            raise ValidationError(
                f"The file has more than {grids.MAX_BYTES // 1_000_000} MB: divide it."
            )
        return file


def upload_view(modeladmin: Any, request: HttpRequest) -> HttpResponse:
    """Choose a file; it is read at once, and checked on the import's own page."""
    if not modeladmin.has_add_permission(request):
        raise PermissionDenied
    posted = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if posted else UploadForm()
    if posted and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch, is_known = batches.receive(
                file.read(),
                file.name,
                modeladmin.model,
                by=request.user,
                sheet_name=form.cleaned_data["sheet"],
            )
        except grids.SheetError as error:
            for problem in error.problems:
                form.add_error("file", problem)
            if error.choices:
                form.choose_of(error.choices)
        else:
            # In the address, since the page reloads itself once the file is checked.
            return HttpResponseRedirect(batch_page(batch) + ("?again" if is_known else ""))
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": f"Import {modeladmin.opts.verbose_name_plural}",
        "opts": modeladmin.opts,
        "media": modeladmin.media + ImportBatchAdmin.own_media(),
        "form": form,
        "columns": columns.columns_of(modeladmin.model),
    }
    return TemplateResponse(request, "admin/records/import.html", context)


def template_view(modeladmin: Any, request: HttpRequest, form: str) -> HttpResponseBase:
    if not modeladmin.has_add_permission(request):
        raise PermissionDenied
    if form not in FORMS:
        raise Http404
    return downloads.template(modeladmin.model, form)


def download_view(modeladmin: Any, request: HttpRequest, form: str) -> HttpResponseBase:
    """Return what the list shows with the same parameters, on all its pages."""
    if not modeladmin.has_view_or_change_permission(request):
        raise PermissionDenied
    if form not in FORMS:
        raise Http404
    try:
        rows = modeladmin.get_changelist_instance(request).queryset
    except IncorrectLookupParameters:
        return HttpResponseRedirect(f"{modeladmin.list_url()}?e=1")
    if form == "xlsx" and (count := downloads.count_rows(modeladmin.model, rows)) > MAX_SHEET_ROWS:
        modeladmin.message_user(
            request,
            f"The list has {count:,} rows, and a workbook holds {MAX_SHEET_ROWS:,}: filter it, or "
            f"take the CSV.",
            messages.ERROR,
        )
        query = request.GET.urlencode()
        return HttpResponseRedirect(f"{modeladmin.list_url()}?{query}")
    return downloads.download(modeladmin.model, rows, form)


def batch_page(batch: ImportBatch) -> str:
    return reverse("admin:records_importbatch_change", args=[batch.pk])


# --- The imports themselves


class ConfirmForm(forms.Form):
    reason = forms.CharField(
        max_length=2000,
        required=False,
        label="Reason for the corrections",
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Why published records change. Readers see it beside each change, unless a row "
        "gives one of its own.",
    )
    again = forms.BooleanField(
        required=False, label="Import it again", help_text="The same file was imported before."
    )


class UndoForm(forms.Form):
    edited = forms.BooleanField(
        required=False,
        label="Delete those too that were edited or submitted since",
        help_text="What was written in them since the import is lost.",
    )


@admin.register(ImportBatch)
class ImportBatchAdmin(WholeLookups, admin.ModelAdmin):
    """The imported files, with the state of each and its undoing."""

    list_display = ["file_name", "kind", "shown_state", "rows", "by", "created_at", "imported_at"]
    list_filter = ["kind", "state"]
    list_select_related = ["by"]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    search_fields = ["file_name"]
    search_help_text = "Words of the file's name, or the id of a draft."
    actions = None

    class Media:
        css: ClassVar = {"all": ["records/admin/curation.css", "records/admin/import.css"]}
        js: ClassVar = [
            "records/admin/import.js",
            "records/admin/unsaved.js",
            "records/admin/labels.js",
            "records/admin/search-boxes.js",
        ]

    @classmethod
    def own_media(cls) -> forms.Media:
        return forms.Media(cls.Media)

    # Who may do what: as with the records of the kind

    def kinds_seen(self, request: HttpRequest) -> list[str]:
        return [kind for kind in KINDS if may(request.user, kind, "view", "add", "change")]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        kinds = self.kinds_seen(request)
        return obj.kind in kinds if obj else bool(kinds)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(self.kinds_seen(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A file is sent on the list of its kind."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # Lists

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        return super().get_queryset(request).filter(kind__in=self.kinds_seen(request))

    @admin.display(description="State", ordering="state")
    def shown_state(self, batch: ImportBatch) -> str:
        return format_html(
            '<span class="state state-{}">{}</span>', batch.state, batch.get_state_display()
        )

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Search by words of the file's name, as it is written, or by the id of a draft."""
        for word in fold(search_term[:200]).split()[:10]:
            drafts = ImportBatch.objects.filter(drafts__public_id=word)
            queryset = queryset.filter(
                models.Q(file_name__icontains=word) | models.Q(pk__in=drafts.values("pk"))
            )
        return queryset, False

    # The page of one

    def get_urls(self) -> list[URLPattern]:
        steps = {
            "check": self.check_view,
            "confirm": self.confirm_view,
            "undo": self.undo_view,
            "discard": self.discard_view,
        }
        own = [
            path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(partial(self.step, view=view)),
                name=f"records_importbatch_{name}",
            )
            for name, view in steps.items()
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not object_id.isascii() or not object_id.isdigit():
            raise Http404
        batch = self.batch(request, int(object_id))
        if request.method == "POST":
            return self.mend_view(request, batch)
        if kept := kept_forms.shown_again(request):
            said = kept_forms.not_saved(kept)
            return self.page(request, batch, typed=kept.content, continued=said)
        if "again" in request.GET:
            self.message_user(
                request,
                f"You sent {batch.file_name} before, on {batch.created_at:%-d %B %Y, %H:%M} UTC, "
                f"and did not import it. What you mended then is kept, and the file is checked "
                f"again. To begin anew, forget it and send it once more.",
            )
        return self.page(request, batch)

    def mend_view(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """Take what was typed into the cells of the page, and check their records again."""
        if not may(request.user, batch.kind, "add") or batch.by != request.user:
            raise PermissionDenied
        builder = batches.builder_for(batch)
        try:
            asker = mending.Asker(batch, builder, Reader(builder, []))
            changes = mending.read_changes(asker, request.POST)
            count = mending.mend(batch, changes, by=request.user) if changes else 0
            if changes:
                batch = batches.check_slice(batch)
        except ValidationError as error:
            return self.page(
                request, batch, problems=sentences(error), typed=request.POST, status=409
            )
        if changes:
            done = mending.sentence(count, len(changes.left_out))
            refused = batch.lines.filter(verdict=Verdict.REFUSED).count()
            left = f"{refused} row{'s' * (refused != 1)} still refused" if refused else ""
            left = left or "No row is refused any more"
            self.message_user(request, f"{done}. {left}.", messages.SUCCESS)
            for answer in changes.answers:
                self.message_user(request, answer)
        else:
            self.message_user(request, "Nothing was changed on this page.", messages.WARNING)
        query = urlencode({name: request.GET[name] for name in ("page",) if name in request.GET})
        # When nothing is refused any more, what follows is at the top of the page.
        rows = "#rows" if batch.state == ImportState.REFUSED else ""
        return HttpResponseRedirect(f"{batch_page(batch)}{'?' * bool(query)}{query}{rows}")

    def batch(self, request: HttpRequest, pk: int) -> ImportBatch:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = ImportBatch.objects.select_related("by").filter(pk=min(pk, 2**63 - 1)).first()
        if found is None:
            raise Http404
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return found

    def page(
        self,
        request: HttpRequest,
        batch: ImportBatch,
        *,
        confirming: forms.Form | None = None,
        undoing: forms.Form | None = None,
        problems: list[str] | None = None,
        typed: QueryDict | None = None,
        continued: str = "",
        status: int = 200,
    ) -> HttpResponse:
        """Return the page of an import. `typed` is what was typed into its cells and not taken."""
        opts = KINDS[batch.kind]._meta
        counts = dict(batch.lines.values_list("verdict").annotate(n=models.Count("pk")).order_by())
        records = dict(
            batch.lines.values_list("verdict")
            .annotate(n=models.Count("first", distinct=True))
            .order_by()
        )
        mine = batch.by == request.user and may(request.user, batch.kind, "add")
        context = {
            **self.admin_site.each_context(request),
            "title": str(batch),
            "opts": self.opts,
            "media": self.media + SearchBoxes(KINDS[batch.kind], self.admin_site).media,
            "batch": batch,
            "kind_opts": opts,
            "earlier": batches.earlier(batch) if batch.state in batches.NOT_WRITTEN else None,
            "mine": mine,
            "may_undo": may(request.user, batch.kind, "delete"),
            "verdicts": [
                (verdict, counts.get(verdict, 0), records.get(verdict, 0)) for verdict in Verdict
            ],
            "mendable": mine and batch.state in mending.MENDABLE,
            "keeps": True,
            "continued": continued,
            "offered": [] if continued or typed else kept_forms.offered(request),
            "new": records.get(Verdict.NEW, 0),
            "changed": records.get(Verdict.CHANGED, 0),
            "drafts": records.get(Verdict.NEW, 0) + records.get(Verdict.CHANGED, 0),
            "unchecked": counts.get("", 0),
            "problems": problems or [],
            "confirming": confirming or ConfirmForm(),
            "undoing": undoing or UndoForm(),
            **self.lines(request, batch, typed),
        }
        if batch.state == ImportState.IMPORTED:
            context |= self.standing(batch)
        return TemplateResponse(request, "admin/records/import_batch.html", context, status=status)

    def lines(
        self, request: HttpRequest, batch: ImportBatch, typed: QueryDict | None
    ) -> dict[str, Any]:
        """Return the rows that the page shows: those refused first, then by the filter."""
        checked = batch.lines.exclude(verdict="")
        show = request.GET.get("show", "")
        if show not in Verdict.values:
            found = set(checked.values_list("verdict", flat=True).distinct())
            show = next((verdict for verdict in Verdict.values if verdict in found), "")
        pages = Paginator(checked.filter(verdict=show).order_by("number"), LINES)
        page = pages.get_page(request.GET.get("page"))
        builder = batches.builder_for(batch)
        asker = mending.Asker(batch, builder, Reader(builder, []))
        refused = asker.refused() if show == Verdict.REFUSED else []
        reader = asker.reader = Reader(builder, refused or [*page])
        counts = asker.count(refused)
        boxes = SearchBoxes(KINDS[batch.kind], self.admin_site)
        sent: Any = {} if typed is None else typed
        lines = []
        sources: set[str] = set()
        for row in page:
            line = LineOnPage(row, reader.cells(row), asker.open_cells(row, counts, typed))
            source = page_at(row.text("statement"))
            if source and source in sources:
                # A new source is described once.
                line.open_cells = [one for one in line.open_cells if not one.is_repeated]
            sources.add(source)
            for question in (one for cell in line.open_cells for one in cell.questions):
                if question.vocabulary:
                    name = f"search-{question.key}"
                    question.search = boxes.render(question.vocabulary, name, sent.get(name))
            line.new_column = sent.get(f"new-{row.number}", "")
            line.new_text = sent.get(f"newtext-{row.number}", "")
            line.is_out = row.left_out if typed is None else f"out-{row.number}" in sent
            lines.append(line)
        return {"show": show, "page": page, "lines": lines, "column_names": [*builder.columns]}

    def standing(self, batch: ImportBatch) -> dict[str, Any]:
        """Return the drafts with their states and pages."""
        untouched, edited, published = batches.standing(batch)
        open_ = [*untouched, *edited]
        opts = KINDS[batch.kind]._meta
        address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        lists = []
        for start in range(0, len(open_), LINES):
            part = open_[start : start + LINES]
            query = urlencode(
                {
                    "public_id__in": ",".join(record.public_id for record in part),
                    "state__in": "draft,in_review",
                }
            )
            lists.append((start + 1, start + len(part), f"{address}?{query}"))
        return {
            "untouched": untouched,
            "edited": edited,
            "published": published,
            "lists": lists,
            "sources": batches.sources_of(batch),
            "gone": len(batches.keys_of(batch, KINDS[batch.kind])) - len(open_) - len(published),
        }

    # Steps of an import

    def step(self, request: HttpRequest, pk: int, view: Callable) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return view(request, self.batch(request, pk))

    def check_view(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        """Check a slice of the file. The page's script repeats the request until all is checked;
        without it, a button does."""
        if not may(request.user, batch.kind, "add"):
            raise PermissionDenied
        problem = ""
        if batch.state == ImportState.CHECKING:
            try:
                batch = batches.check_slice(batch)
            except ValidationError as error:
                problem = " ".join(sentences(error))
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse(
                {
                    "checked": batch.checked,
                    "rows": batch.rows,
                    "done": batch.state != ImportState.CHECKING,
                    "problem": problem,
                }
            )
        if problem:
            return self.page(request, batch, problems=[problem], status=409)
        return HttpResponseRedirect(batch_page(batch))

    def confirm_view(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        if not may(request.user, batch.kind, "add") or batch.by != request.user:
            raise PermissionDenied
        form = ConfirmForm(request.POST)
        if not form.is_valid():
            return self.page(request, batch, confirming=form)
        try:
            drafts = batches.confirm(
                batch,
                by=request.user,
                reason=form.cleaned_data["reason"],
                again=form.cleaned_data["again"],
                log=lambda drafts: self.log_drafts(request, batch, drafts, ADDITION),
            )
        except batches.Stale as error:
            self.message_user(request, " ".join(error.messages), messages.WARNING)
            return HttpResponseRedirect(batch_page(batch))
        except ValidationError as error:
            return self.page(request, batch, confirming=form, problems=form_errors(form, error))
        noun = KINDS[batch.kind]._meta
        name = noun.verbose_name if len(drafts) == 1 else noun.verbose_name_plural
        self.message_user(
            request,
            f"{len(drafts):,} {name} imported as drafts. Look them over and submit them; "
            f"somebody else approves them.",
            messages.SUCCESS,
        )
        self.report_duplicates(request, drafts)
        return HttpResponseRedirect(batch_page(batch))

    def report_duplicates(self, request: HttpRequest, drafts: Sequence[Any]) -> None:
        """Look for records that exist already, and say what was found, or that nobody looked."""
        if len(drafts) > MOST_AT_ONCE:
            text = (
                f"These are more than {MOST_AT_ONCE} records, which were not compared with the "
                f"others: the operator of the site runs find_duplicates."
            )
            self.message_user(request, text, messages.WARNING)
        elif found := find_for(drafts):
            text = format_html(
                '<a href="{}">{}</a> may be recorded already: look before you submit them.',
                reverse("admin:records_duplicatepair_changelist"),
                f"{found} pair{'s' * (found != 1)}",
            )
            self.message_user(request, text, messages.WARNING)

    def undo_view(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        if not may(request.user, batch.kind, "delete"):
            raise PermissionDenied
        form = UndoForm(request.POST)
        form.is_valid()
        try:
            with transaction.atomic():
                gone = batches.undo(batch, edited_too=form.cleaned_data["edited"])
                self.log_drafts(request, batch, gone, DELETION)
        except ValidationError as error:
            return self.page(request, batch, undoing=form, problems=form_errors(form, error))
        self.message_user(request, f"Undone: {len(gone):,} drafts deleted.", messages.SUCCESS)
        return HttpResponseRedirect(batch_page(batch))

    def discard_view(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        if not may(request.user, batch.kind, "add") or batch.by != request.user:
            raise PermissionDenied
        kind = KINDS[batch.kind]._meta
        try:
            batches.throw_away(batch)
        except ValidationError as error:
            return self.page(request, batch, problems=sentences(error))
        self.message_user(request, f"{batch.file_name} is forgotten; nothing was imported.")
        return HttpResponseRedirect(reverse(f"admin:{kind.app_label}_{kind.model_name}_import"))

    def log_drafts(self, request: HttpRequest, batch: ImportBatch, drafts: Any, flag: int) -> None:
        """Write into the admin's history of each draft where it comes from, or why it went."""
        what = "Imported from" if flag == ADDITION else "Undone with the import of"
        user = cast(int, request.user.pk)
        LogEntry.objects.log_actions(user, drafts, flag, f"{what} {batch.file_name}.")


@dataclass
class LineOnPage:
    """A row of the preview, with what was typed for it and not taken."""

    row: ImportRow
    shown: list[ReadCell]
    open_cells: list[mending.OpenCell]
    new_column: str = ""
    new_text: str = ""
    is_out: bool = False

    @property
    def is_note(self) -> bool:
        """Whether it may be no row at all."""
        return any(not column for column, _ in self.row.faults)


class SearchBoxes:
    """The search boxes of the forms, for the cells of a kind's spreadsheet."""

    def __init__(self, model: Any, admin_site: Any) -> None:
        self.widgets: dict[str, Any] = {}
        if not issubclass(model, DatedRecord):
            self.media = forms.Media()
            return
        party = model.child("parties")._meta.get_field("party")
        figures = model.child("figures")._meta
        item, statement = figures.get_field("item"), figures.get_field("statement")
        made = {
            "party": (forms.ModelChoiceField, AutocompleteSelect(party, admin_site), party),
            "item": (forms.ModelChoiceField, AutocompleteSelect(item, admin_site), item),
            "statement": (StatementChoiceField, StatementSelect(statement, admin_site), statement),
        }
        for name, (field, widget, column) in made.items():
            rows = column.related_model._default_manager.all()
            self.widgets[name] = field(rows, widget=widget, required=False).widget
        self.media = self.widgets["party"].media

    def render(self, vocabulary: str, name: str, value: str | None) -> str:
        attrs = {"id": f"id_{name}"}
        return str(self.widgets[vocabulary].render(name, value or None, attrs))


def form_errors(form: forms.Form, error: ValidationError) -> list[str]:
    """Add the errors of the form's fields to them; return the others."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    rest = []
    for name, found in error.message_dict.items():
        if name in form.fields:
            form.add_error(name, found)
        else:
            rest += found
    return rest or ["Nothing was done: see below."]
