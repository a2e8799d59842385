"""The form of a decision: outcome, grounds that fit it, what the publisher reads, findings it rests on.
Whether the decision stands is for the flow; this only reads what was typed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from governance.reviews.actions import Judgement
from governance.reviews.grounds import GROUNDS
from governance.reviews.models import Decision
from governance.screening.models import Finding

MOST_CHARACTERS = 4_000
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        Decision.Outcome.APPROVE.value: "Approve: publish it",
        Decision.Outcome.REJECT.value: "Reject: it is never published",
        Decision.Outcome.HOLD.value: "Hold: keep it frozen and the review open",
    }
)


def _grouped_grounds() -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for ground in GROUNDS.values():
        outcomes = [outcome for outcome in OUTCOMES if outcome in ground.outcomes]
        groups.setdefault(f"To {' or '.join(outcomes)}", []).append((ground.code, ground.title))
    return list(groups.items())


class GroundsSelect(forms.Select):
    """Hands each ground's outcomes and text to the page, for the script that narrows the list."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        ground = GROUNDS.get(str(value))
        if ground is not None:
            option["attrs"]["data-outcomes"] = " ".join(sorted(ground.outcomes))
            option["attrs"]["data-text"] = ground.publisher_text
        return option


class DecisionForm(forms.Form):
    """A decision; the findings it cites come from the scan on the page."""

    outcome = forms.ChoiceField(choices=[*OUTCOMES.items()], widget=forms.RadioSelect)
    grounds = forms.ChoiceField(
        choices=[("", "Choose grounds"), *_grouped_grounds()],
        widget=GroundsSelect,
        help_text="The policy reason. It has to fit the outcome.",
    )
    statement = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
        max_length=MOST_CHARACTERS,
        label="Statement of reasons",
        help_text="The publisher reads this. Left empty, the grounds' own text is sent.",
    )
    private_note = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
        max_length=MOST_CHARACTERS,
        help_text="Only the staff reads this.",
    )

    def __init__(self, data: QueryDict | None = None, *, findings: QuerySet[Finding]) -> None:
        super().__init__(data)
        # Shown beside each finding, not with the other fields: the page ties its boxes to this form.
        self.fields["cited"] = forms.ModelMultipleChoiceField(queryset=findings, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        outcome, ground = cleaned.get("outcome"), GROUNDS.get(str(cleaned.get("grounds")))
        if ground is None or outcome is None:
            return cleaned
        if outcome not in ground.outcomes:
            allowed = " or ".join(sorted(ground.outcomes))
            self.add_error("grounds", f"{ground.title} carries {allowed}; choose grounds that fit {outcome}.")
        cleaned["statement"] = cleaned.get("statement") or ground.publisher_text
        return cleaned

    def judgement(self) -> Judgement:
        """What was decided; call it on a valid form."""
        return Judgement(
            outcome=self.cleaned_data["outcome"],
            grounds=self.cleaned_data["grounds"],
            statement=self.cleaned_data["statement"],
            private_note=self.cleaned_data["private_note"],
            cited=[finding.pk for finding in self.cleaned_data["cited"]],
        )
