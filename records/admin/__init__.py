"""The curators' workplace. Django finds the admin classes through these imports."""

from django.contrib import admin

from records.admin import (
    audit,
    contracts,
    donations,
    duplicates,
    exports,
    imports,
    items,
    parties,
    revisions,
    statements,
)

admin.site.site_header = "AidAPI curation"
admin.site.site_title = "AidAPI curation"
admin.site.index_title = "Worklist"
admin.site.index_template = "admin/records/home.html"

__all__ = [
    "audit",
    "contracts",
    "donations",
    "duplicates",
    "exports",
    "imports",
    "items",
    "parties",
    "revisions",
    "statements",
]
