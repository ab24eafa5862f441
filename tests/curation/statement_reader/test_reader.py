"""The statement reader, as the server sees it: where quotes stand, what a new record begins with,
who may read a text, and what a statement's page lists."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records import publishing
from records.models import (
    DATED,
    Donation,
    DonationFigure,
    State,
    Statement,
)
from records.models.evidence import length_problem
from tests.support.factories import (
    RECORDS,
    DonationFactory,
    ExportFactory,
    ItemFactory,
    PartyFactory,
    StatementFactory,
    UserFactory,
    publish,
)

pytestmark = pytest.mark.django_db

TEXT = "😀 Cafe\u0301: 70 masks came.\nThen 70 masks came again, 70\nmasks in all."
FIRST, SECOND = 9, TEXT.rindex("70 masks")
EVERY_DATED_KIND = pytest.mark.parametrize("kind", list(DATED))


def url(row: Any, page: str = "change") -> str:
    args = [] if isinstance(row, type) else [row.pk]
    return reverse(f"admin:records_{row._meta.model_name}_{page}", args=args)


def typed(response: Any) -> dict[str, Any]:
    """What a browser would send back from a page, untouched."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    values = {bound.html_name: bound.value() for form in forms for bound in form}
    sent = {name: "" if value is None else value for name, value in values.items()}
    return {name: value for name, value in sent.items() if value is not False}


@pytest.fixture
def client(superuser: User) -> Client:
    """A curator. Related rows are loaded one by one in the admin's own forms."""
    client = Client()
    client.force_login(superuser)
    return client


@pytest.fixture
def statement() -> Statement:
    return StatementFactory(text=TEXT)


@pytest.fixture
def donation(statement: Statement) -> Donation:
    return DonationFactory(figures=[{"statement": statement, "quote": "70 masks", "value": 70}])


def save(client: Client, donation: Donation, **changed: Any) -> Any:
    page = client.get(url(donation))
    return client.post(url(donation), typed(page) | changed)


def errors(response: Any) -> str:
    return str([formset.errors for formset in response.context["inline_admin_formsets"]])


