"""Donations as a good tutorial of django-ninja would serve them: nested schemas, everything they
read fetched in advance, a cursor instead of page numbers, no count. The fields are those of the
textbook API."""

import datetime
from decimal import Decimal

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, FilterSchema, Query, Router, Schema
from ninja.pagination import CursorPagination, paginate

from records.models import Donation, DonationFigure, DonationLink, DonationParty

router = Router()


class PartySchema(Schema):
    code: str
    name: str
    type: str
    country: str


class DonationPartySchema(Schema):
    party: PartySchema


class ItemSchema(Schema):
    code: str
    name: str


class StatementSchema(Schema):
    public_id: str
    version: int
    title: str
    publisher: str
    published_on: datetime.date | None
    said_on: datetime.date | None
    speaker: str
    speaker_role: str
    organisation: str
    url: str


class FigureSchema(Schema):
    measure: str
    operator: str
    value: Decimal | None
    lower: Decimal | None
    upper: Decimal | None
    item: ItemSchema | None
    unit: str
    currency: str
    party_type: str
    party_role: str
    basis: str
    countable: bool
    countable_reason: str
    rank: str
    rank_reason: str
    quote: str
    offset: int | None
    quote_found: bool | None
    statement: StatementSchema


class LinkSchema(Schema):
    type: str
    target: str


class DonationSchema(Schema):
    public_id: str
    version: int
    published_in: int = Field(alias="published_in_id")
    title: str
    note: str
    donors: list[DonationPartySchema] = Field(alias="parties_by_role.donor")
    recipients: list[DonationPartySchema] = Field(alias="parties_by_role.recipient")
    intermediaries: list[DonationPartySchema] = Field(alias="parties_by_role.intermediary")
    form: str
    stage: str
    stated_by: str
    period_start: datetime.date | None
    period_end: datetime.date | None
    as_of: datetime.date
    as_of_precision: str
    series: str
    figures: list[FigureSchema] = Field(alias="figure_rows")
    links: list[LinkSchema] = Field(alias="link_rows")


class DonationFilters(FilterSchema):
    donor: str | None = None
    recipient: str | None = None
    item: str | None = None

    def filter_donor(self, value: str | None) -> Q:
        return by_party("donor", value)

    def filter_recipient(self, value: str | None) -> Q:
        return by_party("recipient", value)

    def filter_item(self, value: str | None) -> Q:
        return Q(figure_items__lead=True, figure_items__item=value) if value else Q()


def by_party(role: str, code: str | None) -> Q:
    return Q(parties__role=role, parties__party=code) if code else Q()


def donations() -> QuerySet[Donation]:
    """Return what is published and not retired, with all that the schemas read."""
    return Donation.objects.filter(
        published_in__isnull=False, retired_in__isnull=True
    ).prefetch_related(
        Prefetch("parties", DonationParty.objects.select_related("party")),
        Prefetch(
            "figures",
            DonationFigure.objects.select_related("item", "statement"),
            to_attr="figure_rows",
        ),
        Prefetch("links", DonationLink.objects.all(), to_attr="link_rows"),
    )


@router.get("/", response=list[DonationSchema])
@paginate(CursorPagination, ordering=("-as_of", "-public_id"), page_size=50)
def list_donations(request: HttpRequest, filters: Query[DonationFilters]) -> QuerySet[Donation]:
    return filters.filter(donations())


@router.get("/{public_id}/", response=DonationSchema)
def read_donation(request: HttpRequest, public_id: str) -> Donation:
    return get_object_or_404(donations(), public_id=public_id)
