"""What data migrations run after `fold` has changed: everything that is stored folded, once more."""

import iso3166

from records.models.text import fold

TITLED = ["title_key"]
FOLDED = {
    "Statement": [
        *TITLED,
        *("publisher_key", "speaker_key", "organisation_key", "event_key", "topics_key"),
    ],
    "Donation": TITLED,
    "Export": TITLED,
    "Contract": TITLED,
}
AT_ONCE = 500


def fold_copies(apps, schema_editor):
    """Fold what is stored folded, once more; what has been folded further stays as it is."""
    for kind, columns in FOLDED.items():
        model = apps.get_model("records", kind)
        changed = []
        for row in model.objects.only(*columns).order_by().iterator():
            for name in columns:
                old = getattr(row, name)
                new = "\n".join(map(fold, old.split("\n")))
                setattr(row, name, new[: model._meta.get_field(name).max_length])
                if new != old and row not in changed[-1:]:
                    changed.append(row)
        model.objects.bulk_update(changed, columns, AT_ONCE)


def fold_names(apps, schema_editor):
    """Write the names of parties and items."""
    for kind in ("Party", "Item"):
        model = apps.get_model("records", kind)
        rows = list(model.objects.all())
        for row in rows:
            country = iso3166.countries_by_alpha3.get(row.code) if kind == "Party" else None
            names = [row.name, *row.aliases, *([country.alpha2] if country else [])]
            row.name_key, row.words_key = fold(row.name), "\n".join(map(fold, names))
        model.objects.bulk_update(rows, ["name_key", "words_key"], AT_ONCE)
