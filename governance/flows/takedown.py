"""A takedown's journey: contain, sign off a removal, reinstate; each one transaction of rows, or nothing.
The blocklist entry is the switch; orders, notices and deadlines are written with it and proven later."""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from governance.flows.feed import publish_after_commit
from governance.flows.held_versions import hold_versions, name_of, release_versions, remove_versions
from governance.flows.reasons_letter import tell_reasons
from governance.flows.reports import answer_reports
from governance.flows.takedown_clocks import answer_containment, cancel_clocks, start_clocks
from governance.flows.takedown_fan_out import begin_fan_out
from governance.flows.takedown_notices import tell_of_reinstatement, tell_publisher
from governance.ledger.actions import digest_text, record
from governance.playbook import playbook
from governance.takedowns.actions import (
    add_signature,
    block_versions,
    create_takedown,
    issue_reasons,
    lift_blocks,
    lock_in_force,
    mark_reinstated,
    mark_removed,
)
from governance.takedowns.containment import Containment
from governance.takedowns.fan_out import close_fan_out
from governance.takedowns.grounds import require_reasons, require_removal_reasons
from governance.takedowns.known_files import list_files_of
from governance.takedowns.models import FanOut, Takedown
from governance.takedowns.orders import order_on
from governance.takedowns.pins import end_pins, pin_back
from governance.takedowns.queries import find_takedown, progress
from governance.takedowns.reasons import CONTAINMENT, NOTICE, OWN_INITIATIVE, REMOVAL, state_reasons
from governance.takedowns.scope import preview_scope, scope_of
from governance.takedowns.signoff import needed_signatures
from plugins.lifecycle import lock_plugin
from plugins.models import BlocklistEntry


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
    order = Containment(
        plugin_id=plugin_id,
        versions=versions,
        grounds=grounds,
        statement=statement,
        exposed_since=exposed_since,
        report_ids=tuple(report_ids),
    )
    return carry_out(order, actor=actor, now=now)


def carry_out(order: Containment, *, actor: User | None, now: datetime) -> Takedown:
    """Contain what an order means, by a person or, without one, by the machine.

    Raises as contain_plugin, or DigestUnreadable.
    """
    ground = require_reasons(order.grounds, statement=order.statement)
    with transaction.atomic():
        # Installations being reported at this moment share this lock: they commit first and are ordered off below,
        # or they wait and then see the block.
        plugin = lock_plugin(order.plugin_id)
        scope = preview_scope(
            order.plugin_id,
            versions=order.versions,
            exposed_since=order.exposed_since,
            artifact_sha256=order.artifact_sha256,
            file_sha256=order.file_sha256,
        )
        takedown = create_takedown(scope, order=order, actor=actor, now=now)
        reasons = state_reasons(
            ground,
            restriction=CONTAINMENT,
            facts=takedown.statement,
            source=NOTICE if order.is_from_notice else OWN_INITIATIVE,
            automatic_cause=order.automatic_cause,
            appeal_days=playbook().marketplace.reviews.appeal_window_days,
        )
        issue_reasons(takedown, reasons=reasons, now=now)
        block = block_versions(takedown, plugin=plugin, now=now)
        held = hold_versions(takedown, version_ids=scope.version_ids, actor=name_of(actor), now=now)
        start_clocks(takedown, now=now)
        fan_out = begin_fan_out(takedown, version_ids=scope.version_ids, now=now)
        pinned = pin_back(takedown, version_ids=scope.version_ids, now=now)
        tell_publisher(takedown, now=now)
        if reasons.is_decided_by_machine:
            tell_reasons(takedown, reasons=reasons, now=now)
        reported = answer_reports(takedown, report_ids=order.report_ids, now=now)
        _record(
            takedown,
            "takedown.contained",
            actor=name_of(actor),
            cause=reported or order.automatic_cause or name_of(actor),
            after=_describe_block(block) | _describe_fan_out(fan_out) | {"bots_pinned": pinned, "held": held},
            now=now,
        )
        # Signed, written and pushed at once; the switch holds without it, and the sweep does it again.
        publish_after_commit(now=now)
    return takedown


def sign_removal(takedown_id: uuid.UUID, *, actor: User, reason: str, now: datetime, grounds: str = "") -> Takedown:
    """Sign a removal; with enough signatures for its impact the contained versions are removed.

    `grounds` are the removal's own where the containment's were a suspicion. Raises TakedownUnknown, NotInForce,
    GroundsUnknown, StatementOfReasonsMissing, SignOffRepeated or SignOffDiffers.
    """
    with transaction.atomic():
        takedown = _lock(takedown_id)
        ground = require_removal_reasons(grounds or takedown.grounds, statement=reason)
        signatures = add_signature(takedown, actor=actor, grounds=ground.code, reason=reason, now=now)
        needed = _needed_signatures(takedown)
        is_signed_off = signatures >= needed
        if is_signed_off:
            remove_versions(takedown, actor=name_of(actor), now=now)
            reasons = state_reasons(
                ground,
                restriction=REMOVAL,
                facts=f"{takedown.statement}\n\n{reason.strip()}",
                source=NOTICE if takedown.reports.exists() else OWN_INITIATIVE,
                automatic_cause="",
                appeal_days=playbook().marketplace.reviews.appeal_window_days,
            )
            issue_reasons(takedown, reasons=reasons, now=now)
            mark_removed(takedown, now=now)
            tell_reasons(takedown, reasons=reasons, now=now)
            list_files_of(takedown, grounds=ground.code, actor=actor, reason=reason, now=now)
        answer_containment(takedown, outcome="confirmed", actor=actor, now=now)
        _record(
            takedown,
            "takedown.removed" if is_signed_off else "takedown.signed",
            actor=name_of(actor),
            cause=name_of(actor),
            after={"signatures": signatures, "needed": needed, "grounds": ground.code},
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
        returned, still_blocked = release_versions(takedown, actor=name_of(actor), now=now)
        close_fan_out(takedown, now=now)
        ordered = order_on(takedown, now=now)
        returning = end_pins(takedown, now=now)
        cancel_clocks(takedown, now=now)
        answer_containment(takedown, outcome="released", actor=actor, now=now)
        mark_reinstated(takedown, reason=reason.strip(), now=now)
        queued = tell_of_reinstatement(takedown, reason=reason.strip(), now=now)
        _record(
            takedown,
            "takedown.reinstated",
            actor=name_of(actor),
            cause=name_of(actor),
            after={
                "sequence": sequence,
                "bots_ordered": ordered,
                "bots_returning": returning,
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


def _needed_signatures(takedown: Takedown) -> int:
    scope = scope_of(takedown)
    numbers = playbook().marketplace.takedowns
    return needed_signatures(
        # As it was ordered: bots that have left since do not make a large removal small.
        bots=max(scope.bots, progress(takedown.pk).ordered),
        owners=scope.exposed_owners,
        four_eyes_from_bots=numbers.four_eyes_from_bots,
        four_eyes_from_users=numbers.four_eyes_from_users,
    )


def _describe_block(block: BlocklistEntry) -> dict[str, object]:
    return {
        "plugin": block.plugin_id,
        "publisher": block.publisher_id,
        "versions": block.versions,
        "artifact_sha256": block.artifact_sha256,
        "file_sha256": block.file_sha256,
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


def _record(
    takedown: Takedown, action: str, *, actor: str, cause: str, after: dict[str, object], now: datetime
) -> None:
    record(
        action,
        actor=actor,
        cause=cause,
        subject=f"takedown:{takedown.pk}",
        before={"state": takedown.state} if action != "takedown.contained" else {},
        after=after,
        now=now,
    )
