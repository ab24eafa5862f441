"""Folded copies with one of the Arabic letters that are written for one another, without strokes
and invisible characters, and with the digits of any script as ASCII digits."""

from django.db import migrations

from records.migrations._folding import fold_copies, fold_names


class Migration(migrations.Migration):

    dependencies = [
        ("records", "0010_replaced_by"),
    ]

    operations = [
        migrations.RunPython(fold_copies, migrations.RunPython.noop),
        migrations.RunPython(fold_names, migrations.RunPython.noop),
    ]
