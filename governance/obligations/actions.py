"""Opens, meets, pauses, cancels and escalates deadlines; the only writer of their tables.
A miss is written once and never taken back, and every warning is given once, however late the sweep runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value

from governance.obligations.escalation import escalation_path, reached_step
from governance.obligations.models import Escalation, Obligation

SWEEP_BATCH = 200


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning the sweep has just given: about which deadline, to which role, and whether it is a miss."""

    obligation_id: int
    kind: str
    subject: str
    role: str
    step: int
    due_at: datetime
    is_miss: bool


def open_obligation(kind: str, *, subject: str, owner_role: str, due_at: datetime, now: datetime) -> Obligation:
    """Start a deadline in the caller's transaction; opening it again changes nothing."""
    obligation, _ = Obligation.objects.get_or_create(
        kind=kind,
        subject=subject,
        defaults={"owner_role": owner_role, "opened_at": now, "due_at": due_at},
    )
    return obligation


def meet_obligation(kind: str, *, subject: str, evidence: dict[str, Any], now: datetime) -> bool:
    """Record that a deadline was met, and that it was missed when this comes too late; False when not running."""
    running = Obligation.objects.filter(kind=kind, subject=subject, met_at=None, cancelled_at=None)
    running.filter(due_at__lt=now, missed_at=None, paused_at=None).update(missed_at=F("due_at"))
    return running.update(met_at=now, evidence=evidence) > 0


def cancel_obligation(kind: str, *, subject: str, now: datetime) -> bool:
    """Stop a deadline whose cause was reversed; False when it was not running."""
    running = Obligation.objects.filter(kind=kind, subject=subject, met_at=None, cancelled_at=None)
    return running.update(cancelled_at=now) > 0


def pause_obligation(kind: str, *, subject: str, now: datetime) -> bool:
    """Let a deadline stand still while nobody can meet it; False when it is not running."""
    running = Obligation.objects.filter(kind=kind, subject=subject, met_at=None, cancelled_at=None, paused_at=None)
    return running.update(paused_at=now) > 0


def resume_obligation(kind: str, *, subject: str, now: datetime) -> bool:
    """Let it run again with all the time it had left; False when it was not paused."""
    paused = (
        Obligation.objects.select_for_update(no_key=True)
        .filter(kind=kind, subject=subject)
        .exclude(paused_at=None)
        .first()
    )
    if paused is None or paused.paused_at is None:
        return False
    stood = max(now - paused.paused_at, timedelta(0))
    # Both ends move: a share of the time that has run stays the same share.
    Obligation.objects.filter(pk=paused.pk).update(
        opened_at=paused.opened_at + stood,
        due_at=paused.due_at + stood,
        paused_for=paused.paused_for + stood,
        paused_at=None,
    )
    return True


def escalate_due(*, thresholds_percent: Sequence[int], path: Sequence[str], now: datetime) -> list[Warned]:
    """Give every warning that has come due, in order and once; call again until it returns nothing.

    `thresholds_percent` are shares of the time from opening to due, rising; a last step at 100 is the miss.
    """
    steps = (*thresholds_percent, 100)
    with transaction.atomic():
        due = (
            Obligation.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(met_at=None, cancelled_at=None, paused_at=None)
            .filter(_is_past_next_step(steps, now=now))
            .order_by("due_at")[:SWEEP_BATCH]
        )
        return [warned for obligation in due for warned in _escalate(obligation, steps, path, now)]


def _is_past_next_step(steps: Sequence[int], *, now: datetime) -> Q:
    condition = Q(pk__in=[])
    for taken, percent in enumerate(steps):
        elapsed = ExpressionWrapper((F("due_at") - F("opened_at")) * Value(percent / 100), output_field=DurationField())
        condition |= Q(escalation_step=taken) & Q(opened_at__lte=Value(now) - elapsed)
    return condition


def _escalate(obligation: Obligation, steps: Sequence[int], path: Sequence[str], now: datetime) -> list[Warned]:
    reached = reached_step(obligation.opened_at, due_at=obligation.due_at, steps_percent=steps, now=now)
    roles = escalation_path(obligation.owner_role, path=path, steps=len(steps))
    given = []
    for step in range(obligation.escalation_step + 1, reached + 1):
        role = roles[step - 1]
        Escalation.objects.create(obligation=obligation, step=step, role=role, at=now)
        given.append(
            Warned(
                obligation.pk,
                obligation.kind,
                obligation.subject,
                role,
                step,
                obligation.due_at,
                is_miss=step == len(steps),
            )
        )
    changes: dict[str, Any] = {"escalation_step": reached}
    if reached == len(steps) and obligation.missed_at is None:
        changes["missed_at"] = obligation.due_at
    Obligation.objects.filter(pk=obligation.pk).update(**changes)
    return given
