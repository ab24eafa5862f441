"""The tools. Each reads one revision, and returns the quote and source of every figure."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, Literal, ParamSpec

import httpx
from aidapi_client import AidAPIError, AsyncAidAPI
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from aidapi_mcp.evidence import Json, brief, figure, in_words, milestones

Kind = Literal["donations", "exports", "contracts", "statements"]
Counted = Literal["donations", "exports", "contracts"]
Filters = Annotated[
    dict[str, str | int | bool | list[str]] | None,
    Field(
        description="Filters of the API by name, with codes from `codes`. donations: donor, "
        "recipient, form, stage; exports: exporter, destination, reported_by; contracts: buyer, "
        "supplier, stage; all three: party, item, currency, unit, measure, as_of_from, as_of_to "
        "(2020-04), series, latest, value_min, countable; statements: publisher, speaker, "
        "published_from. Several values as a list."
    ),
]
Revision = Annotated[
    int | None, Field(description="Number of a past revision; null for the latest.")
]
Id = Annotated[str, Field(description="Id of a record, such as don-7k3m9q2x.")]
Few = Annotated[int, Field(ge=1, le=50)]
INSTRUCTIONS = (
    "AidAPI has figures of COVID-19 aid (2020-2023), each with the quote of a public statement. "
    "Find codes with `codes` first. Never add figures yourself: `totals` knows which of them "
    "would count twice. When you state a figure, give its quote, source and revision."
)
AT_ONCE = 100
"""Maximum number of ids of one request."""
SET_HERE = ("search", "page_size", "count", "cursor", "fields", "omit", "format", "revision")
"""Parameters of the API that are no filters."""
Parameters = ParamSpec("Parameters")


def explained(
    tool: Callable[Parameters, Awaitable[Json]],
) -> Callable[Parameters, Awaitable[Json]]:
    """Return the tool, whose errors say in words what would be right."""

    @wraps(tool)
    async def explaining(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Json:
        try:
            return await tool(*args, **kwargs)
        except AidAPIError as error:
            raise ToolError(error.in_words()) from None
        except (ValueError, httpx.TransportError) as error:
            raise ToolError(str(error) or "The site does not answer.") from None

    return explaining


def only_filters(filters: dict[str, Any] | None) -> dict[str, Any]:
    """Return filters; raise ValueError for what is none."""
    for name in filters or {}:
        if name in (*SET_HERE, "group_by", "limit"):
            raise ValueError(f"`{name}` is no filter: give it as an argument, or leave it out.")
    return filters or {}


class Tools:
    """The tools over one site."""

    def __init__(self, aid: AsyncAidAPI) -> None:
        self.aid = aid
        self.site = aid.protocol.site

    async def codes(
        self,
        name: Annotated[str, Field(description="In any language: China, OMS, 口罩, N95 masks.")],
        vocabulary: Literal["parties", "items"] = "parties",
        limit: Few = 5,
    ) -> Json:
        """Find the code of a party (country, organisation, company, person) or item by its name.
        `certain` is true where no other is meant."""
        found = await self.aid.match(vocabulary, name, limit=limit)
        revision = (await self.aid.get(""))["revision"]
        return {
            "revision": revision,
            "candidates": [
                {
                    "code": one["id"],
                    "name": one["name"],
                    "description": one["description"],
                    "score": one["score"],
                    "certain": one["match"],
                }
                for one in found
            ],
        }

    async def search(
        self,
        kind: Kind,
        filters: Filters = None,
        text: Annotated[str | None, Field(description="Words to find in the records.")] = None,
        limit: Few = 10,
        revision: Revision = None,
    ) -> Json:
        """Find records, latest first, with figures, quotes and sources. `count` is the number of
        all that match. Do not add their figures: use `totals`."""
        pinned = await self.aid.at(revision)
        query = {**only_filters(filters), "search": text, "page_size": limit, "count": True}
        page = await pinned.get(f"{kind}/", **query)
        return {
            "revision": page["revision"],
            "count": page["count"],
            "records": [brief(one, self.site) for one in page["results"]],
        }

    async def record(self, id: Id, revision: Revision = None) -> Json:
        """Return one record: figures with quotes and sources, links to others, and what changed
        in each version."""
        pinned = await self.aid.at(revision)
        document = await pinned.record(id)
        versions = await pinned.versions(id)
        return {
            "revision": pinned.protocol.revision,
            **brief(document, self.site),
            "links": document.get("links", []),
            "milestones": milestones(document),
            "versions": [
                {name: one.get(name) for name in ("version", "published_in", "reason")}
                for one in versions["results"]
            ],
        }

    async def totals(
        self,
        kind: Counted,
        filters: Filters = None,
        group_by: Annotated[
            str | None, Field(description="Such as donor, recipient, item, stage, year.")
        ] = None,
        revision: Revision = None,
    ) -> Json:
        """Add up without counting twice. `at_least` is proven; `about` also takes approximate
        numbers. Lists the figures used, with quotes, and why others are left out."""
        pinned = await self.aid.at(revision)
        totals = await pinned.totals(kind, **only_filters(filters), group_by=group_by)
        ids = dict.fromkeys(used.id for total in totals for used in total.used)
        documents = await self.documents(pinned, kind, list(ids))
        return {
            "revision": totals.revision,
            "records": totals.records,
            "figures": totals.figures,
            "note": totals.document.get("note"),
            "totals": [
                {
                    **{
                        name: getattr(total, name)
                        for name in ("group", "measure", "unit", "currency", "party_type")
                        if getattr(total, name)
                    },
                    **{
                        name: getattr(total, name)
                        for name in ("at_least", "about", "at_most", "exact", "conflict")
                    },
                    "used": [
                        {
                            "id": used.id,
                            "in_at_least": used.in_at_least,
                            "in_about": used.in_about,
                            **figure_of(documents[used.id], used.figure),
                        }
                        for used in total.used
                    ],
                    "left_out": [
                        {
                            "id": out.id,
                            "figure": out.figure,
                            "because": in_words(out.reason),
                            "held_by": out.held_by,
                        }
                        for out in total.left_out
                    ],
                }
                for total in totals
            ],
        }

    async def documents(self, aid: AsyncAidAPI, kind: str, ids: list[str]) -> dict[str, Json]:
        """Return id → record."""
        found: dict[str, Json] = {}
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            async for one in aid.list(kind, id=part, page_size=AT_ONCE):
                found[one["id"]] = one
        return found

    async def series(
        self,
        slug: Annotated[str | None, Field(description="Its slug; null lists all series.")] = None,
        revision: Revision = None,
    ) -> Json:
        """Return a running total point by point (each includes those before it, so never add
        them), or the list of all series."""
        pinned = await self.aid.at(revision)
        if slug is None:
            names = ("slug", "title", "kind", "points", "first", "last")
            rows = [one async for one in pinned.list("series", page_size=500)]
            listed = [{name: one[name] for name in names} for one in rows]
            return {"revision": pinned.protocol.revision, "series": listed}
        found = await pinned.series(slug)
        by_kind: dict[str, list[str]] = {}
        for point in found["points"]:
            by_kind.setdefault(f"{point['kind']}s", []).append(point["id"])
        documents: dict[str, Json] = {}
        for kind, ids in by_kind.items():
            documents |= await self.documents(pinned, kind, ids)
        return {
            "revision": found["revision"],
            "slug": found["slug"],
            "points": [
                {**brief(documents[point["id"]], self.site), "overtaken": point["overtaken"]}
                for point in found["points"]
            ],
        }

    async def cite(
        self,
        id: Annotated[str | None, Field(description="Id of a record; null: the dataset.")] = None,
        figure: Annotated[
            int | None, Field(description="Number of a figure of the record, from 1.")
        ] = None,
        style: Literal["text", "bibtex", "ris"] = "text",
        revision: Revision = None,
    ) -> Json:
        """Return a citation that names sources and revision; with `figure` it has the quote."""
        pinned = await self.aid.at(revision)
        citation = await pinned.cite(id, figure=figure)
        return {name: citation[name] for name in ("revision", "url", "license")} | {
            "citation": citation[style]
        }


def figure_of(document: Json, number: int) -> Json:
    """Return a figure of a record by its number from 1."""
    return figure(number, document["figures"][number - 1], document)


def make_server(site: str) -> MCPServer[Any]:
    """Return a server of the tools over a site."""
    server: MCPServer[Any] = MCPServer("AidAPI", instructions=INSTRUCTIONS, log_level="WARNING")
    tools = Tools(AsyncAidAPI(site))
    for tool in (tools.codes, tools.search, tools.record, tools.totals, tools.series, tools.cite):
        server.add_tool(explained(tool), structured_output=True)
    return server
