"""Forms that were sent after the session had ended, and the notices that people got."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import aidapi.fields


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0008_import_notes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', aidapi.fields.CodeField(help_text='Random key of its address.', max_length=32, unique=True)),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, help_text='When, in UTC.')),
                ('path', models.TextField(help_text='The page that it was sent to.')),
                ('data', models.TextField(help_text='Name → values, in JSON; without passwords.')),
                ('files', models.JSONField(default=list, help_text='Names of its files, which are not kept.')),
                ('user', models.ForeignKey(help_text='Who entered it, and alone sees it.', on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='SentNotice',
            fields=[
                ('user', models.OneToOneField(help_text='Who got it.', on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField(help_text='When, in UTC; empty before the first.', null=True)),
                ('items', models.JSONField(default=list, help_text='Keys of what it listed, as far as it still waits.')),
            ],
            options={
                'default_permissions': (),
            },
        ),
    ]
