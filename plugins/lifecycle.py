"""The only writer of Version.status: which moves exist, and one history row for each.
A move that is not in the table raises; nothing here decides whether a move is wise."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from django.db import transaction

from plugins.errors import IllegalMove, NameHeld
from plugins.models import Plugin, Publisher, Version, VersionMove

Status = Version.Status

ALLOWED_MOVES: Mapping[tuple[Status, Status], str] = MappingProxyType(
    {
        (Status.SUBMITTED, Status.SCANNING): "scan_started",
        (Status.SUBMITTED, Status.WITHDRAWN): "withdrawn",
        (Status.SCANNING, Status.PUBLISHED): "published",
        (Status.SCANNING, Status.IN_REVIEW): "sent_to_review",
        (Status.SCANNING, Status.HELD): "held",
        (Status.IN_REVIEW, Status.PUBLISHED): "approved",
        (Status.IN_REVIEW, Status.REJECTED): "rejected",
        (Status.IN_REVIEW, Status.HELD): "held",
        (Status.IN_REVIEW, Status.WITHDRAWN): "withdrawn",
        (Status.HELD, Status.PUBLISHED): "approved",
        (Status.HELD, Status.REJECTED): "rejected",
        (Status.PUBLISHED, Status.HELD): "held_by_rescan",
        (Status.PUBLISHED, Status.YANKED): "yanked",
        # A takedown may freeze a version at any stage after its scan; its end returns it to where it was.
        (Status.PUBLISHED, Status.QUARANTINED): "quarantined",
        (Status.YANKED, Status.QUARANTINED): "quarantined",
        (Status.HELD, Status.QUARANTINED): "quarantined",
        (Status.IN_REVIEW, Status.QUARANTINED): "quarantined",
        (Status.QUARANTINED, Status.PUBLISHED): "reinstated",
        (Status.QUARANTINED, Status.YANKED): "reinstated",
        (Status.QUARANTINED, Status.HELD): "reinstated",
        (Status.QUARANTINED, Status.IN_REVIEW): "reinstated",
        (Status.QUARANTINED, Status.REMOVED): "removed",
        (Status.REMOVED, Status.PUBLISHED): "reinstated",
        (Status.REMOVED, Status.YANKED): "reinstated",
        (Status.REMOVED, Status.HELD): "reinstated",
        (Status.REMOVED, Status.IN_REVIEW): "reinstated",
    }
)


def lock_plugin(plugin_id: int) -> Plugin:
    """Return a plugin, with its publisher, under its row lock until commit.

    Every journey that moves its versions or blocks them takes this lock first: a takedown sees what another has
    published, or that one sees the takedown's block. Locks leave the key free (NO KEY): a foreign key to a row that
    is locked for long would otherwise wait at commit, with the ledger's lock in its hand.
    """
    return Plugin.objects.select_for_update(of=("self",), no_key=True).select_related("publisher").get(pk=plugin_id)


def lock_plugins_of(publisher_id: int) -> list[Plugin]:
    """Return all plugins of a publisher under their row locks until commit, always taken in one order.

    Whoever acts on several plugins in one transaction takes all locks first: the feed's and the ledger's come after.
    """
    plugins = Plugin.objects.select_for_update(of=("self",), no_key=True).select_related("publisher")
    return list(plugins.filter(publisher_id=publisher_id).order_by("pk"))


def lock_version(version_id: int) -> Version:
    """Return a version under its row lock until commit: after its plugin's lock, before its scan's."""
    return Version.objects.select_for_update(no_key=True).get(pk=version_id)


def move_version(version_id: int, *, to: Status, actor: str, cause: str, request_id: str, now: datetime) -> Status:
    """Move a version and write its history row in one transaction; return the status it had.

    Raises IllegalMove when the table has no such move, also when another writer was first.
    """
    with transaction.atomic():
        version = lock_version(version_id)
        before = Status(version.status)
        event = ALLOWED_MOVES.get((before, to))
        if event is None:
            raise IllegalMove(f"a {before} version cannot become {to}")
        Version.objects.filter(pk=version_id, status=before).update(status=to, status_changed_at=now)
        VersionMove.objects.create(
            version_id=version_id,
            from_status=before,
            to_status=to,
            event=event,
            actor=actor,
            cause=cause,
            at=now,
            request_id=request_id,
        )
    return before


def set_publisher_status(publisher_id: int, *, to: Publisher.Status) -> str:
    """Suspend an account or let it act again, under its row lock until commit; return the status it had."""
    before = Publisher.objects.select_for_update(no_key=True).values_list("status", flat=True).get(pk=publisher_id)
    Publisher.objects.filter(pk=publisher_id).update(status=to)
    return before


def pass_name(plugin_id: int, *, to: Publisher, now: datetime) -> Plugin:
    """Retire a plugin and give its name to another publisher, under whom it starts anew; nothing else changes hands.

    Raises NameHeld while anything of the plugin could still be offered. Call it under the plugin's lock.
    """
    plugin = Plugin.objects.get(pk=plugin_id)
    ended = (Status.REMOVED, Status.REJECTED, Status.WITHDRAWN)
    if plugin.retired_at is not None or plugin.versions.exclude(status__in=ended).exists():
        raise NameHeld(f"{plugin.name} is still held: every version must be removed, rejected or withdrawn first")
    Plugin.objects.filter(pk=plugin_id).update(retired_at=now)
    return Plugin.objects.create(publisher=to, name=plugin.name, title=plugin.name, created_at=now)
