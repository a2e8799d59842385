"""The forms of a takedown: what is meant, then why it is ordered; and the reasons under later steps.
Whether an order stands is for the flow; these only read what was typed."""

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from governance.admin.visible_text import show_text
from governance.flows.authority_reports import Regime
from governance.takedowns.grounds import GROUNDS, SUSPICION
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


class DigestsField(forms.CharField):
    """SHA-256 digests, apart by spaces or lines; whether they mean anything is for the scope to say."""

    def __init__(self, *, label: str, help_text: str) -> None:
        rows = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})
        super().__init__(label=label, help_text=help_text, required=False, widget=rows, max_length=MOST_CHARACTERS)

    def clean(self, value: Any) -> tuple[str, ...]:
        return tuple(dict.fromkeys(super().clean(value).lower().split()))


class ScopeForm(forms.Form):
    """Which plugin, which of its versions or bytes, and since when the people who ran it are affected."""

    plugin = forms.CharField(
        max_length=130, help_text="Its publisher and its name, as in ada-labs/greeter.", strip=True
    )
    versions = forms.CharField(
        max_length=256,
        help_text="A range such as >=1.2.0,<1.4.0, one version as ==1.2.0, or * for all, also later ones.",
    )
    artifact_sha256 = DigestsField(
        label="Only these artifacts", help_text="Their SHA-256. Left empty: every version in the range."
    )
    file_sha256 = DigestsField(
        label="Whatever holds these files",
        help_text="The SHA-256 of files inside the archive; also blocks later versions that hold one.",
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


class PublisherOrderForm(forms.Form):
    """Why a whole publisher is taken down, and the word that it is meant."""

    grounds = forms.ChoiceField(
        choices=[("", "Choose grounds"), *((ground.code, ground.title) for ground in GROUNDS.values())]
    )
    statement = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}), max_length=MOST_CHARACTERS, label="Statement of reasons"
    )
    is_meant = forms.BooleanField(label="Switch all of its plugins off now, and suspend the account")


class SignForm(forms.Form):
    """What a removal rests on, and why; the publisher reads both."""

    grounds = forms.ChoiceField(
        choices=[
            ("", "As it was contained"),
            *((ground.code, ground.title) for ground in GROUNDS.values() if ground.code != SUSPICION),
        ],
        required=False,
        help_text="What the removal rests on. A suspicion contains and cannot remove.",
    )
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=MOST_CHARACTERS,
        help_text="Part of the statement of reasons, which the publisher reads.",
    )


class AuthorityForm(forms.Form):
    """What happened, in the words of the law, and since when we know of it."""

    regime = forms.ChoiceField(
        choices=[
            (Regime.EXPLOITED, "A vulnerability was actively exploited (Cyber Resilience Act, Article 14)"),
            (Regime.BREACH, "Personal data was breached (GDPR, Articles 33 and 34)"),
        ],
        label="What happened",
    )
    known_at = forms.DateTimeField(
        label="Known since (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )


class ReferenceForm(forms.Form):
    """Under which reference a report was sent."""

    reference = forms.CharField(max_length=200)


class ReasonForm(forms.Form):
    """The reason under a signature, a reinstatement or a dismissal."""

    reason = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=MOST_CHARACTERS)
