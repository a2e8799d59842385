"""Blocks of single files, what every artifact holds, and what a tenant wants done with its bots."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from plugins.append_only import refuse_change

# As in 0003: what a block covers is never edited.
FREEZE_FILES = migrations.RunSQL(
    """
    CREATE TRIGGER plugins_blocklistentry_files_frozen BEFORE UPDATE ON plugins_blocklistentry
        FOR EACH ROW WHEN (OLD.file_sha256 IS DISTINCT FROM NEW.file_sha256) EXECUTE FUNCTION nexus_refuse_change();
    """,
    "DROP TRIGGER plugins_blocklistentry_files_frozen ON plugins_blocklistentry;",
)


class Migration(migrations.Migration):

    dependencies = [
        ('plugins', '0004_owner_tokens'),
    ]

    operations = [
        migrations.CreateModel(
            name='ArtifactFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64)),
                ('path', models.TextField()),
                ('size_bytes', models.BigIntegerField()),
                ('is_code', models.BooleanField()),
            ],
        ),
        migrations.AddField(
            model_name='blocklistentry',
            name='file_sha256',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, help_text='and whatever holds one of these files', size=None),
        ),
        migrations.AddField(
            model_name='tenant',
            name='remedy',
            field=models.CharField(choices=[('disable', 'Disable'), ('pin_back', 'Pin Back')], default='disable', help_text='what becomes of a bot whose version is taken down: the plugin stays off, or goes back to a good one', max_length=16),
        ),
        migrations.AlterField(
            model_name='blocklistentry',
            name='artifact_sha256',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), blank=True, default=list, help_text='only these bytes; empty: all in the range', size=None),
        ),
        migrations.AddConstraint(
            model_name='blocklistentry',
            constraint=models.CheckConstraint(condition=models.Q(('file_sha256', []), models.Q(('artifact_sha256', []), _negated=True), _connector='OR'), name='block_of_files_names_artifacts'),
        ),
        migrations.AddConstraint(
            model_name='tenant',
            constraint=models.CheckConstraint(condition=models.Q(('remedy__in', ['disable', 'pin_back'])), name='tenant_remedy_is_known'),
        ),
        migrations.AddField(
            model_name='artifactfile',
            name='artifact',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='plugins.artifact'),
        ),
        migrations.AddIndex(
            model_name='artifactfile',
            index=models.Index(fields=['sha256'], name='file_by_content'),
        ),
        migrations.AddConstraint(
            model_name='artifactfile',
            constraint=models.UniqueConstraint(fields=('artifact', 'sha256'), name='file_once_per_artifact'),
        ),
        refuse_change("plugins_artifactfile"),
        FREEZE_FILES,
    ]
