"""Citations: what they name, that their links hold, and that every style can be read back."""

import datetime
import json
import re
from types import SimpleNamespace
from typing import Any

import bibtexparser
import pytest
import rispy
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from records.api.views.citation_styles import BIBTEX, Citation, one_line
from records.models import RevisionCounter
from records.publishing import triggers
from tests.contract.test_schema import check_answer
from tests.support.histories import History
from tests.support.routes import (
    API,
    RECORDS,
    RESOURCES,
    Resource,
    ask,
    found,
    problem,
    refused,
)

pytestmark = pytest.mark.django_db

DATED = [resource for resource in RECORDS if resource.name != "statements"]
STYLES = {
    "text": "text/plain; charset=utf-8",
    "bibtex": "application/x-bibtex; charset=utf-8",
    "ris": "application/x-research-info-systems; charset=utf-8",
    "csl-json": "application/vnd.citationstyles.csl+json",
}


def cites(history: History) -> list[str]:
    """An address of every sort."""
    found = [f"{API}cite/"]
    for resource in RECORDS:
        found += [f"{resource.path}cite/", f"{resource.path}{resource.example(history)}/cite/"]
    found += [f"{r.path}{r.example(history)}/cite/?figure=1" for r in DATED]
    return found


def path(address: str) -> str:
    return address.removeprefix("http://testserver")


# What is cited


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_record_is_cited_with_version_and_revision(
    client: Client, history: History, clock: Any, resource: Resource
) -> None:
    for row in history.at(resource.kind):
        cited = found(client, f"{resource.path}{row.id}/cite/")

        assert cited["revision"] == history.newest
        assert cited["version"] == row.version
        assert row.document["title"].rstrip(".") in cited["title"]
        assert row.id in cited["title"]
        assert cited["license_url"] == "https://creativecommons.org/licenses/by/4.0/"
        assert cited["retrieved_on"] == "2026-05-04"
        assert client.get(path(cited["url"])).content == row.body.encode()
        # Every style names them all.
        csl = cited["csl_json"][0]
        assert f"ersion {row.version}, revision {history.newest}" in cited["text"]
        for text in (cited["text"], cited["bibtex"], cited["ris"], json.dumps(csl)):
            assert cited["url"] in text
            assert "CC BY 4.0" in text
        # Styles print the word before it.
        numbers = f"{row.version} (revision {history.newest})"
        assert csl["version"] == str(row.version)
        codes = f"({resource.kind} {row.id})"
        assert one_line(cited["title"]).endswith(f" {codes}")
        marked = f'<span class="nocase">{codes}</span>'
        assert csl["title"] == one_line(cited["title"]).replace(codes, marked)
        assert f"version = {{{numbers}}}" in cited["bibtex"]
        edition = f"Version {row.version}, revision {history.newest}"
        assert f"howpublished = {{{edition}}}" in cited["bibtex"]
        assert f"ET  - {numbers}\r\n" in cited["ris"]
        assert "4 May 2026" in cited["text"]
        assert csl["accessed"] == {"date-parts": [[2026, 5, 4]]}


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_record_is_cited_as_of_a_revision(
    client: Client, history: History, resource: Resource
) -> None:
    for revision in range(3, history.newest + 1):
        for row in history.at(resource.kind, revision):
            cited = found(client, f"{resource.path}{row.id}/cite/", revision=revision)

            assert (cited["revision"], cited["version"]) == (revision, row.version)
            assert client.get(path(cited["url"])).content == row.body.encode()


@pytest.mark.parametrize("resource", DATED, ids=str)
def test_a_figure_is_cited_with_its_words(
    client: Client, history: History, resource: Resource
) -> None:
    for row in history.at(resource.kind):
        for n, figure in enumerate(row.document["figures"], start=1):
            cited = found(client, f"{resource.path}{row.id}/cite/", figure=n)

            assert f"figure {n}" in cited["title"]
            quote = one_line(figure["evidence"]["quote"])
            for text in (cited["text"], cited["ris"], cited["csl_json"][0]["note"]):
                assert quote in text
            assert client.get(path(cited["url"])).content == row.body.encode()
        assert refused(
            client, f"{resource.path}{row.id}/cite/", figure=len(row.document["figures"]) + 1
        ) == {"figure": "no_such_figure"}


