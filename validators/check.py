"""Check a release with the programs that its readers use: prints what each finds, and fails if any
finds an error.

    python -m validators.check FOLDER [--standards FOLDER]
"""

import argparse
import csv
import json
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

import frictionless
import mlcroissant
import pyshacl
import rdflib
from csvw import CSVW
from libcoveocds.api import ocds_json_output
from libcoveocds.config import LibCoveOCDSConfig
from lxml import etree

from validators.iati_rules import problems

STANDARDS = Path(__file__).resolve().parent.parent.parent / "shared" / "standards"


def data_package(release: Path, standards: Path) -> Iterator[str]:
    """Yield what frictionless finds in all files: sizes, checksums, types, keys, foreign keys."""
    with frictionless.system.use_context(trusted=True):
        report = frictionless.validate(str(release / "datapackage.json"))
    yield from (f"{error.type}: {error.message}" for error in report.errors)
    for task in report.tasks:
        yield from (f"{task.name}: {error.message}" for error in task.errors)
    tables = [task for task in report.tasks if task.type == "table"]
    if len(tables) < 20 or not report.tasks:
        yield f"only {len(tables)} tables were checked"


def iati(release: Path, standards: Path) -> Iterator[str]:
    """Yield what the XML schema and the ruleset of IATI find."""
    document = etree.parse(str(release / "iati" / "activities.xml"))
    yield from problems(document, standards)
    if not len(document.getroot()):
        yield "there is no activity"


class Schemas:
    """Stands in for the site of OCDS, from which libcoveocds reads one schema of record packages
    even where it is given the archive of all."""

    def __init__(self, archive: Path) -> None:
        self.archive = zipfile.ZipFile(archive)
        self.names = {name.rpartition("/")[2]: name for name in self.archive.namelist()}
        self.text = b""

    def __call__(self, address: str, **_: Any) -> "Schemas":
        self.text = self.archive.read(self.names[address.rpartition("/")[2]])
        return self

    def raise_for_status(self) -> None:
        """It was found, or reading it failed."""

    def json(self, **_: Any) -> Any:
        return json.loads(self.text)


def ocds(release: Path, standards: Path) -> Iterator[str]:
    """Yield what libcoveocds finds: by the schema, and codes of closed lists that are none."""
    archive = standards / "ocds-1.1.5" / "standard.zip"
    config = LibCoveOCDSConfig({"standard_zip": f"file://{archive}", "context": "api"})
    for name in ("releases.json", "records.json"):
        path = release / "ocds" / name
        with tempfile.TemporaryDirectory() as work, patch("requests.get", Schemas(archive)):
            found = ocds_json_output(work, str(path), lib_cove_ocds_config=config)
        yield from (f"{name}: {one}" for one in found["validation_errors"])
        yield from (f"{name}: {one}" for one in found["additional_closed_codelist_values"])
        if not json.loads(path.read_bytes())[name.removesuffix(".json")]:
            yield f"{name}: there is nothing in it"


def dcat(release: Path, standards: Path) -> Iterator[str]:
    """Yield what the SHACL shapes of DCAT-AP find."""
    path, shacl = release / "dcat.jsonld", rdflib.Namespace("http://www.w3.org/ns/shacl#")
    for version in ("3.0.1", "2.1.1"):
        graph = rdflib.Graph().parse(
            path, format="json-ld", publicID="https://example.org/releases/x/dcat.jsonld"
        )
        shapes = rdflib.Graph().parse(standards / "dcat-ap" / f"{version}-shapes.ttl")
        # The published shapes name some of data services that they do not define.
        for shape, named in list(shapes.subject_objects(shacl.property)):
            if (named, shacl.path, None) not in shapes:
                shapes.remove((shape, shacl.property, named))
        conforms, results, _ = pyshacl.validate(graph, shacl_graph=shapes)
        for result in results.subjects(rdflib.RDF.type, shacl.ValidationResult):
            what = [results.value(result, shacl[name]) for name in RESULT]
            yield f"{version}: {' '.join(map(str, what))}"
        if not conforms and not len(results):
            yield f"{version}: does not conform"
        if not list(graph.subjects(rdflib.RDF.type, rdflib.DCAT.Distribution)):
            yield f"{version}: there is no distribution"


def csv_on_the_web(release: Path, standards: Path) -> Iterator[str]:
    """Yield what csvw finds in the CSV files, keys included, and whether it finds them by their
    addresses over HTTP, as a reader does."""
    with serving(release) as address:
        for name in ("csv-metadata.json", "donation_figures.csv"):
            found = CSVW(f"{address}/csv/{name}", validate=True)
            if not found.is_valid:
                yield f"{name}: {[str(one.message) for one in found.warnings][:SHOWN]}"
            read = {table["url"].rpartition("/")[2]: table["row"] for table in tables_of(found)}
            for path in sorted((release / "csv").glob("*.csv")):
                if len(read.get(path.name, ())) != count_rows(path):
                    yield f"{name}: {path.name} has {count_rows(path)} rows, read otherwise"
            figure = read["donation_figures.csv"][0]["describes"][0]
            if not isinstance(figure["figure"], int):
                yield f"{name}: types are not found: {figure}"


def tables_of(found: CSVW) -> list[Any]:
    return found.to_json()["tables"]


def count_rows(path: Path) -> int:
    """Return the number of rows of a CSV file, without the header."""
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; its address."""

    class Handler(SimpleHTTPRequestHandler):
        """Says nothing, also of readers that only want the beginning of a file."""

        def log_message(self, *_: Any) -> None:
            """Requests are not listed."""

        def handle(self) -> None:
            with suppress(BrokenPipeError):
                super().handle()

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def croissant(release: Path, standards: Path) -> Iterator[str]:
    """Yield what mlcroissant finds in the description, and whether it reads the rows by it."""
    dataset = mlcroissant.Dataset(release / "croissant.json")
    issues = dataset.metadata.ctx.issues
    yield from (str(error) for error in [*issues.errors, *issues.warnings])
    for name in ("donations", "donation_figures", "parties"):
        rows = list(dataset.records(record_set=name))
        count = count_rows(release / "csv" / f"{name}.csv")
        if len(rows) != count:
            yield f"{name}: {len(rows)} rows of {count}"


RESULT = ("focusNode", "resultPath", "value", "resultMessage")
NEED_STANDARDS = {"iati", "ocds", "dcat-ap"}
CHECKS: dict[str, Callable[[Path, Path], Iterator[str]]] = {
    "data package": data_package,
    "iati": iati,
    "ocds": ocds,
    "dcat-ap": dcat,
    "csvw": csv_on_the_web,
    "croissant": croissant,
}
SHOWN = 20
"""Errors of a check that are printed."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path)
    parser.add_argument("--standards", type=Path, default=STANDARDS)
    parser.add_argument("--only", choices=CHECKS, help="one check only")
    given = parser.parse_args()
    failed = False
    for name, check in CHECKS.items():
        if given.only and name != given.only:
            continue
        if name in NEED_STANDARDS and not given.standards.is_dir():
            say(f"{name}: skipped, {given.standards} has not the schemas of the standards")
            continue
        found = list(check(given.release, given.standards))
        failed = failed or bool(found)
        say(f"{name}: {f'{len(found)} errors' if found else 'ok'}")
        for error in found[:SHOWN]:
            say(f"  {error}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
