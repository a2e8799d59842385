"""An abuse report's journey: filed by anyone, answered by a person before its deadline, and its reporter told.
Containing is not decided here: a person does it, or the playbook's rules in automatic_containment."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from governance.ledger.actions import digest_text, record
from governance.notifications.outbox import Draft, queue_notice, queue_notices
from governance.obligations.actions import meet_obligation, open_obligation
from governance.playbook import playbook
from governance.takedowns.models import AbuseReport, Takedown
from governance.takedowns.report_actions import (
    ANYWHERE,
    Source,
    create_report,
    dismiss_case,
    find_reporter,
    refuse_flood,
    uphold_reports,
)
from plugins.queries import find_plugin, find_version

REPORT_OBLIGATION = "abuse_report"
ANSWERS = {
    AbuseReport.State.UPHELD: "You were right to report it: it was taken down. Where the takedown stands: {takedown}",
    AbuseReport.State.DISMISSED: (
        "A person looked at it and found nothing to act on: {reason}\n\nIf you think this is wrong, answer this "
        "message within {days} days, or turn to an out-of-court dispute settlement body or the courts."
    ),
}


def file_report(
    *,
    publisher_slug: str,
    plugin_name: str,
    number: str | None,
    category: str,
    description: str,
    reporter_email: str,
    now: datetime,
    source: Source = ANYWHERE,
) -> AbuseReport:
    """Keep a report and start its case's clock; raises UnknownPlugin, UnknownVersion or TooManyReports."""
    plugin = find_plugin(publisher_slug, plugin_name)
    version = find_version(publisher_slug, plugin_name, number) if number else None
    with transaction.atomic():
        reporter = find_reporter(reporter_email, source=source, now=now)
        refuse_flood(reporter, source=source, now=now)
        report = create_report(
            AbuseReport(
                plugin=plugin,
                version=version,
                category=category,
                description=description,
                reporter_email=reporter_email.lower(),
                reporter=reporter,
                is_authenticated=source.authenticated is not None,
                network_digest=source.network_digest,
                reported_at=now,
            )
        )
        due_at = _start_clock(report, now=now)
        queue_notice(_receipt(report, plugin_name=plugin_name, due_at=due_at), now=now)
        record(
            "report.filed",
            actor="reporter",
            cause=f"report:{report.pk}",
            subject=f"plugin:{plugin.pk}",
            after={"category": category, "case": str(report.merged_into_id or report.pk)},
            now=now,
        )
    return report


def dismiss_report(report_id: uuid.UUID, *, actor: User, reason: str, now: datetime) -> AbuseReport:
    """A person answers a report's case with nothing to be done; raises ReportUnknown or ReportSettled."""
    with transaction.atomic():
        reports = dismiss_case(report_id, reason=reason, now=now)
        _meet_clocks(reports, evidence={"outcome": "dismissed"}, now=now)
        _tell_reporters(reports, state=AbuseReport.State.DISMISSED, reason=reason, takedown=None, now=now)
        record(
            "report.dismissed",
            actor=f"user:{actor.pk}",
            cause=f"report:{report_id}",
            subject=f"plugin:{reports[0].plugin_id}",
            after={"reason_sha256": digest_text(reason), "reports": [str(report.pk) for report in reports]},
            now=now,
        )
    return next(report for report in reports if report.pk == report_id)


def answer_reports(takedown: Takedown, *, report_ids: Collection[uuid.UUID], now: datetime) -> str:
    """Uphold the cases an order answers, in its own transaction; returns the first report, as kind:id.

    Raises ReportUnknown.
    """
    reports = uphold_reports(takedown, report_ids=report_ids, now=now)
    _meet_clocks(reports, evidence={"takedown": str(takedown.pk)}, now=now)
    _tell_reporters(reports, state=AbuseReport.State.UPHELD, reason="", takedown=takedown, now=now)
    return f"report:{reports[0].pk}" if reports else ""


def _start_clock(report: AbuseReport, *, now: datetime) -> datetime:
    """One deadline a case, from its first report; returns when it ends."""
    obligation = open_obligation(
        REPORT_OBLIGATION,
        subject=f"report:{report.merged_into_id or report.pk}",
        owner_role=playbook().marketplace.owners["abuse_report"],
        due_at=now + timedelta(hours=playbook().marketplace.abuse_reports.triage_within_hours),
        now=now,
    )
    return obligation.due_at


def _meet_clocks(reports: Collection[AbuseReport], *, evidence: dict[str, str], now: datetime) -> None:
    for report in reports:
        if report.merged_into_id is None:
            meet_obligation(REPORT_OBLIGATION, subject=f"report:{report.pk}", evidence=evidence, now=now)


def _receipt(report: AbuseReport, *, plugin_name: str, due_at: datetime) -> Draft:
    return Draft(
        kind="report_receipt",
        cause=f"report:{report.pk}",
        recipient=report.reporter_email,
        subject=f"Your report about {plugin_name} has arrived",
        body=(
            f"Thank you. A person looks at it by {due_at:%d %B %Y, %H:%M} UTC.\nTracking id: {report.pk}\n"
            f"Where it stands: {settings.PUBLIC_URL}/report/{report.pk}\n"
        ),
        deadline_at=due_at,
    )


def _tell_reporters(
    reports: Collection[AbuseReport],
    *,
    state: AbuseReport.State,
    reason: str,
    takedown: Takedown | None,
    now: datetime,
) -> None:
    """Tell each reporter the decision and how to object (Regulation (EU) 2022/2065, Article 16 (5))."""
    answer = ANSWERS[state].format(
        reason=reason,
        days=playbook().marketplace.reviews.appeal_window_days,
        takedown=f"{settings.PUBLIC_URL}/api/v1/takedowns/{takedown.pk}" if takedown else "",
    )
    due = now + timedelta(hours=playbook().marketplace.abuse_reports.triage_within_hours)
    queue_notices(
        (
            Draft(
                kind="report_answered",
                cause=f"report:{report.pk}",
                recipient=report.reporter_email,
                subject=f"Your report about {report.plugin.name} was answered",
                body=f"Tracking id: {report.pk}\n\n{answer}\n",
                deadline_at=due,
            )
            for report in reports
        ),
        now=now,
    )
