"""The curators' workplace. Django finds the admin classes through these imports."""

from django.contrib import admin

from records.admin import (
    contracts,
    donations,
    exports,
    imports,
    items,
    parties,
    revisions,
    statements,
)

admin.site.site_header = "AidAPI curation"
admin.site.site_title = "AidAPI curation"
admin.site.index_title = "Records, vocabularies and history"

__all__ = [
    "contracts",
    "donations",
    "exports",
    "imports",
    "items",
    "parties",
    "revisions",
    "statements",
]
