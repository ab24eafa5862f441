"""The command `check_sources`: outcomes, what is kept of them, and archived copies."""

import datetime
import json
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from records.curation.source_check.archives import copy_in
from records.curation.source_check.copies import REASON, waiting
from records.curation.source_check.models import Outcome, SourceCheck
from records.curation.source_check.texts import text_of
from records.curation.workflow.worklist import Found
from records.models import State, Statement
from tests.conftest import logged_in
from tests.support.factories import DonationFactory, StatementFactory, UserFactory, publish
from tests.support.markup import nested_forms
from tests.support.sign_in import role
from tests.support.sites import drip, endless, page, redirect, respond, site

pytestmark = pytest.mark.django_db

PUBLISHED_ON = datetime.date(2020, 4, 13)


@pytest.fixture(autouse=True)
def local_sites(settings: Any) -> None:
    settings.ASK_PRIVATE_ADDRESSES = True


def run(*args: str, **options: Any) -> str:
    out = StringIO()
    usual = {"delay": 0, "days": 0, "timeout": 5, "size": 50_000}
    call_command("check_sources", *args, stdout=out, **usual | options)
    return out.getvalue()


def statement(url: str, **fields: Any) -> Statement:
    found = StatementFactory(url=url, **fields)
    publish(found)
    found.refresh_from_db()
    return found


def check_of(url: str) -> SourceCheck:
    return SourceCheck.objects.get(address=url)


# Outcomes


@pytest.mark.parametrize(
    ("answer", "outcome", "status", "detail"),
    [
        pytest.param(page("500 masks"), "found", 200, "", id="200"),
        pytest.param(redirect("/new"), "moved", 200, "moved for good", id="301"),
        pytest.param(redirect("/new", 302), "found", 200, "", id="302"),
        pytest.param(redirect("/nowhere"), "dead", 404, "not there any more", id="301 to 404"),
        pytest.param(redirect("/"), "moved", 200, "home page", id="301 to the home page"),
        pytest.param(page("", 404), "dead", 404, "not there any more", id="404"),
        pytest.param(page("", 410), "dead", 410, "not there any more", id="410"),
        pytest.param(page("", 403), "refused", 403, "does not show it", id="403"),
        pytest.param(page("", 500), "unreachable", 500, "Status 500", id="500"),
        pytest.param(page("", 429), "unreachable", 429, "Status 429", id="429"),
        pytest.param(drip, "unreachable", None, "No whole response", id="slow"),
        pytest.param(endless, "found", 200, "too long", id="huge"),
        pytest.param(redirect("/a"), "unreachable", None, "in a circle", id="circle"),
    ],
)
def test_outcome_is_kept(answer: Any, outcome: str, status: int | None, detail: str) -> None:
    with site(a=answer, new=page("500 masks")) as there:
        there.pages["/"] = page("Welcome")
        url = there.url("/a")
        cited = statement(url)
        text = run(timeout=1)
        row = check_of(url)

    assert (row.outcome, row.status) == (outcome, status)
    assert detail in row.detail
    assert row.moved_to in ("", there.url("/new"), there.url("/"))
    assert bool(row.moved_to) == (outcome == "moved")
    assert (f"{cited.public_id} {row.get_outcome_display()}: {url}" in text) == (
        outcome != "found"
    )
    assert "1 addresses asked" in text
    cited.refresh_from_db()
    assert cited.state == State.PUBLISHED


def test_robots_txt_that_refuses() -> None:
    rules = b"User-agent: *\nDisallow: /"
    with site(a=page("500 masks")) as there:
        there.pages["/robots.txt"] = lambda handler: respond(handler, 200, rules)
        statement(there.url("/a"))
        run()

        assert there.asked() == []
        assert check_of(there.url("/a")).outcome == Outcome.REFUSED


def test_address_inside_the_network_is_not_asked(settings: Any) -> None:
    settings.ASK_PRIVATE_ADDRESSES = False
    with site(a=page("500 masks")) as there:
        statement(there.url("/a"))
        run()

    assert there.requests == []
    row = check_of(there.url("/a"))
    assert (row.outcome, row.status) == (Outcome.REFUSED, None)
    assert "inside a network" in row.detail


