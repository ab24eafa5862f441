"""Checks of an upgraded copy of the project, run inside it: `python upgraded.py CHECK`.

What a check found is printed as JSON; the tests judge it.
"""

import json
import sys
from collections import Counter
from typing import Any

import django

API = "/api/v1/donations/"


def pages(client: Any, address: str) -> list[dict[str, Any]]:
    """Return the results on all pages of a list."""
    found: list[dict[str, Any]] = []
    while address:
        response = client.get(address)
        assert response.status_code == 200, response.content
        page = response.json()
        found += page["results"]
        address = page["next"]
    return found


def publish_urgent() -> dict[str, Any]:
    """Publish a correction of a donation that uses the new field."""
    from django.contrib.auth import get_user_model

    from records.models import Donation, State
    from records.publishing import approve, begin_correction, submit

    users = get_user_model().objects
    editor, _ = users.get_or_create(username="editor")
    reviewer, _ = users.get_or_create(username="reviewer")
    donation: Any = Donation.objects.filter(state=State.PUBLISHED).latest("public_id")
    draft: Any = begin_correction(donation, by=editor, reason="The source calls it an emergency.")
    draft.urgency = "emergency"
    draft.save()
    submit(draft, by=editor)
    draft.refresh_from_db()
    approve([draft], by=reviewer, message="Says how urgent it was.", because="As before.")
    return {"id": draft.public_id}


def publish_pledge(client: Any) -> dict[str, Any]:
    """Publish a pledge with the parties, words and dates of a donation, and return what every
    endpoint answers about pledges."""
    from django.contrib.auth import get_user_model

    from records.models import KINDS, Donation, State
    from records.publishing import approve, submit

    users = get_user_model().objects
    editor, _ = users.get_or_create(username="editor")
    reviewer, _ = users.get_or_create(username="reviewer")
    donation: Any = (
        Donation.objects.filter(state=State.PUBLISHED, figures__quote__gt="")
        .exclude(parties__role="intermediary")
        .latest("public_id")
    )
    pledges: Any = KINDS["pledge"]
    draft = pledges.objects.create(
        title=donation.title, as_of=donation.as_of, reported_by="donor", trade="unclear"
    )
    for row in donation.parties.all():
        draft.parties.create(role=row.role, party=row.party, position=row.position)
    for figure in donation.ordered_figures():
        values = {
            field.name: getattr(figure, field.name)
            for field in draft.figures.model._meta.concrete_fields
            if field.name not in ("id", "record")
        }
        draft.figures.create(**values, record=draft)
    draft.refresh_from_db()
    submit(draft, by=editor)
    draft.refresh_from_db()
    approve([draft], by=reviewer, message="The first pledge.", because="As before.")
    address = f"/api/v1/pledges/{draft.public_id}/"
    donors = [row.party_id for row in donation.parties.all() if row.role == "donor"]
    word = donation.title.split()[0]
    addresses = {
        "list": "/api/v1/pledges/?count=true",
        "found": f"/api/v1/pledges/?donor={donors[0]}&reported_by=donor&search={word}",
        "missed": "/api/v1/pledges/?reported_by=recipient",
        "detail": address,
        "versions": f"{address}versions/",
        "citation": f"{address}cite/",
        "facets": "/api/v1/pledges/facets/?facets=reported_by",
        "summary": "/api/v1/pledges/summary/",
        "csv": "/api/v1/pledges/?format=csv",
        "changes": "/api/v1/changes/?kind=pledge",
        "page": f"/records/{draft.public_id}/",
    }
    answers = {name: client.get(path) for name, path in addresses.items()}
    curator = users.create(username="curator-of-pledges", is_staff=True)
    curator.groups.add(curator.groups.model.objects.get(name="curator"))
    client.force_login(curator)
    answers["admin"] = client.get("/admin/records/pledge/add/")
    return {
        "id": draft.public_id,
        "statuses": {name: answer.status_code for name, answer in answers.items()},
        "counts": {
            name: len(answers[name].json()["results"])
            for name in ("list", "found", "missed", "changes")
        },
        "detail": answers["detail"].json(),
        "lines": answers["csv"].getvalue().decode("utf-8-sig").count("\r\n"),
    }