def test_statements_have_no_figures(client: Client, history: History) -> None:
    id = history.at("statement")[0].id

    assert refused(client, f"{API}statements/{id}/cite/", figure=1) == {
        "figure": "unknown_parameter"
    }


@pytest.mark.parametrize("resource", RECORDS, ids=str)
@pytest.mark.parametrize("query", [{}, {"changed_since": "2"}, {"revision": "3"}])
def test_an_answer_is_cited(
    client: Client, history: History, resource: Resource, query: dict[str, str]
) -> None:
    answer = found(client, resource.path, count="true", **query)

    cited = found(client, f"{resource.path}cite/", **query)

    assert f"({answer['count']} record" in cited["title"]
    assert cited["version"] is None
    assert cited["url"].endswith(f"revision={answer['revision']}")
    assert client.get(path(cited["url"])).json()["results"] == answer["results"]
    assert refused(client, f"{resource.path}cite/", page_size=3)
    assert refused(client, f"{resource.path}cite/", ordering="id")


def test_a_link_to_an_answer_stays_true(client: Client, history: History) -> None:
    """Byte for byte, whatever is published later."""
    cited = found(client, f"{API}donations/cite/", donor="CHN")
    before = client.get(path(cited["url"])).content

    fork = history.fork()
    fork.release(*(fork.draft("donation", donors=["CHN"]) for _ in range(2)))

    assert client.get(path(cited["url"])).content == before
    later = found(client, f"{API}donations/cite/", donor="CHN")
    assert later["revision"] == cited["revision"] + 1
    assert later["title"] != cited["title"]


def test_the_dataset_is_cited(client: Client, history: History) -> None:
    cited = found(client, f"{API}cite/", revision=3)

    assert cited["revision"] == 3
    assert client.get(path(cited["url"])).json()["dcat:version"] == "3"


def test_what_is_not_there_is_not_cited(client: Client, history: History) -> None:
    for resource in RECORDS:
        problem(client.get(f"{resource.path}{'x' * 12}/cite/"), 404)
        gone = history.withdrawn_ids(resource.kind)[0]
        problem(client.get(f"{resource.path}{gone}/cite/"), 410)
    problem(ask(client, f"{API}cite/", revision=99), 404)
    problem(ask(client, f"{API}donations/cite/", donor="no-such"), 400)
    triggers.drop()
    RevisionCounter.objects.update(n=0)
    for name in ("cite", "donations/cite", "metadata"):
        assert problem(client.get(f"{API}{name}/"), 404)["code"] == "unknown_revision"


# Styles


@pytest.mark.parametrize("style", STYLES)
def test_a_style_is_requested_for_by_name_or_by_accept(
    client: Client, history: History, style: str
) -> None:
    for address in cites(history):
        key = style.replace("-", "_")
        in_json = client.get(address).json()[key]
        media_type = STYLES[style].partition(";")[0]

        named = client.get(f"{address}{'&' if '?' in address else '?'}style={style}")
        accepted = client.get(address, headers={"Accept": media_type})

        assert named["Content-Type"] == accepted["Content-Type"] == STYLES[style]
        assert named.content == accepted.content
        reported = named.json() if style == "csl-json" else named.content.decode()
        assert reported == in_json
        assert named["Dataset-Revision"] == str(history.newest)


def test_a_style_has_a_form_of_its_own(client: Client, history: History) -> None:
    for address in cites(history):
        body = problem(
            client.get(f"{address}{'&' if '?' in address else '?'}style=ris&format=json"), 400
        )
        assert body["errors"][0]["code"] == "not_with_style"
        problem(client.get(address, headers={"Accept": "text/html"}), 406)


