"""Django discovers the admin classes through these imports."""

from django.contrib import admin

from records.curation.duplicates import pages as duplicates
from records.curation.imports import pages as imports
from records.curation.nouns import contracts, donations, exports, items, parties, statements
from records.curation.proposals import pages as proposals
from records.curation.reports import pages as reports
from records.curation.workflow import revisions

admin.site.site_header = "AidAPI curation"
admin.site.site_title = "AidAPI curation"
admin.site.index_title = "Worklist"
admin.site.index_template = "admin/records/home.html"

__all__ = [
    "contracts",
    "donations",
    "duplicates",
    "exports",
    "imports",
    "items",
    "parties",
    "proposals",
    "reports",
    "revisions",
    "statements",
]
