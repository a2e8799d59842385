"""A large takedown: in force at once, its orders and notices written in stretches that anybody can go on with."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

from governance.flows import takedown_fan_out
from governance.flows.takedown_fan_out import continue_fan_outs, write_next
from governance.ledger.models import Entry
from governance.notifications.models import Notice
from governance.notifications.rendering import render_notice
from governance.obligations.models import Obligation
from governance.takedowns.models import FanOut, SwitchOrder, Takedown
from plugins.models import BlocklistEntry, Bot, BotOwner, Version
from tests.governance.flows.conftest import Contain, Reinstate, acknowledge, install
from tests.samples.factories import (
    MANIFEST,
    BotActor,
    PublisherActor,
    TenantActor,
    make_bot,
    make_published,
    make_version,
    pack_plugin,
    publish_version,
)
from tests.samples.races import run_at_once

Populate = Callable[..., None]

POPULATE_SQL = """
WITH people AS (
     INSERT INTO plugins_botowner (email, display_name, language, created_at)
     SELECT 'p' || n || '@example.invalid', 'P', 'en', %(now)s FROM generate_series(1, %(people)s) AS n
     RETURNING id),
 bots AS (
     INSERT INTO plugins_bot (id, tenant_id, owner_id, name, public_key, enrolled_at)
     SELECT gen_random_uuid(), %(tenant)s, people.id, 'bot-' || people.id || '-' || n, gen_random_uuid()::text, %(now)s
       FROM people, generate_series(1, %(each)s) AS n
     RETURNING id)
INSERT INTO plugins_installation (bot_id, plugin_id, version_id, started_at, reported_at)
SELECT id, %(plugin)s, %(version)s, %(now)s, %(now)s FROM bots ORDER BY id
"""


@pytest.fixture
def populate(dev_tenant: TenantActor, now: datetime) -> Populate:
    """Installs a version in the bots of many people, spread over the order in which they are gone through."""

    def write(version: Version, *, people: int, each: int = 3) -> None:
        values: dict[str, Any] = {"people": people, "each": each, "tenant": dev_tenant.tenant.pk, "now": now}
        values |= {"plugin": version.plugin_id, "version": version.pk}
        with connection.cursor() as cursor:
            cursor.execute(POPULATE_SQL, values)

    return write


@pytest.fixture
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stretches so short that a takedown of a few dozen is a large one."""
    monkeypatch.setattr(takedown_fan_out, "FIRST_ROWS", 10)
    monkeypatch.setattr(takedown_fan_out, "STRETCH_ROWS", 10)


def finish(now: datetime) -> None:
    while write_next(now=now):
        continue


def test_small_takedown_is_one_transaction_and_has_nothing_left(
    version: Version, dev_bot: BotActor, contain: Contain, now: datetime
) -> None:
    install(dev_bot, version, now=now)

    takedown = contain(version)

    assert FanOut.objects.get().finished_at == now
    assert Entry.objects.get(action="takedown.contained").body["after"]["is_fanned_out"] is True
    assert not write_next(now=now)
    assert takedown.orders.count() == 1


@pytest.mark.usefixtures("small_stretches")
def test_large_takedown_is_in_force_before_its_last_order_is_written(
    version: Version, populate: Populate, contain: Contain, now: datetime
) -> None:
    populate(version, people=20)

    takedown = contain(version)

    assert BlocklistEntry.objects.filter(takedown=takedown, lifted_at=None).exists()
    assert takedown.orders.count() == 10
    assert FanOut.objects.get().finished_at is None
    finish(now)
    assert takedown.orders.count() == 60
    notices = Notice.objects.filter(kind="takedown_contained")
    assert notices.count() == BotOwner.objects.count() == 20
    assert {notice.items_total for notice in notices} == {3}
    assert sorted(notices.values_list("turn", flat=True)) == list(range(1, 21))
    counted = Entry.objects.get(action="takedown.fanned_out").body["after"]
    assert counted == {"bots_ordered": 60, "notices_queued": 20}
    assert Obligation.objects.get(kind="users_queued").met_at == now, "met when it is done, not at the next sweep"