def test_only_the_day_of_retrieval_changes(client: Client, history: History, clock: Any) -> None:
    def dateless(text: str) -> str:
        return re.sub(r"2026-05-0[46]|2026/05/0[46]|[46] May 2026|2026,5,[46]", "…", text)

    for address in cites(history):
        first = client.get(address).content.decode()
        clock.shift(datetime.timedelta(days=2))
        second = client.get(address).content.decode()
        clock.shift(datetime.timedelta(days=-2))

        assert first != second
        assert dateless(first) == dateless(second)
        assert "no-cache" in client.get(address)["Cache-Control"]


def test_citations_are_as_described(client: Client, history: History) -> None:
    check_answer(f"{API}cite/", found(client, f"{API}cite/"))
    check_answer(f"{API}metadata/", found(client, f"{API}metadata/"))
    for resource in RECORDS:
        cited = found(client, f"{resource.path}{resource.example(history)}/cite/")
        check_answer(f"{resource.path}{{id}}/cite/", cited)
        check_answer(f"{resource.path}cite/", found(client, f"{resource.path}cite/"))


REVISION: Any = SimpleNamespace(
    number=4, published_at=datetime.datetime(2026, 5, 1, 23, 30, tzinfo=datetime.UTC)
)
TEXTS = st.text(alphabet=st.sampled_from("{}\\%&$#_^~\"@,=\n\r\t\u2028 aÄ中—'-")) | st.text()


def plain(latex: str) -> str:
    """What LaTeX shows for the escapes that are used."""
    shown = {escape: chr(character) for character, escape in BIBTEX.items()}
    return re.sub(r"\\text[a-z]+\{\}|\\[&%$#_]", lambda match: shown[match.group()], latex)


def citation(title: str, rests_on: str = "") -> Citation:
    return Citation(
        "aidapi-r4", title, "https://aid.example.org/?revision=4", REVISION, 2, rests_on
    )


@given(TEXTS, TEXTS)
def test_bibtex_is_read_back(title: str, quote: str) -> None:
    written = citation(title, quote).bibtex()

    library = bibtexparser.parse_string(written)

    assert not library.failed_blocks
    (entry,) = library.entries
    fields = {field.key: field.value for field in entry.fields}
    assert (entry.entry_type, entry.key) == ("dataset", "aidapi-r4")
    assert plain(fields["title"][1:-1]) == one_line(title)
    assert plain(fields["note"]).startswith(one_line(quote))
    assert fields["url"] == "https://aid.example.org/?revision=4"
    assert (fields["year"], fields["date"]) == ("2026", "2026-05-01")
    assert written.count("{") == written.count("}")


@given(TEXTS, TEXTS)
def test_ris_is_read_back(title: str, quote: str) -> None:
    written = citation(title, quote).ris()

    (reference,) = rispy.loads(written)

    # A field without a value is as good as none.
    assert (reference.get("title") or "").strip() == one_line(title)
    assert "\n".join(reference["notes"]).startswith(one_line(quote))
    assert reference["type_of_reference"] == "DATA"
    assert reference["urls"] == ["https://aid.example.org/?revision=4"]
    lines = written.split("\r\n")
    assert len(lines) == 13
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines[:-1])
    assert written.splitlines() == lines[:-1]


@given(TEXTS, TEXTS)
def test_every_style_is_one_sentence_or_reference(title: str, quote: str) -> None:
    cited = citation(title, quote)

    assert cited.text().count("\n") == 1
    assert json.loads(json.dumps(cited.csl()))[0]["title"] == one_line(title)


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("100 % & more", r"100 \% \& more"),
        ("a_b^c~d", r"a\_b\textasciicircum{}c\textasciitilde{}d"),
        ("{x}\\", r"\textbraceleft{}x\textbraceright{}\textbackslash{}"),
        ("Österreich 中国 Известия", "Österreich 中国 Известия"),
    ],
)
def test_bibtex_escapes_and_keeps_unicode(title: str, written: str) -> None:
    assert f"title = {{{{{written}}}}}" in citation(title).bibtex()


