"""Abuse reports at the door: anyone may file one, and follow it by its tracking id alone."""

from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Router

from governance import tasks
from governance.api.bodies import limit_json_body
from governance.api.described import refuses
from governance.api.schemas import ReportFiledOut, ReportIn, ReportOut
from governance.api.sources import find_source
from governance.flows.automatic_containment import contain_corroborated
from governance.flows.reports import file_report
from governance.takedowns.errors import ReportUnknown
from governance.takedowns.models import AbuseReport

router = Router(tags=["reports"])
router.add_decorator(limit_json_body, mode="view")
REFUSALS = (
    "json_invalid",
    "body_too_large",
    "request_invalid",
    "unknown_plugin",
    "unknown_version",
    "too_many_reports",
    "reporter_token_invalid",
)


@router.post("", response={202: ReportFiledOut}, openapi_extra=refuses(*REFUSALS))
def report_abuse(request: HttpRequest, body: ReportIn) -> ReportFiledOut:
    """Report a plugin that harms somebody; keep the tracking id. A trusted reporter sends their token as Bearer."""
    report = file_report(
        publisher_slug=body.publisher,
        plugin_name=body.plugin,
        number=body.version,
        category=body.category,
        description=body.description,
        reporter_email=body.reporter_email,
        now=timezone.now(),
        source=find_source(request),
    )
    contain_corroborated(report.pk, now=timezone.now())
    tasks.wake(tasks.deliver_notices)
    status_url = reverse("api:show_report", kwargs={"tracking_id": report.pk})
    return ReportFiledOut(tracking_id=report.pk, status_url=status_url)


@router.get("/{tracking_id}", response=ReportOut, openapi_extra=refuses("request_invalid", "report_unknown"))
def show_report(request: HttpRequest, tracking_id: UUID) -> ReportOut:
    """Show what became of a report; never who filed it or what it says."""
    report = AbuseReport.objects.filter(pk=tracking_id).first()
    if report is None:
        raise ReportUnknown("no report has this tracking id")
    return ReportOut(
        state=report.state,
        reported_at=report.reported_at,
        settled_at=report.settled_at,
        is_merged=report.merged_into_id is not None,
        takedown=report.takedown_id,
    )
