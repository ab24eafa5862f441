"""Addresses of the pages about records, parties, items and series, and of lists on `/browse/`."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.urls import reverse

from aidapi.addresses import site_path
from records.api.addresses import PLURALS

PAGES = {"party": "party-page", "item": "item-page", "series": "series-page"}
"""What has a page of its own beside records → its route."""


def page_of(kind: str, key: str) -> str:
    """Return the address of the page about a party, item or series by its code or slug, or about
    a record by its id."""
    return reverse(PAGES.get(kind, "record-page"), args=[key])


def party_address(code: str) -> str:
    """Return the address of the page of a party."""
    return page_of("party", code)


def item_address(code: str) -> str:
    """Return the address of the page of an item."""
    return page_of("item", code)


def with_query(path: str, query: Mapping[str, str]) -> str:
    """Return an address with its parameters."""
    return f"{path}?{urlencode(query, safe=',:')}" if query else path


def browse(kind: str, query: Mapping[str, str]) -> str:
    """Return the address of the table of the records of a kind that match filters, which have the
    names of the API's."""
    return with_query(f"{site_path()}/browse/{PLURALS[kind]}/", query)


def chart(name: str, query: Mapping[str, str]) -> str:
    """Return the address of the page of a chart."""
    return with_query(reverse("chart", args=[name]), query)


def embed(name: str, query: Mapping[str, str]) -> str:
    """Return the address of a chart that other sites may frame."""
    return with_query(reverse("embed", args=[name]), query)
