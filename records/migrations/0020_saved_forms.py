"""Forms that made a row, so that the same form sent twice makes no second one."""

from django.db import migrations

import aidapi.fields


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0019_mended_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='keptform',
            name='digest',
            field=aidapi.fields.CodeField(blank=True, default='', help_text='Keyed digest of the values that the row was made of; empty before.', max_length=64),
        ),
        migrations.AddField(
            model_name='keptform',
            name='made',
            field=aidapi.fields.CodeField(blank=True, default='', help_text='Key of the row that was made of it; then its values are gone. Empty before.', max_length=64),
        ),
    ]
