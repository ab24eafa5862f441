"""Every operation of the API, called as a tool that fastmcp made of the document: with no
parameters, and with the examples of all of them.

    python call_fastmcp.py DOCUMENT

Prints a line of JSON for each operation: its name, and an error where the call failed or the tool
did not return all that was sent. Workbooks are left out: fastmcp reads every response as text.
"""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import httpx2
from call_python import examples, values
from fastmcp import Client, FastMCP
from fastmcp.server.providers.openapi import MCPType, RouteMap

Json = dict[str, Any]
WORKBOOKS = RouteMap(pattern=r"\.xlsx$", mcp_type=MCPType.EXCLUDE)


def is_json(operation: Json) -> bool:
    (media_type,) = operation["responses"]["200"]["content"]
    return re.search(r"[/+]json$", media_type) is not None


def without_schema_of_text(route: Any, component: Any) -> None:
    """A tool that promises a schema must return an object, which no text is."""
    if not re.search(r"(/|\.json|\.jsonld)$", route.path):
        component.output_schema = None


async def main(path: str) -> None:
    document = json.loads(Path(path).read_bytes())
    sent: list[httpx2.Response] = []

    async def keep(response: httpx2.Response) -> None:
        await response.aread()
        sent.append(response)

    http = httpx2.AsyncClient(
        base_url=document["servers"][0]["url"], timeout=60, event_hooks={"response": [keep]}
    )
    server = FastMCP.from_openapi(
        document, client=http, route_maps=[WORKBOOKS], mcp_component_fn=without_schema_of_text
    )
    async with http, Client(server) as client:
        names = {tool.name for tool in await client.list_tools()}
        for address, operations in document["paths"].items():
            operation = operations["get"]
            name = operation["operationId"]
            if address.endswith(".xlsx"):
                assert name not in names
                continue
            report = {"operation": name}
            in_path, in_query = examples(operation, document)
            needed = {key: value for key, value in in_query.items() if key == "fields"}
            try:
                for query in (needed, in_query):
                    result = await client.call_tool(name, {**in_path, **query})
                    check(result, sent[-1], is_json(operation))
                    # All examples together may match nothing.
                    assert sent[-1].content or query is not needed, "nothing was sent"
            except Exception as error:
                report["error"] = f"{address}: {type(error).__name__}: {error}"[:600]
            sys.stdout.write(json.dumps(report) + "\n")


def check(result: Any, response: httpx2.Response, is_json: bool) -> None:
    assert response.status_code == 200
    if is_json:
        returned, whole = result.structured_content, response.json()
        if not isinstance(whole, dict):
            returned = returned["result"]
        assert values(returned) == values(whole), "values are lost"
    elif result.structured_content is not None:
        # A single line of NDJSON is JSON to fastmcp.
        assert values(result.structured_content) == values(response.json()), "values are lost"
    else:
        assert "".join(part.text for part in result.content) == response.text


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
