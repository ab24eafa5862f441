"""Curators' pages over a large dataset: number of queries and seconds of each.

A copy of a generated database gets open work of many users: drafts, some of them in review, some
returned, some with quotes that are not in the text of their statement, and the queue of possible
duplicates. Then a reviewer, signed in with a second factor, requests each page as a browser does,
without the network. The first request counts like the others. Exit status 1 if a page takes more
than QUERIES queries or SECONDS seconds.
"""

# ruff: noqa: T201 (it prints what it measures)

import argparse
import datetime
import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

import databases
from walk import new_donation

QUERIES = 12
SECONDS = 1.0
NAME = "admin"
DRAFTS = 900
"""Open versions; a third of them in review, a sixth returned."""
PEOPLE = 6
MANY_FIGURES = 30


def prepare(database_url: str) -> dict[str, Any]:
    """Create the open work; return the parts of the pages' addresses."""
    databases.set_up_django(database_url)
    from django.contrib.auth.models import User

    from records import publishing
    from records.curation.duplicates import finding
    from records.curation.duplicates.models import DuplicatePair
    from records.models import (
        KINDS,
        Contributor,
        Donation,
        State,
        Statement,
    )

    people = [User.objects.create(username=f"curator-{n}") for n in range(PEOPLE)]
    text = Statement.objects.create(
        title="A statement on file",
        publisher="Generated publisher",
        summary="Generated, to measure with.",
        url="https://example.org/on-file",
        published_on=datetime.date(2020, 4, 1),
        language="en",
        text="They gave one piece. " * 500,
    )
    public = Donation.objects.filter(state=State.PUBLISHED).order_by("public_id")
    models = list(public[:DRAFTS])
    drafts = []
    for n, model in enumerate(models):
        draft = new_donation(model, f"Open donation {n}", model.as_of)
        drafts.append(draft)
        Contributor.edited(draft, people[n % PEOPLE])
        if n % 9 == 0:
            quote = "two pieces" if n % 2 else "one piece"
            draft.figures.update(statement=text, quote=quote)
        elif n % 3 == 0:
            publishing.submit(draft, by=people[n % PEOPLE])
        elif n % 3 == 1:
            publishing.submit(draft, by=people[n % PEOPLE])
            publishing.return_for_changes(
                draft, by=people[(n + 1) % PEOPLE], comment="Name the day."
            )
    corrected = publishing.begin_correction(models[0], by=people[0], reason="Another number.")
    long = new_donation(models[1], "Open donation of many figures", models[1].as_of)
    first = long.figures.get()
    for position in range(1, MANY_FIGURES):
        first.pk, first.position, first.value = None, position, position
        first.save()
    Contributor.edited(long, people[0])
    for kind in KINDS:
        finding.find(kind)
    candidate = DuplicatePair.objects.open().first()
    assert candidate is not None
    return {
        "candidate": candidate.pk,
        "published": models[2].pk,
        "corrected": corrected.pk,
        "in review": drafts[3].pk,
        "draft": drafts[2].pk,
        "long": long.pk,
        "statement": models[2].figures.all()[0].statement_id,
        "on file": text.pk,
        "public_id": models[2].public_id,
    }


