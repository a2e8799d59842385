"""Why a report was dismissed and a plugin reinstated: words of a person, kept beside the ledger, not in it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('takedowns', '0002_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='abusereport',
            name='dismissal_reason',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='takedown',
            name='reinstatement_reason',
            field=models.TextField(blank=True),
        ),
    ]
