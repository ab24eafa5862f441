"""What an address of a list in the admin may look up."""

from typing import Any

from django.http import HttpRequest

PARTS_OF_DATES = {
    "year",
    "iso_year",
    "month",
    "day",
    "week",
    "week_day",
    "iso_week_day",
    "quarter",
}


class WholeLookups:
    """Part of an admin class that refuses lookups by parts of dates. Django allows any lookup of
    any column in an address, and a year that no calendar has is an error only in the query."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        admin: Any = super()
        own = getattr(self, "date_hierarchy", None)
        if PARTS_OF_DATES & set(lookup.split("__")) and not (own and lookup.startswith(own)):
            return False
        return admin.lookup_allowed(lookup, value, request)
