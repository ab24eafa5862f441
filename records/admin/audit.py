"""The audit log in the admin: to read and to search, for administrators."""

from django.contrib import admin

from records.admin.revisions import HistoryAdmin
from records.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(HistoryAdmin):
    list_display = ["at", "person", "act", "about", "address", "detail"]
    list_filter = ["act"]
    date_hierarchy = "at"
    ordering = ["-at", "-pk"]
    search_fields = ["person", "about", "detail", "address"]
    search_help_text = "A person, an account, a role, a record's id, a revision, an address."
    fields = ["at", "person", "act", "about", "detail", "address"]