class TestWhereAQuoteStands:
    def test_words_are_looked_for(self, donation: Donation) -> None:
        figure = donation.figures.get()

        assert (figure.quote_found, figure.offset) == (True, FIRST)
        assert TEXT[FIRST:].startswith("70 masks")

    def test_the_place_that_was_selected_is_kept(self, client: Client, donation: Donation) -> None:
        save(client, donation, **{"figures-0-at": SECOND})
        kept = donation.figures.get().offset
        save(client, donation, title="Said better")

        assert kept == donation.figures.get().offset == SECOND

    def test_words_with_other_spaces_are_kept_as_the_text_has_them(
        self, client: Client, donation: Donation
    ) -> None:
        statement = Statement.objects.get()
        text = statement.text.replace("70 masks came again", "70\u202fmasks came – “again”")
        Statement.objects.update(text=text)

        save(client, donation, **{"figures-0-quote": '70 masks came - "again"'})

        figure = donation.figures.get()
        assert figure.quote == "70\u202fmasks came – “again”"
        assert figure.offset == text.index(figure.quote)

    def test_it_is_kept_when_the_rest_of_the_figure_changes(
        self, client: Client, donation: Donation
    ) -> None:
        save(client, donation, **{"figures-0-at": SECOND})

        save(client, donation, **{"figures-0-unit": "box"})

        figure = donation.figures.get()
        assert (figure.unit, figure.offset) == ("box", SECOND)

    def test_it_is_kept_through_submission_publication_and_correction(
        self, client: Client, donation: Donation, editor: User
    ) -> None:
        save(client, donation, **{"figures-0-at": SECOND})
        publish(donation)

        draft = publishing.begin_correction(donation, by=editor, reason="Looked again.")

        assert donation.figures.get().offset == SECOND
        assert draft.figures.get().offset == SECOND

    def test_a_place_where_other_words_stand_is_refused(
        self, client: Client, donation: Donation
    ) -> None:
        response = save(client, donation, **{"figures-0-at": SECOND + 1})

        assert response.status_code == 200
        assert "are not where they were selected" in response.content.decode()
        assert donation.figures.get().offset == FIRST

    @pytest.mark.slow(sample=True)
    @pytest.mark.parametrize("at", ["-1", "x", "99999999999999999999", "2147483648"])
    def test_a_crafted_place_is_refused(self, at: str, client: Client, donation: Donation) -> None:
        response = save(client, donation, **{"figures-0-at": at})

        assert response.status_code == 200
        assert response.context["errors"]
        assert donation.figures.get().offset == FIRST

    def test_new_words_are_looked_for_again(self, client: Client, donation: Donation) -> None:
        save(client, donation, **{"figures-0-at": SECOND})

        save(client, donation, **{"figures-0-at": "", "figures-0-quote": "came again"})

        figure = donation.figures.get()
        assert (figure.quote, figure.offset) == ("came again", TEXT.index("came again"))

    def test_without_a_script_the_old_place_is_forgotten(
        self, client: Client, donation: Donation
    ) -> None:
        save(client, donation, **{"figures-0-quote": "masks came again"})

        assert donation.figures.get().offset == TEXT.index("masks came again")

    def test_line_breaks_are_those_of_the_text(self, client: Client, donation: Donation) -> None:
        """Browsers send two characters for each."""
        at = TEXT.index("70\nmasks")

        save(client, donation, **{"figures-0-quote": "70\r\nmasks", "figures-0-at": at})

        figure = donation.figures.get()
        assert (figure.quote, figure.offset) == ("70\nmasks", at)

    def test_also_where_the_text_was_filed_with_two_characters_for_each(
        self, client: Client, donation: Donation, statement: Statement
    ) -> None:
        statement.text = TEXT.replace("\n", "\r\n")
        statement.save()
        at = statement.text.index("70\r\nmasks")

        save(client, donation, **{"figures-0-quote": "70\r\nmasks", "figures-0-at": at})

        figure = donation.figures.get()
        assert (figure.quote, figure.offset) == ("70\r\nmasks", at)

    def test_a_text_is_filed_with_one(self, client: Client, statement: Statement) -> None:
        page = client.get(url(statement))
        sent = typed(page) | {"title": "Said", "text": "One.\r\nTwo.\rThree."}

        client.post(url(statement), sent)

        statement.refresh_from_db()
        assert statement.text == "One.\nTwo.\nThree."

    def test_sending_a_text_back_changes_nothing(
        self, client: Client, statement: Statement
    ) -> None:
        page = client.get(url(statement))
        sent = typed(page) | {"text": TEXT.replace("\n", "\r\n")}

        client.post(url(statement), sent)

        statement.refresh_from_db()
        assert (statement.edits, statement.text) == (0, TEXT)

    def test_another_statement_without_a_text_leaves_no_place(
        self, client: Client, donation: Donation
    ) -> None:
        bare = StatementFactory()

        save(client, donation, **{"figures-0-statement": bare.pk, "figures-0-at": ""})

        figure = donation.figures.get()
        assert (figure.statement, figure.offset, figure.quote_found) == (bare, None, None)

    def test_a_place_in_a_text_that_is_not_on_file_is_refused(
        self, client: Client, donation: Donation
    ) -> None:
        sent = {"figures-0-statement": StatementFactory().pk, "figures-0-at": SECOND}

        response = save(client, donation, **sent)

        assert "are not where they were selected" in response.content.decode()


class TestAFragment:
    @pytest.mark.parametrize(
        "quote",
        [
            "one two three four five six seven eight",
            "  one two three four five six seven eight  ",
            "一二三四五六七八九十一二三四五六七八九十",
            "54个国家(地区)以及3个国际组织",
        ],
    )
    def test_is_short(self, quote: str) -> None:
        assert not length_problem(quote)

    @pytest.mark.parametrize(
        "quote",
        [
            "one two three four five six seven eight nine",
            "一二三四五六七八九十一二三四五六七八九十一",
            "ก" * 21,
        ],
    )
    def test_is_not_long(self, quote: str) -> None:
        assert length_problem(quote)

    def test_a_long_quote_is_refused(self, client: Client, donation: Donation) -> None:
        response = save(
            client, donation, **{"figures-0-quote": "70 masks came. Then 70 masks came again, 70"}
        )

        assert "Quote at most 8 words" in response.content.decode()
        assert donation.figures.get().quote == "70 masks"

    def test_one_from_before_the_rule_is_mended_with_the_next_save(
        self, client: Client, donation: Donation
    ) -> None:
        long = TEXT[:60]
        DonationFigure.objects.update(quote=long, offset=0)

        response = save(client, donation, title="Said better")

        assert "Quote at most 8 words" in response.content.decode()
        save(client, donation, **{"title": "Said better", "figures-0-quote": "70 masks came."})
        donation.refresh_from_db()
        assert donation.title == "Said better"


