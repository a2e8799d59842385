"""What the law wants told has clocks that run from when it was known, and end with a reference."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from governance.flows.authority_reports import (
    Regime,
    authority_clocks,
    record_authority_report,
    start_authority_clocks,
)
from governance.flows.deadlines import sweep_deadlines
from governance.ledger.models import Entry
from governance.obligations.models import Obligation
from governance.takedowns.errors import AuthorityClockUnknown, KnownInFuture, TakedownUnknown
from plugins.models import Version
from tests.governance.flows.conftest import Contain, Reinstate

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("regime", "hours"),
    [
        (Regime.EXPLOITED, {"cra_early_warning": 24, "cra_notification": 72, "cra_final_report": 14 * 24}),
        (Regime.BREACH, {"gdpr_people": 24, "gdpr_authority": 72}),
    ],
)
def test_clocks_run_from_when_it_was_known(
    version: Version, contain: Contain, cleo: User, now: datetime, regime: Regime, hours: dict[str, int]
) -> None:
    takedown, known_at = contain(version), now - 3 * HOUR

    start_authority_clocks(takedown.pk, regime=regime, known_at=known_at, actor=cleo, now=now)

    assert {clock.kind: clock.due_at for clock in authority_clocks(takedown.pk)} == {
        kind: known_at + span * HOUR for kind, span in hours.items()
    }
    assert Entry.objects.get(action="authority_report.started").body["after"]["regime"] == regime


def test_report_sent_ends_its_clock_once_with_its_reference(
    version: Version, contain: Contain, cleo: User, now: datetime
) -> None:
    takedown = contain(version)
    start_authority_clocks(takedown.pk, regime=Regime.BREACH, known_at=now, actor=cleo, now=now)

    sent = record_authority_report(takedown.pk, kind="gdpr_authority", reference=" DPA-7 ", actor=cleo, now=now + HOUR)

    assert (sent.met_at, sent.missed_at) == (now + HOUR, None)
    assert sent.evidence == {"reference": "DPA-7", "by": f"user:{cleo.pk}"}
    for kind in ("gdpr_authority", "cra_notification", "users_notified"):
        with pytest.raises(AuthorityClockUnknown):
            record_authority_report(takedown.pk, kind=kind, reference="X", actor=cleo, now=now)


def test_clock_started_too_late_is_a_miss_and_says_so(
    version: Version, contain: Contain, cleo: User, now: datetime
) -> None:
    takedown = contain(version)
    start_authority_clocks(takedown.pk, regime=Regime.EXPLOITED, known_at=now - timedelta(days=2), actor=cleo, now=now)

    sweep_deadlines(now=now)

    late = Obligation.objects.get(kind="cra_early_warning")
    assert late.missed_at == late.due_at
    assert Obligation.objects.get(kind="cra_notification").missed_at is None


def test_clock_of_the_law_runs_on_when_the_takedown_is_over(
    version: Version, contain: Contain, reinstate: Reinstate, cleo: User, now: datetime
) -> None:
    takedown = contain(version)
    start_authority_clocks(takedown.pk, regime=Regime.BREACH, known_at=now, actor=cleo, now=now)

    reinstate(takedown)

    assert [clock.cancelled_at for clock in authority_clocks(takedown.pk)] == [None, None]


def test_starting_again_moves_no_deadline(version: Version, contain: Contain, cleo: User, now: datetime) -> None:
    takedown = contain(version)
    for known_at in (now - HOUR, now):
        start_authority_clocks(takedown.pk, regime=Regime.BREACH, known_at=known_at, actor=cleo, now=now)

    assert authority_clocks(takedown.pk)[0].due_at == now + 23 * HOUR
    with pytest.raises(KnownInFuture):
        start_authority_clocks(takedown.pk, regime=Regime.BREACH, known_at=now + HOUR, actor=cleo, now=now)
    with pytest.raises(TakedownUnknown):
        start_authority_clocks(uuid.uuid4(), regime=Regime.BREACH, known_at=now, actor=cleo, now=now)
