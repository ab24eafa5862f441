"""Command `aidapi-mcp`: serve the tools over stdio or streamable HTTP."""

import argparse
import os

from aidapi_mcp.server import make_server


def main() -> None:
    """Serve until the client leaves, or the process is ended."""
    parser = argparse.ArgumentParser(prog="aidapi-mcp", description=__doc__)
    site = os.environ.get("AIDAPI_SITE", "http://127.0.0.1:8000")
    parser.add_argument("--site", default=site, help="address of the AidAPI site")
    parser.add_argument("--http", metavar="HOST:PORT", help="serve over streamable HTTP there")
    given = parser.parse_args()
    server = make_server(given.site)
    if given.http is None:
        server.run("stdio")
        return
    host, _, port = given.http.rpartition(":")
    if not host or not port.isdigit():
        parser.error(f"--http {given.http}: give HOST:PORT, such as 127.0.0.1:8200")
    server.run("streamable-http", host=host, port=int(port), stateless_http=True)


if __name__ == "__main__":
    main()
