"""The machine contains only as far as the playbook lets it, announces it, and a person confirms or releases."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User

from governance.flows.automatic_containment import confirm_containment, contain_corroborated, sweep_automatic
from governance.flows.reports import file_report
from governance.flows.standing import list_known_file, name_trusted, withdraw_known_file
from governance.flows.submission import screen_version
from governance.flows.takedown import sign_removal
from governance.ledger.models import Entry
from governance.notifications.models import Notice
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.takedowns.errors import GroundsUnknown, KnownFileUnknown, NotInForce
from governance.takedowns.models import AbuseReport, KnownFile, Reporter, SwitchOrder, Takedown
from governance.takedowns.report_actions import Source
from plugins.models import Installation, Plugin, Version
from tests.governance.flows.conftest import Contain, Reinstate, install
from tests.governance.flows.test_exact_scope import BAD, GOOD, holds
from tests.samples.engines import FakeEngine
from tests.samples.factories import (
    BotActor,
    PublisherActor,
    TenantActor,
    make_bot,
    make_published,
    make_version,
)
from tests.samples.races import run_at_once

Status = Version.Status
NUMBERS = playbook().marketplace.takedowns
Report = Callable[..., AbuseReport]
FAKE_ENGINES_FILE = "1" * 64


@pytest.fixture
def trusted(cleo: User, now: datetime) -> Reporter:
    """A research team Cleo has called trusted."""
    return name_trusted("team@lab.invalid", actor=cleo, now=now)[0]


@pytest.fixture
def report(version: Version, now: datetime) -> Report:
    """Somebody reports Ada's version."""

    def file(who: str = "dev@one.invalid", *, trusted: Reporter | None = None, **given: Any) -> AbuseReport:
        values: dict[str, Any] = {"number": "1.0.0", "category": "malware", "description": "It steals."}
        network = given.pop("network", who)
        return file_report(
            publisher_slug="ada-labs",
            plugin_name="greeter",
            reporter_email=who,
            now=now,
            source=Source(network, trusted),
            **(values | given),
        )

    return file


