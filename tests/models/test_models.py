"""What the models promise of every row: documented fields, constraints that hold in the database
and explain themselves, ids, folded text."""

import re
import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from records.curation.duplicates.models import DuplicatePair
from records.curation.proposals.models import Proposal
from records.curation.reports.models import Report
from records.curation.saved_views.models import SavedView
from records.curation.teamwork.models import Comment
from records.models import (
    ID_PATTERN,
    KINDS,
    STAGED,
    Change,
    Donation,
    Item,
    Party,
    PartyType,
    Record,
    Revision,
    RevisionCounter,
    fold,
)
from tests.support.factories import (
    FIGURES,
    RECORDS,
    DonationFactory,
    DuplicatePairFactory,
    ItemFactory,
    PartyFactory,
    ProposalFactory,
    RevisionFactory,
    ThreadFactory,
    UserFactory,
)

MODELS = list(apps.get_app_config("records").get_models())
CONSTRAINTS = [(model, constraint) for model in MODELS for constraint in model._meta.constraints]
CHECKS = [
    (model, constraint)
    for model, constraint in CONSTRAINTS
    if isinstance(constraint, models.CheckConstraint)
]

OUT_OF_SIGHT = {
    "contract_version_once": "no form holds a version's number",
    "donation_version_once": "no form holds a version's number",
    "export_version_once": "no form holds a version's number",
    "statement_version_once": "no form holds a version's number",
    "change_position": "publishing writes the changes",
    "change_happens_once": "publishing writes the changes",
    "duplicatepair_once": "pairs are found, never typed",
    "duplicatesearch_once": "the search itself writes when it was",
    "derived_state_once": "publishing and reindex write the rows",
    "draftsave_once": "saving counts the edits",
    "revisioncounter_is_one_row": "migrate writes the row, publishing counts it up",
    "one_approver": "approval itself says who cannot approve",
    "filterstatistics_once": "publishing counts the terms",
    "keptform_once": "a page names its form by a random key",
}
"""Constraints that no curator can run into, with the reason."""


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_says_what_it_means(model: type[models.Model]) -> None:
    silent = [
        field.name
        for field in model._meta.concrete_fields
        if not field.auto_created and not field.help_text
    ]

    assert silent == []


def test_every_constraint_that_a_curator_meets_explains_itself() -> None:
    silent = {
        constraint.name
        for _, constraint in CONSTRAINTS
        if constraint.violation_error_message == constraint.default_violation_error_message
    }

    assert silent == OUT_OF_SIGHT.keys()


def second_head() -> None:
    RevisionCounter.objects.create(pk=2)


def silent_revision() -> None:
    Revision.objects.create(number=RevisionCounter.advance(), message="")


def correction_without_reason() -> None:
    Change.objects.create(
        revision=RevisionFactory(),
        position=1,
        kind="donation",
        public_id="don-7k3m9q2x",
        version=2,
        action="corrected",
        reason="",
    )


