"""Containment: what one order touches, whom it tells, and what it leaves alone."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from governance.flows.takedown_clocks import CLOCKS, reconcile_takedowns
from governance.ledger.models import Entry
from governance.notifications.models import Notice
from governance.notifications.rendering import render_notice
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.takedowns.errors import (
    AlreadyContained,
    GroundsUnknown,
    RangeEmpty,
    ReportUnknown,
    StatementOfReasonsMissing,
)
from governance.takedowns.models import SwitchOrder, Takedown
from governance.takedowns.queries import progress
from governance.takedowns.scope import preview_scope
from plugins.models import BlocklistEntry, FeedHead, Installation, Member, Version
from tests.governance.flows.conftest import Contain, acknowledge, install
from tests.samples.factories import (
    BotActor,
    PublisherActor,
    TenantActor,
    make_bot,
    make_published,
    make_tenant,
)

Status = Version.Status
DAY = timedelta(days=1)
RANGES = ("*", "<2.0.0", ">=2.0.0", "==1.0.0", "<9.0.0")


def body_of(notice: Notice) -> str:
    return render_notice(notice)[1]


def test_containment_switches_blocks_tells_and_starts_its_clocks(
    version: Version, dev_bot: BotActor, contain: Contain, cleo: User, now: datetime
) -> None:
    install(dev_bot, version, now=now)

    takedown = contain(version)

    version.refresh_from_db()
    assert version.status == Status.QUARANTINED
    block = BlocklistEntry.objects.get()
    assert (block.takedown, block.versions, block.sequence, block.lifted_at) == (takedown, "*", 1, None)
    order = SwitchOrder.objects.get()
    assert (order.bot, order.action, order.state) == (dev_bot.bot, "switched_off", "ordered")
    assert set(Obligation.objects.values_list("kind", flat=True)) == set(CLOCKS)
    told = {notice.kind: notice.recipient for notice in Notice.objects.filter(cause=f"takedown:{takedown.pk}")}
    assert told == {"takedown_contained": "dev@example.invalid", "takedown_publisher": "ada@example.invalid"}
    entry = Entry.objects.get(action="takedown.contained")
    assert (entry.actor, entry.subject) == (f"user:{cleo.pk}", f"takedown:{takedown.pk}")
    assert (entry.body["after"]["bots_ordered"], entry.body["after"]["sequence"]) == (1, 1)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"grounds": "because"}, GroundsUnknown),
        ({"statement": "  "}, StatementOfReasonsMissing),
        ({"versions": ">=9.0.0"}, RangeEmpty),
        ({"versions": "latest"}, RangeEmpty),
        ({"report_ids": [uuid.uuid4()]}, ReportUnknown),
    ],
)
def test_refused_order_leaves_nothing(
    version: Version, contain: Contain, given: dict[str, Any], error: type[Exception]
) -> None:
    entries = Entry.objects.count()

    with pytest.raises(error):
        contain(version, **given)

    version.refresh_from_db()
    assert version.status == Status.PUBLISHED
    assert not Takedown.objects.exists()
    assert not BlocklistEntry.objects.exists()
    assert not Notice.objects.exists()
    assert (Obligation.objects.count(), Entry.objects.count()) == (0, entries)
    assert not FeedHead.objects.filter(sequence__gt=0).exists(), "no number of the feed is spent"


def test_same_versions_are_contained_once(version: Version, contain: Contain) -> None:
    contain(version)

    with pytest.raises(AlreadyContained):
        contain(version)

    assert Takedown.objects.count() == 1


def test_only_the_range_is_touched(
    ada: PublisherActor, dev_bot: BotActor, dev_second_bot: BotActor, contain: Contain, now: datetime
) -> None:
    old, new = (make_published(ada, now=now, number=number) for number in ("1.0.0", "2.0.0"))
    other = make_published(ada, now=now, name="counter")
    install(dev_bot, old, now=now)
    install(dev_second_bot, new, now=now)
    install(dev_bot, other, now=now)

    contain(old, versions="<2.0.0")

    assert {v.number: v.status for v in Version.objects.filter(plugin=old.plugin)} == {
        "1.0.0": "quarantined",
        "2.0.0": "published",
    }
    assert Version.objects.get(pk=other.pk).status == Status.PUBLISHED
    assert [order.bot for order in SwitchOrder.objects.all()] == [dev_bot.bot]


@pytest.mark.parametrize(
    ("status", "after"),
    [
        (Status.SUBMITTED, Status.SUBMITTED),
        (Status.SCANNING, Status.SCANNING),
        (Status.IN_REVIEW, Status.QUARANTINED),
        (Status.HELD, Status.QUARANTINED),
        (Status.PUBLISHED, Status.QUARANTINED),
        (Status.REJECTED, Status.REJECTED),
        (Status.WITHDRAWN, Status.WITHDRAWN),
        (Status.YANKED, Status.QUARANTINED),
    ],
)
def test_what_was_never_offered_stays_where_it_is(
    version: Version, contain: Contain, status: Status, after: Status
) -> None:
    Version.objects.filter(pk=version.pk).update(status=status)

    contain(version)

    version.refresh_from_db()
    assert version.status == after


def test_people_who_ran_it_in_the_window_are_told_and_earlier_ones_not(
    ada: PublisherActor, contain: Contain, now: datetime
) -> None:
    begin = now - 400 * DAY
    version = make_published(ada, now=begin)
    tenant = make_tenant("dev-works", now=begin)
    names = ("longago", "lastmonth", "today")
    bots = {name: make_bot(tenant, name=name, owner_email=f"{name}@example.invalid", now=begin) for name in names}
    for name, bot in bots.items():
        install(bot, version, now=begin)
        if name != "today":
            gone_at = now - (200 * DAY if name == "longago" else 20 * DAY)
            install(bot, version, now=gone_at, action="uninstalled")

    scope = preview_scope(version.plugin_id, versions="*", exposed_since=now - 30 * DAY)
    takedown = contain(version)

    told = Notice.objects.filter(kind="takedown_contained").order_by("recipient")
    assert [notice.recipient for notice in told] == ["lastmonth@example.invalid", "today@example.invalid"]
    dates = f"{begin:%Y-%m-%d}", f"{now - 20 * DAY:%Y-%m-%d}"
    assert f"lastmonth (version 1.0.0, ran from {dates[0]} to {dates[1]})" in body_of(told[0])
    assert f"today (version 1.0.0, running since {dates[0]})" in body_of(told[1])
    assert (scope.bots, scope.owners, scope.exposed_owners) == (1, 1, 2)
    assert progress(takedown.pk).ordered == 1


def test_forty_bots_of_one_person_make_one_notice_listing_forty(
    version: Version, dev_tenant: TenantActor, contain: Contain, now: datetime
) -> None:
    for number in range(40):
        bot = make_bot(dev_tenant, name=f"bot-{number:02}", owner_email="dev@example.invalid", now=now)
        install(bot, version, now=now)

    takedown = contain(version)

    notice = Notice.objects.get(kind="takedown_contained")
    body = body_of(notice)
    assert all(f"  - bot-{number:02} (version 1.0.0, running since" in body for number in range(40))
    assert progress(takedown.pk).ordered == 40


def test_notice_names_what_the_plugin_could_reach_and_not_what_others_own(
    version: Version, dev_bot: BotActor, eve_bot: BotActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    install(eve_bot, version, now=now)

    contain(version)

    dev, eve = (
        body_of(Notice.objects.get(kind="takedown_contained", recipient=f"{name}@example.invalid"))
        for name in ("dev", "eve")
    )
    assert "greeter (version" in dev
    assert "prober" not in dev
    assert "prober" in eve
    assert "dev" not in eve.replace("developer", "")


def test_counts_before_the_order_are_those_after_it(
    version: Version, dev_bot: BotActor, dev_second_bot: BotActor, eve_bot: BotActor, contain: Contain, now: datetime
) -> None:
    for bot in (dev_bot, dev_second_bot, eve_bot):
        install(bot, version, now=now)

    scope = preview_scope(version.plugin_id, versions="*", exposed_since=now - DAY)
    takedown = contain(version)

    assert (scope.bots, scope.tenants, scope.owners) == (3, 2, 2)
    assert progress(takedown.pk).ordered == scope.bots
    assert Notice.objects.filter(kind="takedown_contained").count() == scope.exposed_owners
    assert scope.last_good_version == ""


def test_version_that_stays_good_is_named(ada: PublisherActor, now: datetime) -> None:
    old, _ = (make_published(ada, now=now + timedelta(seconds=n), number=f"{n}.0.0") for n in (1, 2))

    scope = preview_scope(old.plugin_id, versions="<2.0.0", exposed_since=now)

    assert (scope.numbers, scope.last_good_version) == (("1.0.0",), "2.0.0")


def test_clocks_are_the_playbooks(version: Version, contain: Contain, now: datetime) -> None:
    contain(version)
    numbers = playbook().marketplace.takedowns

    spans = {row.kind: row.due_at - now for row in Obligation.objects.all()}

    assert spans == {
        "bots_confirmed": timedelta(hours=numbers.bots_confirmed_within_hours),
        "users_queued": timedelta(seconds=numbers.users_queued_within_seconds),
        "users_notified": timedelta(hours=playbook().compliance.user_notification_within_hours),
        "publisher_told": timedelta(hours=numbers.publisher_told_within_hours),
    }


def test_deadlines_are_met_by_counts_and_by_nothing_else(
    version: Version, dev_bot: BotActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    takedown = contain(version)

    reconcile_takedowns(now=now)
    met = set(Obligation.objects.exclude(met_at=None).values_list("kind", flat=True))
    assert met == {"users_queued"}

    Notice.objects.filter(kind="takedown_publisher").update(state="delivered", delivered_at=now)
    reconcile_takedowns(now=now)
    assert Obligation.objects.get(kind="publisher_told").met_at == now
    assert Obligation.objects.get(kind="users_notified").met_at is None

    Notice.objects.filter(kind="takedown_contained").update(state="delivered", delivered_at=now)
    SwitchOrder.objects.filter(takedown=takedown).update(state="gone", settled_at=now)
    Installation.objects.update(ended_at=now)
    reconcile_takedowns(now=now)
    assert Obligation.objects.get(kind="users_notified").evidence == {"queued": 1, "delivered": 1}
    assert Obligation.objects.get(kind="bots_confirmed").evidence == {"ordered": 1, "confirmed": 0, "gone": 1}


def test_undeliverable_notice_is_no_delivered_one(
    version: Version, dev_bot: BotActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    contain(version)
    Notice.objects.update(state="undeliverable")

    reconcile_takedowns(now=now)

    assert Obligation.objects.get(kind="users_notified").met_at is None
    assert Obligation.objects.get(kind="publisher_told").met_at is None


def test_what_was_never_ordered_or_queued_keeps_the_clocks_running(
    version: Version, dev_bot: BotActor, eve_bot: BotActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    acknowledge(dev_bot, contain(version), version, now=now)
    # A row that came past every journey: only counting again can show that a bot and a person are missing.
    Installation.objects.create(
        bot=eve_bot.bot, plugin=version.plugin, version=version, started_at=now, reported_at=now
    )
    Notice.objects.update(state="delivered", delivered_at=now)

    reconcile_takedowns(now=now)

    running = Obligation.objects.filter(met_at=None).values_list("kind", flat=True)
    assert set(running) == {"bots_confirmed", "users_queued", "users_notified"}


def test_publisher_nobody_can_write_to_is_not_told(version: Version, contain: Contain, now: datetime) -> None:
    Member.objects.update(role=Member.Role.MAINTAINER)
    contain(version)

    reconcile_takedowns(now=now)

    assert Obligation.objects.get(kind="publisher_told").met_at is None
