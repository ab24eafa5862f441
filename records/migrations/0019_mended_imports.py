"""Cells of imports that are mended on the page, with what the file had."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0018_saved_views'),
    ]

    operations = [
        migrations.AddField(
            model_name='importbatch',
            name='answers',
            field=models.JSONField(default=list, help_text='Answers that were given for all cells with the same question, in sentences.'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='decimal_comma',
            field=models.BooleanField(default=False, help_text='Whether the program that wrote it probably writes 1,5 for one and a half.'),
        ),
        migrations.AddField(
            model_name='importbatch',
            name='is_mended',
            field=models.BooleanField(default=False, help_text='Whether cells were mended or rows left out on the page.'),
        ),
        migrations.AddField(
            model_name='importrow',
            name='left_out',
            field=models.BooleanField(default=False, help_text='Whether the record is not to be imported.'),
        ),
        migrations.AddField(
            model_name='importrow',
            name='mended',
            field=models.JSONField(default=dict, help_text="Column → text that was typed on the page in place of the file's."),
        ),
        migrations.AddField(
            model_name='importrow',
            name='original',
            field=models.JSONField(default=dict, help_text='Column → text in the file, where it was read as something else or not at all; empty text where an amount named the currency.'),
        ),
        migrations.AddField(
            model_name='importrow',
            name='resolved',
            field=models.JSONField(default=dict, help_text='Column → [reading, why], where the other readings of a date are impossible.'),
        ),
        migrations.AlterField(
            model_name='importrow',
            name='verdict',
            field=models.CharField(blank=True, choices=[('refused', 'refused'), ('changed', 'changed'), ('new', 'new'), ('unchanged', 'unchanged'), ('left_out', 'left out')], help_text='What was found; empty until checked.', max_length=9),
        ),
    ]
