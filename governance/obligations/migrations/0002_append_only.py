"""The database refuses to rewrite what has happened."""

from django.db import migrations

from plugins.append_only import freeze_columns, freeze_once_set, refuse_change


class Migration(migrations.Migration):
    dependencies = [("obligations", "0001_initial"), ("plugins", "0003_append_only")]

    operations = [
        refuse_change("obligations_escalation"),
        freeze_columns("obligations_obligation", "kind", "subject", "opened_at", "due_at"),
        freeze_once_set("obligations_obligation", "met_at"),
        freeze_once_set("obligations_obligation", "missed_at"),
        freeze_once_set("obligations_obligation", "cancelled_at"),
    ]
