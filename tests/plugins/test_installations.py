"""Enrolment, and the history of who ran what from when to when."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from plugins.errors import BotKeyInvalid, BotKeyUsed, InstallationTimeInvalid
from plugins.installations import end_installation, enrol_bot, record_installation
from plugins.models import Bot, BotOwner, Installation
from tests.samples.factories import BotActor, PublisherActor, TenantActor, make_bot, make_published

HOUR = timedelta(hours=1)


def spans(bot: Bot) -> list[tuple[str, datetime, datetime | None]]:
    rows = Installation.objects.filter(bot=bot).order_by("started_at", "pk")
    return [(row.version.number, row.started_at, row.ended_at) for row in rows.select_related("version")]


def test_upgrade_ends_the_earlier_version_where_the_next_begins(
    ada: PublisherActor, dev_bot: BotActor, now: datetime
) -> None:
    one, two = (make_published(ada, now=now, number=number) for number in ("1.0.0", "2.0.0"))

    with transaction.atomic():
        record_installation(dev_bot.bot, version=one, at=now, now=now)
        record_installation(dev_bot.bot, version=two, at=now + HOUR, now=now + HOUR)
        end_installation(dev_bot.bot, version=two, at=now + 2 * HOUR, now=now + 2 * HOUR)

    assert spans(dev_bot.bot) == [("1.0.0", now, now + HOUR), ("2.0.0", now + HOUR, now + 2 * HOUR)]


def test_the_same_report_again_opens_nothing(ada: PublisherActor, dev_bot: BotActor, now: datetime) -> None:
    version = make_published(ada, now=now)
    with transaction.atomic():
        first = record_installation(dev_bot.bot, version=version, at=now, now=now)
        again = record_installation(dev_bot.bot, version=version, at=now + HOUR, now=now + HOUR)

    assert first == again
    assert spans(dev_bot.bot) == [("1.0.0", now, None)]


def test_coming_back_is_a_second_span(ada: PublisherActor, dev_bot: BotActor, now: datetime) -> None:
    version = make_published(ada, now=now)
    with transaction.atomic():
        record_installation(dev_bot.bot, version=version, at=now, now=now)
        end_installation(dev_bot.bot, version=version, at=now + HOUR, now=now + HOUR)
        record_installation(dev_bot.bot, version=version, at=now + 2 * HOUR, now=now + 2 * HOUR)

    assert spans(dev_bot.bot) == [("1.0.0", now, now + HOUR), ("1.0.0", now + 2 * HOUR, None)]


def test_ending_what_does_not_run_says_so(ada: PublisherActor, dev_bot: BotActor, now: datetime) -> None:
    version = make_published(ada, now=now)

    with transaction.atomic():
        assert end_installation(dev_bot.bot, version=version, at=now, now=now) is None


def test_span_never_ends_before_it_began(ada: PublisherActor, dev_bot: BotActor, now: datetime) -> None:
    version = make_published(ada, now=now)
    with transaction.atomic():
        record_installation(dev_bot.bot, version=version, at=now + HOUR, now=now + HOUR)
        end_installation(dev_bot.bot, version=version, at=now, now=now + HOUR)

    assert spans(dev_bot.bot) == [("1.0.0", now + HOUR, now + HOUR)]


@pytest.mark.parametrize("away", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_times_outside_the_bots_life_are_refused(
    ada: PublisherActor, dev_bot: BotActor, now: datetime, away: timedelta
) -> None:
    version = make_published(ada, now=now)

    with pytest.raises(InstallationTimeInvalid), transaction.atomic():
        record_installation(dev_bot.bot, version=version, at=now + away, now=now)
    with pytest.raises(InstallationTimeInvalid), transaction.atomic():
        end_installation(dev_bot.bot, version=version, at=now + away, now=now)

    assert spans(dev_bot.bot) == []


def test_clock_that_is_a_little_off_is_believed(ada: PublisherActor, dev_bot: BotActor, now: datetime) -> None:
    version = make_published(ada, now=now)

    with transaction.atomic():
        record_installation(dev_bot.bot, version=version, at=now + timedelta(minutes=4), now=now)

    assert len(spans(dev_bot.bot)) == 1


def test_bot_runs_one_version_of_a_plugin_at_a_time(ada: PublisherActor, dev_bot: BotActor, now: datetime) -> None:
    version = make_published(ada, now=now)
    row = {"bot": dev_bot.bot, "plugin": version.plugin, "version": version, "started_at": now, "reported_at": now}
    Installation.objects.create(**row)

    with pytest.raises(IntegrityError), transaction.atomic():
        Installation.objects.create(**row)


def test_owner_of_two_bots_is_one_person(dev_tenant: TenantActor, now: datetime) -> None:
    make_bot(dev_tenant, name="one", owner_email="Dev@example.invalid", now=now)
    make_bot(dev_tenant, name="two", owner_email="dev@EXAMPLE.invalid", now=now)

    owner = BotOwner.objects.get()
    assert (owner.email, owner.bots.count()) == ("dev@example.invalid", 2)


def test_a_key_belongs_to_one_bot(dev_bot: BotActor, dev_tenant: TenantActor, now: datetime) -> None:
    with pytest.raises(BotKeyUsed):
        enrol_bot(
            dev_tenant.tenant,
            name="copy",
            owner_email="eve@example.invalid",
            owner_name="Eve",
            public_key=dev_bot.key.public_base64,
            now=now,
        )

    assert Bot.objects.count() == 1


@pytest.mark.parametrize("key", ["", "no base64!", "QUJD", "A" * 44, "A" * 43 + "="])
def test_key_that_is_none_is_refused_and_nobody_is_made(dev_tenant: TenantActor, now: datetime, key: str) -> None:
    with pytest.raises(BotKeyInvalid):
        enrol_bot(
            dev_tenant.tenant, name="x", owner_email="eve@example.invalid", owner_name="Eve", public_key=key, now=now
        )

    assert (Bot.objects.count(), BotOwner.objects.count()) == (0, 0)
