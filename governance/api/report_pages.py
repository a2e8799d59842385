"""The public form for reporting a plugin, and the page that says where a report stands.
The same journey as the API's; shows nobody's words or address, and nothing of who else has reported."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from governance import tasks
from governance.api.sources import find_anonymous_source
from governance.flows.automatic_containment import contain_corroborated
from governance.flows.reports import file_report
from governance.takedowns.errors import TooManyReports
from governance.takedowns.models import AbuseReport
from plugins.errors import UnknownPlugin, UnknownVersion

CATEGORIES = {
    AbuseReport.Category.MALWARE: "It harms the people who run it",
    AbuseReport.Category.DATA_THEFT: "It takes data or secrets",
    AbuseReport.Category.IMPERSONATION: "It passes itself off as somebody else's",
    AbuseReport.Category.POLICY: "It breaks the marketplace's rules",
    AbuseReport.Category.OTHER: "Something else",
}
STATES = {
    AbuseReport.State.OPEN: "It waits for a person to look at it.",
    AbuseReport.State.UPHELD: "You were right: the plugin was taken down.",
    AbuseReport.State.DISMISSED: "A person looked at it and found nothing to act on. The reason was sent to you.",
}


class ReportForm(forms.Form):
    """What is reported, and where the answer goes."""

    plugin = forms.CharField(
        max_length=130, label="Plugin", help_text="Its publisher and its name, as in ada-labs/greeter."
    )
    version = forms.CharField(max_length=64, required=False, label="Version", help_text="If you know it.")
    category = forms.ChoiceField(choices=[(key.value, text) for key, text in CATEGORIES.items()], label="What it does")
    description = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=10_000,
        label="What you saw",
        help_text="What happened, when, and how you know. Leave out passwords and other people's data.",
    )
    reporter_email = forms.EmailField(
        max_length=254, label="Your e-mail address", help_text="For the answer; the publisher is not told."
    )

    def clean_plugin(self) -> tuple[str, str]:
        publisher, _, name = self.cleaned_data["plugin"].partition("/")
        return publisher.strip(), name.strip()


@require_http_methods(["GET", "HEAD", "POST"])
def show_form(request: HttpRequest) -> HttpResponse:
    """Take a report; a plugin or version nobody knows comes back with the form."""
    form = ReportForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    if not form.is_valid():
        return _render(request, form=form, status=422 if form.is_bound else 200)
    try:
        report = _file(request, form.cleaned_data)
    except UnknownPlugin:
        form.add_error("plugin", "There is no such plugin. Write publisher/plugin.")
        return _render(request, form=form, status=422)
    except UnknownVersion:
        form.add_error("version", "The plugin has no such version. Leave it empty if you are not sure.")
        return _render(request, form=form, status=422)
    except TooManyReports:
        form.add_error(None, "Too many reports came from you or your network today. Those before it were kept.")
        return _render(request, form=form, status=429)
    tasks.wake(tasks.deliver_notices)
    return redirect("report_status", tracking_id=report.pk)


@require_safe
def show_status(request: HttpRequest, *, tracking_id: UUID) -> HttpResponse:
    """Where a report stands, for whoever has its tracking id."""
    report = AbuseReport.objects.filter(pk=tracking_id).first()
    if report is None:
        raise Http404("no report has this tracking id")
    facts = {"report": report, "state": STATES[AbuseReport.State(report.state)]}
    return render(request, "public/report_status.html", facts)


def _file(request: HttpRequest, values: dict[str, Any]) -> AbuseReport:
    publisher, plugin = values["plugin"]
    report = file_report(
        publisher_slug=publisher,
        plugin_name=plugin,
        number=values["version"] or None,
        category=values["category"],
        description=values["description"],
        reporter_email=values["reporter_email"],
        now=timezone.now(),
        source=find_anonymous_source(request),
    )
    contain_corroborated(report.pk, now=timezone.now())
    return report


def _render(request: HttpRequest, *, form: ReportForm, status: int) -> HttpResponse:
    return render(request, "public/report.html", {"form": form}, status=status)