def pages(of: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (group, address) of each page."""
    records = "/admin/records"
    for kind in ("donation", "statement", "export", "contract"):
        for query in (
            *("", "?q=generated", "?q=generated+77", f"?q={of['public_id']}", "?q=absent"),
            *("?state__exact=published", "?state__exact=draft", "?p=2", "?o=2", "?o=-3.2"),
            *("?work=mine", "?work=returned", "?work=review"),
            *(["?work=unverified"] if kind != "statement" else []),
        ):
            yield "changelist", f"{records}/{kind}/{query}"
    yield "changelist", f"{records}/donation/?form__exact=goods&stage__exact=delivered&p=100"
    for model in ("party", "item", "candidate", "change", "revision", "hand", "auditentry"):
        yield "changelist", f"{records}/{model}/"
    yield "changelist", f"{records}/change/?kind__exact=donation&p=100"
    yield "changelist", f"{records}/candidate/?standing__exact=open"
    yield "worklist", "/admin/"
    choose = "autocomplete/?app_label=records&model_name=donation"
    for term in ("", "c", "country", "organisation 3", "absent"):
        term = term.replace(" ", "+")
        for address in (
            f"/admin/{choose}party&field_name=party",
            f"/admin/{choose}figure&field_name=item",
            f"{records}/statement/{choose}figure&field_name=statement",
        ):
            yield "autocomplete", f"{address}&term={term}"
    for name in ("published", "corrected", "in review", "draft", "long"):
        yield "record page", f"{records}/donation/{of[name]}/change/"
    yield "record page", f"{records}/donation/add/"
    yield "record page", f"{records}/donation/add/?statement={of['on file']}"
    for name in ("statement", "on file"):
        yield "record page", f"{records}/statement/{of[name]}/change/"
    yield "record page", f"{records}/donation/{of['in review']}/approve/"
    for name in ("published", "draft"):
        yield "record page", f"{records}/donation/{of[name]}/history/"
    yield "record page", f"{records}/candidate/{of['candidate']}/change/"
    yield "record page", f"{records}/party/CHN/change/"
    yield "record page", f"{records}/item/surgical-mask/change/"


def measure(database_url: str, of: dict[str, Any], repetitions: int) -> list[tuple]:
    """Return (group, address, queries, median seconds, longest seconds) of each page."""
    os.environ["SECOND_FACTOR"] = "true"
    databases.set_up_django(database_url)
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from tests.support.sign_in import PASSWORD, enrolled, role, sign_in

    person = User.objects.get(username="curator-0")
    person.is_staff = True
    person.set_password(PASSWORD)
    person.save()
    person.groups.add(*[role(name) for name in ("reviewer", "editor", "administrator")])
    device, _ = enrolled(person)
    client = Client()
    sign_in(client, person, device)

    found = []
    for group, address in pages(of):
        times = []
        for _ in range(repetitions):
            begun = time.perf_counter()
            response = client.get(address)
            times.append(time.perf_counter() - begun)
            if response.status_code != 200:
                raise SystemExit(f"{address} answers {response.status_code}")
        with CaptureQueriesContext(connection) as captured:  # not while it is timed
            client.get(address)
        found.append((group, address, len(captured), statistics.median(times), max(times)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("-n", type=int, default=100_000, help="donations (100,000)")
    parser.add_argument(
        "--databases", nargs="+", choices=databases.VENDORS, default=[*databases.VENDORS]
    )
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--all", action="store_true", help="print each page, not the worst alone")
    options = parser.parse_args()

    sound = True
    for vendor in options.databases:
        databases.generated(vendor, options.n)
        databases.create(vendor, NAME, f"gen{options.n}")
        url = databases.url(vendor, NAME)
        databases.manage(url, "collectstatic", "--noinput", "--verbosity", "0")
        of = databases.apart(prepare, url)
        found = databases.apart(measure, url, of, options.repetitions)
        print(f"{vendor}, {options.n:,} donations: most queries, median and longest seconds")
        for group in dict.fromkeys(row[0] for row in found):
            rows = [row[1:] for row in found if row[0] == group]
            print(
                f"    {group} ({len(rows)} pages): {max(row[1] for row in rows)} queries, "
                f"median {statistics.median(row[2] for row in rows):.3f} s, "
                f"longest {max(row[3] for row in rows):.3f} s"
            )
            for address, queries, median, longest in rows:
                missed = queries > QUERIES or longest > SECONDS
                sound &= not missed
                if missed or options.all:
                    print(
                        f"        {queries:3} queries {median:.3f} s {longest:.3f} s {address} "
                        f"{'MISSED' if missed else ''}".rstrip(),
                        flush=True,
                    )
    raise SystemExit(0 if sound else 1)


if __name__ == "__main__":
    main()