def test_two_independent_reports_one_of_them_trusted_contain_a_young_plugin(
    version: Version, dev_bot: BotActor, trusted: Reporter, report: Report, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    assert contain_corroborated(report(trusted=trusted, who="team@lab.invalid").pk, now=now) is None

    takedown = contain_corroborated(report().pk, now=now)

    assert takedown is not None
    version.refresh_from_db()
    assert (version.status, takedown.versions, takedown.grounds) == (Status.QUARANTINED, "==1.0.0", "suspected")
    assert (takedown.ordered_by, SwitchOrder.objects.count()) == (None, 1)
    reasons = takedown.statements.get()
    assert (reasons.is_decided_by_machine, reasons.source) == (True, "notice")
    clock = Obligation.objects.get(kind="containment_confirmed")
    assert clock.due_at == now + timedelta(hours=NUMBERS.automatic_confirm_within_hours)
    assert clock.owner_role == playbook().marketplace.owners["containment"]
    told = Notice.objects.get(kind="containment_announced")
    assert str(takedown.pk) in told.body
    assert told.recipient.startswith("security-lead@")
    assert set(AbuseReport.objects.values_list("state", flat=True)) == {"open"}, "a person answers them"
    letter = Notice.objects.get(kind="reasons_containment")
    assert letter.recipient == "ada@example.invalid"
    assert "decision was taken by automated means, and is put before a person" in letter.body
    assert not Notice.objects.filter(kind="takedown_publisher", body__contains="ordered by a person").exists()
    entry = Entry.objects.get(action="takedown.contained")
    assert (entry.actor, entry.cause) == ("machine", takedown.automatic_cause)


@pytest.mark.parametrize(
    "second",
    [
        {"who": "other@lab.invalid"},
        {"network": "team@lab.invalid"},
        {"who": "team+x@lab.invalid"},
        {"category": "policy"},
        {"category": "data_theft"},
    ],
)
def test_report_that_may_be_the_same_person_or_matter_does_not_corroborate(
    version: Version, trusted: Reporter, report: Report, now: datetime, second: dict[str, str]
) -> None:
    report(trusted=trusted, who="team@lab.invalid")

    assert contain_corroborated(report(**second).pk, now=now) is None
    version.refresh_from_db()
    assert version.status == Status.PUBLISHED


def test_thirty_strangers_and_a_forged_trusted_address_contain_nothing(
    version: Version, trusted: Reporter, report: Report, now: datetime
) -> None:
    for number in range(30):
        report(who=f"eve@{number}.invalid")

    assert contain_corroborated(report(who="team@lab.invalid").pk, now=now) is None
    assert (sweep_automatic(now=now), Takedown.objects.count()) == (0, 0)


def test_trusted_reporter_who_is_often_wrong_corroborates_nothing(
    version: Version, trusted: Reporter, report: Report, now: datetime
) -> None:
    for number in range(playbook().marketplace.abuse_reports.trusted_after_reports):
        AbuseReport.objects.create(
            plugin=version.plugin, category="malware", description=str(number), reporter_email="team@lab.invalid",
            reporter=trusted, is_authenticated=True, state="dismissed", reported_at=now, settled_at=now,
        )  # fmt: skip
    report(trusted=trusted, who="team@lab.invalid")

    assert contain_corroborated(report().pk, now=now) is None


def test_plugin_that_is_not_young_any_more_waits_for_a_person(
    version: Version, trusted: Reporter, report: Report, now: datetime
) -> None:
    Plugin.objects.update(created_at=now - timedelta(days=NUMBERS.young_plugin_days))
    report(trusted=trusted, who="team@lab.invalid")

    assert contain_corroborated(report().pk, now=now) is None


def test_impact_above_the_tier_waits_for_a_person(
    version: Version, dev_tenant: TenantActor, trusted: Reporter, report: Report, now: datetime
) -> None:
    run_many(version, dev_tenant, bots=NUMBERS.automatic_below_bots, now=now)
    report(trusted=trusted, who="team@lab.invalid")

    assert contain_corroborated(report().pk, now=now) is None
    Installation.objects.filter(bot__name="bot-0").update(ended_at=now)
    assert sweep_automatic(now=now) == 1


def run_many(version: Version, tenant: TenantActor, *, bots: int, now: datetime) -> None:
    for number in range(bots):
        bot = make_bot(tenant, name=f"bot-{number}", owner_email="dev@example.invalid", now=now)
        Installation.objects.create(
            bot=bot.bot, plugin=version.plugin, version=version, started_at=now, reported_at=now
        )


def test_confirmation_answers_the_deadline_and_upholds_the_reports(
    trusted: Reporter, report: Report, cleo: User, now: datetime
) -> None:
    report(trusted=trusted, who="team@lab.invalid")
    takedown = contain_corroborated(report().pk, now=now)
    assert takedown is not None

    confirm_containment(takedown.pk, actor=cleo, reason="The code is proven.", now=now)

    met = Obligation.objects.get(kind="containment_confirmed")
    assert (met.met_at, met.evidence) == (now, {"outcome": "confirmed", "by": f"user:{cleo.pk}"})
    assert set(AbuseReport.objects.values_list("state", "takedown")) == {("upheld", takedown.pk)}
    with pytest.raises(NotInForce):
        confirm_containment(takedown.pk, actor=cleo, reason="Once more.", now=now)


def test_release_stands_and_the_machine_does_not_contain_it_again(
    version: Version, trusted: Reporter, report: Report, reinstate: Reinstate, now: datetime
) -> None:
    report(trusted=trusted, who="team@lab.invalid")
    takedown = contain_corroborated(report().pk, now=now)
    assert takedown is not None

    reinstate(takedown)

    assert Obligation.objects.get(kind="containment_confirmed").evidence["outcome"] == "released"
    report(who="more@three.invalid")
    assert sweep_automatic(now=now) == 0
    version.refresh_from_db()
    assert version.status == Status.PUBLISHED


def test_machine_cannot_remove_and_a_suspicion_removes_nothing(
    version: Version, trusted: Reporter, report: Report, cleo: User, now: datetime
) -> None:
    report(trusted=trusted, who="team@lab.invalid")
    takedown = contain_corroborated(report().pk, now=now)
    assert takedown is not None

    with pytest.raises(GroundsUnknown):
        sign_removal(takedown.pk, actor=cleo, reason="It steals.", now=now)
    removed = sign_removal(takedown.pk, actor=cleo, reason="It steals.", grounds="data_theft", now=now)

    assert removed.state == "removed"
    assert Obligation.objects.get(kind="containment_confirmed").met_at == now, "a signature is an answer"


@pytest.mark.django_db(transaction=True)
def test_reports_that_corroborate_each_other_in_one_moment_contain_once(
    version: Version, trusted: Reporter, report: Report, now: datetime
) -> None:
    filed = [report(trusted=trusted, who="team@lab.invalid"), report(), report(who="x@three.invalid")]

    outcome = run_at_once([partial(contain_corroborated, item.pk, now=now) for item in filed])

    assert outcome.raised == []
    assert (sum(found is not None for found in outcome.returned), Takedown.objects.count()) == (1, 1)
    assert Notice.objects.filter(kind="containment_announced").count() == 1


def test_known_file_contains_every_plugin_that_offers_it_and_only_those_versions(
    ada: PublisherActor, eve: PublisherActor, cleo: User, now: datetime
) -> None:
    bad = holds(make_published(eve, now=now, name="weather-card", number="1.1.0"), BAD)
    clean = holds(make_published(eve, now=now, name="weather-card", number="1.0.0"), GOOD)
    twin = holds(make_published(ada, now=now, name="twin"), BAD, GOOD)

    list_known_file(BAD, reason="A stealer.", actor=cleo, now=now)
    assert sweep_automatic(now=now) == 2
    assert sweep_automatic(now=now) == 0

    for version, status in ((bad, "quarantined"), (clean, "published"), (twin, "quarantined")):
        version.refresh_from_db()
        assert version.status == status
    assert Obligation.objects.filter(kind="containment_confirmed").count() == 2
    reasons = Takedown.objects.get(plugin=twin.plugin).statements.get()
    assert (reasons.is_found_by_machine, reasons.is_decided_by_machine, reasons.source) == (
        True,
        True,
        "own_initiative",
    )


def test_known_file_in_a_plugin_above_the_tier_is_put_before_a_person(
    version: Version, dev_tenant: TenantActor, contain: Contain, cleo: User, now: datetime
) -> None:
    holds(version, BAD)
    run_many(version, dev_tenant, bots=NUMBERS.automatic_below_bots, now=now)
    list_known_file(BAD, reason="A stealer.", actor=cleo, now=now)

    assert (sweep_automatic(now=now), sweep_automatic(now=now)) == (0, 0)
    asked = Obligation.objects.get(kind="known_file_found")
    assert (asked.met_at, Notice.objects.filter(kind="containment_announced").count()) == (None, 1)
    contain(version)
    sweep_automatic(now=now)

    assert Obligation.objects.get(kind="known_file_found").met_at == now


def test_released_plugin_is_not_contained_for_the_same_file_again(
    version: Version, cleo: User, reinstate: Reinstate, now: datetime
) -> None:
    holds(version, BAD)
    list_known_file(BAD, reason="A stealer.", actor=cleo, now=now)
    sweep_automatic(now=now)

    reinstate(Takedown.objects.get())

    assert sweep_automatic(now=now) == 0


def test_removal_for_harm_puts_its_files_on_the_list(
    ada: PublisherActor, version: Version, contain: Contain, cleo: User, engine: FakeEngine, now: datetime
) -> None:
    holds(version, FAKE_ENGINES_FILE)
    list_known_file(FAKE_ENGINES_FILE, reason="A stealer.", actor=cleo, now=now)
    sweep_automatic(now=now)
    takedown = Takedown.objects.get()
    sign_removal(takedown.pk, actor=cleo, reason="Proven.", grounds="malware", now=now)
    assert KnownFile.objects.get().pk == FAKE_ENGINES_FILE

    later = make_version(ada, now=now, name="counter")
    screen_version(later.pk, clock=lambda: now)

    later.refresh_from_db()
    assert later.status == Status.HELD, "an upload that holds it is held before anybody runs it"
    withdraw_known_file(FAKE_ENGINES_FILE, reason="It is a licence.", actor=cleo, now=now)
    with pytest.raises(KnownFileUnknown):
        withdraw_known_file(FAKE_ENGINES_FILE, reason="Again.", actor=cleo, now=now)
