"""When each bot was last heard, and which number of the feed it then had."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('plugins', '0005_exact_scope'),
    ]

    operations = [
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('bot', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='presence', serialize=False, to='plugins.bot')),
                ('sequence', models.BigIntegerField()),
                ('said_at', models.DateTimeField(help_text="by the bot's clock; an older statement changes nothing")),
                ('seen_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['seen_at'], name='presence_by_age')],
            },
        ),
    ]