class TestANewRecord:
    @EVERY_DATED_KIND
    def test_begins_with_the_statement_and_its_day(
        self, kind: str, client: Client, statement: Statement
    ) -> None:
        page = client.get(url(DATED[kind], "add"), {"statement": statement.pk})

        sent = typed(page)
        assert str(sent["as_of"]) == "2020-04-10"
        assert sent["as_of_precision"] == "day"
        assert sent["figures-0-statement"] == statement.pk
        reported = json.loads(page.context["reader"])
        assert (reported["preset"], reported["figures"]) == (statement.pk, None)
        empty = page.context["inline_admin_formsets"][1].formset.empty_form
        assert empty["statement"].value() == statement.pk

    def test_without_a_day_of_the_words_it_begins_with_the_publication(
        self, client: Client
    ) -> None:
        statement = StatementFactory(said_on=None, published_on_precision="month")

        page = client.get(url(Donation, "add"), {"statement": statement.pk})

        assert str(typed(page)["as_of"]) == "2020-04-01"
        assert typed(page)["as_of_precision"] == "month"

    @EVERY_DATED_KIND
    def test_has_a_row_for_each_main_role(self, kind: str, client: Client) -> None:
        sent = typed(client.get(url(DATED[kind], "add")))

        roles = sent["parties-0-role"], sent["parties-1-role"]
        assert roles == DATED[kind].MAIN_ROLES

    def test_rows_left_as_they_came_are_not_saved(
        self, client: Client, statement: Statement
    ) -> None:
        PartyFactory(code="CHN")
        ItemFactory()
        address = f"{url(Donation, 'add')}?statement={statement.pk}"
        sent = typed(client.get(address)) | {
            "title": "China sends masks",
            "form": "goods",
            "stage": "delivered",
            "stated_by": "donor",
            "parties-0-party": "CHN",
            "figures-TOTAL_FORMS": "3",
            "figures-0-measure": "quantity",
            "figures-0-value": "70",
            "figures-0-item": "surgical-mask",
            "figures-0-quote": "70 masks",
            "figures-0-at": SECOND,
            **{
                f"figures-{n}-{name}": value
                for n in (1, 2)
                for name, value in [
                    ("statement", statement.pk),
                    ("operator", "exact"),
                    ("basis", "single"),
                    ("rank", "normal"),
                    ("countable", "on"),
                ]
            },
        }

        response = client.post(address, sent)

        assert response.status_code == 302
        donation = Donation.objects.get()
        assert [row.party_id for row in donation.parties.all()] == ["CHN"]
        assert [figure.offset for figure in donation.figures.all()] == [SECOND]

    @pytest.mark.parametrize("key", ["0", "x", "-1", "9" * 30, "٣", ""])
    def test_a_statement_that_is_not_there_is_reported_of(self, key: str, client: Client) -> None:
        page = client.get(url(Donation, "add"), {"statement": key})

        assert page.status_code == 200
        assert "is not there, or no longer in force" in page.content.decode()
        assert typed(page)["figures-0-statement"] == ""

    def test_nothing_new_rests_on_what_was_withdrawn(self, client: Client, reviewer: User) -> None:
        statement = StatementFactory(published=True)
        publishing.withdraw([statement], by=reviewer, reason="It was not said.")

        page = client.get(url(statement))

        assert page.context["offers"] == []
        assert "New donation from this" not in page.content.decode()


class TestARecordsPage:
    def test_takes_the_same_queries_for_any_number_of_rows(
        self, client: Client, statement: Statement
    ) -> None:
        def queries(rows: int) -> int:
            donation = DonationFactory(
                recipients=["PAK", "ITA", "SRB", "ETH"][:rows],
                figures=[
                    {"statement": statement, "quote": "70 masks", "value": value}
                    for value in range(1, rows + 1)
                ],
                milestones=[],
            )
            client.get(url(donation))
            with CaptureQueriesContext(connection) as taken:
                page = client.get(url(donation))
            html = page.content.decode()
            assert html.count(" selected>Surgical masks (surgical-mask)</option>") == rows
            assert html.count(f"({statement.public_id} v1, draft)</option>") == rows
            return len(taken)

        # Threads, assignments and forms that are not saved are tables of their own.
        assert queries(1) == queries(4) <= 15


