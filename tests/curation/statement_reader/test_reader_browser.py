"""The statement reader in a real browser: from a pasted text to a record's figures, by mouse and
by keyboard alone, on a wide screen and on a phone."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from records.models import Donation, DonationFigure, Statement
from tests.support.browser import Looked, barriers, box, fits
from tests.support.factories import (
    DonationFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)

pytestmark = pytest.mark.django_db(transaction=True)

SIZES = pytest.mark.parametrize("width", [1280, 390])
SHOTS = os.environ.get("SCREENSHOTS", "")
"""A folder for pictures of the pages, for those who want to look at them."""

TEXT = """Q: What has China done for other countries? 😀

A: By 10 April, China had given medical supplies to 127 countries and 4 international \
organizations. It sent more than 3.86 million masks, nearly 38,000 protective suits and \
16,000 ventilators. 中国还出口了口罩284万只。

It also gave 20 million US dollars in cash to the World Health Organization. Once more: \
16,000 ventilators.
"""


class Curator:
    """Somebody at the browser, signed in, whose clicks, selections and filled fields count."""

    def __init__(self, looked: Looked, address: str) -> None:
        self.looked = looked
        self.page = looked.page
        self.address = address
        self.interactions = 0

    def open(self, address: str) -> None:
        self.page.goto(self.address + address)

    def fill(self, label: str, words: str) -> None:
        self.interactions += 1
        self.page.get_by_label(label, exact=True).fill(words)

    def choose(self, name: str, value: str) -> None:
        self.interactions += 1
        self.page.locator(f"[name='{name}']").select_option(value)

    def click(self, what: Any) -> None:
        self.interactions += 1
        what.click()

    def search(self, name: str, words: str, found: str) -> None:
        """Choose from a search: open it, type, take what it found."""
        box = self.page.locator(f"[name='{name}'] + .select2")
        self.click(box)
        # A search that is given up for another one would be a request that failed.
        self.page.locator(".select2-results__option[aria-selected]").first.wait_for()
        self.interactions += 1
        # What is listed before the answer goes from under the pointer when the search begins.
        with self.page.expect_response(lambda answer: f"term={quote_plus(words)}&" in answer.url):
            self.page.locator(".select2-search__field").fill(words)
        self.page.locator(".select2-results__option.loading-results").wait_for(state="detached")
        self.click(self.page.locator(".select2-results").get_by_role("option", name=found))
        self.page.locator(".select2-container--open").wait_for(state="detached")

    def select(self, words: str, occurrence: int = 0) -> None:
        """Select words in the text, as a mouse does."""
        self.interactions += 1
        self.page.evaluate(
            """([words, occurrence]) => {
                const text = document.querySelector(".reader-text");
                let at = text.value.indexOf(words);
                for (; occurrence > 0; occurrence--) at = text.value.indexOf(words, at + 1);
                text.focus();
                text.setSelectionRange(at, at + words.length);
            }""",
            [words, occurrence],
        )

    def press(self, keys: str) -> None:
        self.interactions += 1
        self.page.keyboard.press(keys)

    def text(self) -> Any:
        return self.page.locator(".reader-text")

    def status(self) -> Any:
        return self.page.locator(".reader-status")

    def value(self, name: str) -> str:
        return self.page.locator(f"[name='{name}']").input_value()

    def shoot(self, name: str, whole: bool = False) -> None:
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SHOTS}/reader-{name}.png", full_page=whole)


@pytest.fixture
def session(transactional_db: None) -> str:
    """Signed in before the browser starts: its event loop would have a connection of its own."""
    client = Client()
    client.force_login(UserFactory(username="curator", is_superuser=True))
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def vocabulary(transactional_db: None) -> None:
    for item in ["surgical-mask", "respirator-n95", "protective-suit", "ventilator"]:
        ItemFactory(code=item)
    for party in ["CHN", "who", "PAK"]:
        PartyFactory(code=party)


@pytest.fixture
def sit_down(session: str, look: Any, live_server: Any) -> Callable[..., Curator]:
    def begin(address: str, width: int = 1280) -> Curator:
        looked = look("/", width)
        looked.page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )
        curator = Curator(looked, live_server.url)
        curator.open(address)
        return curator

    return begin


def stored(ask: Callable[[], Any]) -> Any:
    """What the database answers, or holds from now on, in a thread of its own: in this one
    the browser's event loop would have Django open another connection, and leave it open."""

    def answer() -> Any:
        try:
            found = ask()
            return list(found) if isinstance(found, QuerySet) else found
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(answer).result()


