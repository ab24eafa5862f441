"""Lists in pages: the parameter that names one, and what is wrong with it."""

from typing import Any

from django.core.paginator import Page, Paginator

from aidapi.errors import InvalidParameters, ParameterError
from aidapi.parameters import IntegerField, Parameter, ParameterSet


class PageParameters(ParameterSet):
    """Parameters of a list in pages."""

    page = Parameter(IntegerField(minimum=1, example="2"), "Number of the page, from 1.")


def page_of_rows(rows: Any, size: int, number: int) -> Page[Any]:
    """Return a page of a list; raise what is wrong with its number."""
    pages = Paginator(rows, size)
    if number > pages.num_pages:
        detail = f"There are {pages.num_pages} pages."
        raise InvalidParameters([ParameterError("page", "no_such_page", detail, "1")])
    return pages.page(number)
