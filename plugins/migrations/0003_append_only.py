"""The database refuses to rewrite what has happened."""

from django.db import migrations

from plugins.append_only import DEFINE_REFUSAL, freeze_columns, freeze_once_set, refuse_change


class Migration(migrations.Migration):
    dependencies = [("plugins", "0002_initial")]

    operations = [
        DEFINE_REFUSAL,
        refuse_change("plugins_versionmove"),
        refuse_change("plugins_runtimereport"),
        freeze_columns("plugins_artifact", "sha256", "size_bytes", "storage_key", "created_at"),
        freeze_columns(
            "plugins_version", "plugin_id", "number", "release", "artifact_id", "manifest", "submitted_at"
        ),
        freeze_columns("plugins_installation", "bot_id", "plugin_id", "version_id", "started_at"),
        freeze_once_set("plugins_installation", "ended_at"),
        freeze_columns(
            "plugins_blocklistentry",
            "takedown_id",
            "plugin_id",
            "publisher_id",
            "versions",
            "artifact_sha256",
            "reason",
            "sequence",
            "blocked_at",
        ),
        freeze_once_set("plugins_blocklistentry", "lifted_at"),
        freeze_once_set("plugins_blocklistentry", "lifted_sequence"),
    ]