def add_page(statement: Any) -> str:
    return f"{reverse('admin:records_donation_add')}?statement={statement.pk}"


def change_page(record: Any) -> str:
    return reverse(f"admin:records_{record.KIND}_change", args=[record.pk])


def wrong_with(curator: Curator) -> list[str]:
    curator.page.wait_for_load_state("networkidle")  # scripts have named the search boxes
    complaints = list(curator.looked.complaints)
    complaints += barriers(curator.looked)
    curator.looked.complaints.clear()  # axe itself tries styles that the policy forbids
    return complaints + ([] if fits(curator.looked) else ["wider than the window"])


KEYBOARD = """Зачем? 😀😀 Сказано: Китай
передал 50 000 масок. 👩‍👩‍👧 Café: 7 ventilators; then 7 ventilators again."""


def test_the_keyboard_alone_is_enough(vocabulary: None, statement: Any, sit_down: Any) -> None:
    """Tab to the text, walk to the words, select them with Shift, Enter; then correct the quote
    with Shift+Enter. Whatever else is typed changes nothing."""
    curator = sit_down(add_page(statement(KEYBOARD)))
    page = curator.page
    curator.text().wait_for()

    # The page begins in the title, just after the text.
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".reader-text:focus")).to_have_count(1)
    page.keyboard.type("mine")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+End")
    for _ in range(len(" again.")):
        page.keyboard.press("ArrowLeft")
    for _ in range(len("7 ventilators")):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementsByName('figures-0-value')[0].value === '7'")

    assert curator.text().input_value() == KEYBOARD
    assert curator.value("figures-0-quote") == "7 ventilators"
    assert int(curator.value("figures-0-at")) == KEYBOARD.rindex("7 ventilators")
    page.keyboard.press("ArrowRight")
    for _ in range(len("ventilators")):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+Enter")
    assert curator.value("figures-0-quote") == "ventilators"
    assert int(curator.value("figures-0-at")) == KEYBOARD.rindex("ventilators")
    # From the text to the figure, and back; and on to the buttons.
    page.keyboard.press("Escape")
    expect(page.locator("[name='figures-0-measure']")).to_be_focused()
    page.get_by_role("button", name="Find in the text").press("Enter")
    assert page.evaluate("String(getSelection())") == "ventilators"
    page.keyboard.press("Tab")
    expect(page.locator(".reader-new:focus")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.locator(".reader-put:focus")).to_have_count(1)
    assert curator.looked.complaints == []


