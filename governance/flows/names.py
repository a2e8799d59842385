"""Passing a plugin's name on to its rightful owner, once everything under it is gone; a person's decision on record.
Blocks stay where they are: they name the publisher they were meant for, so they do not follow the name."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from governance.ledger.actions import digest_text, record
from plugins.lifecycle import lock_plugin, pass_name
from plugins.models import Plugin, Publisher


def pass_plugin_name(plugin_id: int, *, to: Publisher, actor: User, reason: str, now: datetime) -> Plugin:
    """Give the name to another publisher, under whom it starts anew; raises NameHeld."""
    with transaction.atomic():
        lock_plugin(plugin_id)
        plugin = pass_name(plugin_id, to=to, now=now)
        record(
            "plugin.name_passed",
            actor=f"user:{actor.pk}",
            cause=f"user:{actor.pk}",
            subject=f"plugin:{plugin_id}",
            after={"plugin": plugin.pk, "publisher": to.pk, "reason_sha256": digest_text(reason.strip())},
            now=now,
        )
    return plugin
