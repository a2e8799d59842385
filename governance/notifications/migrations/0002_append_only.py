"""The database refuses to rewrite what has happened."""

from django.db import migrations

from plugins.append_only import freeze_columns, freeze_once_set, refuse_change


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("plugins", "0003_append_only")]

    operations = [
        refuse_change("notifications_deliveryattempt"),
        freeze_columns("notifications_notice", "kind", "cause", "recipient", "subject", "body", "queued_at"),
        freeze_once_set("notifications_notice", "delivered_at"),
    ]