# Licence


def test_every_answer_names_its_licence(client: Client, history: History) -> None:
    licence = '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
    for resource in RESOURCES:
        for address in (resource.path, f"{resource.path}?page_size=1"):
            assert licence in client.get(address)["Link"]
        assert not client.get(f"{resource.path}?no_such=1").has_header("Link")
    for address in cites(history):
        assert licence in client.get(address)["Link"]


@pytest.mark.parametrize("resource", RESOURCES, ids=str)
def test_a_list_names_its_citation(client: Client, history: History, resource: Resource) -> None:
    response = client.get(resource.path)

    cited, address = citation_links(response)

    (reference,) = client.get(path(address)).json()
    assert reference["type"] == "dataset"
    assert reference["URL"] == cited
    assert client.get(path(cited))["Dataset-Revision"] == str(history.newest)
    assert (resource.name in address) == (resource.name in cited) == resource.is_record


@pytest.mark.parametrize("resource", RECORDS, ids=str)
def test_a_list_says_how_to_cite_it(client: Client, history: History, resource: Resource) -> None:
    query = {"changed_since": "1", "page_size": "2", "ordering": "-id", "omit": "title"}
    response = ask(client, resource.path, **query)

    cited, address = citation_links(response)

    when = f"revision={history.newest}"
    assert path(cited) == f"{resource.path}?changed_since=1&{when}"
    assert path(address) == f"{resource.path}cite/?changed_since=1&style=csl-json&{when}"
    assert "changed_since=1" in client.get(path(address)).json()[0]["title"]


def citation_links(response: Any) -> tuple[str, str]:
    """The permanent address of what was returned, and that of its citation, whose type readers of
    CSV do not take for a description of columns."""
    links = response["Link"]
    (cited,) = re.findall(r'<([^>]+)>; rel="cite-as"', links)
    ((address, media_type),) = re.findall(r'<([^>]+)>; rel="describedby"; type="([^"]+)"', links)
    assert media_type == "application/vnd.citationstyles.csl+json"
    return cited, address


# The dataset


@pytest.mark.parametrize("accept", ["application/json", "application/ld+json"])
def test_catalogues_are_reported_of_the_dataset(
    client: Client, history: History, accept: str
) -> None:
    response = client.get(f"{API}metadata/", headers={"Accept": accept})
    reported = response.json()

    assert response["Content-Type"] == accept
    assert reported["@type"] == "dcat:Dataset"
    assert reported["dcat:version"] == str(history.newest)
    assert reported["dct:publisher"]["foaf:name"] == "AidAPI"
    days = [v.document["as_of"] for r in DATED for v in history.at(r.kind)]
    assert reported["dct:temporal"]["dcat:startDate"] == min(days)
    assert reported["dct:temporal"]["dcat:endDate"] == max(days)
    assert len(reported["dcat:distribution"]) == len(RECORDS) * 3
    for distribution in reported["dcat:distribution"]:
        file = client.get(path(distribution["dcat:downloadURL"]["@id"]))
        assert file.status_code == 200
        assert file["Content-Type"].startswith(distribution["dcat:mediaType"])
        assert file["Dataset-Revision"] == str(history.newest)
    assert client.get(path(reported["@id"])).json() == reported


def test_a_dataset_of_statements_alone_covers_no_time(client: Client, history: History) -> None:
    reported = found(client, f"{API}metadata/", revision=1)

    assert reported["dct:temporal"] is None
    check_answer(f"{API}metadata/", reported)


def test_search_engines_are_reported_on_the_first_page(client: Client, history: History) -> None:
    page = client.get("/").content.decode()

    (script,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    reported = json.loads(script)
    assert reported["@type"] == "Dataset"
    assert reported["version"] == str(history.newest)
    assert reported["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert not set("<>&") & set(script)
    assert all(
        client.get(path(d["contentUrl"])).status_code == 200 for d in reported["distribution"]
    )
