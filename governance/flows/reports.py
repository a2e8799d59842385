"""An abuse report's journey: filed by anyone, answered by a person before its deadline."""

import uuid
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from governance.ledger.actions import digest_text, record
from governance.notifications.outbox import Draft, queue_notice
from governance.obligations.actions import meet_obligation, open_obligation
from governance.playbook import playbook
from governance.takedowns.actions import create_report
from governance.takedowns.actions import dismiss_report as settle_report
from governance.takedowns.models import AbuseReport
from plugins.queries import find_plugin, find_version

REPORT_OBLIGATION = "abuse_report"


def file_report(
    *,
    publisher_slug: str,
    plugin_name: str,
    number: str | None,
    category: str,
    description: str,
    reporter_email: str,
    now: datetime,
) -> AbuseReport:
    """Keep a report and start its clock; raises UnknownPlugin or UnknownVersion."""
    plugin = find_plugin(publisher_slug, plugin_name)
    version = find_version(publisher_slug, plugin_name, number) if number else None
    due_at = now + timedelta(hours=playbook().marketplace.abuse_reports.triage_within_hours)
    with transaction.atomic():
        report = create_report(
            plugin_id=plugin.pk,
            version_id=version.pk if version else None,
            category=category,
            description=description,
            reporter_email=reporter_email.lower(),
            now=now,
        )
        open_obligation(
            REPORT_OBLIGATION,
            subject=f"report:{report.pk}",
            owner_role=playbook().marketplace.owners["abuse_report"],
            due_at=due_at,
            now=now,
        )
        queue_notice(_receipt(report, plugin_name=plugin_name, due_at=due_at), now=now)
        record(
            "report.filed",
            actor="reporter",
            cause=f"report:{report.pk}",
            subject=f"plugin:{plugin.pk}",
            after={"category": category},
            now=now,
        )
    return report


def dismiss_report(report_id: uuid.UUID, *, actor: User, reason: str, now: datetime) -> AbuseReport:
    """A person answers a report with nothing to be done; raises ReportUnknown or ReportSettled."""
    with transaction.atomic():
        report = settle_report(report_id, reason=reason, now=now)
        meet_obligation(REPORT_OBLIGATION, subject=f"report:{report_id}", evidence={"outcome": "dismissed"}, now=now)
        record(
            "report.dismissed",
            actor=f"user:{actor.pk}",
            cause=f"report:{report_id}",
            subject=f"plugin:{report.plugin_id}",
            after={"reason_sha256": digest_text(reason)},
            now=now,
        )
    return report


def _receipt(report: AbuseReport, *, plugin_name: str, due_at: datetime) -> Draft:
    return Draft(
        kind="report_receipt",
        cause=f"report:{report.pk}",
        recipient=report.reporter_email,
        subject=f"Your report about {plugin_name} has arrived",
        body=(f"Thank you. A person looks at it by {due_at:%d %B %Y, %H:%M} UTC.\nTracking id: {report.pk}\n"),
        deadline_at=due_at,
    )