SCRIPTS = {
    "Arabic": "قدمت الصين ٧٠ طنا من المساعدات إلى باكستان 😀 وأكثر.",
    "Chinese": "外交部😀：中国向127个国家提供援助。",
    "combining": "Cafe\u0301 😀 donne\u0301 5 000 masques a\u0300 l'Italie.",
    "line breaks": "One.\r\nTwo 😀.\r\n\r\nThree: 70 masks\r\nof paper.\rFour.",
}
WORDS = {
    "Arabic": "٧٠ طنا من المساعدات",
    "Chinese": "127个国家",
    "combining": "5 000 masques a\u0300 l'Italie",
    "line breaks": "70 masks\r\nof paper",
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_places_agree_with_the_database_in_every_script(
    script: str, vocabulary: None, statement: Any, sit_down: Any, kept: Any
) -> None:
    filed = statement(SCRIPTS[script])
    donation = kept(
        figures=[{"statement": filed, "quote": SCRIPTS[script][:3], "quote_reason": "Meant."}]
    )
    curator = sit_down(change_page(donation))
    words = WORDS[script].replace("\r\n", "\n")
    curator.text().wait_for()

    curator.click(curator.page.get_by_role("button", name="Find in the text"))
    curator.select(words)
    curator.press("Shift+Enter")
    at = int(curator.value("figures-0-at"))
    curator.click(curator.page.get_by_role("button", name="Save and continue editing"))
    curator.page.get_by_text("was changed successfully").wait_for()
    curator.page.locator(".reader-marks mark").wait_for(state="attached")

    figure = stored(DonationFigure.objects.get)
    assert at == SCRIPTS[script].index(WORDS[script])
    assert (figure.quote, figure.offset) == (WORDS[script], at)
    expect(curator.page.locator(".reader-marks mark")).to_have_text([words])
    assert curator.looked.complaints == []


@pytest.fixture
def statement(transactional_db: None) -> Callable[..., Statement]:
    def file(text: str, **more: Any) -> Statement:
        return stored(lambda: StatementFactory(text=text, **more))

    return file


@pytest.fixture
def kept(transactional_db: None) -> Callable[..., Donation]:
    return lambda **fields: stored(lambda: DonationFactory(**fields))


def test_the_selected_one_of_equal_words_is_kept(
    vocabulary: None, statement: Any, sit_down: Any
) -> None:
    curator = sit_down(add_page(statement(TEXT)))
    page = curator.page
    curator.text().wait_for()

    curator.select("16,000 ventilators", occurrence=1)
    curator.click(page.get_by_role("button", name="New figure"))
    curator.fill("Title:", "China gives ventilators")
    for name, value in [("form", "goods"), ("stage", "committed"), ("stated_by", "donor")]:
        curator.choose(name, value)
    page.wait_for_function(
        "() => document.getElementsByName('figures-0-unit')[0].value === 'piece'"
    )
    curator.click(page.get_by_role("button", name="Save and continue editing"))
    page.get_by_text("was added successfully").wait_for()
    first = stored(DonationFigure.objects.get).offset
    page.get_by_label("Title:", exact=True).fill("China gives 16,000 ventilators")
    curator.click(page.get_by_role("button", name="Save and continue editing"))
    page.get_by_text("was changed successfully").wait_for()

    assert first == TEXT.rindex("16,000 ventilators")
    assert stored(DonationFigure.objects.get).offset == first


def test_too_many_words_are_not_filled_in(vocabulary: None, statement: Any, sit_down: Any) -> None:
    curator = sit_down(add_page(statement(TEXT)))
    curator.text().wait_for()

    reported = []
    for words in [
        "China had given medical supplies to 127 countries and",
        "中国还出口了口罩284万只",
    ]:
        curator.select(words)
        curator.press("Enter")
        reported.append((curator.status().inner_text(), curator.value("figures-0-quote")))

    assert reported[0] == ("9 words are selected: a quote has at most 8. Select fewer.", "")
    assert reported[1][1] == "中国还出口了口罩284万只"  # ten characters: short enough
    expect(curator.page.locator("[name='figures-1-quote']")).to_have_count(0)


def test_rows_say_what_is_wrong_with_their_quotes(
    statement: Any, kept: Any, sit_down: Any
) -> None:
    filed, bare = statement(TEXT, title="On file"), statement("", title="Not on file")
    donation = kept(
        figures=[
            {"statement": filed, "quote": "127 countries"},
            {"statement": filed, "quote": "128 countries", "value": 2},
            {"statement": bare, "quote": "129 countries", "value": 3},
        ]
    )
    curator = sit_down(change_page(donation))
    page = curator.page
    curator.text().wait_for()

    def notes() -> list[str]:
        return page.locator(".inline-related:not(.empty-form) .reader-note").all_inner_texts()

    before = notes()
    curator.page.locator("[name='figures-1-quote']").fill("4 international organizations")
    mended = notes()
    curator.page.locator("[name='figures-2-quote']").focus()

    assert before == [
        "",
        "These words do not occur in the statement's text.",
        "No text on file: paste it on the statement's page.",
    ]
    assert mended == ["", "", before[2]]
    expect(page.locator(".reader-empty")).to_be_visible()
    expect(page.locator("#reader-choice option")).to_have_count(2)
    assert page.locator("#reader-choice").input_value() == str(bare.pk)
    page.locator("[name='figures-1-quote']").focus()
    expect(page.locator(".reader-mark-in-hand")).to_have_text(["4 international organizations"])
    assert wrong_with(curator) == []


def test_a_quote_with_other_spaces_and_signs_is_marked(
    statement: Any, kept: Any, sit_down: Any
) -> None:
    text = (
        "😀 “It is the\r\nminister’s gift,” of 50\u202f000 e\u0301quipes o\ufb03cielles. "
        "Medical equip-\nment 提供\n援助"
    )
    filed = statement(text)
    donation = kept(figures=[{"statement": filed, "quote": "It is"}])
    curator = sit_down(change_page(donation))
    curator.text().wait_for()
    quote = curator.page.locator("[name='figures-0-quote']")

    for typed, shown in [
        ("the minister's gift,\" of 50 000", "the\nminister’s gift,” of 50\u202f000"),
        ("équipes officielles", "e\u0301quipes o\ufb03cielles"),
        ("Medical equipment", "Medical equip-\nment"),
        ("提供援助", "提供\n援助"),
    ]:
        quote.fill(typed)
        quote.focus()
        notes = curator.page.locator(".inline-related:not(.empty-form) .reader-note")

        expect(notes).to_have_text([""])
        expect(curator.page.locator(".reader-mark-in-hand")).to_have_text([shown])


@SIZES
def test_a_long_text_scrolls_by_itself_to_the_figure_in_hand(
    statement: Any, kept: Any, sit_down: Any, width: int
) -> None:
    long = "Words that say nothing.\n" * 400 + "At last 70 masks.\n" + "And more.\n" * 400
    donation = kept(
        figures=[
            {"statement": statement(long), "quote": "At last 70 masks"},
            {"statement": statement(TEXT), "quote": "127 countries", "item": "goggles"},
        ]
    )
    curator = sit_down(change_page(donation), width)
    page = curator.page
    curator.text().wait_for()

    page.locator("[name='figures-0-value']").focus()
    curator.shoot(f"long-{width}")

    panel = box(page.locator(".reader"))
    scrolled = page.locator(".reader-scroll")
    mark = box(page.locator(".reader-mark-in-hand"))
    view = box(scrolled)
    field = box(page.locator("[name='figures-0-value']"))
    assert panel["height"] <= (844 if width > 1000 else 844 / 2 + 1)
    assert view["y"] <= mark["y"] <= view["y"] + view["height"]
    # The field that is written in is in sight beside, or below, the text.
    if width == 390:
        assert field["y"] >= panel["y"] + panel["height"]
    scrolled.hover()
    page_at = page.evaluate("scrollY")
    page.mouse.wheel(0, 200)
    page.wait_for_function(
        "at => document.querySelector('.reader-scroll').scrollTop > at", arg=view["height"]
    )
    assert page.evaluate("scrollY") == page_at
    # Letters lie on their marks: the field is as high as what is behind it.
    assert (
        page.evaluate(
            """() => {
            const text = document.querySelector(".reader-text");
            return Math.abs(text.scrollHeight - text.clientHeight);
        }"""
        )
        <= 1
    )
    assert wrong_with(curator) == []


def test_what_was_selected_survives_a_refusal(
    vocabulary: None, statement: Any, sit_down: Any
) -> None:
    curator = sit_down(add_page(statement(TEXT)))
    page = curator.page
    curator.text().wait_for()
    curator.select("16,000 ventilators", occurrence=1)
    curator.press("Enter")
    page.wait_for_function(
        "() => document.getElementsByName('figures-0-unit')[0].value === 'piece'"
    )
    curator.select("127 countries")
    curator.press("Enter")
    page.wait_for_function(
        "() => document.getElementsByName('figures-1-value')[0].value === '127'"
    )
    page.locator("#figures-1 .row-up").click()

    curator.click(page.get_by_role("button", name="Save and continue editing"))
    page.get_by_text("Please correct the errors below.").wait_for()

    page.locator(".reader-marks mark").first.wait_for(state="attached")
    expect(page.locator(".reader-marks mark")).to_have_text(
        ["127 countries", "16,000 ventilators"]
    )
    assert int(curator.value("figures-0-at")) == TEXT.rindex("16,000 ventilators")
    expect(page.locator("[name='figures-1-statement'] option[selected]")).to_have_count(1)
    assert wrong_with(curator) == []


FOUND = """On 31 March 2020 there were 12,345 cases. China sent 3,000 ventilators and \
some 70 ventilators; it paid $5 million."""


@SIZES
def test_figures_of_the_text_are_accepted_and_rejected_by_key(
    vocabulary: None, statement: Any, sit_down: Any, width: int
) -> None:
    curator = sit_down(add_page(statement(FOUND)), width)
    page = curator.page
    curator.text().wait_for()
    page.locator(".reader-marks u").first.wait_for(state="attached")
    proposed = page.locator(".reader-marks u").all_inner_texts()
    dotted = page.locator(".reader-marks u.reader-doubtful").all_inner_texts()
    curator.text().focus()

    curator.press("Alt+ArrowDown")
    first = curator.status().inner_text()
    curator.press("Enter")
    page.wait_for_function(
        "() => document.getElementsByName('figures-0-value')[0].value === '3000'"
    )
    # The next one is at hand after each decision.
    curator.press("Delete")
    last = curator.status().inner_text()
    curator.shoot(f"found-{width}")

    assert proposed == ["3,000 ventilators", "some 70 ventilators", "$5 million"]
    assert dotted == ["$5 million"]
    assert first.startswith("“3,000 ventilators” reads 3,000 piece, Ventilator")
    assert (curator.value("figures-0-unit"), curator.value("figures-0-quote")) == (
        "piece",
        "3,000 ventilators",
    )
    assert "Not understood: the currency may be of several countries" in last
    expect(page.locator(".reader-marks u")).to_have_text(["$5 million"])
    assert page.locator(".reader-found").inner_text().startswith("1 of 3 figures found")
    assert curator.text().input_value() == FOUND
    assert wrong_with(curator) == []


@pytest.fixture
def published(transactional_db: None) -> Donation:
    donation = DonationFactory(
        figures=[
            {
                "statement": StatementFactory(text=TEXT, language="fr"),
                "quote": "127 countries",
                "quote_translation": "127 of all countries",
            }
        ]
    )
    publish(donation)
    return donation


@SIZES
def test_a_published_version_is_read_and_not_written(
    published: Donation, sit_down: Any, width: int
) -> None:
    curator = sit_down(change_page(published), width)
    page = curator.page
    curator.text().wait_for()

    curator.click(page.get_by_role("button", name="Find in the text"))
    status = page.locator(".reader-status").inner_text()
    assert status == "“127 countries”: in English “127 of all countries”."
    curator.select("16,000 ventilators")
    curator.press("Enter")
    curator.shoot(f"published-{width}")

    expect(page.locator(".reader-marks mark")).to_have_text(["127 countries"])
    expect(page.locator(".reader-mark-in-hand")).to_have_count(1)
    expect(page.get_by_role("button", name="New figure")).to_be_hidden()
    assert wrong_with(curator) == []


@SIZES
def test_a_statement_shows_what_was_drawn_from_it(
    published: Donation, sit_down: Any, width: int
) -> None:
    cited = stored(lambda: published.figures.get().statement)
    curator = sit_down(change_page(cited), width)

    curator.shoot(f"drawn-{width}", whole=True)

    drawn = curator.page.locator(".curation-drawn")
    expect(drawn.get_by_role("link", name=published.public_id)).to_be_visible()
    expect(drawn).to_contain_text("127 countries")
    expect(drawn).to_contain_text("(in English: “127 of all countries”)")
    assert drawn.locator("q").get_attribute("lang") == "fr"
    assert wrong_with(curator) == []
