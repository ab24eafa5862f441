"""The same request elsewhere: files, feed and citation of the API, and code that sends it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from aidapi.addresses import origin
from records.api.parameter_sets import FITTING
from records.api.views.base import filters_given
from records.models import DatedRecord
from records.site import addresses
from records.site.browse.state import Part, State, browse_address

FILES = {
    "csv": "CSV",
    "xlsx": "XLSX",
    "ndjson": "NDJSON",
    "json": "JSON",
    "atom": "Feed",
}
"""Format of the API → its label."""
OF_PLACE = ("cursor", "page_size")
"""Parameters of one page of a list."""


@dataclass(frozen=True)
class OtherForms:
    """Addresses of the API for what a page shows of one kind."""

    kind: str
    files: list[tuple[str, str, str]]
    """Format, label and address."""
    citation: str
    charts: list[tuple[str, str]]
    """Label and address of the charts of the same records; none of statements."""


@dataclass(frozen=True)
class Code:
    """A program that sends the requests."""

    language: str
    text: str


def api_address(state: State, part: Part, representation: str) -> str:
    """Return the request of the API that returns what the page shows of a kind; as a file or feed
    all of it."""
    every_kind = state.resource is None
    given = {
        name: text
        for name, text in state.given.items()
        if representation in FITTING.get(name, (representation,))
        # Those of a table of several kinds are none of the API.
        and not (every_kind and name in ("cursor", "ordering", "fields"))
        and not (name in OF_PLACE and representation != "json")
    }
    if representation != "json":
        given["format"] = representation
    return browse_address(reverse(f"{part.resource.name}-list"), given)


def other_forms(state: State) -> list[OtherForms]:
    """Return the addresses for each kind of the page."""
    return [
        OtherForms(
            part.resource.name,
            [(name, text, api_address(state, part, name)) for name, text in FILES.items()],
            browse_address(
                reverse(f"{part.resource.name}-query-citation"),
                cited(part),
            ),
            charts(part),
        )
        for part in state.parts
    ]


def charts(part: Part) -> list[tuple[str, str]]:
    """Return the charts of what a page shows of a kind."""
    model: Any = part.resource.model
    if not issubclass(model, DatedRecord):
        return []
    query = {"kind": model.KIND} | cited(part)
    giver, receiver = model.MAIN_ROLES
    found = [
        ("by month", "months", {}),
        (f"the largest {giver}s", "parties", {"by": giver}),
        (f"the largest {receiver}s", "parties", {"by": receiver}),
        ("on a map", "map", {}),
    ]
    return [(label, addresses.chart(name, query | more)) for label, name, more in found]


def cited(part: Part) -> dict[str, str]:
    """Return the parameters of the citation of a query."""
    given = filters_given(part.resource, part.parameters)
    revision = part.parameters.given.get("revision")
    return given | ({"revision": revision} if revision else {})


PYTHON = """\
import json
from urllib.request import urlopen

records = []
for url in [
{urls}
]:
    while url:
        with urlopen(url) as response:
            page = json.load(response)
        records += page["results"]
        url = page["next"]
print(len(records), "records")
"""
JAVASCRIPT = """\
const records = [];
for (let url of [
{urls}
]) {{
  while (url) {{
    const page = await (await fetch(url)).json();
    records.push(...page.results);
    url = page.next;
  }}
}}
console.log(records.length, "records");
"""


def code(request: HttpRequest, state: State) -> list[Code]:
    """Return programs that fetch all records of the page. Addresses are percent-encoded, so they
    need no quoting in any language."""
    lists = {part.resource.name: all_records(request, state, part) for part in state.parts}
    files = {
        part.resource.name: origin(request) + api_address(state, part, "csv")
        for part in state.parts
    }
    urls = "\n".join(f'    "{url}",' for url in lists.values())
    curl = "".join(f"curl -sS -o {name}.csv '{url}'\n" for name, url in files.items())
    r = "".join(f'{name} <- read.csv("{url}")\n' for name, url in files.items())
    return [
        Code("curl", curl),
        Code("Python", PYTHON.format(urls=urls)),
        Code("R", r),
        Code("JavaScript", JAVASCRIPT.format(urls=urls.replace("    ", "  "))),
    ]


def all_records(request: HttpRequest, state: State, part: Part) -> str:
    """Return the request for all records of a kind, from its first page on."""
    given = {name: text for name, text in state.given.items() if name not in OF_PLACE}
    whole = State(state.path, state.resources, given, state.parameters, state.parts)
    return origin(request) + api_address(whole, part, "json")
