"""Reads of the desk: open reviews, the nearest deadline first."""

from django.db.models import CharField, DateTimeField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from governance.obligations.models import Obligation
from governance.reviews.errors import ReviewUnknown
from governance.reviews.models import Decision, Review
from plugins.models import Version

REVIEW_OBLIGATION = "review"


def subject_of(review_id: int) -> str:
    """How deadlines and ledger entries name a review."""
    return f"review:{review_id}"


def open_reviews() -> QuerySet[Review]:
    """Open reviews with their version, plugin, publisher and claimant, annotated with `due_at`.

    What a takedown holds is left out: nobody can judge it, and its deadline stands still.
    """
    subject = Concat(Value("review:"), Cast(OuterRef("pk"), CharField()), output_field=CharField())
    due = Obligation.objects.filter(kind=REVIEW_OBLIGATION, subject=subject).values("due_at")[:1]
    return (
        Review.objects.filter(settled_at=None)
        .exclude(version__status__in=(Version.Status.QUARANTINED, Version.Status.REMOVED))
        .select_related("version__plugin__publisher", "claimed_by")
        .annotate(due_at=Subquery(due, output_field=DateTimeField()))
        .order_by(F("due_at").asc(nulls_first=True), "opened_at")
    )


def plugin_of(review_id: int) -> int:
    """The id of the plugin a review is about; raises ReviewUnknown."""
    plugin_id = Review.objects.filter(pk=review_id).values_list("version__plugin_id", flat=True).first()
    if plugin_id is None:
        raise ReviewUnknown(f"no review {review_id}")
    return plugin_id


def open_review_of(version_id: int) -> Review | None:
    """The open review of a version, with its `due_at`, or None."""
    return open_reviews().filter(version_id=version_id).first()


def latest_decision(version_id: int) -> Decision | None:
    """The decision in force for a version, or None when no person has decided."""
    return Decision.objects.filter(version_id=version_id).order_by("-decided_at").first()