def filters(client: Any) -> list[dict[str, Any]]:
    """Compare what filters find with what the stored rows say."""
    from records.models import Donation, RevisionCounter

    current = Donation.objects.in_force(RevisionCounter.number())
    cases = [
        (name, value, extra)
        for name, values in {
            "as_of_precision": ["day", "month", "year"],
            "urgency": ["emergency", "routine"],
            "form": ["goods", "cash"],
        }.items()
        for value in values
        for extra in ({}, {"stage": "delivered"}, {"recipient_region": "africa"})
    ]
    compared = []
    for name, value, extra in cases:
        rows = current.filter(**{name: value})
        if "stage" in extra:
            rows = rows.filter(stage=extra["stage"])
        if "recipient_region" in extra:
            within = {row["id"] for row in pages(client, f"{API}?recipient_region=africa")}
            rows = rows.filter(public_id__in=within)
        query = "&".join(f"{key}={other}" for key, other in {name: value, **extra}.items())
        results = pages(client, f"{API}?{query}&count=true&page_size=500")
        count = client.get(f"{API}?{query}&count=true").json()["count"]
        compared.append(
            {
                "query": query,
                "found": sorted(row["id"] for row in results),
                "expected": sorted(rows.values_list("public_id", flat=True)),
                "count": count,
            }
        )
    return compared


def documents(client: Any) -> dict[str, Any]:
    """Validate every stored document, of all versions, against its OpenAPI component."""
    from jsonschema import Draft202012Validator

    from records.models import KINDS

    schema = client.get("/api/v1/openapi.json").json()
    faults: Counter[str] = Counter()
    for kind, model in KINDS.items():
        component = {
            "$ref": f"#/components/schemas/{model.__name__}",
            "components": schema["components"],
        }
        validator = Draft202012Validator(component)
        bodies = model.child("document").objects.values_list("body", flat=True)
        for body in bodies.iterator():
            for error in validator.iter_errors(json.loads(body)):
                faults[f"{kind}: {error.message[:80]}"] += 1
    return {"faults": faults, "documents": count_documents()}


def count_documents() -> int:
    from records.models import KINDS

    return sum(model.child("document").objects.count() for model in KINDS.values())


def digests() -> dict[str, Any]:
    """Count the published versions whose content does not match their digest."""
    from records.models import KINDS

    wrong, total = 0, 0
    for model in KINDS.values():
        rows = model.objects.filter(published_in__isnull=False)
        for record in rows.prefetch_related(*model.ROWS).iterator(500):
            total += 1
            wrong += record.content_digest() != record.digest
    return {"wrong": wrong, "versions": total}


def folded() -> dict[str, Any]:
    """Count the stored folded texts that are not as this code folds them."""
    from records.models import KINDS, Item, Party, Statement, fold

    wrong, total = [], 0
    models: list[Any] = [*KINDS.values(), Party, Item]
    for model in models:
        for row in model.objects.iterator():
            stored = dict(vars(row))
            if isinstance(row, (Party, Item)):
                row.name_key = fold(row.name)
                row.words_key = "\n".join(map(fold, row.names()))
            else:
                row.title_key = fold(row.title)
            if isinstance(row, Statement):
                row.fold_words()
            total += 1
            wrong += [
                f"{row}: {name}" for name, value in vars(row).items() if stored[name] != value
            ]
    return {"wrong": wrong[:10], "rows": total}


def ready(client: Any) -> dict[str, Any]:
    """Return what the probe answers. A balancer repeats one that met its deadline, as the first of
    a new process does on a busy machine."""
    for _ in range(5):
        response = client.get("/readyz")
        if "does not answer" not in response.json().get("detail", ""):
            break
    return {**response.json(), "status": response.status_code}


def main() -> None:
    django.setup()
    from django.test import Client

    client = Client()
    checks = {
        "publish": publish_urgent,
        "pledge": lambda: publish_pledge(client),
        "filters": lambda: filters(client),
        "documents": lambda: documents(client),
        "digests": digests,
        "folded": folded,
        "ready": lambda: ready(client),
    }
    sys.stdout.write(json.dumps(checks[sys.argv[1]]()))


if __name__ == "__main__":
    main()