class TestTexts:
    def ask(self, client: Client, *keys: Any) -> Any:
        return client.get(reverse("admin:records_statement_texts"), {"id": keys})

    def test_come_as_they_were_filed(self, client: Client) -> None:
        text = "One.\r\n\tTwo 😀 <b>&amp;\u2028"
        statement = StatementFactory(text=text, language="zh")

        response = self.ask(client, statement.pk)

        reported = response.json()["statements"]
        assert [(one["id"], one["text"], one["language"]) for one in reported] == [
            (statement.pk, text, "zh")
        ]
        assert reported[0]["page"] == url(statement)
        assert "no-store" in response["Cache-Control"]

    def test_what_is_not_there_is_left_out(self, client: Client, statement: Statement) -> None:
        assert self.ask(client, 10**17).json() == {"statements": []}

    @pytest.mark.parametrize("keys", [["x"], ["9" * 30], ["1"] * 51, ["1", ""]])
    def test_odd_questions_are_refused(self, keys: list[str], client: Client) -> None:
        assert self.ask(client, *keys).status_code == 400

    @pytest.mark.parametrize("page", ["texts", "suggestion", "figures"])
    def test_strangers_and_staff_without_permission_see_none(
        self, page: str, statement: Statement
    ) -> None:
        address = reverse(f"admin:records_statement_{page}")
        staff = Client()
        staff.force_login(UserFactory(username="somebody"))

        assert Client().get(address, {"id": statement.pk}).status_code == 302
        assert staff.get(address, {"id": statement.pk}).status_code == 403

    def test_no_reader_for_those_who_may_not_read_statements(self, donation: Donation) -> None:
        user = UserFactory(username="somebody")
        user.user_permissions.add(Permission.objects.get(codename="change_donation"))
        client = Client()
        client.force_login(user)

        page = client.get(url(donation))

        assert page.status_code == 200
        assert 'class="reader"' not in page.content.decode()

    def test_the_page_itself_holds_no_text(self, client: Client, donation: Donation) -> None:
        publish(donation)

        html = client.get(url(donation)).content.decode()

        assert 'class="reader"' in html
        assert "came again" not in html

    def test_a_published_version_says_of_its_figures(
        self, client: Client, donation: Donation
    ) -> None:
        publish(donation)
        figure = donation.figures.get()

        reported = json.loads(client.get(url(donation)).context["reader"])

        assert reported["figures"] == [
            {
                "statement": figure.statement_id,
                "quote": "70 masks",
                "translation": "",
                "at": FIRST,
            }
        ]


class TestSuggestions:
    def ask(self, client: Client, words: str, **more: str) -> Any:
        return client.get(reverse("admin:records_statement_suggestion"), {"words": words, **more})

    def test_know_the_vocabulary(self, client: Client) -> None:
        ItemFactory()

        reported = self.ask(client, "more than 3.86亿口罩", language="zh").json()

        assert reported["fields"]["value"] == "386000000"
        assert reported["item"] == {
            "id": "surgical-mask",
            "text": "Surgical masks (surgical-mask)",
        }

    def test_may_be_nothing(self, client: Client) -> None:
        nothing: dict[str, Any] = {"fields": {}, "item": None, "doubts": [], "notes": []}
        assert self.ask(client, "").json() == nothing

    def test_are_not_made_of_a_whole_text(self, client: Client) -> None:
        assert self.ask(client, "x" * 301).status_code == 400


class TestFiguresOfAText:
    def ask(self, client: Client, key: object) -> Any:
        return client.get(
            reverse("admin:records_statement_figures"), {"id": str(key), "role": "recipient"}
        )

    def test_have_their_place_and_what_is_not_understood(self, client: Client) -> None:
        ItemFactory()
        PartyFactory(code="ITA", name="Italy", aliases=["Italia"])
        text = (
            "😀 As of 31 March 2020 there were 12,345 confirmed cases and 678 deaths.\r\n"
            "By 10 April China sent more than 3.86\u00a0million surgical masks to Italy; "
            "it gave $5 million. Call +86 10 6596 1114."
        )

        figures = self.ask(client, StatementFactory(text=text).pk).json()["figures"]

        assert [text[one["at"] :].startswith(one["quote"]) for one in figures] == [True, True]
        masks, money = figures
        assert masks["quote"] == "more than 3.86\u00a0million surgical masks"
        assert masks["reading"] == "more than 3,860,000 piece, Surgical masks"
        assert (masks["item"]["id"], masks["doubts"]) == ("surgical-mask", [])
        assert (masks["parties"], masks["dates"]) == (["ITA"], ["04-10"])
        assert money["fields"]["currency"] == "USD"
        assert money["doubts"] == ["the currency may be of several countries (USD is one)"]

    def test_are_none_of_a_statement_that_is_not_there(self, client: Client) -> None:
        assert [self.ask(client, key).status_code for key in ("x", 10**17)] == [404, 404]