VIOLATIONS: dict[str, Any] = {
    # of every kind of record
    "published_in_revision": lambda: {"published_in": RevisionFactory()},
    "retired_after": lambda: {"retired_in": RevisionFactory()},
    "review_has_digest": {"state": "in_review", "digest": ""},
    "has_title": {"title": ""},
    # of donations, exports and contracts
    "period_in_order": {"period_start": "2020-04-02", "period_end": "2020-04-01"},
    # of statements
    "has_source": {"summary": ""},
    # of figures
    "measure_fields": {"currency": "USD"},
    "bounds": {"upper": None},
    "digits": dict.fromkeys(("value", "lower", "upper"), Decimal("12345678901234.56")),
    "countable": {"countable": False},
    "basis_counts": {"basis": "target"},
    "rank_reason": {"rank": "preferred"},
    "has_quote": {"quote": ""},
    # of milestones
    "not_before": {"date": "2019-12-31"},
    "known_stage": {"stage": "unknown"},
    # of parties in their roles
    "role": {"role": "benefactor"},
    # of vocabularies
    "party_country_is_itself": {"country": "ITA"},
    "party_identifier_pair": {"identifier": "47-1234567"},
    "party_has_name": {"name": ""},
    "item_is_not_its_parent": {"parent_id": "surgical-mask"},
    "item_does_not_replace_itself": {"replaced_by_id": "surgical-mask"},
    "party_does_not_replace_itself": {"replaced_by_id": "PAK"},
    "item_has_name": {"name": ""},
    # of possible duplicates
    "in_order": {"first": "zzz-zzzzzzzz"},
    "duplicatepair_decided": {"status": "same_event"},
    # of proposed names
    "four_eyes": {
        "status": "accepted",
        "decided_by": models.F("proposed_by"),
        "decided_at": timezone.now(),
    },
    "proposal_decided": {"status": "declined"},
    "has_reason": {"reason": ""},
    "into": {"into": ""},
    # of reported errors
    "has_text": {"text": ""},
    "report_decided": {"status": "answered"},
    # of comments
    "says": {"text": ""},
    # of saved views
    "has_name": {"name": ""},
    # of the head, revisions and changes
    "is_one_row": second_head,
    "has_message": silent_revision,
    "of_public_has_reason": correction_without_reason,
}
"""What the database must refuse: columns written over a sound row, or an act. The name of a
constraint that several models share is without the model's."""


FACTORIES: dict[Any, Any] = {
    **RECORDS,
    **{factory._meta.model: factory for factory in FIGURES.values()},
    **{
        model.child("parties"): lambda factory=factory: factory().parties.first()
        for model, factory in RECORDS.items()
        if model.ROLES
    },
    **{
        model.child("milestones"): lambda factory=RECORDS[model]: factory().milestones.first()
        for model in STAGED.values()
    },
    Comment: lambda: ThreadFactory().comments.first(),
    DuplicatePair: DuplicatePairFactory,
    Item: ItemFactory,
    Party: PartyFactory,
    Proposal: ProposalFactory,
    SavedView: lambda: SavedView.objects.create(user=UserFactory(), kind="donation", name="Mine"),
    Report: lambda: Report.objects.create(
        kind="donation", public_id="don-7k3m9q2x", version=1, text="The number is another."
    ),
}


def rule(model: type[models.Model], constraint: models.BaseConstraint) -> str:
    """The constraint's name, without the model's where several models share it."""
    if model in (Item, Party) or constraint.name.endswith("_decided"):
        return constraint.name
    return constraint.name.removeprefix(f"{model._meta.model_name}_")


def violate(model: type[models.Model], violation: Any) -> None:
    if callable(violation):
        violation = violation()
    if violation:
        row = FACTORIES[model]()
        model._base_manager.filter(pk=row.pk).update(**violation)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "constraint"), CHECKS, ids=[constraint.name for _, constraint in CHECKS]
)
def test_the_database_holds_the_constraint(
    model: type[models.Model], constraint: models.CheckConstraint
) -> None:
    violation = VIOLATIONS[rule(model, constraint)]

    with pytest.raises(IntegrityError, match=constraint.name), transaction.atomic():
        violate(model, violation)


def test_no_violation_is_of_a_constraint_that_is_gone() -> None:
    standing = {rule(model, constraint) for model, constraint in CHECKS}

    assert standing == VIOLATIONS.keys()


@pytest.mark.django_db
@pytest.mark.parametrize("model", KINDS.values(), ids=KINDS)
def test_a_record_has_one_open_and_one_published_version(model: type[Record]) -> None:
    factory = RECORDS[model]
    published = factory(published=True)
    factory(public_id=published.public_id, version=2, reason="A later statement.")

    with pytest.raises(IntegrityError), transaction.atomic():
        factory(public_id=published.public_id, version=3, reason="Another statement.")


@pytest.mark.parametrize("model", KINDS.values(), ids=KINDS)
def test_ids_match_their_pattern_and_name_their_kind(model: type[Record]) -> None:
    made = {model.new_id() for _ in range(200)}

    assert len(made) == 200
    assert all(re.fullmatch(ID_PATTERN, public_id) for public_id in made)
    assert {public_id.split("-")[0] for public_id in made} == {model.PREFIX}


