"""Containment: what one order touches, whom it tells, and that nothing slips past it at the same moment."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from governance.flows.reports import dismiss_report, file_report
from governance.flows.runtime import receive_installation
from governance.flows.submission import screen_version
from governance.flows.takedown import sign_removal
from governance.flows.takedown_clocks import CLOCKS, reconcile_takedowns
from governance.ledger.models import Entry
from governance.ledger.queries import verify_ledger
from governance.notifications.models import Notice
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.takedowns.errors import (
    AlreadyContained,
    GroundsUnknown,
    NotInForce,
    RangeEmpty,
    ReportSettled,
    ReportUnknown,
    SignOffRepeated,
    StatementOfReasonsMissing,
    TakedownUnknown,
)
from governance.takedowns.models import AbuseReport, SwitchOrder, Takedown
from governance.takedowns.queries import progress
from governance.takedowns.scope import preview_scope
from plugins.models import BlocklistEntry, FeedHead, Installation, Version
from tests.governance.flows.conftest import Contain
from tests.samples.engines import FakeEngine
from tests.samples.factories import (
    BotActor,
    PublisherActor,
    TenantActor,
    make_bot,
    make_published,
    make_tenant,
    make_version,
    publish_version,
)
from tests.samples.races import rival, run_at_once

Status = Version.Status
DAY = timedelta(days=1)


@pytest.fixture
def version(ada: PublisherActor, now: datetime) -> Version:
    return make_published(ada, now=now)


def install(bot: BotActor, version: Version, *, now: datetime, action: str = "installed") -> Any:
    return receive_installation(bot.sign_installation(version, at=now, action=action), now=now)


def report(version: Version, *, now: datetime) -> AbuseReport:
    return file_report(
        publisher_slug=version.plugin.publisher.slug,
        plugin_name=version.plugin.name,
        number=version.number,
        category="malware",
        description="It sends my tokens away.",
        reporter_email="Dev@example.invalid",
        now=now,
    )


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
    assert "lastmonth (version 1.0.0, no longer running)" in told[0].body
    assert "today (version 1.0.0, running)" in told[1].body
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
    assert all(f"  - bot-{number:02} (version 1.0.0, running)" in notice.body for number in range(40))
    assert progress(takedown.pk).ordered == 40


def test_notice_names_what_the_plugin_could_reach_and_not_what_others_own(
    version: Version, dev_bot: BotActor, eve_bot: BotActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    install(eve_bot, version, now=now)

    contain(version)

    dev, eve = (Notice.objects.get(kind="takedown_contained", recipient=f"{n}@example.invalid") for n in ("dev", "eve"))
    assert "greeter (version" in dev.body
    assert "prober" not in dev.body
    assert "prober" in eve.body
    assert "dev" not in eve.body.replace("developer", "")


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


def test_report_is_upheld_by_the_order_that_answers_it(version: Version, contain: Contain, now: datetime) -> None:
    filed = report(version, now=now)
    assert Obligation.objects.get(kind="abuse_report").due_at == now + timedelta(
        hours=playbook().marketplace.abuse_reports.triage_within_hours
    )

    takedown = contain(version, report_ids=[filed.pk])

    filed.refresh_from_db()
    assert (filed.state, filed.takedown, filed.settled_at) == ("upheld", takedown, now)
    assert Obligation.objects.get(kind="abuse_report").evidence == {"takedown": str(takedown.pk)}
    assert Entry.objects.get(action="takedown.contained").cause == f"report:{filed.pk}"


def test_report_against_another_plugin_answers_nothing(
    version: Version, ada: PublisherActor, contain: Contain, now: datetime
) -> None:
    filed = report(make_published(ada, now=now, name="counter"), now=now)

    with pytest.raises(ReportUnknown):
        contain(version, report_ids=[filed.pk])


def test_dismissed_report_keeps_its_reason_beside_the_ledger(version: Version, cleo: User, now: datetime) -> None:
    filed = report(version, now=now)

    dismiss_report(filed.pk, actor=cleo, reason="Dev mistook it for another.", now=now)

    filed.refresh_from_db()
    assert (filed.state, filed.dismissal_reason) == ("dismissed", "Dev mistook it for another.")
    with pytest.raises(ReportSettled):
        dismiss_report(filed.pk, actor=cleo, reason="Again.", now=now)


def test_ledger_holds_no_personal_data(
    version: Version, dev_bot: BotActor, contain: Contain, cleo: User, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    filed = report(version, now=now)
    takedown = contain(version, report_ids=[filed.pk])
    sign_removal(takedown.pk, actor=cleo, reason="Dev showed me.", now=now)
    other = report(version, now=now)
    dismiss_report(other.pk, actor=cleo, reason="Dev mistook it for another.", now=now)

    text = str(list(Entry.objects.values_list("actor", "cause", "subject", "body")))

    assert "@" not in text
    assert "Dev" not in text
    assert "cleo" not in text


# -- removal and its signatures -------------------------------------------------------------------------------------


def test_small_removal_needs_one_signature(version: Version, contain: Contain, cleo: User, now: datetime) -> None:
    takedown = sign_removal(contain(version).pk, actor=cleo, reason="It steals.", now=now)

    version.refresh_from_db()
    assert (takedown.state, takedown.removed_at, version.status) == ("removed", now, Status.REMOVED)


def test_large_removal_waits_for_another_persons_signature(
    version: Version, dev_tenant: TenantActor, contain: Contain, cleo: User, second_moderator: User, now: datetime
) -> None:
    for number in range(playbook().marketplace.takedowns.four_eyes_from_bots):
        bot = make_bot(dev_tenant, name=f"bot-{number}", owner_email="dev@example.invalid", now=now)
        Installation.objects.create(
            bot=bot.bot, plugin=version.plugin, version=version, started_at=now, reported_at=now
        )
    takedown = contain(version)

    assert sign_removal(takedown.pk, actor=cleo, reason="It steals.", now=now).state == "contained"
    with pytest.raises(SignOffRepeated):
        sign_removal(takedown.pk, actor=cleo, reason="It really does.", now=now)
    version.refresh_from_db()
    assert version.status == Status.QUARANTINED

    assert sign_removal(takedown.pk, actor=second_moderator, reason="I looked as well.", now=now).state == "removed"
    with pytest.raises(NotInForce):
        sign_removal(takedown.pk, actor=cleo, reason="Once more.", now=now)


def test_large_removal_does_not_become_small_by_bots_leaving(
    version: Version, dev_tenant: TenantActor, contain: Contain, cleo: User, now: datetime
) -> None:
    for number in range(playbook().marketplace.takedowns.four_eyes_from_bots):
        bot = make_bot(dev_tenant, name=f"bot-{number}", owner_email="dev@example.invalid", now=now)
        Installation.objects.create(
            bot=bot.bot, plugin=version.plugin, version=version, started_at=now, reported_at=now
        )
    takedown = contain(version)
    Installation.objects.update(ended_at=now)

    assert sign_removal(takedown.pk, actor=cleo, reason="It steals.", now=now).state == "contained"


def test_signature_needs_a_reason_and_a_takedown(version: Version, contain: Contain, cleo: User, now: datetime) -> None:
    takedown = contain(version)

    with pytest.raises(StatementOfReasonsMissing):
        sign_removal(takedown.pk, actor=cleo, reason=" ", now=now)
    with pytest.raises(TakedownUnknown):
        sign_removal(uuid.uuid4(), actor=cleo, reason="It steals.", now=now)


# -- at the same moment ---------------------------------------------------------------------------------------------


@pytest.fixture
def is_covered(now: datetime) -> Callable[[Takedown, BotActor], bool]:
    """Whether a running bot was ordered off and its owner told."""

    def check(takedown: Takedown, bot: BotActor) -> bool:
        is_ordered = SwitchOrder.objects.filter(takedown=takedown, bot=bot.bot, action="switched_off").exists()
        owner = bot.bot.owner.email
        is_told = Notice.objects.filter(kind="takedown_contained", recipient=owner).exists()
        return is_ordered and is_told

    return check


@pytest.mark.django_db(transaction=True)
def test_bot_that_installs_just_before_the_order_commits_is_covered(
    version: Version, dev_bot: BotActor, contain: Contain, is_covered: Callable[..., bool], now: datetime
) -> None:
    with rival() as start:
        with transaction.atomic():
            takedown = contain(version)
            installing = start(partial(install, dev_bot, version, now=now))
        outcome = installing.result(10)

    assert not outcome.is_allowed
    assert is_covered(takedown, dev_bot)


@pytest.mark.django_db(transaction=True)
def test_order_that_comes_before_the_installation_commits_covers_it(
    version: Version, dev_bot: BotActor, contain: Contain, is_covered: Callable[..., bool], now: datetime
) -> None:
    with rival() as start:
        with transaction.atomic():
            assert install(dev_bot, version, now=now).is_allowed
            ordering = start(partial(contain, version))
        takedown = ordering.result(10)

    assert is_covered(takedown, dev_bot)


@pytest.mark.django_db(transaction=True)
def test_bot_that_leaves_while_it_is_ordered_off_leaves_no_open_order(
    version: Version, dev_bot: BotActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    with rival() as start:
        with transaction.atomic():
            install(dev_bot, version, now=now, action="uninstalled")
            ordering = start(partial(contain, version))
        takedown = ordering.result(10)

    assert progress(takedown.pk).pending == 0


@pytest.mark.django_db(transaction=True)
def test_twenty_bots_that_install_during_the_order_are_all_covered(
    version: Version, dev_tenant: TenantActor, contain: Contain, is_covered: Callable[..., bool], now: datetime
) -> None:
    bots = [
        make_bot(dev_tenant, name=f"bot-{number}", owner_email=f"dev{number}@example.invalid", now=now)
        for number in range(12)
    ]
    calls: list[Callable[[], Any]] = [partial(install, bot, version, now=now) for bot in bots]

    outcome = run_at_once([*calls[:6], partial(contain, version), *calls[6:]])

    takedown = Takedown.objects.get()
    assert outcome.raised == []
    assert all(is_covered(takedown, bot) for bot in bots)
    assert progress(takedown.pk).ordered == 12
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_version_published_while_the_order_is_written_is_covered(
    version: Version, ada: PublisherActor, engine: FakeEngine, contain: Contain, now: datetime
) -> None:
    second = make_version(ada, now=now, number="1.1.0")
    with rival() as start:
        with transaction.atomic():
            contain(version)
            settling = start(partial(screen_version, second.pk, clock=lambda: now))
        settling.result(10)

    second.refresh_from_db()
    assert second.status == Status.HELD


@pytest.mark.django_db(transaction=True)
def test_order_written_while_a_version_is_published_covers_it(
    version: Version, ada: PublisherActor, contain: Contain, now: datetime
) -> None:
    second = make_version(ada, now=now, number="1.1.0")
    with rival() as start:
        with transaction.atomic():
            publish_version(second, now=now)
            ordering = start(partial(contain, version))
        ordering.result(10)

    second.refresh_from_db()
    assert second.status == Status.QUARANTINED


@pytest.mark.django_db(transaction=True)
def test_version_uploaded_while_the_order_is_written_is_refused_or_held(
    version: Version, ada: PublisherActor, engine: FakeEngine, contain: Contain, now: datetime
) -> None:
    outcome = run_at_once(
        [
            partial(contain, version),
            *(partial(make_version, ada, now=now, number=f"1.{number}.0") for number in range(1, 5)),
        ]
    )
    for submitted in Version.objects.filter(status=Status.SUBMITTED):
        screen_version(submitted.pk, clock=lambda: now)

    assert not any("deadlock" in str(error) for error in outcome.raised)
    assert not Version.objects.filter(status=Status.PUBLISHED).exists()


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_make_one_takedown(
    version: Version, contain: Contain, cleo: User, second_moderator: User
) -> None:
    outcome = run_at_once([partial(contain, version, actor=actor) for actor in (cleo, second_moderator) * 2])

    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.raised] == [AlreadyContained] * 3
    assert (Takedown.objects.count(), BlocklistEntry.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_signatures_at_once_are_two_signatures(
    version: Version, contain: Contain, cleo: User, second_moderator: User, now: datetime
) -> None:
    takedown = contain(version)

    outcome = run_at_once(
        [
            partial(sign_removal, takedown.pk, actor=actor, reason="It steals.", now=now)
            for actor in (cleo, second_moderator)
        ]
    )

    takedown.refresh_from_db()
    version.refresh_from_db()
    assert (takedown.state, version.status) == ("removed", Status.REMOVED)
    assert [type(error) for error in outcome.raised] == [NotInForce], "one was enough, the other came too late"


@pytest.mark.django_db(transaction=True)
def test_report_filed_during_an_order_does_not_stop_either(version: Version, contain: Contain, now: datetime) -> None:
    with rival() as start:
        with transaction.atomic():
            report(version, now=now)
            ordering = start(partial(contain, version))
        ordering.result(10)

    assert (AbuseReport.objects.count(), Takedown.objects.count()) == (1, 1)
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_feed_numbers_have_no_gaps_and_no_doubles_under_many_orders(
    ada: PublisherActor, contain: Contain, now: datetime
) -> None:
    versions = [make_published(ada, now=now, name=f"plugin-{number}") for number in range(6)]

    outcome = run_at_once([partial(contain, version) for version in versions])

    assert outcome.raised == []
    assert sorted(BlocklistEntry.objects.values_list("sequence", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert verify_ledger().found_break is None


# -- what proves its deadlines --------------------------------------------------------------------------------------


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