def test_page_that_changed_and_since_when(clock: Any) -> None:
    with site(a=page("500 masks")) as there:
        url = there.url("/a")
        statement(url)
        run()
        first = check_of(url)
        clock.shift(86_400)
        run()
        same = check_of(url)
        there.pages["/a"] = page("Nothing")
        clock.shift(86_400)
        run()
        changed = check_of(url)
        clock.shift(86_400)
        run()
        again = check_of(url)

    # The script differs each time; what readers see does not.
    assert (same.outcome, same.detail) == (Outcome.FOUND, "As on 4 May 2026.")
    assert same.since == first.since
    assert same.asked_at > first.asked_at
    assert (changed.outcome, changed.since) == (Outcome.CHANGED, changed.asked_at)
    assert "differs from that of 5 May 2026" in changed.detail
    assert again.outcome == Outcome.FOUND


def test_page_with_another_text_but_all_quotes_is_as_it_was() -> None:
    with site(a=page("China gave 500 surgical masks.")) as there:
        url = there.url("/a")
        cited = statement(url)
        donation = DonationFactory(figures__statement=cited, figures__quote="500 surgical masks")
        publish(donation)
        run()
        assert check_of(url).detail == "1 of 1 quotes are in it."
        there.pages["/a"] = page("Today's weather. China gave 500 surgical masks.")
        run()
        assert check_of(url).outcome == Outcome.FOUND
        assert "differs" in check_of(url).detail
        there.pages["/a"] = page("China gave 600 surgical masks.")
        run()

    row = check_of(url)
    assert row.outcome == Outcome.CHANGED
    assert "0 of 1 quotes" in row.detail


def test_page_is_asked_whether_it_is_as_it_was() -> None:
    def tagged(handler: Any) -> None:
        known = handler.headers.get("If-None-Match") == '"one"'
        respond(handler, 304 if known else 200, b"" if known else b"500 masks", ETag='"one"')

    with site(a=tagged) as there:
        statement(there.url("/a"))
        run()
        digest = check_of(there.url("/a")).digest
        run()

    row = check_of(there.url("/a"))
    assert (row.outcome, row.status) == (Outcome.FOUND, 304)
    assert row.digest == digest != ""


# Which are asked


def test_each_address_is_asked_once_and_copies_too() -> None:
    with site(a=page("1"), copy=page("2")) as there:
        statement(there.url("/a"), archived_url=there.url("/copy"))
        statement(there.url("/a"))
        StatementFactory(url=there.url("/draft"))
        run()

    assert sorted(there.asked()) == ["/a", "/copy"]


def test_number_is_limited_and_the_longest_ago_come_first() -> None:
    with site() as there:
        for n in range(3):
            statement(there.url(f"/{n}"))
        run(most=2)
        assert sorted(there.asked()) == ["/0", "/1"]
        text = run(most=2)
        assert there.asked()[2:] == ["/2", "/0"]

    assert "2 addresses asked: 0 there, 0 changed, 0 moved, 2 dead" in text
    assert "1 were left alone" in text


def test_what_was_asked_lately_is_left_alone() -> None:
    with site() as there:
        statement(there.url("/a"))
        run()
        text = run(days=7)

    assert there.asked() == ["/a"]
    assert "0 addresses asked" in text


def test_single_statement_is_checked() -> None:
    with site() as there:
        wanted = statement(there.url("/a"))
        statement(there.url("/b"))
        run(wanted.public_id)

    assert there.asked() == ["/a"]
    with pytest.raises(CommandError, match="No such published statement: st-00000000"):
        run("st-00000000")


@pytest.mark.parametrize("wrong", [{"most": -1}, {"delay": -1}, {"timeout": 0}])
def test_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError, match="give"):
        run(**wrong)


def test_product_and_contact_are_named(settings: Any) -> None:
    settings.CONTACT = "curators@aid.example.org"
    with site() as there:
        statement(there.url("/a"))
        run()

    agents = {headers["User-Agent"] for _, headers in there.requests}
    assert agents == {
        f"AidAPI/{settings.VERSION} (check of cited sources; curators@aid.example.org)"
    }


# Archived copies


COPY = "https://web.archive.example/web/20200501000000/https://example.org/a"


CLOSEST = {"status": "200", "available": True, "url": COPY, "timestamp": "20200501000000"}
"""A copy as the service describes it; one without copies has no `closest`."""


def archive(*copies: dict[str, Any]) -> Any:
    """A service that answers as https://archive.org/help/wayback_api.php says: of the copies,
    with the one nearest to the timestamp that it is asked for."""

    def answer(handler: Any) -> None:
        (wanted,) = parse_qs(urlsplit(handler.path).query)["timestamp"]
        day = datetime.datetime.strptime(wanted, "%Y%m%d")

        def distance(one: dict[str, Any]) -> datetime.timedelta:
            return abs(datetime.datetime.strptime(one["timestamp"], "%Y%m%d%H%M%S") - day)

        body = {"archived_snapshots": {"closest": min(copies or [CLOSEST], key=distance)}}
        respond(handler, 200, json.dumps(body).encode())

    return answer


