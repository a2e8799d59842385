"""The database refuses to rewrite what has happened."""

from django.db import migrations

from plugins.append_only import refuse_change


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial"), ("plugins", "0003_append_only")]

    operations = [
        refuse_change("reviews_decision"),
    ]
