"""Threads on versions and figures: who writes and reads them, where they are shown, what becomes
of them, and who is notified."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse

from records import publishing
from records.curation.teamwork import talking
from records.curation.teamwork.models import LONGEST, MOST_OPEN, Comment, Thread
from records.curation.workflow import worklist
from records.models import DATED, KINDS, Contributor, Record
from tests.curation.workflow.test_steps import allow, approve, entered, reported, url
from tests.support.factories import (
    RECORDS,
    DonationFactory,
    StatementFactory,
    ThreadFactory,
    UserFactory,
    publish,
)
from tests.support.markup import nested_forms
from tests.support.sign_in import PASSWORD, give_password, person

pytestmark = pytest.mark.django_db
HOME = "/admin/"
SAID = "<b>5,000</b>, says the ministry.\nNot 50,000."


def by(author: User, record: Record) -> Any:
    """The record as a draft of an author."""
    Contributor.edited(record, author)
    return record


def say(client: Client, record: Record, text: str = SAID, **more: Any) -> Any:
    return client.post(url(record, "threads"), {"act": "begin", "text": text, **more})


def shown(client: Client, record: Record, page: str = "change") -> str:
    return client.get(url(record, page)).content.decode()


def acts(thread: Thread) -> list[tuple[str, str, str]]:
    rows = thread.comments.order_by("pk")
    return list(rows.values_list("user__username", "act", "text"))


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_is_shown_on_both_pages_and_counted_before_an_approval(
    kind: str, curator: User, reviewer_client: Client, curator_client: Client
) -> None:
    record = by(curator, RECORDS[KINDS[kind]](in_review=True))

    sent = say(reviewer_client, record, next=url(record, "approve"))

    thread = Thread.objects.get()
    assert sent["Location"] == f"{url(record, 'approve')}#thread-{thread.pk}"
    words = "&lt;b&gt;5,000&lt;/b&gt;, says the ministry.<br>Not 50,000."
    review = shown(reviewer_client, record, "approve")
    assert words in review
    assert "1 thread is open" in review
    form = shown(curator_client, record)
    assert words in form
    assert nested_forms(review) == nested_forms(form) == 0

    curator_client.post(
        url(record, "threads"), {"act": "reply", "thread": thread.pk, "text": "Yes."}
    )
    reviewer_client.post(url(record, "threads"), {"act": f"resolve:{thread.pk}"})

    assert acts(thread)[1:] == [("curator", "said", "Yes."), ("reviewer", "resolved", "")]
    assert "1 thread is open" not in shown(reviewer_client, record, "approve")
    assert "resolved this" in shown(curator_client, record)
    box = {"act": f"reopen:{thread.pk}", f"text-{thread.pk}": "Not yet."}
    curator_client.post(url(record, "threads"), box)
    thread.refresh_from_db()
    assert thread.is_open
    assert acts(thread)[-1] == ("curator", "reopened", "Not yet.")


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", DATED)
def test_a_thread_on_a_figure_follows_it_through_edits_and_versions(
    kind: str, curator: User, curator_client: Client
) -> None:
    record = RECORDS[KINDS[kind]](figures=[{}, {"item": "ventilator", "value": 16}])
    first, second = record.ordered_figures()
    say(curator_client, record, figure=second.pk)
    assert shown(curator_client, record).count("Figure 2: 16 piece, Ventilators</h4>") == 1

    second.value = second.lower = second.upper = 160
    second.save()
    first.position, second.position = 1, 0
    first.save()
    second.save()
    page = shown(curator_client, record)
    assert "Figure 1: 160 piece, Ventilators (was: 16 piece, Ventilators)" in page

    publish(record)
    correction: Any = publishing.begin_correction(record, by=curator, reason="Another number.")
    assert "Figure 1: 160 piece" in shown(curator_client, correction)
    correction.figures.get(item="ventilator").delete()
    page = shown(curator_client, correction)
    assert "A figure that is not in this version: 16 piece, Ventilators" in page


@pytest.mark.parametrize("kind", KINDS)
def test_who_edits_or_reviews_a_kind_writes_and_nobody_else(
    kind: str, client: Client, reviewer_client: Client
) -> None:
    record = RECORDS[KINDS[kind]]()
    thread = ThreadFactory(record=record)

    assert say(client, record)["Location"].startswith("/admin/login/")
    for name in ("editor", "administrator"):
        stranger = entered(person(f"the-{name}", name))
        for act in ("begin", f"reply:{thread.pk}", f"resolve:{thread.pk}"):
            answer = stranger.post(url(record, "threads"), {"act": act, "text": SAID})
            assert answer.status_code == 403
        assert "open_threads" not in stranger.get(HOME).content.decode()
    assert Comment.objects.count() == 1
    assert say(reviewer_client, record).status_code == 302


def test_who_may_only_look_reads_no_threads(client: Client, db: None) -> None:
    record = DonationFactory()
    say(entered(person("curator")), record)
    onlooker = UserFactory(username="onlooker")
    allow(onlooker, ["view"], ["donation"])
    client.force_login(onlooker)

    page = client.get(url(record))

    assert page.status_code == 200
    assert "says the ministry" not in page.content.decode()


@pytest.mark.parametrize("page", ["threads", "assign"])
def test_other_methods_are_refused(page: str, curator_client: Client) -> None:
    assert curator_client.put(url(DonationFactory(), page)).status_code == 405


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
def test_threads_stay_with_what_is_published_and_go_with_a_discarded_draft(
    kind: str, curator: User, reviewer_client: Client, curator_client: Client
) -> None:
    record: Any = RECORDS[KINDS[kind]](published=True)
    say(reviewer_client, record, "For a correction.")
    correction: Any = publishing.begin_correction(record, by=curator, reason="Another number.")
    say(reviewer_client, correction, "About the draft.")
    page = shown(curator_client, correction)
    assert "For a correction." in page
    assert "About the draft." in page

    curator_client.post(url(correction, "discard"))

    assert [row.version for row in Thread.objects.all()] == [1]
    assert say(curator_client, correction).status_code == 409
    publishing.withdraw([record], by=UserFactory(username="other"), reason="Taken back.")
    answer = say(curator_client, record)
    assert "is withdrawn: write on the version that follows it" in answer.content.decode()
    assert "Not 50,000.</textarea>" in answer.content.decode()
    assert 'name="act"' not in shown(curator_client, record)


def test_open_threads_stop_no_approval(curator: User, reviewer_client: Client) -> None:
    record = by(curator, StatementFactory(in_review=True))
    say(reviewer_client, record)

    approve(reviewer_client, record, message="Publishes it.")

    record.refresh_from_db()
    assert record.state == "published"
    assert Thread.objects.open().count() == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" \n ", "Write a comment."),
        ("x" * (LONGEST + 1), f"at most {LONGEST} characters"),
        ("With a \x00 in it", "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_said_is_reported_and_nothing_lost(
    text: str, words: str, curator_client: Client
) -> None:
    record = DonationFactory()
    figure = record.figures.get()

    answer = say(curator_client, record, text, figure=figure.pk)

    page = answer.content.decode()
    assert words in page
    assert f'<option value="{figure.pk}" selected>' in page
    if text.strip():
        assert text.replace("\x00", "\x00")[:1000] in page
    assert not Thread.objects.exists()


def test_a_comment_has_line_breaks_of_one_character(curator_client: Client) -> None:
    record = StatementFactory()

    say(curator_client, record, "a\r\n" * (LONGEST // 2))

    assert Comment.objects.get().text == ("a\n" * (LONGEST // 2)).strip()


def test_a_figure_that_went_meanwhile_is_reported(curator_client: Client) -> None:
    record = DonationFactory(figures=[{}, {"item": "ventilator"}])
    gone = record.figures.get(item="ventilator")
    key = gone.pk
    gone.delete()

    answer = say(curator_client, record, figure=key)

    assert talking.NO_FIGURE in answer.content.decode()
    assert not Thread.objects.exists()


def test_two_who_resolve_are_told_and_their_words_are_kept(
    curator: User, reviewer: User, curator_client: Client
) -> None:
    record = DonationFactory()
    thread = ThreadFactory(record=record)
    talking.add(record, thread, by=reviewer, act=Comment.Act.RESOLVED)

    sent = {"act": f"resolve:{thread.pk}", f"text-{thread.pk}": "Corrected."}
    page = curator_client.post(url(record, "threads"), sent).content.decode()

    assert "Meanwhile reviewer resolved this. The thread is resolved." in page
    assert "Corrected.</textarea>" in page
    assert 'value="reopen"' in page
    assert [act for _, act, _ in acts(thread)] == ["said", "resolved"]


def test_what_is_sent_twice_is_said_once(curator_client: Client) -> None:
    record = DonationFactory()

    for _ in range(2):
        say(curator_client, record)
    thread = Thread.objects.get()
    for _ in range(2):
        sent = {"act": "reply", "thread": thread.pk, "text": "Yes."}
        curator_client.post(url(record, "threads"), sent)

    assert [text for _, _, text in acts(thread)] == [SAID, "Yes."]


def test_a_thread_of_another_record_is_not_answered(curator_client: Client) -> None:
    thread = ThreadFactory()

    sent = {"act": "resolve", "thread": thread.pk}
    answer = curator_client.post(url(DonationFactory(), "threads"), sent)

    assert talking.NO_THREAD in answer.content.decode()
    assert acts(thread) == acts(Thread.objects.open().get())


def test_threads_of_a_record_are_bounded(curator: User) -> None:
    record = DonationFactory()
    for _ in range(MOST_OPEN):
        Thread.objects.create(kind="donation", public_id=record.public_id, version=1)

    with pytest.raises(ValidationError, match="resolve some first"):
        talking.begin(record, by=curator, text=SAID)


def test_a_comment_returns_to_pages_of_this_site_only(curator_client: Client) -> None:
    record = StatementFactory()

    answer = say(curator_client, record, next="https://example.org/admin/")

    assert answer["Location"].startswith(f"{url(record)}#thread-")


def test_a_comment_outlives_the_session(curator: User) -> None:
    record = StatementFactory()
    curator.set_password(PASSWORD)
    curator.save()
    client = entered(curator)
    owner = client.get(url(record)).context["owner"]
    client.logout()

    sent = {"act": "begin", "text-new-": SAID, "_owner": owner}
    kept = client.post(url(record, "threads"), sent)
    give_password(client, curator)
    page = client.get(
        kept["Location"].partition("next=")[2].replace("%3F", "?").replace("%3D", "=")
    )

    assert SAID.splitlines()[1] in page.content.decode()
    assert "Nothing was saved" in page.content.decode()
    assert not Thread.objects.exists()


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
def test_the_home_counts_open_threads_that_concern_somebody(
    kind: str, curator: User, reviewer: User, curator_client: Client, reviewer_client: Client
) -> None:
    record = by(curator, RECORDS[KINDS[kind]]())
    thread = ThreadFactory(record=record)
    other = entered(person("other", "curator"))

    def found(client: Client) -> worklist.Found:
        sections = client.get(HOME).context["sections"]
        return next(what for section, what in sections if section.name == "threads")

    assert [found(client).count for client in (curator_client, reviewer_client, other)] == [
        1,
        1,
        0,
    ]
    (row,) = found(curator_client).rows
    assert "reviewer: The ministry says" in row.about
    assert curator_client.get(row.page)["Location"] == url(record)
    ((_, address),) = found(curator_client).lists
    assert [one.pk for one in curator_client.get(address).context["cl"].result_list] == [record.pk]
    talking.add(record, thread, by=reviewer, act=Comment.Act.RESOLVED)
    assert found(curator_client).count == 0


@override_settings(EMAIL_URL="smtp://mail.example.org", PUBLIC_URL="https://aid.example.org")
def test_those_concerned_are_notified_of_what_others_say_without_the_words(
    curator: User, reviewer: User
) -> None:
    for user in (curator, reviewer, person("other", "curator")):
        user.email = f"{user.username}@example.org"
        user.save()
    record = by(curator, DonationFactory(title="Masks for Italy"))
    thread = talking.begin(record, by=reviewer, text=SAID)

    def send() -> dict[str, Any]:
        mail.outbox.clear()
        call_command("send_notices")
        return {message.to[0]: message for message in mail.outbox}

    (address, notice), *others = send().items()
    assert (address, others) == ("curator@example.org", [])
    assert notice.subject == "AidAPI: 1 with comments"
    assert f"New: {record.public_id} v1: Masks for Italy\nby reviewer\n" in notice.body
    page = reverse("admin:records_donation_now", args=[record.public_id])
    assert f"https://aid.example.org{page}#thread-{thread.pk}\n" in notice.body
    assert "ministry" not in notice.body
    assert send() == {}
    talking.add(record, thread, by=curator, act=Comment.Act.SAID, text="Yes.")
    assert set(send()) == {"reviewer@example.org"}
    talking.add(record, thread, by=curator, act=Comment.Act.RESOLVED)
    assert send() == {}


@pytest.mark.slow(sample=True)
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_takes_the_same_queries_however_much_is_said(
    kind: str, reviewer: User, reviewer_client: Client, django_assert_max_num_queries: Any
) -> None:
    record = RECORDS[KINDS[kind]](in_review=True)

    def fill() -> None:
        for key in (None, *record.ordered_figures()) if record.ROLES else (None,):
            thread = talking.begin(
                record, by=reviewer, text=f"{key} {Comment.objects.count()}", figure=key and key.pk
            )
            talking.add(record, thread, by=UserFactory(username="a"), act="said", text="Yes.")

    pages = [url(record), url(record, "approve"), HOME]
    for page in pages:
        # What a process reads once, it has then.
        reviewer_client.get(page)
    taken = []
    for _ in range(2):
        fill()
        counts = []
        for page in pages:
            with django_assert_max_num_queries(40) as queries:
                reviewer_client.get(page)
            counts.append(len(queries))
        taken.append(counts)

    assert taken[0] == taken[1]


def test_the_list_shows_who_has_open_threads(curator_client: Client) -> None:
    talked_of, _ = DonationFactory(), DonationFactory()
    say(curator_client, talked_of)

    page = curator_client.get(worklist.changelist(type(talked_of), "threads"))

    assert [row.pk for row in page.context["cl"].result_list] == [talked_of.pk]
    assert "is added" in reported(say(curator_client, talked_of, "Another."))