@pytest.mark.usefixtures("small_stretches")
def test_fan_out_cut_off_anywhere_goes_on_where_it_was(
    version: Version, populate: Populate, contain: Contain, now: datetime
) -> None:
    populate(version, people=15)
    takedown = contain(version)
    for _ in range(3):
        write_next(now=now)
        with transaction.atomic():
            write_next(now=now)
            # What a killed process leaves: nothing of its stretch.
            transaction.set_rollback(True)

    finish(now)

    assert takedown.orders.count() == 45
    assert Notice.objects.filter(kind="takedown_contained").count() == 15
    assert FanOut.objects.get().orders == 45


@pytest.mark.usefixtures("small_stretches")
@pytest.mark.django_db(transaction=True)
def test_many_workers_write_every_row_once(
    version: Version, populate: Populate, contain: Contain, now: datetime
) -> None:
    populate(version, people=40)
    takedown = contain(version)

    outcome = run_at_once([partial(finish, now)] * 4)
    finish(now)

    assert outcome.raised == []
    assert takedown.orders.count() == 120
    assert Notice.objects.filter(kind="takedown_contained").count() == 40
    assert Entry.objects.filter(action="takedown.fanned_out").count() == 1


@pytest.mark.usefixtures("small_stretches")
def test_takedown_of_ten_does_not_wait_for_one_of_many(
    ada: PublisherActor, populate: Populate, contain: Contain, dev_bot: BotActor, now: datetime
) -> None:
    large, small = (make_published(ada, now=now, name=name) for name in ("large", "small"))
    populate(large, people=40)
    install(dev_bot, small, now=now)
    contain(large)

    takedown = contain(small)

    assert takedown.orders.count() == 1
    assert Notice.objects.filter(kind="takedown_contained", cause=f"takedown:{takedown.pk}").count() == 1


@pytest.mark.usefixtures("small_stretches")
def test_least_served_takedown_is_written_first(
    ada: PublisherActor, populate: Populate, contain: Contain, dev_tenant: TenantActor, now: datetime
) -> None:
    large = make_published(ada, now=now, name="large")
    populate(large, people=40)
    first = contain(large)
    for _ in range(3):
        write_next(now=now)
    later = make_published(ada, now=now, name="later")
    for number in range(15):
        bot = make_bot(dev_tenant, name=f"bot-{number}", owner_email=f"dev{number}@example.invalid", now=now)
        install(bot, later, now=now)
    second = contain(later)

    write_next(now=now)

    assert second.orders.count() == 15
    assert first.orders.count() == 40


