"""Results of engines by content, which may be forgotten at any time."""

import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('screening', '0002_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='finding',
            name='trace',
            field=models.JSONField(default=list),
        ),
        migrations.CreateModel(
            name='KeptResult',
            fields=[
                ('key', models.CharField(db_collation='C', max_length=64, primary_key=True, serialize=False)),
                ('content', models.BinaryField()),
                ('used_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length(models.F('content')), 1100000), name='kept_result_is_bounded')],
            },
        ),
    ]
