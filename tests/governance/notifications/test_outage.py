"""A mail server that is down for most of a day, by a simulated clock: nobody is forgotten, nobody late unnoticed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from governance.flows.deadlines import sweep_deadlines
from governance.flows.outbox import OUTBOX_MOVING, watch_outbox
from governance.notifications.delivery import Delivered, deliver_due
from governance.notifications.errors import ChannelDown, DeliveryDeferred
from governance.notifications.models import DeliveryAttempt, Notice
from governance.notifications.queries import tally, waiting
from governance.obligations.actions import open_obligation
from governance.obligations.models import Escalation, Obligation
from governance.playbook import playbook

Queue = Callable[..., Notice]
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ALARM_AFTER = timedelta(minutes=playbook().marketplace.notices.alarm_after_minutes)

pytestmark = pytest.mark.django_db


class Server:
    """A mail server that is down until a moment; `fails` says how a try ends before it."""

    def __init__(self, *, up_at: datetime, fails: type[DeliveryDeferred]) -> None:
        self.now = up_at
        self.sent: list[str] = []
        self._up_at = up_at
        self._fails = fails

    def send(self, notice: Notice) -> str:
        if self.now < self._up_at:
            raise self._fails("down")
        self.sent.append(notice.recipient)
        return "250 kept"


def run(server: Server, *, start: datetime, until: datetime, step: timedelta) -> None:
    """What the sweeps do, every `step` of a clock of our own."""
    server.now = start
    while server.now < until:
        while _round(server).is_moving:
            continue
        watch_outbox(now=server.now)
        sweep_deadlines(now=server.now)
        server.now += step


def _round(server: Server) -> Delivered:
    return deliver_due(server, limit=100, clock=lambda: server.now)


@pytest.mark.parametrize("fails", [ChannelDown, DeliveryDeferred])
def test_twenty_hours_without_mail_miss_no_deadline_of_a_day(
    notify: Queue, now: datetime, fails: type[DeliveryDeferred]
) -> None:
    for number in range(30):
        notify(f"dev{number}@example.invalid", hours=24)
    open_obligation("users_notified", subject="takedown:1", owner_role="support", due_at=now + 24 * HOUR, now=now)
    server = Server(up_at=now + 20 * HOUR, fails=fails)

    run(server, start=now, until=now + 24 * HOUR, step=10 * MINUTE)

    people = Notice.objects.filter(kind="takedown_contained")
    assert set(people.values_list("state", flat=True)) == {"delivered"}
    assert all(notice.delivered_at <= notice.deadline_at for notice in people if notice.delivered_at)
    told = [recipient for recipient in server.sent if recipient.endswith("@example.invalid")]
    assert len(told) == len(set(told)) == 30
    warned = Escalation.objects.filter(obligation__kind="users_notified").order_by("step")
    assert [(row.step, row.role) for row in warned] == [(1, "support"), (2, "on_call"), (3, "lead_engineer")]


def test_server_that_is_down_is_asked_once_a_round_and_its_notices_stay_due(notify: Queue, now: datetime) -> None:
    for number in range(30):
        notify(f"dev{number}@example.invalid")
    server = Server(up_at=now + HOUR, fails=ChannelDown)
    server.now = now

    done = _round(server)

    assert (done.deferred, done.is_moving) == (1, False)
    assert DeliveryAttempt.objects.count() == 1
    assert Notice.objects.filter(attempts=0, next_attempt_at=now, lease_token=None).count() == 29


def test_notice_that_waits_too_long_raises_one_alarm_which_ends_with_the_wait(notify: Queue, now: datetime) -> None:
    notify()
    watch_outbox(now=now + ALARM_AFTER - MINUTE)
    assert not Obligation.objects.exists()

    for late in (ALARM_AFTER, ALARM_AFTER + MINUTE, ALARM_AFTER + 2 * MINUTE):
        watch_outbox(now=now + late)

    alarm = Obligation.objects.get(kind=OUTBOX_MOVING)
    assert (alarm.owner_role, alarm.due_at, alarm.met_at) == ("on_call", now + 2 * ALARM_AFTER, None)
    Notice.objects.update(state="delivered", delivered_at=now)
    watch_outbox(now=now + HOUR)
    alarm.refresh_from_db()
    assert (alarm.met_at, alarm.evidence) == (now + HOUR, {"queued": 0, "oldest_queued_at": None})


def test_second_wait_is_an_alarm_of_its_own(notify: Queue, now: datetime) -> None:
    for turn in range(2):
        notice = notify()
        watch_outbox(now=now + (turn + 1) * HOUR)
        Notice.objects.filter(pk=notice.pk).update(state="delivered", delivered_at=now)
        watch_outbox(now=now + (turn + 1) * HOUR + MINUTE)

    assert Obligation.objects.filter(kind=OUTBOX_MOVING).exclude(met_at=None).count() == 2


def test_every_notice_is_delivered_waiting_or_undeliverable_and_nothing_else(notify: Queue, now: datetime) -> None:
    for number, state in enumerate(("queued", "delivered", "undeliverable", "delivered")):
        notice = notify(f"dev{number}@example.invalid")
        Notice.objects.filter(pk=notice.pk).update(state=state, delivered_at=now if state == "delivered" else None)

    counts = tally()

    assert (counts.queued, counts.delivered, counts.undeliverable) == (1, 2, 1)
    assert counts.queued + counts.delivered + counts.undeliverable == Notice.objects.count()
    assert waiting()[0] == 1
