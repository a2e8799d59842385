"""The kill-switch feed: every block in force, signed, numbered, and expiring.
Served from its snapshot; signed again when a number is new or the expiry comes near, never without a key."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from governance.keys import platform_key
from governance.playbook import playbook
from governance.takedowns.models import FeedSnapshot
from plugins.models import FeedHead
from plugins.runtime.feed import FEED_KIND
from plugins.runtime.signing import sign_statement

# One statement, so that number and blocks are of one moment: the same number never carries other blocks.
FEED_SQL = """
SELECT head.sequence, block.id, block.sequence, block.takedown_id, plugin.name, publisher.slug,
       block.versions, block.artifact_sha256, block.reason, block.blocked_at
  FROM plugins_feedhead AS head
  LEFT JOIN plugins_blocklistentry AS block ON block.lifted_at IS NULL
  LEFT JOIN plugins_plugin AS plugin ON plugin.id = block.plugin_id
  LEFT JOIN plugins_publisher AS publisher ON publisher.id = block.publisher_id
 ORDER BY block.sequence
"""
FEED_LOCK = 7_310_002  # any constant: one process signs a new feed, the others wait and reuse it


def current_feed(*, now: datetime) -> FeedSnapshot:
    """Return a signed feed of the newest sequence that stays valid for at least one refresh interval."""
    snapshot = _fresh_snapshot(now=now)
    if snapshot is not None:
        return snapshot
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])
        return _fresh_snapshot(now=now) or _sign_feed(now=now)


def head_sequence() -> int:
    """The feed's newest number; 0 before the first block."""
    return FeedHead.objects.values_list("sequence", flat=True).filter(pk=1).first() or 0


def _fresh_snapshot(*, now: datetime) -> FeedSnapshot | None:
    refresh = timedelta(minutes=playbook().marketplace.feed.refresh_every_minutes)
    return (
        FeedSnapshot.objects.filter(sequence=head_sequence(), expires_at__gt=now + refresh, issued_at__lte=now)
        .order_by("-issued_at")
        .first()
    )


def _sign_feed(*, now: datetime) -> FeedSnapshot:
    sequence, blocks = _blocks_in_force()
    expires_at = now + timedelta(minutes=playbook().marketplace.feed.valid_minutes)
    payload = {
        "kind": FEED_KIND,
        "sequence": sequence,
        "issued_at": _moment(now),
        "expires_at": _moment(expires_at),
        "blocks": blocks,
    }
    snapshot = FeedSnapshot.objects.create(
        sequence=sequence,
        statement=sign_statement(payload, key=platform_key()),
        issued_at=now,
        expires_at=expires_at,
    )
    _drop_superseded(snapshot)
    return snapshot


def _drop_superseded(newest: FeedSnapshot) -> None:
    """Of one sequence keep the first feed, which is evidence, and the newest; the ones between say the same."""
    same = FeedSnapshot.objects.filter(sequence=newest.sequence).order_by("issued_at", "pk")
    first = same.first()
    same.exclude(pk__in=[newest.pk, first.pk if first else newest.pk]).delete()


def _blocks_in_force() -> tuple[int, list[dict[str, Any]]]:
    with connection.cursor() as cursor:
        cursor.execute(FEED_SQL)
        rows = cursor.fetchall()
    if not rows:
        return 0, []
    return rows[0][0], [_block(*row[1:]) for row in rows if row[1] is not None]


def _block(
    block_id: uuid.UUID,
    sequence: int,
    takedown_id: uuid.UUID,
    plugin: str,
    publisher: str,
    versions: str,
    artifact_sha256: list[str],
    reason: str,
    blocked_at: datetime,
) -> dict[str, Any]:
    return {
        "id": str(block_id),
        "sequence": sequence,
        "takedown": str(takedown_id),
        "plugin": plugin,
        "publisher": publisher,
        "versions": versions,
        "artifact_sha256": artifact_sha256,
        "reason": reason,
        "blocked_at": _moment(blocked_at),
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
