"""Bots' owners get a language and tokens; installations an order to go through them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('plugins', '0003_append_only'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='apitoken',
            name='token_speaks_for_one_party',
        ),
        migrations.AddField(
            model_name='apitoken',
            name='owner',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='tokens', to='plugins.botowner'),
        ),
        migrations.AddField(
            model_name='botowner',
            name='language',
            field=models.CharField(default='en', help_text='of notices, where a translation exists', max_length=16),
        ),
        migrations.AddField(
            model_name='member',
            name='language',
            field=models.CharField(default='en', help_text='of notices, where a translation exists', max_length=16),
        ),
        migrations.AddIndex(
            model_name='installation',
            index=models.Index(fields=['version', 'id'], name='installation_in_order'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('owner__isnull', True), ('publisher__isnull', False), ('tenant__isnull', True)), models.Q(('owner__isnull', True), ('publisher__isnull', True), ('tenant__isnull', False)), models.Q(('owner__isnull', False), ('publisher__isnull', True), ('tenant__isnull', True)), _connector='OR'), name='token_speaks_for_one_party'),
        ),
    ]
