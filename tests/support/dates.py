"""Dates that may lack their day or month, reported apart from the code under test."""

import calendar


def days(known: str | None) -> tuple[str, str]:
    """The first and the last day that a date may be; empty if there is none."""
    year, *rest = (known or "").split("-")
    if not year:
        return "", ""
    if len(rest) == 2:
        return str(known), str(known)
    first, last = (rest or ["01"])[0], (rest or ["12"])[0]
    length = calendar.monthrange(int(year), int(last))[1]
    return f"{year}-{first}-01", f"{year}-{last}-{length}"
