"""The only writer of Version.status: which moves exist, and one history row for each.
A move that is not in the table raises; nothing here decides whether a move is wise."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from django.db import transaction

from plugins.errors import IllegalMove
from plugins.models import Plugin, Version, VersionMove

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
