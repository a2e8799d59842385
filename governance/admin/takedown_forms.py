"""The forms of a takedown: what is meant, then why it is ordered; and the reasons under later steps.
Whether an order stands is for the flow; these only read what was typed."""

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from governance.admin.visible_text import show_text
from governance.takedowns.grounds import GROUNDS
from governance.takedowns.models import AbuseReport
from governance.takedowns.queries import open_reports
from plugins.errors import UnknownPlugin
from plugins.models import Plugin
from plugins.queries import find_plugin

if TYPE_CHECKING:
    _ReportsField = forms.ModelMultipleChoiceField[AbuseReport]
else:
    _ReportsField = forms.ModelMultipleChoiceField

MOST_CHARACTERS = 4_000
EXCERPT_CHARACTERS = 120


class ScopeForm(forms.Form):
    """Which plugin, which of its versions, and since when the people who ran it are affected."""

    plugin = forms.CharField(
        max_length=130, help_text="Its publisher and its name, as in ada-labs/greeter.", strip=True
    )
    versions = forms.CharField(
        max_length=256,
        help_text="A range such as >=1.2.0,<1.4.0, one version as ==1.2.0, or * for all, also later ones.",
    )
    exposed_since = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="People who ran it from this day on (UTC) are told. Left empty: everyone who ever did.",
    )

    def clean_plugin(self) -> Plugin:
        publisher, _, name = self.cleaned_data["plugin"].partition("/")
        try:
            return find_plugin(publisher.strip(), name.strip())
        except UnknownPlugin as refusal:
            raise forms.ValidationError("There is no such plugin. Write publisher/plugin.") from refusal

    def clean_exposed_since(self) -> datetime | None:
        day: date | None = self.cleaned_data["exposed_since"]
        if day is None:
            return None
        moment = datetime.combine(day, time(0), tzinfo=UTC)
        if moment > timezone.now():
            raise forms.ValidationError("This day has not come yet.")
        return moment


class ReportsField(_ReportsField):
    """Open reports against the plugin, each with its category and beginning."""

    def label_from_instance(self, obj: AbuseReport) -> str:
        excerpt = show_text(obj.description.replace("\n", " "), most_characters=EXCERPT_CHARACTERS)
        return f"{obj.get_category_display()}, {obj.reported_at:%Y-%m-%d}: {excerpt}"


class OrderForm(forms.Form):
    """Why a plugin is contained, which reports that answers, and the word that it is meant."""

    grounds = forms.ChoiceField(
        choices=[("", "Choose grounds"), *((ground.code, ground.title) for ground in GROUNDS.values())]
    )
    statement = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=MOST_CHARACTERS,
        label="Statement of reasons",
        help_text="The publisher and the people affected read this: what was found, and what rule it breaks.",
    )
    is_meant = forms.BooleanField(label="Switch these versions off now, in every bot that runs them")

    def __init__(self, data: QueryDict | None = None, *, plugin: Plugin, chosen_reports: list[str]) -> None:
        super().__init__(data, initial={"reports": chosen_reports})
        self.fields["reports"] = ReportsField(
            queryset=open_reports().filter(plugin=plugin),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            label="Abuse reports this answers",
        )

    def report_ids(self) -> list[Any]:
        """The reports this order answers; call it on a valid form."""
        return [report.pk for report in self.cleaned_data["reports"]]


class ReasonForm(forms.Form):
    """The reason under a signature, a reinstatement or a dismissal."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=MOST_CHARACTERS)
