"""Dates as far as they are known, as text: lists are ordered and filtered by them. Before, they were
ordered by the first day of a month or year."""

import aidapi.fields
from django.db import migrations, models
from django.db.models import Case, TextField, Value, When
from django.db.models.functions import Cast, Left


def write_keys(apps, schema_editor):
    """Write the dates of all versions, and the copies of those that lack their day."""
    for kind, columns in (
        ("Statement", ["published_on", "said_on"]),
        ("Donation", ["as_of"]),
        ("Export", ["as_of"]),
        ("Contract", ["as_of"]),
    ):
        rows = apps.get_model("records", kind).objects.order_by()
        rows.update(**{f"{name}_key": known(name) for name in columns})
        if kind == "Statement":
            continue
        for child in ("Party", "FigureItem"):
            copies = apps.get_model("records", f"{kind}{child}").objects.exclude(as_of_key="")
            for precision, length in (("month", 7), ("year", 4)):
                vague = copies.filter(record__as_of_precision=precision)
                vague.update(as_of_key=Left("as_of_key", length))


def known(name):
    """Return a date as text, as far as it is known."""
    length = Case(
        When(**{f"{name}_precision": "year"}, then=Value(4)),
        When(**{f"{name}_precision": "month"}, then=Value(7)),
        default=Value(10),
    )
    return Left(Cast(name, TextField()), length)


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0003_milestones'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='contract',
            name='contract_newest',
        ),
        migrations.RemoveIndex(
            model_name='contract',
            name='contract_series',
        ),
        migrations.RemoveIndex(
            model_name='contract',
            name='contract_by_stage',
        ),
        migrations.RemoveIndex(
            model_name='contractfigureitem',
            name='contractfigureitem_newest',
        ),
        migrations.RemoveIndex(
            model_name='contractparty',
            name='contractparty_party',
        ),
        migrations.RemoveIndex(
            model_name='contractparty',
            name='contractparty_country',
        ),
        migrations.RemoveIndex(
            model_name='donation',
            name='donation_newest',
        ),
        migrations.RemoveIndex(
            model_name='donation',
            name='donation_series',
        ),
        migrations.RemoveIndex(
            model_name='donation',
            name='donation_by_stage',
        ),
        migrations.RemoveIndex(
            model_name='donation',
            name='donation_by_form',
        ),
        migrations.RemoveIndex(
            model_name='donationfigureitem',
            name='donationfigureitem_newest',
        ),
        migrations.RemoveIndex(
            model_name='donationparty',
            name='donationparty_party',
        ),
        migrations.RemoveIndex(
            model_name='donationparty',
            name='donationparty_country',
        ),
        migrations.RemoveIndex(
            model_name='export',
            name='export_newest',
        ),
        migrations.RemoveIndex(
            model_name='export',
            name='export_series',
        ),
        migrations.RemoveIndex(
            model_name='exportfigureitem',
            name='exportfigureitem_newest',
        ),
        migrations.RemoveIndex(
            model_name='exportparty',
            name='exportparty_party',
        ),
        migrations.RemoveIndex(
            model_name='exportparty',
            name='exportparty_country',
        ),
        migrations.RemoveIndex(
            model_name='statement',
            name='statement_newest',
        ),
        migrations.RemoveIndex(
            model_name='statement',
            name='statement_said',
        ),
        migrations.RenameField(
            model_name='contractfigureitem',
            old_name='as_of',
            new_name='as_of_key',
        ),
        migrations.RenameField(
            model_name='contractparty',
            old_name='as_of',
            new_name='as_of_key',
        ),
        migrations.RenameField(
            model_name='donationfigureitem',
            old_name='as_of',
            new_name='as_of_key',
        ),
        migrations.RenameField(
            model_name='donationparty',
            old_name='as_of',
            new_name='as_of_key',
        ),
        migrations.RenameField(
            model_name='exportfigureitem',
            old_name='as_of',
            new_name='as_of_key',
        ),
        migrations.RenameField(
            model_name='exportparty',
            old_name='as_of',
            new_name='as_of_key',
        ),
        migrations.AddField(
            model_name='contract',
            name='as_of_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `as_of` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AlterField(
            model_name='contractfigureitem',
            name='as_of_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `as_of` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AlterField(
            model_name='contractparty',
            name='as_of_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `as_of` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AddField(
            model_name='donation',
            name='as_of_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `as_of` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AlterField(
            model_name='donationfigureitem',
            name='as_of_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `as_of` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AlterField(
            model_name='donationparty',
            name='as_of_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `as_of` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AddField(
            model_name='export',
            name='as_of_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `as_of` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AlterField(
            model_name='exportfigureitem',
            name='as_of_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `as_of` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AlterField(
            model_name='exportparty',
            name='as_of_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `as_of` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AddField(
            model_name='statement',
            name='published_on_key',
            field=aidapi.fields.CodeField(default='', editable=False, help_text="The record's `published_on` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10),
        ),
        migrations.AddField(
            model_name='statement',
            name='said_on_key',
            field=aidapi.fields.CodeField(default=None, editable=False, help_text="The record's `said_on` as far as it is known: 2020-04-10, 2020-04 or 2020.", max_length=10, null=True),
        ),
        migrations.AlterField(
            model_name='contract',
            name='as_of_precision',
            field=models.CharField(choices=[('day', 'day'), ('month', 'month (stored as its first day)'), ('year', 'year (stored as its first day)')], default='day', help_text='Precision of `as_of`: day, month or year.', max_length=5),
        ),
        migrations.AlterField(
            model_name='contract',
            name='signed_on_precision',
            field=models.CharField(choices=[('day', 'day'), ('month', 'month (stored as its first day)'), ('year', 'year (stored as its first day)')], default='day', help_text='Precision of `signed_on`: day, month or year; null where there is no date.', max_length=5),
        ),
        migrations.AlterField(
            model_name='donation',
            name='as_of_precision',
            field=models.CharField(choices=[('day', 'day'), ('month', 'month (stored as its first day)'), ('year', 'year (stored as its first day)')], default='day', help_text='Precision of `as_of`: day, month or year.', max_length=5),
        ),
        migrations.AlterField(
            model_name='export',
            name='as_of_precision',
            field=models.CharField(choices=[('day', 'day'), ('month', 'month (stored as its first day)'), ('year', 'year (stored as its first day)')], default='day', help_text='Precision of `as_of`: day, month or year.', max_length=5),
        ),
        migrations.AlterField(
            model_name='statement',
            name='said_on_precision',
            field=models.CharField(choices=[('day', 'day'), ('month', 'month (stored as its first day)'), ('year', 'year (stored as its first day)')], default='day', help_text='Precision of `said_on`: day, month or year; null where there is no date.', max_length=5),
        ),
        migrations.RunPython(write_keys, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['-as_of_key', '-public_id', 'published_in', 'retired_in'], name='contract_newest'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(condition=models.Q(('series', ''), _negated=True), fields=['series', '-as_of_key', '-public_id'], name='contract_series'),
        ),
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['stage', '-as_of_key', '-public_id', 'published_in', 'retired_in'], name='contract_by_stage'),
        ),
        migrations.AddIndex(
            model_name='contractfigureitem',
            index=models.Index(fields=['item', '-as_of_key', '-public_id', 'published_in', 'record', 'lead', 'high', 'low'], name='contractfigureitem_newest'),
        ),
        migrations.AddIndex(
            model_name='contractparty',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['role', 'party', '-as_of_key', '-public_id', 'published_in', 'record'], name='contractparty_party'),
        ),
        migrations.AddIndex(
            model_name='contractparty',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['role', 'country', '-as_of_key', '-public_id', 'published_in', 'record'], name='contractparty_country'),
        ),
        migrations.AddIndex(
            model_name='donation',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['-as_of_key', '-public_id', 'published_in', 'retired_in'], name='donation_newest'),
        ),
        migrations.AddIndex(
            model_name='donation',
            index=models.Index(condition=models.Q(('series', ''), _negated=True), fields=['series', '-as_of_key', '-public_id'], name='donation_series'),
        ),
        migrations.AddIndex(
            model_name='donation',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['stage', '-as_of_key', '-public_id', 'published_in', 'retired_in'], name='donation_by_stage'),
        ),
        migrations.AddIndex(
            model_name='donation',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['form', '-as_of_key', '-public_id', 'published_in', 'retired_in'], name='donation_by_form'),
        ),
        migrations.AddIndex(
            model_name='donationfigureitem',
            index=models.Index(fields=['item', '-as_of_key', '-public_id', 'published_in', 'record', 'lead', 'high', 'low'], name='donationfigureitem_newest'),
        ),
        migrations.AddIndex(
            model_name='donationparty',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['role', 'party', '-as_of_key', '-public_id', 'published_in', 'record'], name='donationparty_party'),
        ),
        migrations.AddIndex(
            model_name='donationparty',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['role', 'country', '-as_of_key', '-public_id', 'published_in', 'record'], name='donationparty_country'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['-as_of_key', '-public_id', 'published_in', 'retired_in'], name='export_newest'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('series', ''), _negated=True), fields=['series', '-as_of_key', '-public_id'], name='export_series'),
        ),
        migrations.AddIndex(
            model_name='exportfigureitem',
            index=models.Index(fields=['item', '-as_of_key', '-public_id', 'published_in', 'record', 'lead', 'high', 'low'], name='exportfigureitem_newest'),
        ),
        migrations.AddIndex(
            model_name='exportparty',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['role', 'party', '-as_of_key', '-public_id', 'published_in', 'record'], name='exportparty_party'),
        ),
        migrations.AddIndex(
            model_name='exportparty',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['role', 'country', '-as_of_key', '-public_id', 'published_in', 'record'], name='exportparty_country'),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['-published_on_key', '-public_id', 'published_in', 'retired_in'], name='statement_newest'),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(condition=models.Q(('published_in__isnull', False)), fields=['-said_on_key', '-public_id', 'published_in', 'retired_in'], name='statement_said'),
        ),
    ]
