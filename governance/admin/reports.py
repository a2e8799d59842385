"""The abuse reports' pages: what is open, what one says, and dismissing it.
Upholding is not here: a report is upheld by the takedown that answers it."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import CharField, DateTimeField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from governance.admin.moments import time_left
from governance.admin.site import DeskRequest, desk, refusal_sentence, render_page
from governance.admin.takedown_forms import ReasonForm
from governance.admin.visible_text import show_text
from governance.errors import GovernanceError
from governance.flows.reports import REPORT_OBLIGATION, dismiss_report
from governance.obligations.models import Obligation
from governance.takedowns.models import AbuseReport
from governance.takedowns.queries import open_reports
from governance.takedowns.report_queries import open_cases, voices_in
from plugins.models import Version

REPORTS_PER_PAGE = 50
EXCERPT_CHARACTERS = 160


@desk.page("reports/", name="reports", permission="takedowns.view_abusereport")
@require_safe
def show_reports(request: DeskRequest) -> HttpResponse:
    """Open cases, the heaviest first; one case is every report about one plugin and category."""
    now = timezone.now()
    page = Paginator(open_cases(), REPORTS_PER_PAGE).get_page(request.GET.get("page"))
    leads = _with_deadline(open_reports().filter(pk__in=[case.lead.pk for case in page]))
    due: dict[uuid.UUID, datetime | None] = {report.pk: vars(report)["due_at"] for report in leads}
    rows = [
        (
            case,
            show_text(case.lead.description, most_characters=EXCERPT_CHARACTERS),
            time_left(due.get(case.lead.pk), now=now),
        )
        for case in page
    ]
    return render_page(request, "reports.html", title="Abuse reports", facts={"rows": rows, "page": page})


@desk.page("reports/<uuid:report_id>/", name="report", permission="takedowns.view_abusereport")
@require_safe
def show_report(request: DeskRequest, *, report_id: uuid.UUID) -> HttpResponse:
    """One report, with the two ways out: contain the plugin, or dismiss."""
    return _render_report(request, _find(report_id), form=ReasonForm())


@desk.page("reports/<uuid:report_id>/dismiss/", name="report_dismiss", permission="takedowns.contain_plugin")
@require_POST
def dismiss(request: DeskRequest, *, report_id: uuid.UUID) -> HttpResponse:
    """Answer a report with nothing to be done, for a reason that is kept."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _render_report(request, _find(report_id), form=form, status=422)
    try:
        dismiss_report(report_id, actor=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
    except GovernanceError as refusal:
        form.add_error(None, refusal_sentence(refusal))
        return _render_report(request, _find(report_id), form=form, status=409)
    messages.success(request, "Dismissed.")
    return redirect("admin:reports")


def _with_deadline(reports: QuerySet[AbuseReport]) -> QuerySet[AbuseReport]:
    subject = Concat(Value("report:"), Cast(OuterRef("pk"), CharField()), output_field=CharField())
    due = Obligation.objects.filter(kind=REPORT_OBLIGATION, subject=subject).values("due_at")[:1]
    return reports.annotate(due_at=Subquery(due, output_field=DateTimeField()))


def _find(report_id: uuid.UUID) -> AbuseReport:
    reports = AbuseReport.objects.select_related("plugin__publisher", "version", "takedown")
    report = _with_deadline(reports).filter(pk=report_id).first()
    if report is None:
        raise Http404("no such report")
    return report


def _render_report(request: DeskRequest, report: AbuseReport, *, form: ReasonForm, status: int = 200) -> HttpResponse:
    voices = voices_in(report) if report.state == AbuseReport.State.OPEN else []
    facts = {
        "report": report,
        "voices": len(voices),
        "trusted": sum(voice.is_trusted for voice in voices),
        "description": show_text(report.description),
        "left": time_left(vars(report)["due_at"], now=timezone.now()),
        "is_open": report.state == AbuseReport.State.OPEN,
        "versions": Version.objects.filter(plugin=report.plugin).order_by("-submitted_at")[:20],
        "form": form,
    }
    return render_page(request, "report.html", title="Abuse report", facts=facts, status=status)
