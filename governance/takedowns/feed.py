"""The kill-switch feed: every block as one numbered change, and a short-lived statement that says which number holds.
What a takedown adds costs the same for one block in force as for a hundred thousand."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from governance.feed_folder import Publication
from governance.keys import feed_key, feed_root
from governance.playbook import playbook
from governance.takedowns.errors import FeedGap
from governance.takedowns.models import FeedBase, FeedChange, FeedSnapshot
from plugins.models import FeedHead
from plugins.runtime.canonical import canonical_json
from plugins.runtime.content import BLOCK, GENESIS, LIFT, chain_digest, describe_base
from plugins.runtime.freshness import FRESHNESS_KIND
from plugins.runtime.moments import format_moment
from plugins.runtime.signing import sign_statement

# Every number is one block or the end of one: a number without either would be a hole in the chain.
CHANGES_SQL = """
SELECT block.sequence, block.lifted_sequence, block.id, block.takedown_id, plugin.name AS plugin,
       publisher.slug AS publisher, block.versions, block.artifact_sha256, block.reason, block.blocked_at
  FROM plugins_blocklistentry AS block
  JOIN plugins_plugin AS plugin ON plugin.id = block.plugin_id
  JOIN plugins_publisher AS publisher ON publisher.id = block.publisher_id
 WHERE block.sequence > %(after)s AND block.sequence <= %(until)s
    OR block.lifted_sequence > %(after)s AND block.lifted_sequence <= %(until)s
"""
FEED_LOCK = 7_310_002  # any constant: one process signs a new feed, the others wait and reuse it


def current_feed(*, now: datetime) -> FeedSnapshot:
    """Return a signed statement of the newest number that stays valid for at least one refresh interval.

    Raises FeedRootMissing, FeedKeyNotListed or SigningKeyMissing.
    """
    snapshot = _fresh_snapshot(now=now)
    if snapshot is not None:
        return snapshot
    with transaction.atomic():
        _take_turn()
        return _fresh_snapshot(now=now) or _sign_feed(now=now)


def describe_feed(snapshot: FeedSnapshot) -> Publication:
    """What runtimes are told with a signed statement."""
    return _describe(snapshot.pk, feed_root().version)


def keep_base(*, now: datetime) -> FeedBase | None:
    """Write a newer base once enough has changed since the last; a runtime that begins then reads fewer changes."""
    with transaction.atomic():
        _take_turn()
        last, newest = FeedBase.objects.order_by("-sequence").first(), _last_change()
        if newest is None or newest.sequence - _base_sequence(last) < playbook().marketplace.feed.rebase_after_changes:
            return None
        blocks: dict[str, Any] = {block["id"]: block for block in _blocks_of(last)}
        for change in changes_between(_base_sequence(last), newest.sequence):
            if change["action"] == BLOCK:
                blocks[change["block"]["id"]] = change["block"]
            else:
                blocks.pop(change["lifts"])
        data = describe_base(newest.sequence, digest=newest.digest, blocks=blocks.values())
        sha256 = hashlib.sha256(data).hexdigest()
        base = FeedBase.objects.create(
            sequence=newest.sequence, sha256=sha256, size_bytes=len(data), data=data, made_at=now
        )
        # The one before is still named by statements that have not expired.
        FeedBase.objects.filter(sequence__lt=_base_sequence(last)).delete()
        # What is signed from here on names the new base.
        _sign_feed(now=now)
    return base


def changes_between(after: int, until: int) -> Iterator[dict[str, Any]]:
    """The changes of the numbers after `after`, up to `until`."""
    found = FeedChange.objects.filter(sequence__gt=after, sequence__lte=until).order_by("sequence")
    yield from found.values_list("change", flat=True).iterator()


def digest_at(sequence: int) -> str:
    """The digest of a number whose change is known."""
    if sequence == 0:
        return GENESIS
    return FeedChange.objects.values_list("digest", flat=True).get(pk=sequence)


def first_feed_with(sequence: int) -> FeedSnapshot | None:
    """The earliest statement signed at or after a block's number: the evidence of when runtimes could see it."""
    return FeedSnapshot.objects.filter(sequence__gte=sequence).order_by("sequence", "issued_at").first()


def head_sequence() -> int:
    """The feed's newest number; 0 before the first block."""
    return FeedHead.objects.values_list("sequence", flat=True).filter(pk=1).first() or 0


def base_data(sha256: str) -> bytes | None:
    """The bytes of a base, or None when it is not one of the newest two."""
    data = FeedBase.objects.values_list("data", flat=True).filter(sha256=sha256).first()
    return None if data is None else bytes(data)


