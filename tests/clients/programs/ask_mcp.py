"""Put questions to the MCP server through the official client; run in the clients' environment.

Arguments: address of the site, and `stdio` or the address of a server over HTTP. Reads a list of
[tool, arguments] as JSON and writes the list of tools and the answers.
"""

import asyncio
import json
import sys
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters


async def main(site: str, server: str) -> dict[str, Any]:
    """Return the tools, and for each question whether it failed, with text and data."""
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "aidapi_mcp", "--site", site]
    )
    answers = []
    async with Client(command if server == "stdio" else server) as client:
        tools = (await client.list_tools()).tools
        for tool, arguments in json.load(sys.stdin):
            result = await client.call_tool(tool, arguments)
            answers.append(
                {
                    "failed": bool(result.is_error),
                    "text": result.content[0].text,
                    "data": result.structured_content,
                }
            )
    listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    return {"tools": listed, "answers": answers}


json.dump(asyncio.run(main(*sys.argv[1:])), sys.stdout)
