"""The servers whose lists and details of donations are compared: ours, and others over the same
rows. PEERS_PYTHON names the Python of the environment that holds those of others."""

import contextlib
import json
import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
import yaml

from benchmarks import databases
from benchmarks.serving import Server, free_port, running, serving

PAGE = 50
PYTHON = Path(
    os.environ.get("PEERS_PYTHON") or databases.ROOT / "var" / "peers" / "bin" / "python"
)
DONATIONS = Path(__file__).with_name("donations.sql").read_text()
"""SELECT without a condition, of SQLite."""
IN_FORCE = "donation.published_in_id IS NOT NULL AND donation.retired_in_id IS NULL"
LATEST_OF_A_RECIPIENT = (
    f"{DONATIONS} JOIN records_donationparty AS place ON place.record_id = donation.id "
    # It says twice that the version is published, since the index of the list is of such only.
    "WHERE place.role = 'recipient' AND place.party_id = :recipient "
    f"AND place.published_in IS NOT NULL AND {IN_FORCE} "
    f"ORDER BY place.as_of_key DESC, place.public_id DESC LIMIT {PAGE}"
)
BY_ID = f"{DONATIONS} WHERE donation.public_id = :id AND {IN_FORCE}"
NESTED = ("donors", "recipients", "intermediaries", "figures", "links")
"""Columns of it that hold JSON."""
DATES = pyarrow.json.ParseOptions(pa.schema({"as_of": pa.string()}))
"""Days stay as they are written, not moments."""


@dataclass(frozen=True)
class Api:
    """A server, and how it is asked for donations."""

    name: str
    server: Server
    list_path: Callable[[str], str]
    """Returns the path of the latest page of a recipient's donations."""
    detail_path: Callable[[str], str]
    """Returns the path of the donation of that id."""
    first_path: str = ""
    """The first of all pages, which lead from one to the next; empty if they do not."""
    id: str = "id"
    """Name of the field with the id."""

    def ids(self, path: str) -> list[str]:
        """Return the ids of the records in a response: a page, a list or a record."""
        body = self.server.get(path)
        records = body if isinstance(body, list) else body.get("results", [body])
        return [record[self.id] for record in records]

    def follow(self, pages: int) -> str:
        """Return the path of that page, reached along `next`."""
        path = self.first_path
        for _ in range(pages - 1):
            following = self.server.get(path)["next"]
            path = following[following.index(self.first_path) :]
        return path


LIST = "/api/v1/donations/"


def of_django(name: str, server: Server, id: str = "id") -> Api:
    """Return an API of the paths that are ours."""
    return Api(
        name,
        server,
        list_path=lambda code: f"{LIST}?recipient={code}",
        detail_path=lambda public_id: f"{LIST}{public_id}/",
        first_path=LIST,
        id=id,
    )


@contextlib.contextmanager
def aidapi(url: str) -> Iterator[Api]:
    with serving("aidapi.settings", url, ADMIN_PROCESS="false") as server:
        yield of_django("aidapi", server)


@contextlib.contextmanager
def textbook(url: str) -> Iterator[Api]:
    with serving("benchmarks.peers.textbook.settings", url, ADMIN_PROCESS="false") as server:
        yield of_django("textbook", server, id="public_id")


@contextlib.contextmanager
def ninja(url: str) -> Iterator[Api]:
    settings = "benchmarks.peers.ninja.settings"
    with serving(settings, url, python=str(PYTHON), ADMIN_PROCESS="false") as server:
        yield of_django("django-ninja", server, id="public_id")


@contextlib.contextmanager
def datasette(file: Path) -> Iterator[Api]:
    """Serve the file of an SQLite database as it is, with two queries that have names.

    It counts no rows of such queries, and suggests no facets.
    """
    queries = {"donations": LATEST_OF_A_RECIPIENT, "donation": BY_ID}
    metadata = file.with_suffix(".datasette.yaml")
    metadata.write_text(yaml.safe_dump({"databases": {file.stem: {"queries": queries}}}))
    port = free_port()
    command = [
        *(str(PYTHON.with_name("datasette")), "serve", str(file), "--metadata", str(metadata)),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--setting", "default_cache_ttl", "0", "--setting", "suggest_facets", "off"),
    ]
    shape = "_shape=array" + "".join(f"&_json={name}" for name in NESTED)
    # It logs each request, and has no setting against it.
    with running(command, port, log=subprocess.DEVNULL) as server:
        yield Api(
            "Datasette",
            server,
            list_path=lambda code: f"/{file.stem}/donations.json?recipient={code}&{shape}",
            detail_path=lambda public_id: f"/{file.stem}/donation.json?id={public_id}&{shape}",
        )


@contextlib.contextmanager
def roapi(file: Path) -> Iterator[Api]:
    """Serve the same rows from memory, where they are columns of a Parquet file."""
    port = free_port()
    command = [
        *(str(PYTHON.with_name("roapi")), "--addr-http", f"127.0.0.1:{port}"),
        # It serves the protocol of PostgreSQL, too, on any free port.
        *("--addr-postgres", "127.0.0.1:0", "--table", f"donations={parquet(file)}"),
    ]
    with running(command, port, env={"RUST_LOG": "error"}) as server:
        table = "/api/tables/donations"
        yield Api(
            "roapi",
            server,
            list_path=lambda code: (
                f"{table}?filter[recipient]=%27{code}%27&sort=-as_of,-id&limit={PAGE}"
            ),
            detail_path=lambda public_id: f"{table}?filter[id]=%27{public_id}%27",
        )


def parquet(file: Path) -> Path:
    """Return the Parquet file with the donations of an SQLite database; write it if there is
    none. The column `recipient` is there to filter by: a generated donation has one recipient."""
    written = file.with_suffix(".parquet")
    if written.exists():
        return written
    lines = file.with_suffix(".ndjson")
    with (
        contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database,
        lines.open("w") as output,
    ):
        database.row_factory = sqlite3.Row
        for row in database.execute(f"{DONATIONS} WHERE {IN_FORCE}"):
            output.write(json.dumps(as_document(dict(row))) + "\n")
    # Types of all lines at once: what is null in the first may have a value in the last.
    pq.write_table(pyarrow.json.read_json(lines, parse_options=DATES), written)
    lines.unlink()
    return written


def as_document(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of DONATIONS with its lists as lists, and the recipient to filter by."""
    document = {
        name: json.loads(value) if name in NESTED else value for name, value in row.items()
    }
    (recipient,) = document["recipients"]
    return document | {"recipient": recipient["code"]}