def _take_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])


def _fresh_snapshot(*, now: datetime) -> FeedSnapshot | None:
    refresh = timedelta(minutes=playbook().marketplace.feed.refresh_every_minutes)
    snapshot = (
        FeedSnapshot.objects.filter(sequence=head_sequence(), expires_at__gt=now + refresh, issued_at__lte=now)
        .order_by("-issued_at", "-pk")
        .first()
    )
    if snapshot is None:
        return None
    # A key that was taken out of the root is believed by no runtime any longer.
    listed = feed_root().feed_keys.get(snapshot.statement["key_id"])
    return snapshot if listed is not None and listed.is_valid(now) else None


def _sign_feed(*, now: datetime) -> FeedSnapshot:
    sequence = head_sequence()
    digest = _append_changes(until=sequence)
    expires_at = now + timedelta(minutes=playbook().marketplace.feed.valid_minutes)
    key, _ = feed_key(until=expires_at, now=now)
    payload = {
        "kind": FRESHNESS_KIND,
        "sequence": sequence,
        "digest": digest,
        "issued_at": format_moment(now),
        "expires_at": format_moment(expires_at),
        "base": _name_base(),
    }
    snapshot = FeedSnapshot.objects.create(
        sequence=sequence,
        statement=sign_statement(payload, key=key),
        issued_at=now,
        expires_at=expires_at,
    )
    _drop_superseded(snapshot)
    return snapshot


def _name_base() -> dict[str, Any]:
    newest = FeedBase.objects.order_by("-sequence").values("sequence", "sha256", "size_bytes").first()
    if newest is not None:
        return dict(newest)
    empty = describe_base(0, digest=GENESIS, blocks=())
    return {"sequence": 0, "sha256": hashlib.sha256(empty).hexdigest(), "size_bytes": len(empty)}


def _append_changes(*, until: int) -> str:
    """Put every number up to `until` into the chain; returns its digest. Raises FeedGap."""
    last = _last_change()
    after, digest = (last.sequence, last.digest) if last else (0, GENESIS)
    rows: list[FeedChange] = []
    for sequence, change in sorted(_read_changes(after, until).items()):
        if sequence != after + len(rows) + 1:
            raise FeedGap(f"number {after + len(rows) + 1} of the feed has neither a block nor an end of one")
        digest = chain_digest(digest, change=change)
        rows.append(FeedChange(sequence=sequence, change=change, digest=digest))
    if after + len(rows) != max(until, after):
        raise FeedGap(f"number {until} of the feed has neither a block nor an end of one")
    FeedChange.objects.bulk_create(rows, batch_size=1000)
    return digest


def _read_changes(after: int, until: int) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CHANGES_SQL, {"after": after, "until": until})
        names = [column.name for column in cursor.description or ()]
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            number, lifted = row["sequence"], row["lifted_sequence"]
            if after < number <= until:
                found[number] = {"sequence": number, "action": BLOCK, "block": _block(row)}
            if lifted is not None and after < lifted <= until:
                found[lifted] = {"sequence": lifted, "action": LIFT, "lifts": str(row["id"])}
    return found


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


def _drop_superseded(newest: FeedSnapshot) -> None:
    """Of one sequence keep the first feed, which is evidence, and the newest; the ones between say the same."""
    same = FeedSnapshot.objects.filter(sequence=newest.sequence).order_by("issued_at", "pk")
    first = same.first()
    same.exclude(pk__in=[newest.pk, first.pk if first else newest.pk]).delete()


@lru_cache(maxsize=2)
def _describe(snapshot_pk: int, root_version: int) -> Publication:
    snapshot = FeedSnapshot.objects.get(pk=snapshot_pk)
    base = json.loads(snapshot.statement["payload"])["base"]
    # A runtime just behind the base is spared the whole of it.
    first = max(base["sequence"] - playbook().marketplace.feed.rebase_after_changes, 0) + 1
    changes = tuple(canonical_json(change) for change in changes_between(first - 1, snapshot.sequence))
    return Publication(
        root_version=root_version,
        statement=snapshot.statement,
        sequence=snapshot.sequence,
        issued_at=format_moment(snapshot.issued_at),
        base_sequence=base["sequence"],
        base_sha256=base["sha256"],
        first=first,
        changes=changes,
    )


def _last_change() -> FeedChange | None:
    return FeedChange.objects.order_by("-sequence").first()


def _base_sequence(base: FeedBase | None) -> int:
    return base.sequence if base is not None else 0


def _blocks_of(base: FeedBase | None) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = json.loads(bytes(base.data))["blocks"] if base is not None else []
    return blocks
