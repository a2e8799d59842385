"""What a takedown does to versions and to whoever waits for an answer about them: held, and given back exactly.
A version held by several takedowns leaves with the last of them, for where it was before the first."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User

from governance.obligations.actions import pause_obligation, resume_obligation
from governance.request_ids import current_request_id
from governance.reviews.models import Review
from governance.reviews.queries import REVIEW_OBLIGATION, subject_of
from governance.takedowns.actions import hold_version, status_before_takedowns
from governance.takedowns.models import Takedown, TakedownVersion
from plugins.lifecycle import ALLOWED_MOVES, move_version
from plugins.models import Version
from plugins.queries import covering_blocks

MACHINE = "machine"
Status = Version.Status


def name_of(actor: User | None) -> str:
    """How history and ledger name who acted."""
    return f"user:{actor.pk}" if actor else MACHINE


def hold_versions(takedown: Takedown, *, version_ids: Collection[int], actor: str, now: datetime) -> dict[str, str]:
    """Quarantine every covered version that can be, and remember where each was."""
    held = {}
    for version in Version.objects.filter(pk__in=version_ids).order_by("pk"):
        # Held by an earlier takedown: it leaves when the last of them ends, for where it was before the first.
        before = status_before_takedowns(version.pk)
        if before is None:
            # On its way through its first scan it meets the block when it is settled; a rejected one stays so.
            if (Status(version.status), Status.QUARANTINED) not in ALLOWED_MOVES:
                continue
            before = _move(version.pk, to=Status.QUARANTINED, takedown=takedown, actor=actor, now=now)
            _pause_review(version.pk, now=now)
        hold_version(takedown, version_id=version.pk, status_before=before)
        held[str(version.pk)] = str(before)
    return held


def release_versions(takedown: Takedown, *, actor: str, now: datetime) -> tuple[dict[str, str], list[int]]:
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
        _resume_review(version_id, now=now)
        returned[str(version_id)] = status_before
    return returned, still_blocked


def remove_versions(takedown: Takedown, *, actor: str, now: datetime) -> None:
    """Remove what the takedown holds; an overlapping one may have removed some of it before."""
    held = [version_id for version_id, _ in _held_versions(takedown)]
    contained = Version.objects.filter(pk__in=held, status=Status.QUARANTINED).order_by("pk")
    for version_id in list(contained.values_list("pk", flat=True)):
        _move(version_id, to=Status.REMOVED, takedown=takedown, actor=actor, now=now)


def _pause_review(version_id: int, *, now: datetime) -> None:
    """Nobody can judge what a takedown holds, so nobody can be late with it."""
    for review_id in Review.objects.filter(version_id=version_id, settled_at=None).values_list("pk", flat=True):
        pause_obligation(REVIEW_OBLIGATION, subject=subject_of(review_id), now=now)


def _resume_review(version_id: int, *, now: datetime) -> None:
    for review_id in Review.objects.filter(version_id=version_id, settled_at=None).values_list("pk", flat=True):
        resume_obligation(REVIEW_OBLIGATION, subject=subject_of(review_id), now=now)


def _held_versions(takedown: Takedown) -> list[tuple[int, str]]:
    held = TakedownVersion.objects.filter(takedown=takedown).order_by("version_id")
    return list(held.values_list("version_id", "status_before"))


def _move(version_id: int, *, to: Status, takedown: Takedown, actor: str, now: datetime) -> Status:
    return move_version(
        version_id,
        to=to,
        actor=actor,
        cause=f"takedown:{takedown.pk}",
        request_id=current_request_id(),
        now=now,
    )
