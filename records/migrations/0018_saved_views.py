"""Forms that are kept while they are typed, and saved views of the admin's lists."""

import aidapi.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0017_threads'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='keptform',
            name='is_sent',
            field=models.BooleanField(default=True, help_text='Whether it was sent after the session had ended, and not only typed.'),
        ),
        migrations.AddField(
            model_name='keptform',
            name='page',
            field=aidapi.fields.CodeField(blank=True, default='', help_text='Random key of the open page that it is on; empty in earlier releases.', max_length=32),
        ),
        migrations.AddConstraint(
            model_name='keptform',
            constraint=models.UniqueConstraint(condition=models.Q(('page', ''), _negated=True), fields=('user', 'page'), name='keptform_once'),
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', aidapi.fields.CodeField(help_text='The list that it is of, by its kind of row.', max_length=20)),
                ('name', models.CharField(help_text='What it is called.', max_length=60)),
                ('query', models.CharField(blank=True, help_text="Query of the list's address.", max_length=2000)),
                ('is_shared', models.BooleanField(default=False, help_text='Whether all who may see the list are offered it.')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, help_text='When it was saved, in UTC.')),
                ('user', models.ForeignKey(help_text='Who saved it, and may change it.', on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'pk'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('user', 'kind', 'name'), name='savedview_once', violation_error_message='You have a view of this name already.'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='savedview_has_name', violation_error_message='Give the view a name.')],
            },
        ),
    ]
