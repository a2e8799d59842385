"""The review queue as rows to show: the nearest deadline first, with cause, risk and who is looking.
Reads only; a constant number of queries for a page."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from governance.admin.moments import TimeLeft, time_left
from governance.admin.visible_text import show_text
from governance.reviews.models import Review
from governance.reviews.queries import open_reviews
from governance.screening.models import Scan
from plugins.models import Installation


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """What of the queue is shown: one cause or every one (empty), and whose (all, free, mine)."""

    cause: str = ""
    holder: str = "all"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One open review; `installations` counts the bots that run any version of the plugin now."""

    review_id: int
    plugin: str
    number: str
    title: str
    cause: str
    detail: str
    due_at: datetime | None
    left: TimeLeft
    verdict: str
    score: int | None
    installations: int
    claimed_by: str


def filter_queue(chosen: QueueFilter, *, viewer: User, now: datetime) -> QuerySet[Review]:
    """The open reviews a filter lets through, annotated with verdict, score and installations."""
    reviews = open_reviews().annotate(**_risk())
    if chosen.cause:
        reviews = reviews.filter(cause=chosen.cause)
    if chosen.holder == "mine":
        reviews = reviews.filter(claimed_by=viewer, claimed_until__gt=now)
    if chosen.holder == "free":
        reviews = reviews.filter(Q(claimed_by=None) | Q(claimed_until__lte=now))
    return reviews


def queue_row(review: Review, *, now: datetime) -> QueueRow:
    """A review of `filter_queue` as the queue shows it; a claim that has run out is nobody's."""
    version = review.version
    facts = vars(review)
    return QueueRow(
        review_id=review.pk,
        plugin=str(version.plugin),
        number=version.number,
        title=show_text(version.plugin.title),
        cause=review.get_cause_display(),
        detail=show_text(review.cause_detail),
        due_at=facts["due_at"],
        left=time_left(facts["due_at"], now=now),
        verdict=facts["verdict"] or "not scanned",
        score=facts["score"],
        installations=facts["installations"],
        claimed_by=claimant(review, now=now),
    )


def claimant(review: Review, *, now: datetime) -> str:
    """Who is looking at a review now; empty when nobody is."""
    if review.claimed_by is None or review.claimed_until is None or review.claimed_until <= now:
        return ""
    return review.claimed_by.get_username()


def _risk() -> dict[str, Subquery | Coalesce]:
    scans = Scan.objects.filter(version=OuterRef("version"), state=Scan.State.COMPLETE)
    latest = scans.order_by("-finished_at")
    running = (
        Installation.objects.filter(plugin=OuterRef("version__plugin"), ended_at=None)
        .values("plugin")
        .annotate(count=Count("id"))
        .values("count")
    )
    return {
        "verdict": Subquery(latest.values("verdict")[:1]),
        "score": Subquery(latest.values(number=Cast(KT("report__score"), IntegerField()))[:1]),
        "installations": Coalesce(Subquery(running), 0),
    }
