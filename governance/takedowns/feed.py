"""The kill-switch feed: every block in force, signed, numbered, and expiring.
Served from its snapshot; signed again when a number is new or the expiry comes near, never without a key."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from governance.keys import platform_key
from governance.playbook import playbook
from governance.takedowns.models import FeedSnapshot
from plugins.models import FeedHead
from plugins.runtime.feed import FEED_KIND
from plugins.runtime.moments import format_moment
from plugins.runtime.signing import sign_statement

# One statement, so that number and blocks are of one moment: the same number never carries other blocks.
FEED_SQL = """
SELECT head.sequence AS head_sequence, block.id, block.sequence, block.takedown_id, plugin.name AS plugin,
       publisher.slug AS publisher, block.versions, block.artifact_sha256, block.reason, block.blocked_at
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


def first_feed_with(sequence: int) -> FeedSnapshot | None:
    """The earliest feed signed at or after a block's number: the evidence of when runtimes could see it."""
    return FeedSnapshot.objects.filter(sequence__gte=sequence).order_by("sequence", "issued_at").first()


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
        "issued_at": format_moment(now),
        "expires_at": format_moment(expires_at),
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
        names = [column.name for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    if not rows:
        return 0, []
    return rows[0]["head_sequence"], [_block(row) for row in rows if row["id"] is not None]


def _block(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "sequence": row["sequence"],
        "takedown": str(row["takedown_id"]),
        "plugin": row["plugin"],
        "publisher": row["publisher"],
        "versions": row["versions"],
        "artifact_sha256": row["artifact_sha256"],
        "reason": row["reason"],
        "blocked_at": format_moment(row["blocked_at"]),
    }