class TestDrawnFromAStatement:
    def drawn(self, client: Client, statement: Statement) -> list[tuple[str, str, str, str]]:
        page = client.get(url(statement))
        return [
            (kind.name, str(one.record), one.number, one.figure.quote)
            for kind in page.context["drawn"]
            for one in kind.figures
        ]

    def test_every_kind_of_every_version_in_force_and_in_work(
        self, client: Client, statement: Statement, editor: User, reviewer: User
    ) -> None:
        figures = {
            "figures__statement": statement,
            "figures__quote": "70 masks",
            "figures__value": 70,
        }
        expected = []
        for kind, model in DATED.items():
            record = RECORDS[model](**figures)
            publish(record)
            draft = publishing.begin_correction(record, by=editor, reason="Looked again.")
            gone = RECORDS[model](**figures)
            publish(gone)
            publishing.withdraw([gone], by=reviewer, reason="It did not happen.")
            expected += [(kind, record), (kind, draft)]
        corrected = publishing.begin_correction(
            Statement.objects.get(pk=statement.pk), by=editor, reason="Looked again."
        )

        for version in (statement, corrected):
            drawn = self.drawn(client, version)
            assert [(name, record) for name, record, _, _ in drawn] == [
                (f"{kind}s", str(record)) for kind, record in expected
            ]
            assert {(number, quote) for _, _, number, quote in drawn} == {
                ("70 piece, Surgical masks", "70 masks")
            }

    def test_numbers_are_reported_in_words(self, client: Client, statement: Statement) -> None:
        said: list[dict[str, Any]] = [
            {"operator": "more_than", "value": "1234567.5"},
            {"money": True, "value": 5},
            {"counted": True, "value": 7},
            {"operator": "between", "value": None, "lower": 2, "upper": 3000},
            {"operator": "unspecified", "value": None, "item": "goggles"},
        ]
        DonationFactory(
            figures=[figure | {"statement": statement, "quote": "70 masks"} for figure in said]
        )

        numbers = [number for _, _, number, _ in self.drawn(client, statement)]

        assert numbers == [
            "more than 1,234,567.5 piece, Surgical masks",
            "5 USD",
            "7 country",
            "2 to 3,000 piece, Surgical masks",
            "unspecified piece, Protective goggles",
        ]

    def test_it_takes_the_same_queries_however_much_was_drawn(
        self, client: Client, statement: Statement
    ) -> None:
        def draw() -> None:
            for factory in (DonationFactory, ExportFactory):
                factory(figures__statement=statement, figures__quote="70 masks")

        draw()
        client.get(url(statement))
        with CaptureQueriesContext(connection) as few:
            client.get(url(statement))
        for _ in range(15):
            draw()
        with CaptureQueriesContext(connection) as many:
            response = client.get(url(statement))

        assert len(many) == len(few) <= 15
        assert len(response.content) < 10**6

    def test_much_is_shown_page_by_page(self, client: Client, statement: Statement) -> None:
        for _ in range(101):
            DonationFactory(
                figures__statement=statement, figures__quote="70 masks", donors=[], recipients=[]
            )

        page = client.get(url(statement))
        (kind,) = page.context["drawn"]
        seen: list[str] = []
        for number, length in [(1, 100), (2, 1)]:
            with CaptureQueriesContext(connection) as queries:
                listed = client.get(kind.more, {"page": number})
            (part,) = listed.context["drawn"]
            assert len(part.figures) == length
            assert len(queries) <= 8
            seen += [str(one.record) for one in part.figures]

        assert len(kind.figures) == 20
        assert kind.more in page.content.decode()
        assert len(set(seen)) == 101
        assert set(seen) == {str(donation) for donation in Donation.objects.all()}

    @pytest.mark.parametrize("kind", ["statement", "party", "nothing"])
    def test_of_no_other_kind(self, kind: str, client: Client, statement: Statement) -> None:
        address = reverse("admin:records_statement_drawn", args=[statement.pk, kind])

        assert client.get(address).status_code == 404

    def test_of_no_statement_that_is_not_there(self, client: Client) -> None:
        for pk in (0, 10**17, 10**30):
            address = reverse("admin:records_statement_drawn", args=[pk, "donation"])
            assert client.get(address).status_code == 404

    def test_only_of_kinds_that_one_may_see(self, statement: Statement) -> None:
        DonationFactory(figures__statement=statement, figures__quote="70 masks")
        user = UserFactory(username="somebody")
        user.user_permissions.add(Permission.objects.get(codename="view_statement"))
        client = Client()
        client.force_login(user)

        page = client.get(url(statement))
        more = client.get(
            reverse("admin:records_statement_drawn", args=[statement.pk, "donation"])
        )

        assert page.context["drawn"] == []
        assert more.status_code == 403

    def test_an_empty_list_says_what_to_do(self, client: Client, statement: Statement) -> None:
        html = client.get(url(statement)).content.decode()

        assert "None yet. Add a" in html
        assert statement.state == State.DRAFT
