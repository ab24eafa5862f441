"""Folded copies without letters such as ł, ø and đ, which Unicode does not take apart, and names of
countries with their codes of two letters."""

from django.db import migrations

import aidapi.fields
from records.migrations._folding import fold_copies, fold_names


class Migration(migrations.Migration):

    dependencies = [
        ("records", "0006_quote_translation"),
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
        migrations.RunPython(fold_copies, migrations.RunPython.noop),
        migrations.RunPython(fold_names, migrations.RunPython.noop),
    ]
