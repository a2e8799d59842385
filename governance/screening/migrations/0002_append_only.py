"""The database refuses to rewrite what has happened."""

from django.db import migrations

from plugins.append_only import freeze_columns, freeze_once_set, refuse_change


class Migration(migrations.Migration):
    dependencies = [("screening", "0001_initial"), ("plugins", "0003_append_only")]

    operations = [
        refuse_change("screening_finding"),
        freeze_columns("screening_scan", "version_id", "cause", "attempt", "lease_token", "started_at"),
        freeze_once_set("screening_scan", "finished_at"),
        freeze_once_set("screening_scan", "report"),
    ]
