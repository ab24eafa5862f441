"""Names of countries with their codes of two letters."""

import iso3166
from django.db import migrations

import aidapi.fields
from records.models.text import fold

AT_ONCE = 500


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


class Migration(migrations.Migration):

    dependencies = [
        ("records", "0005_reasons"),
    ]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="words_key",
            field=aidapi.fields.CodeField(
                default="",
                editable=False,
                help_text="Folded name, aliases and two-letter code of a country, for `name=`, "
                "imports and suggestions.",
                max_length=4000,
            ),
        )
        for name in ("party", "item")
    ] + [
        migrations.RunPython(fold_names, migrations.RunPython.noop),
    ]
