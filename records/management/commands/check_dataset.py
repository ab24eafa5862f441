"""Report what a sceptical reader would ask of the published dataset."""

import json
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.curation.dataset_check.decisions import (
    DecisionsError,
    Report,
    as_yaml,
    judge,
    read,
)
from records.curation.dataset_check.rows import published
from records.curation.dataset_check.rules import RULES, check
from records.dataset_files.layout import DECISIONS


class Command(BaseCommand):
    help = (
        "Looks through everything published for what a sceptical reader would ask: quotes "
        "without the item, series that fall, likely duplicates, and so on. A finding is mended by "
        "a correction, or decided with a reason in the file of decisions. Ends with status 1 if "
        "any is undecided. docs/dataset.md explains the codes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--only",
            action="append",
            metavar="CODE",
            choices=list(RULES),
            help="Run the rule of this code only; may be given several times.",
        )
        parser.add_argument(
            "--format",
            default="text",
            choices=["text", "json", "yaml"],
            help="text (default), json, or yaml: entries of undecided findings for the file of "
            "decisions, with reasons to be filled in.",
        )
        parser.add_argument(
            "--decided",
            type=Path,
            default=settings.BASE_DIR / "fixtures" / DECISIONS,
            help=f"File of decisions; by default fixtures/{DECISIONS}.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        codes = options["only"] or list(RULES)
        try:
            decisions = read(options["decided"], RULES)
        except DecisionsError as error:
            raise CommandError(str(error)) from error
        report = judge(check(published(), codes), decisions, codes)
        if options["format"] == "yaml":
            self.stdout.write(as_yaml(report.undecided), ending="")
        elif options["format"] == "json":
            self.stdout.write(json.dumps(as_json(report), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_text(report))
        if report.undecided:
            raise CommandError(
                f"{len(report.undecided)} undecided: correct the data, or decide with a reason in "
                f"{options['decided'].name}."
            )


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as plain data."""
    return {
        "undecided": [asdict(finding) for finding in report.undecided],
        "decided": [
            {**asdict(finding), "reason": decision.reason} for finding, decision in report.decided
        ],
        "stale_decisions": report.stale,
    }


def as_text(report: Report) -> str:
    """Return a report as lines: the undecided findings by code, stale decisions, the numbers."""
    lines = []
    for code, findings in groupby(report.undecided, key=lambda finding: finding.code):
        lines.append(code)
        for one in findings:
            look = f" See {', '.join(one.look)}." if one.look else ""
            lines.append(f"  {one.at}: “{one.seen}”. Expected: {one.expected}.{look}")
    if report.stale:
        lines.append("Decisions that match no finding; remove them:")
        lines += [f"  {line}" for line in report.stale]
    lines.append(
        f"{len(report.undecided)} undecided, {len(report.decided)} decided, "
        f"{len(report.stale)} stale decisions."
    )
    return "\n".join(lines)
