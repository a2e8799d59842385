"""Removal and its signatures, and the abuse reports an order answers."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from governance.flows.reports import dismiss_report
from governance.flows.takedown import sign_removal
from governance.ledger.models import Entry
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.takedowns.errors import (
    NotInForce,
    ReportSettled,
    ReportUnknown,
    SignOffRepeated,
    StatementOfReasonsMissing,
    TakedownUnknown,
)
from plugins.models import Installation, Version
from tests.governance.flows.conftest import Contain, install, report_abuse
from tests.samples.factories import (
    BotActor,
    PublisherActor,
    TenantActor,
    make_bot,
    make_published,
)

Status = Version.Status
DAY = timedelta(days=1)
RANGES = ("*", "<2.0.0", ">=2.0.0", "==1.0.0", "<9.0.0")


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


def test_report_is_upheld_by_the_order_that_answers_it(version: Version, contain: Contain, now: datetime) -> None:
    filed = report_abuse(version, now=now)
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
    filed = report_abuse(make_published(ada, now=now, name="counter"), now=now)

    with pytest.raises(ReportUnknown):
        contain(version, report_ids=[filed.pk])


def test_dismissed_report_keeps_its_reason_beside_the_ledger(version: Version, cleo: User, now: datetime) -> None:
    filed = report_abuse(version, now=now)

    dismiss_report(filed.pk, actor=cleo, reason="Dev mistook it for another.", now=now)

    filed.refresh_from_db()
    assert (filed.state, filed.dismissal_reason) == ("dismissed", "Dev mistook it for another.")
    with pytest.raises(ReportSettled):
        dismiss_report(filed.pk, actor=cleo, reason="Again.", now=now)


def test_ledger_holds_no_personal_data(
    version: Version, dev_bot: BotActor, contain: Contain, cleo: User, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    filed = report_abuse(version, now=now)
    takedown = contain(version, report_ids=[filed.pk])
    sign_removal(takedown.pk, actor=cleo, reason="Dev showed me.", now=now)
    other = report_abuse(version, now=now)
    dismiss_report(other.pk, actor=cleo, reason="Dev mistook it for another.", now=now)

    text = str(list(Entry.objects.values_list("actor", "cause", "subject", "body")))

    assert "@" not in text
    assert "Dev" not in text
    assert "cleo" not in text
