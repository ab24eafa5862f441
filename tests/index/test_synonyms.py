"""Forms of English words, among which a search finds all for one."""

import pytest

from records.index.synonyms import forms

FORMS = [
    ("refund", "refunds", "refunded", "refunding"),
    ("donate", "donates", "donated", "donating"),
    ("ship", "ships", "shipped", "shipping"),
    ("cancel", "cancels", "canceled", "cancelled", "canceling", "cancelling"),
    ("submit", "submits", "submitted", "submitting"),
    ("supply", "supplies", "supplied", "supplying"),
    ("call", "calls", "called", "calling"),
    ("purchase", "purchases", "purchased", "purchasing"),
    ("dispatch", "dispatches", "dispatched", "dispatching"),
    ("virus", "viruses"),
    ("glove", "gloves"),
    ("country", "countries"),
    ("box", "boxes"),
    ("kit", "kits"),
    ("provide", "provides", "provided", "providing"),
    ("deliver", "delivers", "delivered", "delivering"),
    ("create", "creates", "created", "creating"),
    ("treat", "treats", "treated", "treating"),
    ("exceed", "exceeds", "exceeded", "exceeding"),
    ("install", "installs", "installed", "installing"),
    ("postpone", "postpones", "postponed", "postponing"),
    ("send", "sends", "sent", "sending"),
    ("take", "takes", "took", "taken", "taking"),
    ("name", "names", "named", "naming"),
    ("lens", "lenses"),
]


@pytest.mark.parametrize("group", FORMS, ids=lambda group: group[0])
def test_each_form_of_a_word_has_all_others(group: tuple[str, ...]) -> None:
    for word in group:
        assert set(forms(word)) >= set(group)
        assert forms(word)[0] == word


@pytest.mark.parametrize("word", ["n95", "50", "口罩", "us", "маски", "goods", "news", "united"])
def test_what_only_looks_like_a_form_stands_alone(word: str) -> None:
    assert forms(word) == [word]


@pytest.mark.parametrize(("word", "other"), [("chang", "changed"), ("dos", "doses")])
def test_the_forms_of_a_longer_word_are_not_those_of_a_shorter(word: str, other: str) -> None:
    assert other not in forms(word)


@pytest.mark.parametrize("word", ["king", "delivery", "china", "cancelled", "during"])
def test_a_word_has_few_forms(word: str) -> None:
    assert len(forms(word)) == len(set(forms(word))) <= 6