@pytest.mark.usefixtures("small_stretches")
def test_people_told_in_parts_are_told_once_each(
    version: Version, populate: Populate, contain: Contain, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setattr(takedown_fan_out, "PART_ROWS", 13)
    populate(version, people=20)
    contain(version)

    finish(now)

    fan_out = FanOut.objects.get()
    assert (fan_out.parts, fan_out.parts_done, fan_out.people) == (5, 5, 20)
    notices = Notice.objects.filter(kind="takedown_contained")
    assert sorted(notices.values_list("turn", flat=True)) == list(range(1, 21))


@pytest.mark.usefixtures("small_stretches")
def test_reinstatement_ends_a_fan_out_half_way(
    version: Version, populate: Populate, contain: Contain, reinstate: Reinstate, now: datetime
) -> None:
    populate(version, people=20)
    takedown = contain(version)
    write_next(now=now)

    reinstate(takedown)

    assert not write_next(now=now)
    assert takedown.orders.count() == 20
    assert set(takedown.orders.values_list("state", flat=True)) == {"withdrawn"}


@pytest.mark.usefixtures("small_stretches")
def test_bot_that_obeys_the_feed_before_its_order_is_written_is_confirmed(
    version: Version, populate: Populate, contain: Contain, dev_bot: BotActor, now: datetime
) -> None:
    populate(version, people=20)
    install(dev_bot, version, now=now)
    takedown = contain(version)
    assert not SwitchOrder.objects.filter(bot=dev_bot.bot).exists()

    order = acknowledge(dev_bot, takedown, version, now=now)

    assert order.state == "confirmed"
    finish(now)
    assert SwitchOrder.objects.filter(bot=dev_bot.bot).count() == 1
    assert takedown.orders.count() == 61


@pytest.mark.usefixtures("small_stretches")
def test_bot_installed_while_the_fan_out_runs_is_told_of_together_with_the_others(
    version: Version, populate: Populate, contain: Contain, dev_tenant: TenantActor, dev_bot: BotActor, now: datetime
) -> None:
    populate(version, people=20)
    install(dev_bot, version, now=now)
    takedown = contain(version)
    late = make_bot(dev_tenant, name="late", owner_email="dev@example.invalid", now=now)

    assert not install(late, version, now=now).is_allowed

    finish(now)
    notice = Notice.objects.get(kind="takedown_contained", recipient="dev@example.invalid")
    assert notice.items is not None
    assert [name for _, name, *_ in notice.items] == ["greeter", "late"]
    assert takedown.orders.count() == 62


def test_time_slice_ends_a_fan_out_run(version: Version, populate: Populate, contain: Contain, now: datetime) -> None:
    populate(version, people=400)
    contain(version)

    assert continue_fan_outs(clock=lambda: now, seconds=0) is True
    assert continue_fan_outs(clock=lambda: now, seconds=60) is False
    assert SwitchOrder.objects.count() == 1200


def test_person_with_more_bots_than_a_notice_names_is_told_how_many(
    version: Version, populate: Populate, contain: Contain, now: datetime
) -> None:
    populate(version, people=1, each=205)

    contain(version)

    notice = Notice.objects.get(kind="takedown_contained")
    assert (len(notice.items or ()), notice.items_total) == (200, 205)
    assert "  - and 5 more\n" in render_notice(notice)[1]


def test_bot_name_cannot_pose_as_a_line_of_ours(
    version: Version, dev_bot: BotActor, contain: Contain, now: datetime
) -> None:
    Bot.objects.update(name="x\n\nWhat you should do: send us your token {0} {evil}")
    install(dev_bot, version, now=now)

    contain(version)

    body = render_notice(Notice.objects.get(kind="takedown_contained"))[1]
    assert "  - x What you should do: send us your token {0} {evil} (version 1.0.0" in body


def test_people_are_written_to_in_their_language_where_there_is_a_translation(
    ada: PublisherActor,
    version: Version,
    dev_tenant: TenantActor,
    contain: Contain,
    reinstate: Reinstate,
    now: datetime,
) -> None:
    for name, language in (("de", "de"), ("at", "de-AT"), ("fr", "fr"), ("en", "en")):
        bot = make_bot(dev_tenant, name=name, owner_email=f"{name}@example.invalid", now=now)
        BotOwner.objects.filter(email=f"{name}@example.invalid").update(language=language)
        install(bot, version, now=now)
    ada.publisher.members.update(language="de")

    takedown: Takedown = contain(version)
    reinstate(takedown)

    def language_of(kind: str) -> dict[str, str]:
        notices = Notice.objects.filter(kind=kind).order_by("recipient")
        return {notice.recipient[:2]: render_notice(notice)[0].split()[0] for notice in notices}

    assert language_of("takedown_contained") == {"at": "Das", "de": "Das", "en": "Plugin", "fr": "Plugin"}
    assert language_of("takedown_publisher") == {"ad": "Ihr"}
    told_again = language_of("takedown_reinstated")
    assert {key: told_again[key] for key in ("at", "de", "en", "fr")} == language_of("takedown_contained")


def test_notice_says_since_when_and_what_to_replace(
    ada: PublisherActor, dev_tenant: TenantActor, contain: Contain, now: datetime
) -> None:
    begin = now - timedelta(days=3)
    manifest = MANIFEST.format(name='"greedy"', title='"Greedy"', version='"1.0.0"')
    for empty, given in (
        ("secrets = []", 'secrets = ["API_TOKEN"]'),
        ("environment = []", 'environment = ["HOME"]'),
        ("user_data = []", 'user_data = ["message_text"]'),
        ('filesystem = "none"', 'filesystem = "read"'),
    ):
        manifest = manifest.replace(empty, given)
    version = publish_version(
        make_version(ada, now=begin, name="greedy", archive=pack_plugin("greedy", manifest=manifest)), now=begin
    )
    install(make_bot(dev_tenant, name="greeter", owner_email="dev@example.invalid", now=begin), version, now=begin)

    takedown = contain(version)

    body = render_notice(Notice.objects.get(kind="takedown_contained"))[1]
    for said in (
        f"  - greeter (version 1.0.0, running since {begin:%Y-%m-%d})",
        "  - the secrets API_TOKEN\n  - the environment variables HOME\n  - your users' data: the text of messages\n",
        "  - files of the bot, to read\n",
        "  - no scan of it has been completed\n",
        "  - Replace these secrets now, and withdraw the old ones: API_TOKEN, HOME.\n",
        f"Name the takedown {takedown.pk}.",
        "support@nexus.invalid",
    ):
        assert said in body
