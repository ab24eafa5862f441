from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0008_counts_together'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='contract',
            index=models.Index(condition=models.Q(('retired_in__isnull', False)), fields=['retired_in', 'id'], name='contract_retired'),
        ),
        migrations.AddIndex(
            model_name='donation',
            index=models.Index(condition=models.Q(('retired_in__isnull', False)), fields=['retired_in', 'id'], name='donation_retired'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('retired_in__isnull', False)), fields=['retired_in', 'id'], name='export_retired'),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(condition=models.Q(('retired_in__isnull', False)), fields=['retired_in', 'id'], name='statement_retired'),
        ),
    ]
