"""A takedown's journey: contain, sign off a removal, reinstate; each one transaction of rows, or nothing.
The blocklist entry is the switch; orders, notices and deadlines are written with it and proven later."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from governance.flows.feed import publish_after_commit
from governance.flows.reports import REPORT_OBLIGATION
from governance.flows.takedown_clocks import cancel_clocks, start_clocks
from governance.flows.takedown_fan_out import begin_fan_out
from governance.flows.takedown_notices import tell_of_reinstatement, tell_publisher
from governance.ledger.actions import digest_text, record
from governance.obligations.actions import meet_obligation
from governance.playbook import playbook
from governance.request_ids import current_request_id
from governance.takedowns.actions import (
    add_signature,
    block_versions,
    create_takedown,
    hold_version,
    lift_blocks,
    lock_in_force,
    mark_reinstated,
    mark_removed,
    status_before_takedowns,
    uphold_reports,
)
from governance.takedowns.fan_out import close_fan_out
from governance.takedowns.grounds import require_reasons
from governance.takedowns.models import FanOut, Takedown, TakedownVersion
from governance.takedowns.orders import order_on
from governance.takedowns.queries import find_takedown, progress
from governance.takedowns.scope import Scope, preview_scope
from governance.takedowns.signoff import needed_signatures
from plugins.lifecycle import ALLOWED_MOVES, lock_plugin, move_version
from plugins.models import BlocklistEntry, Version
from plugins.queries import covering_blocks

Status = Version.Status


def contain_plugin(
    *,
    plugin_id: int,
    versions: str,
    grounds: str,
    statement: str,
    exposed_since: datetime,
    report_ids: Collection[uuid.UUID],
    actor: User,
    now: datetime,
) -> Takedown:
    """Switch versions of a plugin off everywhere, reversibly and at once.

    Raises GroundsUnknown, StatementOfReasonsMissing, RangeEmpty, AlreadyContained or ReportUnknown.
    """
    require_reasons(grounds, statement=statement)
    with transaction.atomic():
        # Installations being reported at this moment share this lock: they commit first and are ordered off below,
        # or they wait and then see the block.
        plugin = lock_plugin(plugin_id)
        scope = preview_scope(plugin_id, versions=versions, exposed_since=exposed_since)
        takedown = create_takedown(
            scope, grounds=grounds, statement=statement, exposed_since=exposed_since, actor=actor, now=now
        )
        block = block_versions(takedown, plugin=plugin, now=now)
        held = _quarantine(takedown, scope=scope, actor=actor, now=now)
        start_clocks(takedown, now=now)
        fan_out = begin_fan_out(takedown, version_ids=scope.version_ids, now=now)
        tell_publisher(takedown, now=now)
        reported = _answer_reports(takedown, report_ids=report_ids, now=now)
        _record(
            takedown,
            "takedown.contained",
            actor=actor,
            cause=reported or f"user:{actor.pk}",
            after=_describe_block(block) | _describe_fan_out(fan_out) | {"held": held},
            now=now,
        )
        # Signed, written and pushed at once; the switch holds without it, and the sweep does it again.
        publish_after_commit(now=now)
    return takedown


def sign_removal(takedown_id: uuid.UUID, *, actor: User, reason: str, now: datetime) -> Takedown:
    """Sign a removal; with enough signatures for its impact the contained versions are removed.

    Raises TakedownUnknown, NotInForce, StatementOfReasonsMissing or SignOffRepeated.
    """
    with transaction.atomic():
        takedown = _lock(takedown_id)
        require_reasons(takedown.grounds, statement=reason)
        signatures = add_signature(takedown, actor=actor, reason=reason, now=now)
        scope = preview_scope(takedown.plugin_id, versions=takedown.versions, exposed_since=takedown.exposed_since)
        numbers = playbook().marketplace.takedowns
        needed = needed_signatures(
            # As it was ordered: bots that have left since do not make a large removal small.
            bots=max(scope.bots, progress(takedown.pk).ordered),
            owners=scope.exposed_owners,
            four_eyes_from_bots=numbers.four_eyes_from_bots,
            four_eyes_from_users=numbers.four_eyes_from_users,
        )
        is_signed_off = signatures >= needed
        if is_signed_off:
            _remove_held(takedown, actor=actor, now=now)
            mark_removed(takedown, now=now)
        _record(
            takedown,
            "takedown.removed" if is_signed_off else "takedown.signed",
            actor=actor,
            cause=f"user:{actor.pk}",
            after={"signatures": signatures, "needed": needed},
            now=now,
        )
    takedown.refresh_from_db()
    return takedown


def reinstate_plugin(takedown_id: uuid.UUID, *, actor: User, reason: str, now: datetime) -> Takedown:
    """Undo a takedown exactly: blocks lifted, versions back where they were, bots ordered on, people told.

    Raises TakedownUnknown, NotInForce or StatementOfReasonsMissing.
    """
    with transaction.atomic():
        takedown = _lock(takedown_id)
        require_reasons(takedown.grounds, statement=reason)
        sequence = lift_blocks(takedown.pk, now=now)
        returned, still_blocked = _release(takedown, actor=actor, now=now)
        close_fan_out(takedown, now=now)
        ordered = order_on(takedown, now=now)
        cancel_clocks(takedown, now=now)
        mark_reinstated(takedown, reason=reason.strip(), now=now)
        queued = tell_of_reinstatement(takedown, reason=reason.strip(), now=now)
        _record(
            takedown,
            "takedown.reinstated",
            actor=actor,
            cause=f"user:{actor.pk}",
            after={
                "sequence": sequence,
                "bots_ordered": ordered,
                "notices_queued": queued,
                "returned": returned,
                "still_blocked": still_blocked,
                "reason_sha256": digest_text(reason.strip()),
            },
            now=now,
        )
        publish_after_commit(now=now)
    takedown.refresh_from_db()
    return takedown


def _lock(takedown_id: uuid.UUID) -> Takedown:
    """Lock the plugin, then its takedown: everybody in the same order."""
    lock_plugin(find_takedown(takedown_id).plugin_id)
    return lock_in_force(takedown_id)


def _quarantine(takedown: Takedown, *, scope: Scope, actor: User, now: datetime) -> dict[str, str]:
    """Hold every covered version that can be held, and remember where each was."""
    held = {}
    for version in Version.objects.filter(pk__in=scope.version_ids).order_by("pk"):
        # Held by an earlier takedown: it leaves when the last of them ends, for where it was before the first.
        before = status_before_takedowns(version.pk)
        if before is None:
            # On its way through its first scan it meets the block when it is settled; a rejected one stays so.
            if (Status(version.status), Status.QUARANTINED) not in ALLOWED_MOVES:
                continue
            before = _move(version.pk, to=Status.QUARANTINED, takedown=takedown, actor=actor, now=now)
        hold_version(takedown, version_id=version.pk, status_before=before)
        held[str(version.pk)] = str(before)
    return held


def _release(takedown: Takedown, *, actor: User, now: datetime) -> tuple[dict[str, str], list[int]]:
    """Return versions to where they were; one that another takedown covers too passes into its hold instead."""
    returned: dict[str, str] = {}
    still_blocked: list[int] = []
    for version_id, status_before in _held_versions(takedown):
        version = Version.objects.get(pk=version_id)
        others = covering_blocks(takedown.plugin_id, number=version.number, sha256=version.artifact_id)
        for other in others:
            hold_version(other.takedown, version_id=version_id, status_before=status_before)
        if others:
            still_blocked.append(version_id)
            continue
        _move(version_id, to=Status(status_before), takedown=takedown, actor=actor, now=now)
        returned[str(version_id)] = status_before
    return returned, still_blocked


def _describe_block(block: BlocklistEntry) -> dict[str, object]:
    return {
        "plugin": block.plugin_id,
        "publisher": block.publisher_id,
        "versions": block.versions,
        "grounds": block.reason,
        "statement_sha256": digest_text(block.takedown.statement),
        "block": str(block.pk),
        "sequence": block.sequence,
    }


def _describe_fan_out(fan_out: FanOut) -> dict[str, object]:
    """What was written with the order itself; the rest of a large one is counted when it is done."""
    return {
        "bots_ordered": fan_out.orders,
        "notices_queued": fan_out.people,
        "is_fanned_out": fan_out.finished_at is not None,
    }


def _answer_reports(takedown: Takedown, *, report_ids: Collection[uuid.UUID], now: datetime) -> str:
    """Uphold the reports this order answers; returns the first of them, as kind:id."""
    subjects = [f"report:{report.pk}" for report in uphold_reports(takedown, report_ids=report_ids, now=now)]
    for subject in subjects:
        meet_obligation(REPORT_OBLIGATION, subject=subject, evidence={"takedown": str(takedown.pk)}, now=now)
    return next(iter(subjects), "")


def _remove_held(takedown: Takedown, *, actor: User, now: datetime) -> None:
    """Remove what the takedown holds; an overlapping one may have removed some of it before."""
    held = [version_id for version_id, _ in _held_versions(takedown)]
    contained = Version.objects.filter(pk__in=held, status=Status.QUARANTINED).order_by("pk")
    for version_id in list(contained.values_list("pk", flat=True)):
        _move(version_id, to=Status.REMOVED, takedown=takedown, actor=actor, now=now)


def _held_versions(takedown: Takedown) -> list[tuple[int, str]]:
    held = TakedownVersion.objects.filter(takedown=takedown).order_by("version_id")
    return list(held.values_list("version_id", "status_before"))


def _move(version_id: int, *, to: Status, takedown: Takedown, actor: User, now: datetime) -> Status:
    return move_version(
        version_id,
        to=to,
        actor=f"user:{actor.pk}",
        cause=f"takedown:{takedown.pk}",
        request_id=current_request_id(),
        now=now,
    )


def _record(
    takedown: Takedown, action: str, *, actor: User, cause: str, after: dict[str, object], now: datetime
) -> None:
    record(
        action,
        actor=f"user:{actor.pk}",
        cause=cause,
        subject=f"takedown:{takedown.pk}",
        before={"state": takedown.state} if action != "takedown.contained" else {},
        after=after,
        now=now,
    )