@pytest.mark.parametrize(
    ("fields", "is_taken"),
    [
        ({}, True),
        ({"status": "404"}, False),
        ({"timestamp": "20200401000000"}, False),
        ({"timestamp": "soon"}, False),
        ({"available": False}, False),
        ({"url": "javascript:alert(1)"}, False),
        ({"url": "https://example.org/" + "a" * 700}, False),
    ],
)
def test_copy_of_the_page_as_it_was_published(fields: dict[str, Any], is_taken: bool) -> None:
    closest = {**CLOSEST, **fields}
    body = json.dumps({"archived_snapshots": {"closest": closest}}).encode()

    assert (copy_in(body, PUBLISHED_ON) is not None) == is_taken


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{}", b'{"archived_snapshots": {}}', b"null", b"1"),
        b'{"archived_snapshots": {"closest": []}}',
    ],
)
def test_archive_without_a_copy(body: bytes) -> None:
    assert copy_in(body, PUBLISHED_ON) is None


@pytest.mark.parametrize(
    ("read_on", "asked_for"),
    [(datetime.date(2021, 2, 1), "20210201"), (None, "20260504")],
)
def test_copy_older_than_the_statement_gives_way_to_one_of_when_it_was_read(
    settings: Any, clock: Any, read_on: datetime.date | None, asked_for: str
) -> None:
    older = {**CLOSEST, "timestamp": "20200410000000", "url": COPY.replace("0501", "0410")}
    newer = {**CLOSEST, "timestamp": "20210301000000"}
    with site(a=page("", 404), available=archive(older, newer)) as there:
        settings.ARCHIVE_API = there.url("/available")
        statement(there.url("/a"), published_on=PUBLISHED_ON, accessed_on=read_on)
        run()

    assert [path[-8:] for path in there.asked() if "timestamp" in path] == ["20200413", asked_for]
    assert check_of(there.url("/a")).copy == COPY


def test_no_archive_is_asked_unless_one_is_set() -> None:
    with site(a=page("1"), available=archive()) as there:
        statement(there.url("/a"))
        run()

    assert there.asked() == ["/a"]


@pytest.fixture
def proposed(settings: Any) -> Any:
    """A published statement for whose page an archive has a copy."""
    with site(a=page("", 404), available=archive()) as there:
        settings.ARCHIVE_API = there.url("/available")
        cited = statement(there.url("/a"), published_on=PUBLISHED_ON)
        run()
        assert there.asked()[1].startswith("/available?url=http%3A%2F%2F127.0.0.1")
        assert there.asked()[1].endswith("&timestamp=20200413")
    return cited


@pytest.fixture
def curator(db: None) -> Client:
    user = UserFactory(username="curator")
    user.groups.add(role("curator"))
    return logged_in(user)


def view(cited: Statement) -> str:
    return reverse("admin:records_statement_change", args=[cited.pk])


def copy_page(cited: Statement) -> str:
    return reverse("admin:records_statement_copy", args=[cited.pk])


def test_copy_is_proposed_and_nothing_changes_by_itself(proposed: Statement) -> None:
    row = check_of(proposed.url)

    assert (row.copy, row.copy_made_on) == (COPY, datetime.date(2020, 5, 1))
    assert row.outcome == Outcome.DEAD
    assert Statement.objects.get().archived_url == ""


def test_curator_sees_the_outcome_and_takes_the_copy_into_a_draft(
    proposed: Statement, curator: Client
) -> None:
    shown = curator.get(view(proposed)).content.decode()
    assert "not there any more" in shown
    assert COPY in shown
    assert copy_page(proposed) in shown
    assert nested_forms(shown) == 0

    response = curator.post(copy_page(proposed), {"take": ""})

    draft = Statement.objects.get(state=State.DRAFT)
    assert response["Location"] == view(draft)
    assert (draft.archived_url, draft.version, draft.reason) == (COPY, 2, REASON)
    proposed.refresh_from_db()
    assert (proposed.archived_url, proposed.state) == ("", State.PUBLISHED)
    # The draft has it, and the published version has an open draft already.
    for version in (draft, proposed):
        assert copy_page(version) not in curator.get(view(version)).content.decode()
    curator.post(copy_page(proposed), {"take": ""})
    assert Statement.objects.count() == 2


