"""Opens, claims and settles reviews, and writes decisions; the only writer of their tables.
Never moves a version: flows do, in the same transaction."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q

from governance.playbook import playbook
from governance.reviews.errors import ReviewClaimed, ReviewSettled, ReviewUnknown
from governance.reviews.grounds import require_grounds
from governance.reviews.models import Decision, Review


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person decides: outcome, grounds, the publisher's statement, a private note, findings cited (ids)."""

    outcome: str
    grounds: str
    statement: str
    private_note: str = ""
    cited: list[int] = field(default_factory=list)


def open_review(version_id: int, *, cause: str, detail: str, now: datetime) -> Review:
    """Ask for a person's judgement; while one is open for this version it is returned instead."""
    review, _ = Review.objects.get_or_create(
        version_id=version_id,
        settled_at=None,
        defaults={"cause": cause, "cause_detail": detail, "opened_at": now},
    )
    return review


def claim_review(review_id: int, *, actor: User, now: datetime) -> Review:
    """Take a review for the playbook's claim time; raises ReviewUnknown, ReviewSettled or ReviewClaimed."""
    until = now + timedelta(minutes=playbook().marketplace.reviews.claim_minutes)
    free = Q(claimed_by=None) | Q(claimed_until__lte=now) | Q(claimed_by=actor)
    changed = Review.objects.filter(free, pk=review_id, settled_at=None).update(claimed_by=actor, claimed_until=until)
    review = _find(review_id)
    if changed:
        return review
    if review.settled_at is not None:
        raise ReviewSettled("this version was decided before")
    raise ReviewClaimed(f"{review.claimed_by} is looking at this version until {review.claimed_until:%H:%M} UTC")


def release_claim(review_id: int, *, actor: User) -> bool:
    """Give a review back; False when the actor did not hold it."""
    mine = Review.objects.filter(pk=review_id, claimed_by=actor, settled_at=None)
    return mine.update(claimed_by=None, claimed_until=None) > 0


def record_decision(review_id: int, *, actor: User, judgement: Judgement, now: datetime) -> Decision:
    """Write a decision; approve and reject settle the review, hold leaves it open.

    Raises ReviewUnknown, ReviewSettled, ReviewClaimed, GroundsUnfit or StatementMissing.
    """
    require_grounds(judgement.grounds, outcome=judgement.outcome, statement=judgement.statement)
    review = Review.objects.select_for_update(no_key=True).filter(pk=review_id).first()
    if review is None:
        raise ReviewUnknown(f"no review {review_id}")
    if review.settled_at is not None:
        raise ReviewSettled("this version was decided before")
    until = review.claimed_until
    if review.claimed_by_id != actor.pk and until is not None and until > now:
        raise ReviewClaimed("another person is looking at this version now")
    if judgement.outcome != Decision.Outcome.HOLD:
        Review.objects.filter(pk=review_id).update(settled_at=now, claimed_by=None, claimed_until=None)
    return Decision.objects.create(
        review=review,
        version_id=review.version_id,
        actor=actor,
        outcome=judgement.outcome,
        grounds=judgement.grounds,
        statement=judgement.statement.strip(),
        private_note=judgement.private_note.strip(),
        findings_cited=judgement.cited,
        decided_at=now,
    )


def close_review(version_id: int, *, now: datetime) -> int | None:
    """Settle the open review of a version its publisher withdrew; returns its id."""
    review = Review.objects.select_for_update(no_key=True).filter(version_id=version_id, settled_at=None).first()
    if review is None:
        return None
    Review.objects.filter(pk=review.pk).update(settled_at=now, claimed_by=None, claimed_until=None)
    return review.pk


def _find(review_id: int) -> Review:
    review = Review.objects.select_related("claimed_by").filter(pk=review_id).first()
    if review is None:
        raise ReviewUnknown(f"no review {review_id}")
    return review
