"""A deadline stands still while nobody can meet it, and moves on by exactly as long."""

import datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('obligations', '0002_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='obligation',
            name='paused_at',
            field=models.DateTimeField(help_text='nobody can meet it while a takedown holds its subject', null=True),
        ),
        migrations.AddField(
            model_name='obligation',
            name='paused_for',
            field=models.DurationField(default=datetime.timedelta(0), help_text='by how much opening and due were moved on'),
        ),
        migrations.RunSQL(
            """
            DROP TRIGGER obligations_obligation_frozen ON obligations_obligation;
            CREATE TRIGGER obligations_obligation_frozen BEFORE UPDATE ON obligations_obligation
                FOR EACH ROW WHEN (
                    OLD.kind IS DISTINCT FROM NEW.kind OR OLD.subject IS DISTINCT FROM NEW.subject
                    OR (OLD.opened_at, OLD.due_at, OLD.paused_for)
                        IS DISTINCT FROM (NEW.opened_at, NEW.due_at, NEW.paused_for)
                    AND NOT COALESCE(
                        OLD.paused_at IS NOT NULL AND NEW.paused_at IS NULL
                        AND NEW.paused_for >= OLD.paused_for
                        AND NEW.opened_at - OLD.opened_at = NEW.paused_for - OLD.paused_for
                        AND NEW.due_at - OLD.due_at = NEW.paused_for - OLD.paused_for, FALSE
                    )
                ) EXECUTE FUNCTION nexus_refuse_change();
            """,
            """
            DROP TRIGGER obligations_obligation_frozen ON obligations_obligation;
            CREATE TRIGGER obligations_obligation_frozen BEFORE UPDATE ON obligations_obligation
                FOR EACH ROW WHEN (
                    OLD.kind IS DISTINCT FROM NEW.kind OR OLD.subject IS DISTINCT FROM NEW.subject
                    OR OLD.opened_at IS DISTINCT FROM NEW.opened_at OR OLD.due_at IS DISTINCT FROM NEW.due_at
                ) EXECUTE FUNCTION nexus_refuse_change();
            """,
        ),
    ]
