"""Citations as they are printed: by citeproc, BibTeX and readers of RIS, without a warning."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.conftest import Served

pytestmark = pytest.mark.django_db
PROGRAM = Path(__file__).parent / "programs" / "print_citations.py"
ADDRESSES = {
    "record": "/api/v1/donations/don-yyemrn0r/cite/?revision=4",
    "figure": "/api/v1/donations/don-yyemrn0r/cite/?revision=4&figure=1",
    "list": "/api/v1/donations/cite/?item=mask&donor=CHN&revision=4",
    "dataset": "/api/v1/cite/?revision=4",
}


@pytest.fixture(scope="module")
def cited(served: Served) -> dict[str, dict[str, Any]]:
    """Return the response for each thing that is cited."""
    return {
        name: httpx.get(f"{served.url}{address}").raise_for_status().json()
        for name, address in ADDRESSES.items()
    }


@pytest.fixture(scope="module")
def read(cited: dict[str, dict[str, Any]], clients_python: str) -> dict[str, dict[str, Any]]:
    """Return what other programs make of each."""
    done = subprocess.run(
        [clients_python, "-X", "utf8", str(PROGRAM)],
        input=json.dumps(list(cited.values())),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-3000:]
    return dict(zip(cited, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("name", ADDRESSES)
def test_printed_entries_name_author_date_title_version_and_address(
    cited: dict[str, Any], read: dict[str, Any], name: str
) -> None:
    citation, printed = cited[name], read[name]["printed"]
    (csl,) = citation["csl_json"]
    year, _, day = csl["issued"]["date-parts"][0]
    for style, entry in printed.items():
        assert "AidAPI" in entry, style
        assert str(year) in entry
        assert citation["title"].casefold() in entry.casefold()
        assert citation["url"] in entry
        assert "<" not in entry
    number = citation["version"] or citation["revision"]
    assert f"(Version {number}) [Dataset]" in printed["apa"]
    assert f" Version {number}. " in printed["chicago-author-date"]
    assert f" {day:02}, {year}. Accessed: " in printed["ieee"]
    edition = f"{number} (revision {citation['revision']})" if citation["version"] else str(number)
    assert read[name]["bibtex"]["version"] == edition
    assert f" {edition_in_words(citation)}, " in printed["bibtex"]


def edition_in_words(citation: dict[str, Any]) -> str:
    version, revision = citation["version"], citation["revision"]
    return f"Version {version}, revision {revision}" if version else f"Revision {revision}"


@pytest.mark.parametrize("style", ["plain", "alpha", "apalike", "plainnat", "plainurl"])
def test_bibtex_itself_prints_each_once(cited: dict[str, Any], tmp_path: Path, style: str) -> None:
    """Its styles know neither the type nor `version`, and the older ones no `url`."""
    program = shutil.which("bibtex")
    if program is None:
        pytest.skip("bibtex is not installed")
    database = "\n".join(citation["bibtex"] for citation in cited.values())
    (tmp_path / "cited.bib").write_text(database, "utf-8")
    (tmp_path / "cited.aux").write_text(
        f"\\relax\n\\citation{{*}}\n\\bibstyle{{{style}}}\n\\bibdata{{cited}}\n", "utf-8"
    )

    done = subprocess.run([program, "cited"], cwd=tmp_path, capture_output=True, text=True)

    said = [line for line in done.stdout.splitlines() if line.startswith("Warning--")]
    assert all("entry type for" in line for line in said)
    assert "error" not in done.stdout
    printed = " ".join((tmp_path / "cited.bbl").read_text("utf-8").split())
    for citation in cited.values():
        (csl,) = citation["csl_json"]
        _, _, entry = printed.partition(f"]{{{csl['id']}}}" if "[" in printed else "{" + csl["id"])
        entry = entry.partition("\\bibitem")[0]
        assert "{AidAPI}" in entry
        assert edition_in_words(citation) in entry
        assert entry.count(f"{{{citation['url']}}}") == style.endswith(("nat", "url"))


def test_ids_and_filters_keep_their_letters(read: dict[str, Any]) -> None:
    """Chicago capitalizes titles, and an id with a capital letter is another one."""
    for name, codes in {
        "record": "(donation don-yyemrn0r)",
        "figure": "(donation don-yyemrn0r, figure 1)",
        "list": ": donor=CHN; item=mask (",
    }.items():
        for style, entry in read[name]["printed"].items():
            assert codes in entry, (name, style)


@pytest.mark.parametrize("name", ADDRESSES)
def test_ris_is_read_whole(cited: dict[str, Any], read: dict[str, Any], name: str) -> None:
    citation, reference = cited[name], read[name]["ris"]

    assert reference["type_of_reference"] == "DATA"
    assert reference["authors"] == ["AidAPI"]
    assert reference["title"] == citation["title"]
    assert reference["year"] == citation["published_at"][:4]
    assert reference["date"] == citation["published_at"][:10].replace("-", "/")
    number = str(citation["version"] or citation["revision"])
    assert reference["edition"].split(" ")[0] == number
    assert reference["urls"] == [citation["url"]]
