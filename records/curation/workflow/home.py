"""The sections of the curators' home, in their order."""

from django.http import HttpRequest

from records.curation.duplicates import pages as duplicates
from records.curation.proposals import pages as proposals
from records.curation.reports import pages as reports
from records.curation.source_check import pages as source_check
from records.curation.teamwork import sections as teamwork
from records.curation.workflow import worklist
from records.curation.workflow.unsaved import unsaved
from records.curation.workflow.worklist import Found, Section

SECTIONS = [
    Section(
        "returned",
        "Returned to me",
        "Nothing was returned to you.",
        worklist.work("returned", "change"),
    ),
    Section(
        "mine",
        "My drafts",
        "You have no draft. Begin one with “Add” beside a kind of record below, or correct a "
        "published record on its page.",
        worklist.work("mine", "change"),
    ),
    Section(
        "unsaved",
        "Unsaved changes",
        "Nothing that you typed waits to be saved.",
        unsaved,
    ),
    Section(
        "review",
        "Waiting for my review",
        "Nothing waits for you. What others submit appears here; what you edited, somebody else "
        "reviews.",
        worklist.work("review", "publish"),
    ),
    Section(
        "assigned",
        "Assigned to me",
        "Nothing is assigned to you. On its page, take a version or a report, or assign it.",
        teamwork.assigned_to_me,
    ),
    Section(
        "threads",
        "Open threads",
        "No thread that concerns you is open. Comment on a version or a figure on its page.",
        teamwork.open_threads,
    ),
    Section(
        "unverified",
        "Evidence that does not verify",
        "Every quote whose statement’s text is on file occurs in it.",
        worklist.lost_evidence,
    ),
    Section(
        "duplicates",
        "Possible duplicates",
        "No two records look alike. Each is compared with the others when it is saved.",
        duplicates.waiting,
    ),
    Section(
        "proposals",
        "Proposed parties and items",
        "Nobody proposes a party, an item or a merge that waits for you.",
        proposals.waiting,
    ),
    Section(
        "reports",
        "Errors that readers report",
        "No reader has reported an error that waits for an answer.",
        reports.waiting,
    ),
    Section(
        "copies",
        "Archived copies of pages",
        "No archived copy is proposed. `manage.py check_sources` looks for them.",
        source_check.waiting_copies,
    ),
    Section(
        "published",
        "Recently published",
        "Nothing is published yet. Submit a draft, and let somebody else approve it.",
        worklist.published,
    ),
]


def sections(request: HttpRequest) -> list[tuple[Section, Found]]:
    """Return the sections for the user, each with what it found."""
    found = ((section, section.find(request)) for section in SECTIONS)
    return [(section, what) for section, what in found if what is not None]
