"""Counts a proof: bots confirmed and missing, people told and not, and how long each took.
Pure; counts what the checks let stand, and a bot or person with anything open is missing."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from governance.takedowns.bundle import AcknowledgementFact, NoticeFact, OrderFact, ProofFacts
from governance.takedowns.proof_checks import OFF, ON


@dataclass(frozen=True, slots=True)
class Times:
    """When the first and the last one came, and the longest any of them took."""

    first_at: datetime
    last_at: datetime
    slowest: timedelta


@dataclass(frozen=True, slots=True)
class SwitchCount:
    """Bots told to switch one way: ordered = confirmed + missing; those gone meanwhile stand apart."""

    ordered: int
    confirmed: int
    gone: int
    missing: tuple[OrderFact, ...]
    times: Times | None


@dataclass(frozen=True, slots=True)
class NoticeCount:
    """People to be told and people told; `late` notices were delivered after their deadline."""

    people: int
    notified: int
    late: int
    missing: tuple[NoticeFact, ...]
    times: Times | None


def count_off(facts: ProofFacts, *, confirmed: Mapping[int, AcknowledgementFact]) -> SwitchCount:
    """Bots that had to switch the plugin off."""
    return _count_switches(facts.orders, action=OFF, confirmed=confirmed)


def count_on(facts: ProofFacts, *, confirmed: Mapping[int, AcknowledgementFact]) -> SwitchCount:
    """Bots that had to switch it on again after a reinstatement."""
    return _count_switches(facts.orders, action=ON, confirmed=confirmed)


def count_notices(facts: ProofFacts) -> NoticeCount:
    """People, told apart by the digest of their address; one is notified when every notice to them arrived."""
    missing = tuple(notice for notice in facts.notices if notice.delivered_at is None)
    people = {notice.recipient_digest for notice in facts.notices}
    waiting = {notice.recipient_digest for notice in missing}
    spans = [(n.queued_at, n.delivered_at) for n in facts.notices if n.delivered_at is not None]
    late = sum(n.delivered_at > n.deadline_at for n in facts.notices if n.delivered_at is not None)
    return NoticeCount(len(people), len(people - waiting), late, missing, _measure(spans))


def _count_switches(
    orders: Iterable[OrderFact], *, action: str, confirmed: Mapping[int, AcknowledgementFact]
) -> SwitchCount:
    asked = [order for order in orders if order.action == action and order.state != "withdrawn"]
    answered = [order for order in asked if order.order in confirmed]
    missing = tuple(order for order in asked if order.order not in confirmed and order.state != "gone")
    due = _bots(answered) | _bots(missing)
    spans = [(order.ordered_at, confirmed[order.order].received_at) for order in answered]
    return SwitchCount(
        ordered=len(due),
        confirmed=len(due - _bots(missing)),
        gone=len(_bots(asked) - due),
        missing=missing,
        times=_measure(spans),
    )


def _bots(orders: Iterable[OrderFact]) -> set[UUID]:
    return {order.bot for order in orders}


def _measure(spans: Collection[tuple[datetime, datetime]]) -> Times | None:
    if not spans:
        return None
    ends = [end for _, end in spans]
    return Times(min(ends), max(ends), max(end - start for start, end in spans))
