"""The database refuses to rewrite what has happened."""

from django.db import migrations

from plugins.append_only import freeze_columns, freeze_once_set, refuse_change


class Migration(migrations.Migration):
    dependencies = [("takedowns", "0001_initial"), ("plugins", "0003_append_only")]

    operations = [
        refuse_change("takedowns_signoff"),
        refuse_change("takedowns_acknowledgement"),
        freeze_columns("takedowns_takedownversion", "takedown_id", "version_id", "status_before"),
        freeze_columns(
            "takedowns_switchorder", "takedown_id", "installation_id", "bot_id", "action", "ordered_at"
        ),
        freeze_once_set("takedowns_switchorder", "acknowledgement_id"),
        freeze_columns(
            "takedowns_takedown", "plugin_id", "versions", "grounds", "statement", "exposed_since", "ordered_by_id", "contained_at"
        ),
    ]
