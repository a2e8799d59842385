"""Reports are merged into cases, weighed, kept from flooding, and answered to everyone who sent one."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User

from governance.flows.reports import dismiss_report, file_report
from governance.flows.standing import end_trust, name_trusted
from governance.ledger.models import Entry
from governance.ledger.queries import verify_ledger
from governance.notifications.models import Notice
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.takedowns.errors import ReporterTokenInvalid, ReportSettled, TooManyReports
from governance.takedowns.models import AbuseReport, Reporter
from governance.takedowns.report_actions import Source, authenticate_reporter, forget_networks
from governance.takedowns.report_queries import open_cases
from plugins.models import Version
from tests.governance.flows.conftest import Contain
from tests.samples.factories import PublisherActor, make_published
from tests.samples.races import run_at_once

NUMBERS = playbook().marketplace.abuse_reports
DAY = timedelta(days=1)


def report(version: Version, *, now: datetime, who: str = "dev@one.invalid", **given: Any) -> AbuseReport:
    values: dict[str, Any] = {"category": "malware", "description": "It sends my tokens away.", "number": None}
    return file_report(
        publisher_slug=version.plugin.publisher.slug,
        plugin_name=version.plugin.name,
        reporter_email=who,
        now=now,
        **(values | given),
    )


def test_reports_of_one_plugin_and_category_are_one_case_with_one_deadline(version: Version, now: datetime) -> None:
    first = report(version, now=now)
    second = report(version, now=now + timedelta(hours=1), who="eve@two.invalid")
    other = report(version, now=now, category="policy")

    assert (second.merged_into, other.merged_into) == (first, None)
    assert second.pk != first.pk, "each reporter follows a report of their own"
    due = {row.subject: row.due_at for row in Obligation.objects.filter(kind="abuse_report")}
    assert set(due) == {f"report:{first.pk}", f"report:{other.pk}"}
    assert due[f"report:{first.pk}"] == now + timedelta(hours=NUMBERS.triage_within_hours)
    assert Notice.objects.filter(kind="report_receipt").count() == 3
    assert [(case.lead, case.reports) for case in open_cases()] == [(first, 2), (other, 1)]


def test_one_answer_is_for_everyone_who_reported(version: Version, cleo: User, now: datetime) -> None:
    first = report(version, now=now)
    second = report(version, now=now, who="eve@two.invalid")

    answered = dismiss_report(second.pk, actor=cleo, reason="It sends nothing; the host is its own.", now=now)

    assert answered.pk == second.pk
    assert set(AbuseReport.objects.values_list("state", "settled_at")) == {("dismissed", now)}
    told = Notice.objects.filter(kind="report_answered").order_by("recipient")
    assert [notice.recipient for notice in told] == ["dev@one.invalid", "eve@two.invalid"]
    assert "It sends nothing" in told[0].body
    assert "out-of-court" in told[0].body
    assert Obligation.objects.get(kind="abuse_report").met_at == now
    with pytest.raises(ReportSettled):
        dismiss_report(first.pk, actor=cleo, reason="Once more.", now=now)


def test_takedown_upholds_the_whole_case_whichever_report_it_names(
    version: Version, contain: Contain, now: datetime
) -> None:
    reports = [report(version, now=now, who=f"dev@{n}.invalid") for n in range(3)]

    takedown = contain(version, report_ids=[reports[2].pk])

    assert set(AbuseReport.objects.values_list("state", "takedown")) == {("upheld", takedown.pk)}
    assert Notice.objects.filter(kind="report_answered").count() == 3
    assert takedown.statements.get().source == "notice"


def test_report_after_the_answer_opens_a_case_of_its_own(version: Version, cleo: User, now: datetime) -> None:
    dismiss_report(report(version, now=now).pk, actor=cleo, reason="Nothing there.", now=now)

    again = report(version, now=now)

    assert (again.merged_into, again.state) == (None, "open")


def test_heavier_case_comes_first(ada: PublisherActor, version: Version, cleo: User, now: datetime) -> None:
    other, third = (make_published(ada, now=now, name=name) for name in ("counter", "timer"))
    for _ in range(2):
        dismiss_report(report(version, now=now, who="eve@two.invalid").pk, actor=cleo, reason="No.", now=now)
    report(version, now=now, who="eve@two.invalid")
    report(other, now=now + DAY / 24, who="dev@one.invalid")
    trusted, _ = name_trusted("team@lab.invalid", actor=cleo, now=now)
    report(third, now=now + DAY / 12, who="x@y.invalid", source=Source("n", trusted))

    found = open_cases()

    assert [case.lead.plugin.name for case in found] == ["timer", "counter", "greeter"]
    assert [case.weight for case in found] == [150, 50, 25]
    assert [case.has_trusted for case in found] == [True, False, False]


def test_one_person_counts_once_however_often_they_write(version: Version, now: datetime) -> None:
    for who in ("dev@one.invalid", "Dev+more@one.invalid", "dev@one.invalid"):
        report(version, now=now, who=who)

    (case,) = open_cases()
    assert (case.reports, case.weight, Reporter.objects.count()) == (3, 50, 1)


def test_flood_from_one_address_is_refused_and_what_came_before_is_kept(version: Version, now: datetime) -> None:
    for _ in range(NUMBERS.from_one_address_per_day):
        report(version, now=now)

    with pytest.raises(TooManyReports):
        report(version, now=now, who="dev+11@one.invalid")

    assert AbuseReport.objects.count() == NUMBERS.from_one_address_per_day
    assert report(version, now=now, who="ada@three.invalid")
    assert report(version, now=now + DAY + timedelta(seconds=1))


def test_flood_from_one_network_under_many_addresses_is_refused(version: Version, now: datetime) -> None:
    for number in range(NUMBERS.from_one_network_per_day):
        report(version, now=now, who=f"eve@{number}.invalid", source=Source("eves"))

    with pytest.raises(TooManyReports):
        report(version, now=now, who="eve@last.invalid", source=Source("eves"))

    assert report(version, now=now, who="dev@one.invalid", source=Source("devs"))


@pytest.mark.django_db(transaction=True)
def test_flood_sent_in_one_moment_does_not_slip_through_and_leads_one_case(version: Version, now: datetime) -> None:
    for _ in range(NUMBERS.from_one_address_per_day - 3):
        report(version, now=now)
    AbuseReport.objects.update(category="policy")

    outcome = run_at_once([partial(report, version, now=now)] * 6)

    assert [type(error) for error in outcome.raised] == [TooManyReports] * 3
    assert AbuseReport.objects.filter(category="malware", merged_into=None).count() == 1
    assert AbuseReport.objects.count() == NUMBERS.from_one_address_per_day
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_first_reports_of_many_people_in_one_moment_are_one_case(version: Version, now: datetime) -> None:
    outcome = run_at_once([partial(report, version, now=now, who=f"dev@{n}.invalid") for n in range(6)])

    assert outcome.raised == []
    assert AbuseReport.objects.filter(merged_into=None).count() == 1
    assert Obligation.objects.filter(kind="abuse_report").count() == 1


def test_trusted_reporters_token_is_shown_once_and_ends_with_the_trust(cleo: User, now: datetime) -> None:
    reporter, first = name_trusted("Team+x@lab.invalid", actor=cleo, now=now)
    assert authenticate_reporter(first) == reporter
    assert first not in str(list(Reporter.objects.values()))
    _, second = name_trusted("team@lab.invalid", actor=cleo, now=now)
    with pytest.raises(ReporterTokenInvalid):
        authenticate_reporter(first)

    assert end_trust(reporter, actor=cleo, now=now)
    assert not end_trust(reporter, actor=cleo, now=now)

    with pytest.raises(ReporterTokenInvalid):
        authenticate_reporter(second)
    assert list(Entry.objects.order_by("sequence").values_list("action", flat=True)) == [
        "reporter.trusted",
        "reporter.trusted",
        "reporter.distrusted",
    ]


def test_what_others_write_in_a_trusted_reporters_name_costs_them_nothing(
    version: Version, cleo: User, now: datetime
) -> None:
    trusted, _ = name_trusted("team@lab.invalid", actor=cleo, now=now)
    for _ in range(NUMBERS.from_one_address_per_day):
        forged = report(version, now=now, who="team@lab.invalid")
        dismiss_report(forged.pk, actor=cleo, reason="Nothing there.", now=now)

    report(version, now=now, who="team@lab.invalid", source=Source("lab", trusted))

    (case,) = open_cases()
    assert (case.has_trusted, case.weight) == (True, 150)


def test_network_is_forgotten_once_a_report_is_answered_and_a_day_old(
    version: Version, cleo: User, now: datetime
) -> None:
    answered = report(version, now=now, source=Source("one"))
    dismiss_report(answered.pk, actor=cleo, reason="Nothing there.", now=now)
    report(version, now=now, who="x@two.invalid", source=Source("two"))

    assert forget_networks(now=now) == 0, "today it still counts"
    assert forget_networks(now=now + 2 * DAY) == 1

    assert set(AbuseReport.objects.values_list("network_digest", flat=True)) == {"", "two"}
