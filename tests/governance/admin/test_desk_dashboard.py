"""The first page counts what waits, what is due, what scans said and how far takedowns have come."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.urls import reverse

from governance.admin.dashboard import build_dashboard
from governance.flows.takedown import contain_plugin
from governance.obligations.actions import meet_obligation
from governance.screening.routing import Route
from governance.takedowns.models import SwitchOrder
from scanners.report import Verdict
from tests.governance.admin.rows import SignIn, make_review, make_running, scan_version
from tests.samples.factories import BotActor, PublisherActor, make_version


def test_queue_is_counted_by_cause_and_age(ada: PublisherActor, now: datetime) -> None:
    for number, age in enumerate((timedelta(hours=1), timedelta(days=2), timedelta(days=5)), start=1):
        make_review(ada, now=now - age, name=f"plugin-{number}")
    (line,) = build_dashboard(now=now).queue
    assert (line.label, line.total) == ("Scan findings", 3)
    assert (line.under_a_day, line.under_three_days, line.older) == (1, 1, 1)
    assert line.oldest == "5 d 0 h"


def test_due_soon_holds_what_ends_within_a_day(ada: PublisherActor, now: datetime) -> None:
    near = make_review(ada, now=now - timedelta(hours=20), name="near-plugin", route=Route.HOLD)
    make_review(ada, now=now, name="far-plugin")
    board = build_dashboard(now=now)
    assert [line.subject for line in board.due_soon] == [f"review:{near.pk}"]
    assert board.due_soon_count == 1


def test_missed_deadline_stays_after_it_was_met(ada: PublisherActor, now: datetime) -> None:
    review = make_review(ada, now=now - timedelta(hours=30), route=Route.HOLD)
    meet_obligation("review", subject=f"review:{review.pk}", evidence={}, now=now)
    board = build_dashboard(now=now)
    assert board.due_soon == ()
    assert [(line.subject, line.is_running) for line in board.missed] == [(f"review:{review.pk}", False)]


def test_verdict_mix_leaves_out_old_scans(ada: PublisherActor, now: datetime) -> None:
    for name, verdict, age in (
        ("first-plugin", Verdict.CLEAN, timedelta(days=1)),
        ("second-plugin", Verdict.CLEAN, timedelta(days=2)),
        ("third-plugin", Verdict.MALICIOUS, timedelta(days=3)),
        ("old-plugin", Verdict.INCOMPLETE, timedelta(days=31)),
    ):
        version = make_version(ada, now=now - age, name=name)
        scan_version(version, now=now - age, verdict=verdict)
    board = build_dashboard(now=now)
    assert board.scans == 3
    assert [(line.verdict, line.count, line.percent) for line in board.verdicts] == [
        ("clean", 2, 67),
        ("malicious", 1, 33),
    ]


def test_takedown_shows_confirmed_of_ordered(
    ada: PublisherActor,
    dev_bot: BotActor,
    dev_second_bot: BotActor,
    cleo: User,
    sign_in: SignIn,
    now: datetime,
) -> None:
    version = make_running(ada, [dev_bot, dev_second_bot], now=now)
    takedown = contain_plugin(
        plugin_id=version.plugin_id,
        versions="*",
        grounds="malware",
        statement="It steals.",
        exposed_since=now,
        report_ids=[],
        actor=cleo,
        now=now,
    )
    gone = SwitchOrder.objects.filter(takedown=takedown, bot=dev_bot.bot)
    gone.update(state=SwitchOrder.State.GONE, settled_at=now)
    (line,) = build_dashboard(now=now).takedowns
    assert (line.ordered, line.confirmed, line.gone) == (2, 0, 1)
    assert "ada-labs/greeter" in sign_in(cleo).get(reverse("admin:index")).content.decode()


def test_empty_platform_says_so(ben: User, sign_in: SignIn) -> None:
    text = sign_in(ben).get(reverse("admin:index")).content.decode()
    for sentence in ("Nothing waits for a person.", "No deadline is near.", "Nothing was scanned."):
        assert sentence in text
