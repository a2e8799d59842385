"""Exact scope, statements of reasons, reporters and merged reports, known files, pins, whole publishers."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from plugins.append_only import freeze_columns, freeze_once_set, refuse_change

# Regulation (EU) 2022/2065, Article 17: looked at as the transaction commits, whoever writes the rows.
REQUIRE_REASONS = migrations.RunSQL(
    """
    CREATE FUNCTION nexus_require_reasons() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        wanted text := CASE WHEN TG_OP = 'INSERT' THEN 'containment' ELSE 'removal' END;
    BEGIN
        IF NOT EXISTS (
            SELECT 1 FROM takedowns_statementofreasons WHERE takedown_id = NEW.id AND restriction = wanted
        ) THEN
            RAISE EXCEPTION 'takedown % has no statement of reasons for its %', NEW.id, wanted
                USING ERRCODE = 'raise_exception';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER takedowns_takedown_reasons AFTER INSERT ON takedowns_takedown
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION nexus_require_reasons();
    CREATE CONSTRAINT TRIGGER takedowns_takedown_removal_reasons AFTER UPDATE OF state ON takedowns_takedown
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'removed' AND OLD.state <> 'removed')
        EXECUTE FUNCTION nexus_require_reasons();
    """,
    """
    DROP TRIGGER takedowns_takedown_removal_reasons ON takedowns_takedown;
    DROP TRIGGER takedowns_takedown_reasons ON takedowns_takedown;
    DROP FUNCTION nexus_require_reasons();
    """,
)
FREEZE_SCOPE = migrations.RunSQL(
    """
    CREATE TRIGGER takedowns_takedown_scope_frozen BEFORE UPDATE ON takedowns_takedown
        FOR EACH ROW WHEN (OLD.artifact_sha256 IS DISTINCT FROM NEW.artifact_sha256
            OR OLD.file_sha256 IS DISTINCT FROM NEW.file_sha256
            OR OLD.automatic_cause IS DISTINCT FROM NEW.automatic_cause
            OR OLD.publisher_takedown_id IS DISTINCT FROM NEW.publisher_takedown_id)
        EXECUTE FUNCTION nexus_refuse_change();
    """,
    "DROP TRIGGER takedowns_takedown_scope_frozen ON takedowns_takedown;",
)
# Reports filed before duplicates were merged: the oldest open one of a plugin and category leads.
MERGE_DUPLICATES = migrations.RunSQL(
    """
    SET CONSTRAINTS ALL IMMEDIATE;
    UPDATE takedowns_abusereport AS report SET merged_into_id = lead.id
      FROM (SELECT DISTINCT ON (plugin_id, category) id, plugin_id, category FROM takedowns_abusereport
             WHERE state = 'open' ORDER BY plugin_id, category, reported_at, id) AS lead
     WHERE report.state = 'open' AND (report.plugin_id, report.category) = (lead.plugin_id, lead.category)
       AND report.id <> lead.id;
    SET CONSTRAINTS ALL DEFERRED;
    """,
    migrations.RunSQL.noop,
)
# What artifacts hold was kept inside their scans' reports only.
LIST_FILES = migrations.RunSQL(
    """
    INSERT INTO plugins_artifactfile (artifact_id, sha256, path, size_bytes, is_code)
    SELECT DISTINCT ON (version.artifact_id, file->>'sha256')
           version.artifact_id, file->>'sha256', file->>'path', (file->>'size')::bigint,
           file->>'kind' NOT IN ('text', 'data', 'archive')
      FROM screening_scan AS scan
      JOIN plugins_version AS version ON version.id = scan.version_id
     CROSS JOIN LATERAL jsonb_array_elements(scan.report->'files') AS file
     WHERE scan.state = 'complete' AND jsonb_typeof(scan.report->'files') = 'array'
     ORDER BY version.artifact_id, file->>'sha256', file->>'path'
        ON CONFLICT DO NOTHING
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):

    dependencies = [
        ('plugins', '0005_exact_scope'),
        ('screening', '0003_kept_results'),
        ('takedowns', '0004_fan_out'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Reporter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(help_text='lower-case, without a +tag', max_length=254, unique=True)),
                ('token_digest', models.CharField(max_length=64, null=True, unique=True)),
                ('trusted_at', models.DateTimeField(null=True)),
                ('first_seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='StatementOfReasons',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('restriction', models.CharField(choices=[('containment', 'Containment'), ('removal', 'Removal')], max_length=16)),
                ('territory', models.TextField()),
                ('duration', models.TextField()),
                ('facts', models.TextField()),
                ('source', models.CharField(choices=[('notice', 'Notices submitted to us'), ('own_initiative', 'Our own investigation')], max_length=16)),
                ('is_found_by_machine', models.BooleanField()),
                ('is_decided_by_machine', models.BooleanField()),
                ('legal_ground', models.TextField(blank=True, help_text='the law, where the content is held to be illegal')),
                ('contractual_ground', models.TextField(blank=True, help_text='the clause, where it breaks the terms')),
                ('explanation', models.TextField()),
                ('redress', models.TextField()),
                ('issued_at', models.DateTimeField()),
            ],
            options={
                'verbose_name_plural': 'statements of reasons',
            },
        ),
        migrations.AddField(
            model_name='abusereport',
            name='is_authenticated',
            field=models.BooleanField(default=False, help_text="sent with the reporter's own token"),
        ),
        migrations.AddField(
            model_name='abusereport',
            name='merged_into',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='takedowns.abusereport'),
        ),
        migrations.AddField(
            model_name='abusereport',
            name='network_digest',
            field=models.CharField(blank=True, help_text='keyed digest of where it came from', max_length=64),
        ),
        migrations.AddField(
            model_name='takedown',
            name='artifact_sha256',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, help_text='only these bytes; empty: all in the range', size=None),
        ),
        migrations.AddField(
            model_name='takedown',
            name='automatic_cause',
            field=models.CharField(blank=True, help_text='what made the machine act, as kind:id', max_length=128),
        ),
        migrations.AddField(
            model_name='takedown',
            name='file_sha256',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, help_text='whatever holds such a file', size=None),
        ),
        migrations.AlterField(
            model_name='takedown',
            name='ordered_by',
            field=models.ForeignKey(help_text='none: the machine', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='KnownFile',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('reason', models.TextField()),
                ('listed_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('listed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('takedown', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='known_files', to='takedowns.takedown')),
            ],
        ),
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('direction', models.CharField(choices=[('back', 'Back'), ('return', 'Return')], max_length=8)),
                ('ordered_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('bot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='plugins.bot')),
                ('installation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='plugins.installation')),
                ('takedown', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pins', to='takedowns.takedown')),
                ('version', models.ForeignKey(help_text='to run now', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='plugins.version')),
            ],
        ),
        migrations.CreateModel(
            name='PublisherTakedown',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('status_before', models.CharField(help_text="the account's, to which it returns", max_length=16)),
                ('grounds', models.CharField(max_length=64)),
                ('statement', models.TextField()),
                ('ordered_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('ordered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('publisher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='plugins.publisher')),
            ],
        ),
        migrations.AddField(
            model_name='takedown',
            name='publisher_takedown',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='takedowns', to='takedowns.publishertakedown'),
        ),
        migrations.AddConstraint(
            model_name='takedown',
            constraint=models.CheckConstraint(condition=models.Q(('ordered_by__isnull', False), models.Q(('automatic_cause', ''), _negated=True), _connector='XOR'), name='order_is_a_persons_or_has_a_cause'),
        ),
        migrations.AddField(
            model_name='reporter',
            name='trusted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='abusereport',
            name='reporter',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='takedowns.reporter'),
        ),
        migrations.AddIndex(
            model_name='abusereport',
            index=models.Index(fields=['reporter', 'reported_at'], name='report_by_reporter'),
        ),
        migrations.AddIndex(
            model_name='abusereport',
            index=models.Index(fields=['network_digest', 'reported_at'], name='report_by_network'),
        ),
        migrations.AddField(
            model_name='signoff',
            name='grounds',
            field=models.CharField(blank=True, default="", help_text='what the removal rests on', max_length=64),
            preserve_default=False,
        ),
        MERGE_DUPLICATES,
        migrations.AddConstraint(
            model_name='abusereport',
            constraint=models.UniqueConstraint(condition=models.Q(('merged_into__isnull', True), ('state', 'open')), fields=('plugin', 'category'), name='report_leads_once_per_plugin_and_category'),
        ),
        migrations.AddField(
            model_name='statementofreasons',
            name='takedown',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='takedowns.takedown'),
        ),
        migrations.AddIndex(
            model_name='pin',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['bot'], name='pin_live_by_bot'),
        ),
        migrations.AddConstraint(
            model_name='pin',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('takedown', 'installation', 'direction'), name='pin_live_once_per_installation'),
        ),
        migrations.AddConstraint(
            model_name='publishertakedown',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('publisher',), name='publisher_taken_down_once'),
        ),
        migrations.AddConstraint(
            model_name='reporter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('token_digest__isnull', True), ('trusted_at__isnull', True), ('trusted_by__isnull', True)), models.Q(('token_digest__isnull', False), ('trusted_at__isnull', False), ('trusted_by__isnull', False)), _connector='OR'), name='trust_is_a_persons_and_has_a_token'),
        ),
        migrations.AddConstraint(
            model_name='statementofreasons',
            constraint=models.UniqueConstraint(fields=('takedown', 'restriction'), name='reasons_once_per_restriction'),
        ),
        migrations.AddConstraint(
            model_name='statementofreasons',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('legal_ground', ''), _negated=True), models.Q(('contractual_ground', ''), _negated=True), _connector='OR'), name='reasons_rest_on_a_ground'),
        ),
        migrations.AddConstraint(
            model_name='statementofreasons',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('facts', ''), _negated=True), models.Q(('explanation', ''), _negated=True), models.Q(('redress', ''), _negated=True), models.Q(('territory', ''), _negated=True), models.Q(('duration', ''), _negated=True)), name='reasons_are_whole'),
        ),
        migrations.AddConstraint(
            model_name='statementofreasons',
            constraint=models.CheckConstraint(condition=models.Q(('restriction', 'containment'), ('is_decided_by_machine', False), _connector='OR'), name='machine_removes_nothing'),
        ),
        refuse_change("takedowns_statementofreasons"),
        freeze_columns("takedowns_knownfile", "sha256", "takedown_id", "reason", "listed_by_id", "listed_at"),
        freeze_columns(
            "takedowns_pin", "takedown_id", "installation_id", "bot_id", "direction", "version_id", "ordered_at"
        ),
        freeze_once_set("takedowns_pin", "withdrawn_at"),
        freeze_columns(
            "takedowns_publishertakedown",
            "publisher_id",
            "status_before",
            "grounds",
            "statement",
            "ordered_by_id",
            "ordered_at",
        ),
        freeze_once_set("takedowns_publishertakedown", "undone_at"),
        FREEZE_SCOPE,
        REQUIRE_REASONS,
        LIST_FILES,
    ]
