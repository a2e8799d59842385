"""Letters that many notices share, the channels a notice goes through, and what keeps each mail domain's pace."""

import django.db.models.deletion
from django.db import migrations, models

from plugins.append_only import refuse_change

FROZEN_BEFORE = ("kind", "cause", "recipient", "subject", "body", "queued_at")
FROZEN = (*FROZEN_BEFORE, "letter_id", "items", "items_total", "turn")


def freeze(columns):
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    return f"""
        DROP TRIGGER notifications_notice_frozen ON notifications_notice;
        CREATE TRIGGER notifications_notice_frozen BEFORE UPDATE ON notifications_notice
            FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION nexus_refuse_change();
    """


def keep_delivery(unless):
    return f"""
        DROP TRIGGER notifications_notice_delivered_at_once ON notifications_notice;
        CREATE TRIGGER notifications_notice_delivered_at_once BEFORE UPDATE ON notifications_notice
            FOR EACH ROW WHEN (OLD.delivered_at IS NOT NULL AND OLD.delivered_at IS DISTINCT FROM NEW.delivered_at
                               AND NOT ({unless})) EXECUTE FUNCTION nexus_refuse_change();
    """


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_append_only'),
        ('plugins', '0004_owner_tokens'),
    ]

    operations = [
        migrations.CreateModel(
            name='DomainPace',
            fields=[
                ('domain', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('free_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('owner', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='webhook', serialize=False, to='plugins.botowner')),
                ('url', models.URLField(max_length=1024)),
                ('generation', models.PositiveIntegerField(default=1, help_text='counts secrets: a new one with every change')),
                ('changed_at', models.DateTimeField()),
                ('is_active', models.BooleanField(default=True)),
            ],
        ),
        migrations.AddField(
            model_name='deliveryattempt',
            name='channel',
            field=models.CharField(choices=[('email', 'Email'), ('webhook', 'Webhook'), ('in_app', 'In App')], default='email', max_length=16),
        ),
        migrations.AddField(
            model_name='deliveryattempt',
            name='is_doubtful',
            field=models.BooleanField(default=False, help_text='it may have arrived although no answer was recorded'),
        ),
        migrations.AddField(
            model_name='notice',
            name='bounces',
            field=models.PositiveSmallIntegerField(default=0, help_text='times an accepted one came back'),
        ),
        migrations.AddField(
            model_name='notice',
            name='channel',
            field=models.CharField(choices=[('email', 'Email'), ('webhook', 'Webhook'), ('in_app', 'In App')], default='email', max_length=16),
        ),
        migrations.AddField(
            model_name='notice',
            name='items',
            field=models.JSONField(help_text="the person's own lines: [shape, value, ...] each", null=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='items_total',
            field=models.PositiveIntegerField(default=0, help_text='how many there are; the longest lists are cut'),
        ),
        migrations.AddField(
            model_name='notice',
            name='refused_at',
            field=models.DateTimeField(help_text='a channel refused it for good; support looks at it', null=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='slot_at',
            field=models.DateTimeField(help_text="the place its domain's pace gave it, until it is tried", null=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='turn',
            field=models.PositiveIntegerField(default=1, help_text='its place among the notices of its cause'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='body',
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name='notice',
            name='subject',
            field=models.CharField(blank=True, help_text='empty where a letter holds the words', max_length=256),
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=64)),
                ('cause', models.CharField(help_text='what it is about, as kind:id', max_length=128)),
                ('language', models.CharField(max_length=16)),
                ('subject', models.CharField(max_length=256)),
                ('opening', models.TextField()),
                ('closing', models.TextField()),
                ('lines', models.JSONField(default=dict)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'cause', 'language'), name='letter_once_per_language')],
            },
        ),
        migrations.AddField(
            model_name='notice',
            name='letter',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='notifications.letter'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('state', 'queued')), fields=['turn', 'deadline_at'], name='notice_queued_by_turn'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('lease_token__isnull', False), ('state', 'queued')), fields=['lease_until'], name='notice_leased'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['recipient', '-queued_at'], name='notice_by_recipient'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('refused_at__isnull', False)), fields=['refused_at'], name='notice_refused'),
        ),
        migrations.AddIndex(
            model_name='deliveryattempt',
            index=models.Index(condition=models.Q(('is_doubtful', True)), fields=['notice'], name='attempt_doubtful'),
        ),
        refuse_change("notifications_letter"),
        migrations.RunSQL(freeze(FROZEN), freeze(FROZEN_BEFORE)),
        # What came back is no delivery any more; nothing else takes the word "delivered" back.
        migrations.RunSQL(
            keep_delivery("NEW.delivered_at IS NULL AND NEW.bounces > OLD.bounces"), keep_delivery("false")
        ),
    ]
