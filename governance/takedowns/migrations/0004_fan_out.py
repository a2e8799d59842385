"""How far a takedown's orders and notices are written."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from plugins.append_only import freeze_columns


class Migration(migrations.Migration):

    dependencies = [
        ('takedowns', '0003_reasons'),
    ]

    operations = [
        migrations.CreateModel(
            name='FanOut',
            fields=[
                ('takedown', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='fan_out', serialize=False, to='takedowns.takedown')),
                ('version_ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('last_version', models.BigIntegerField(default=0)),
                ('last_installation', models.BigIntegerField(default=0)),
                ('parts', models.PositiveIntegerField(default=0, help_text='shares of the people; 0 while orders are written')),
                ('parts_done', models.PositiveIntegerField(default=0)),
                ('orders', models.PositiveIntegerField(default=0)),
                ('people', models.PositiveIntegerField(default=0)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('finished_at', None)), fields=['orders'], name='fan_out_unfinished')],
            },
        ),
        freeze_columns("takedowns_fanout", "takedown_id", "version_ids"),
    ]
