
"""How an imported file was read, shown above its rows."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0007_fold_latin_letters'),
    ]

    operations = [
        migrations.AddField(
            model_name='importbatch',
            name='notes',
            field=models.JSONField(default=list, help_text='How the file was read, in sentences: sheet, lines, what was passed over.'),
        ),
    ]
