"""The feed as a chain of numbered changes, and when an order was known to have arrived."""

from django.db import migrations, models

from plugins.append_only import freeze_once_set, refuse_change


class Migration(migrations.Migration):

    dependencies = [
        ('takedowns', '0005_exact_scope'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeedChange',
            fields=[
                ('sequence', models.BigIntegerField(primary_key=True, serialize=False)),
                ('change', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='FeedBase',
            fields=[
                ('sequence', models.BigIntegerField(primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('size_bytes', models.BigIntegerField()),
                ('data', models.BinaryField(help_text='canonical JSON, see plugins.runtime.content')),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='switchorder',
            name='delivered_at',
            field=models.DateTimeField(help_text='its bot said that it has the feed with this order', null=True),
        ),
        refuse_change("takedowns_feedchange"),
        freeze_once_set("takedowns_switchorder", "delivered_at"),
        # Signed whole, before content and freshness were apart: no client of today reads them.
        migrations.RunSQL("DELETE FROM takedowns_feedsnapshot", migrations.RunSQL.noop),
    ]
