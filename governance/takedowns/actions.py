"""Writes takedowns, their blocks, signatures and abuse reports.
The block's row is the switch itself: one entry, the feed's next number, in force at commit."""

import uuid
from dataclasses import asdict
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F

from governance.takedowns.containment import Containment
from governance.takedowns.errors import (
    AlreadyContained,
    NothingToContain,
    NotInForce,
    PublisherContained,
    SignOffDiffers,
    SignOffRepeated,
    TakedownUnknown,
)
from governance.takedowns.models import (
    PublisherTakedown,
    SignOff,
    StatementOfReasons,
    Takedown,
    TakedownVersion,
)
from governance.takedowns.publisher_scope import PublisherScope
from governance.takedowns.reasons import Reasons
from governance.takedowns.scope import Scope
from plugins.models import BlocklistEntry, FeedHead, Plugin

IN_FORCE = (Takedown.State.CONTAINED, Takedown.State.REMOVED)


def next_sequence() -> int:
    """The feed's next number, without gaps: the head row's lock is held until the caller commits."""
    FeedHead.objects.get_or_create(pk=1)
    FeedHead.objects.filter(pk=1).update(sequence=F("sequence") + 1)
    return FeedHead.objects.values_list("sequence", flat=True).get(pk=1)


def create_takedown(scope: Scope, *, order: Containment, actor: User | None, now: datetime) -> Takedown:
    """Write the order; the caller holds the plugin's row lock. Raises AlreadyContained."""
    meant = {
        "plugin_id": scope.plugin_id,
        "versions": scope.versions,
        "artifact_sha256": list(scope.artifact_sha256),
        "file_sha256": list(scope.file_sha256),
    }
    if Takedown.objects.filter(**meant, state__in=IN_FORCE).exists():
        raise AlreadyContained(f"{scope.plugin} {scope.versions} is taken down already")
    return Takedown.objects.create(
        **meant,
        grounds=order.grounds,
        statement=order.statement.strip(),
        exposed_since=order.exposed_since,
        ordered_by=actor,
        automatic_cause=order.automatic_cause,
        publisher_takedown_id=order.publisher_takedown,
        contained_at=now,
    )


def create_publisher_takedown(
    scope: PublisherScope, *, status_before: str, grounds: str, statement: str, actor: User, now: datetime
) -> PublisherTakedown:
    """Write the order over a whole publisher; the caller holds its lock. Raises PublisherContained or NothingToContain.

    Each plugin's own takedown points at it.
    """
    if PublisherTakedown.objects.filter(publisher_id=scope.publisher_id, undone_at=None).exists():
        raise PublisherContained(f"{scope.publisher} is taken down already")
    if not scope.scopes:
        raise NothingToContain(f"{scope.publisher} has no plugin that is not down already")
    return PublisherTakedown.objects.create(
        publisher_id=scope.publisher_id,
        status_before=status_before,
        grounds=grounds,
        statement=statement.strip(),
        ordered_by=actor,
        ordered_at=now,
    )


def lock_publisher_takedown(order_id: uuid.UUID) -> PublisherTakedown:
    """Return an order over a publisher under its row lock; raises TakedownUnknown or NotInForce."""
    order = PublisherTakedown.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise TakedownUnknown(f"no takedown of a publisher {order_id}")
    if order.undone_at is not None:
        raise NotInForce("this publisher was brought back before")
    return order


def end_publisher_takedown(order: PublisherTakedown, *, now: datetime) -> None:
    """End an order over a publisher."""
    PublisherTakedown.objects.filter(pk=order.pk).update(undone_at=now)


def issue_reasons(takedown: Takedown, *, reasons: Reasons, now: datetime) -> StatementOfReasons:
    """Write the statement without which the database refuses to commit a containment or a removal."""
    return StatementOfReasons.objects.create(takedown=takedown, issued_at=now, **asdict(reasons))


def block_versions(takedown: Takedown, *, plugin: Plugin, now: datetime) -> BlocklistEntry:
    """Put the takedown's versions on the blocklist under the feed's next number."""
    return BlocklistEntry.objects.create(
        takedown=takedown,
        plugin=plugin,
        publisher_id=plugin.publisher_id,
        versions=takedown.versions,
        artifact_sha256=takedown.artifact_sha256,
        file_sha256=takedown.file_sha256,
        reason=takedown.grounds,
        sequence=next_sequence(),
        blocked_at=now,
    )


def lift_blocks(takedown_id: uuid.UUID, *, now: datetime) -> int:
    """Lift every block of a takedown; returns the feed's number from which runtimes see it."""
    sequence = 0
    for block in BlocklistEntry.objects.select_for_update(no_key=True).filter(takedown_id=takedown_id, lifted_at=None):
        sequence = next_sequence()
        BlocklistEntry.objects.filter(pk=block.pk).update(lifted_at=now, lifted_sequence=sequence)
    return sequence


def hold_version(takedown: Takedown, *, version_id: int, status_before: str) -> None:
    """Remember where a quarantined version returns to."""
    TakedownVersion.objects.get_or_create(
        takedown=takedown, version_id=version_id, defaults={"status_before": status_before}
    )


def status_before_takedowns(version_id: int) -> str | None:
    """Where a version was before the takedowns that hold it now; None when none does."""
    held = TakedownVersion.objects.filter(version_id=version_id, takedown__state__in=IN_FORCE)
    return held.values_list("status_before", flat=True).first()


def lock_in_force(takedown_id: uuid.UUID) -> Takedown:
    """Return a takedown in force under its row lock; raises NotInForce."""
    takedown = (
        Takedown.objects.select_for_update(of=("self",), no_key=True)
        .select_related("plugin__publisher")
        .get(pk=takedown_id)
    )
    if takedown.state not in IN_FORCE:
        raise NotInForce(f"takedown {takedown_id} was {takedown.state} before")
    return takedown


def is_locked_in_force(takedown_id: uuid.UUID) -> bool:
    """Take a takedown's row lock; False when it has ended."""
    locked = Takedown.objects.select_for_update(no_key=True).filter(pk=takedown_id, state__in=IN_FORCE)
    return locked.values_list("pk", flat=True).first() is not None


def add_signature(takedown: Takedown, *, actor: User, grounds: str, reason: str, now: datetime) -> int:
    """Sign a removal; returns how many different people have.

    Raises SignOffRepeated, NotInForce, or SignOffDiffers when an earlier signature is under other grounds.
    """
    if takedown.state != Takedown.State.CONTAINED:
        raise NotInForce("only a contained plugin can be removed")
    if takedown.signoffs.exclude(grounds__in=("", grounds)).exists():
        raise SignOffDiffers("the first signature is under other grounds; two people sign one decision")
    try:
        with transaction.atomic():
            SignOff.objects.create(
                takedown=takedown, actor=actor, grounds=grounds, reason=reason.strip(), signed_at=now
            )
    except IntegrityError as error:
        raise SignOffRepeated("you have signed this removal; the second signature is another person's") from error
    return takedown.signoffs.count()


def mark_removed(takedown: Takedown, *, now: datetime) -> None:
    """Turn a containment into a removal."""
    Takedown.objects.filter(pk=takedown.pk).update(state=Takedown.State.REMOVED, removed_at=now)


def mark_reinstated(takedown: Takedown, *, reason: str, now: datetime) -> None:
    """End a takedown."""
    Takedown.objects.filter(pk=takedown.pk).update(
        state=Takedown.State.REINSTATED, reinstated_at=now, reinstatement_reason=reason
    )