@pytest.mark.parametrize(
    "public_id",
    ["summary", "don-", "don-7k3m9q2", "don-7k3m9q2x\n", "don-7K3M9Q2X", "don-oilu7k3m"],
)
def test_what_is_no_id(public_id: str) -> None:
    with pytest.raises(ValidationError, match="Not a record id"):
        Donation(public_id=public_id).clean_fields(
            exclude=[field.name for field in Donation._meta.fields if field.name != "public_id"]
        )


@pytest.mark.django_db
def test_a_record_keeps_its_id_and_folds_its_title_at_every_save() -> None:
    record = DonationFactory(title="Ärzte für Äthiopien")
    public_id = record.public_id

    record.title = "ÄRZTE  für Äthiopien"
    record.save()

    record.refresh_from_db()
    assert record.public_id == public_id
    assert record.title_key == "arzte fur athiopien"


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Łódź", "lodz"),
        ("København, Ærø", "kobenhavn, aero"),
        ("Đồng Nai", "dong nai"),
        ("Sırbistan, İzmir", "sirbistan, izmir"),
        ("Guðjónsson, Þór", "gudjonsson, thor"),
        ("Ħaż-Żebbuġ", "haz-zebbug"),
        ("Ŧ, Œuvre, Straße, STRAẞE", "t, oeuvre, strasse, strasse"),
        ("Əliyev, Ƙano, Ɓauchi, Ɛ, Ɔ, Ŋ", "eliyev, kano, bauchi, e, o, ng"),
        ("Ǿ, Ǽ", "o, ae"),
        ("口罩 Маски Ελλάδα की १ ქართული", "口罩 маски ελλαδα की 1 ქართული"),
        ("إيران، أسبانيا، آسيا، ٱلصين", "ايران، اسبانيا، اسيا، الصين"),
        ("ایران ایرانی", "ايران ايراني"),
        ("پاکستان", "پاكستان"),
        ("منظمة الصحة، منظمه", "منظمه الصحه، منظمه"),
        ("كِمامَاتٌ كمـــامات", "كمامات كمامات"),
        ("مستشفى مسؤول", "مستشفي مسوول"),
        ("می\u200cدهد", "ميدهد"),
        ("٥٠٬٠٠٠ ۵۰ ٣٫٨٦", "50,000 50 3.86"),
        ("ہسپتال چھوٹا", "هسپتال چهوٹا"),
    ],
)
def test_letters_are_folded_to_those_that_keyboards_have(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_every_latin_letter_of_europe_is_folded_to_ascii() -> None:
    latin = [chr(code) for code in range(0xC0, 0x250) if chr(code).isalpha()]

    # The middle dot of Catalan, a catch of breath and clicks of southern Africa are no letters.
    assert {letter for letter in latin if not fold(letter).isascii()} <= set("ĿŀŉƸƹɁɂ")
    assert all(fold(letter) for letter in latin)


@given(st.text())
def test_folding_forgets_case(text: str) -> None:
    assert fold(text.upper()) == fold(text) == fold(text.lower())


@given(st.text(), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_folding_forgets_how_text_was_typed(text: str, form: Any) -> None:
    assert fold(unicodedata.normalize(form, text)) == fold(text)


@given(st.text())
def test_folded_text_has_no_accents_and_single_spaces(text: str) -> None:
    folded = fold(text)

    assert not any(unicodedata.combining(letter) for letter in folded)
    assert folded == " ".join(folded.split())


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Côte d’Ivoire", "cote d’ivoire"),
        ("STRASSE Straße", "strasse strasse"),
        ("Türkiye", "turkiye"),
        ("中国", "中国"),
        ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
    ],
)
def test_folding_examples(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_code_that_a_country_has_in_capitals_is_refused(db: None) -> None:
    party = Party(code="caf", name="CAF", type=PartyType.INTERNATIONAL_ORGANISATION)

    with pytest.raises(ValidationError) as refused:
        party.full_clean(validate_unique=False, validate_constraints=False)

    assert refused.value.message_dict == {
        "code": ["CAF is Central African Republic: write more of the name, in words."]
    }
    Party(code="CAF", name="Central African Republic", type=PartyType.COUNTRY).clean()