def test_accepted_copy_is_not_proposed_again(
    proposed: Statement, curator: Client, settings: Any
) -> None:
    curator.post(copy_page(proposed), {"take": ""})
    draft = Statement.objects.get(state=State.DRAFT)
    assert not waiting().exists()
    publish(draft)
    with site(a=page("", 404), available=archive()) as there:
        settings.ARCHIVE_API = there.url("/available")
        run()

    assert not [path for path in there.asked() if path.startswith("/available")]
    assert Statement.objects.filter(archived_url=COPY, state=State.PUBLISHED).exists()
    assert not waiting().exists()


def test_proposed_copies_wait_on_the_home_of_who_may_take_them(
    proposed: Statement, curator: Client
) -> None:
    def section(client: Client) -> Found | None:
        sections = client.get("/admin/").context["sections"]
        return next((what for one, what in sections if one.name == "copies"), None)

    shown = section(curator)
    assert shown is not None
    assert [row.page for row in shown.rows] == [view(proposed)]
    assert shown.rows[0].about == "Its page: dead"
    ((label, address),) = shown.lists
    assert label == "1 statement"
    assert view(proposed) in curator.get(address).content.decode()
    guest = UserFactory(username="guest")
    assert section(logged_in(guest)) is None

    curator.post(copy_page(proposed), {"decline": ""})

    assert section(curator) == Found(0)


def test_copy_is_taken_into_the_open_draft(curator: Client, settings: Any) -> None:
    draft = StatementFactory(url="https://example.org/a")
    SourceCheck.objects.create(
        address=draft.url, outcome="found", asked_at="2026-05-04T12:00Z", copy=COPY,
        since="2026-05-04T12:00Z", copy_made_on=PUBLISHED_ON,
    )  # fmt: skip

    curator.post(copy_page(draft), {"take": ""})

    draft.refresh_from_db()
    assert (draft.archived_url, draft.version, draft.edits) == (COPY, 1, 1)


def test_declined_copy_is_not_proposed_again(proposed: Statement, curator: Client) -> None:
    curator.post(copy_page(proposed), {"decline": ""})

    assert copy_page(proposed) not in curator.get(view(proposed)).content.decode()
    assert check_of(proposed.url).copy_declined
    curator.post(copy_page(proposed), {"take": ""})
    assert Statement.objects.count() == 1


def test_who_may_not_change_statements_takes_no_copy(proposed: Statement) -> None:
    user = UserFactory(username="guest")
    guest = logged_in(user)

    assert guest.post(copy_page(proposed), {"take": ""}).status_code == 403
    assert guest.get(copy_page(proposed)).status_code == 405
    assert Statement.objects.count() == 1


@pytest.mark.parametrize(
    ("value", "is_listed"), [("dead", True), ("copy", True), ("moved", False), ("", True)]
)
def test_list_of_statements_by_their_pages(
    proposed: Statement, curator: Client, value: str, is_listed: bool
) -> None:
    listing = reverse("admin:records_statement_changelist")

    shown = curator.get(listing, {"page": value} if value else {}).content.decode()

    assert (view(proposed) in shown) == is_listed


def test_archive_that_fails_costs_nothing(settings: Any) -> None:
    with site(a=page("1"), available=page("", 500)) as there:
        settings.ARCHIVE_API = there.url("/available")
        statement(there.url("/a"))
        run()
        assert check_of(there.url("/a")).copy == ""
        there.pages["/available"] = redirect("/available")
        run()

    assert check_of(there.url("/a")).outcome == Outcome.FOUND


# Texts


def test_text_is_what_readers_see() -> None:
    html = (
        "<html><head><title>Not this</title><style>b{}</style></head><body><p>Five&nbsp;hundred "
        "<b>mas</b>ks<script>var x = '<p>'</script></p><p>and more</p><!-- nor this --></body>"
    )

    assert text_of(html.encode(), "text/html; charset=utf-8") == "Five hundred masks and more"
    assert text_of("口罩".encode("gb18030"), "text/plain; charset=gb18030") == "口罩"
    assert text_of("<meta charset=latin1>é".encode("latin1"), "text/html") == "é"
    assert text_of(b"x", "text/html; charset=nonsense") == "x"
    assert text_of(b"%PDF-1.4", "application/pdf") is None
    assert text_of(b"<head><meta name=x><body><p>open", "text/html") == "open"
