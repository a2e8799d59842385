"""A person's judgement: one transaction or nothing, never around a takedown, never lost between two reviewers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User

from governance.flows.rescan import rescan_version
from governance.flows.submission import decide_review, screen_version, withdraw_version, yank_version
from governance.flows.takedown import reinstate_plugin, sign_removal
from governance.ledger.models import Entry
from governance.notifications.models import Notice
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.reviews.actions import Judgement, claim_review, release_claim
from governance.reviews.errors import GroundsUnfit, ReviewClaimed, ReviewSettled, ReviewUnknown, StatementMissing
from governance.reviews.grounds import GROUNDS
from governance.reviews.models import Decision, Review
from governance.reviews.queries import latest_decision, open_reviews
from plugins.errors import IllegalMove, VersionBlocked
from plugins.models import Version
from scanners.report import Verdict
from tests.governance.flows.conftest import Contain
from tests.samples.engines import FakeEngine, make_finding
from tests.samples.factories import PublisherActor, make_person, make_version, publish_version
from tests.samples.races import run_at_once

Status = Version.Status
CLAIM = timedelta(minutes=playbook().marketplace.reviews.claim_minutes)
APPROVE = Judgement("approve", "finding_explained", "The findings are what it says it does.")
REJECT = Judgement(
    "reject", "malicious_code", "It reads tokens and sends them away.", private_note="See the other one."
)
HOLD = Judgement("hold", "needs_investigation", "We look into it.")
Decide = Callable[..., Decision]


@pytest.fixture
def review(ada: PublisherActor, engine: FakeEngine, now: datetime) -> Review:
    """A version with findings waits for a person."""
    engine.finds(Verdict.SUSPICIOUS, make_finding())
    version = make_version(ada, now=now)
    screen_version(version.pk, clock=lambda: now)
    return Review.objects.get()


@pytest.fixture
def decide(ben: User, now: datetime) -> Decide:
    def judge(review: Review, judgement: Judgement, *, actor: User = ben, at: datetime = now) -> Decision:
        return decide_review(review.pk, actor=actor, judgement=judgement, now=at)

    return judge


def status_of(review: Review) -> str:
    return Version.objects.get(pk=review.version_id).status


@pytest.mark.parametrize(
    ("judgement", "status", "is_settled"),
    [(APPROVE, Status.PUBLISHED, True), (REJECT, Status.REJECTED, True), (HOLD, Status.HELD, False)],
)
def test_decision_moves_version_clock_ledger_and_letter_together(
    review: Review, decide: Decide, ben: User, now: datetime, judgement: Judgement, status: Status, is_settled: bool
) -> None:
    decision = decide(review, judgement)

    review.refresh_from_db()
    assert status_of(review) == status
    assert (review.settled_at is not None) == is_settled
    assert (Obligation.objects.get(kind="review").met_at is not None) == is_settled
    assert latest_decision(review.version_id) == decision
    entry = Entry.objects.get(action=f"version.{judgement.outcome}", actor=f"user:{ben.pk}")
    assert entry.body["after"] == {"status": status, "grounds": judgement.grounds, "decision": decision.pk}
    letter = Notice.objects.get(kind=f"version_{judgement.outcome}", cause=f"decision:{decision.pk}")
    assert judgement.statement in letter.body
    assert "See the other one." not in letter.body


@pytest.mark.parametrize(
    ("judgement", "error"),
    [
        (Judgement("approve", "malicious_code", "Fine."), GroundsUnfit),
        (Judgement("reject", "no_objection", "No."), GroundsUnfit),
        (Judgement("approve", "because", "Fine."), GroundsUnfit),
        (Judgement("publish", "no_objection", "Fine."), GroundsUnfit),
        (Judgement("approve", "no_objection", " \n"), StatementMissing),
    ],
)
def test_judgement_without_fitting_grounds_changes_nothing(
    review: Review, decide: Decide, judgement: Judgement, error: type[Exception]
) -> None:
    with pytest.raises(error):
        decide(review, judgement)

    assert (status_of(review), Decision.objects.count()) == (Status.IN_REVIEW, 0)


def test_every_ground_carries_an_outcome_and_words_for_its_publisher() -> None:
    for code, ground in GROUNDS.items():
        assert code == ground.code
        assert ground.outcomes <= set(Decision.Outcome.values)
        assert ground.outcomes
        assert ground.publisher_text.endswith(".")


def test_held_version_is_judged_again_and_each_statement_reaches_the_publisher(
    review: Review, decide: Decide, now: datetime
) -> None:
    for number, text in enumerate(("We look into it.", "We still look into it.", "Nearly there.")):
        decide(review, Judgement("hold", "needs_investigation", text), at=now + timedelta(seconds=number))
    decide(review, APPROVE, at=now + timedelta(hours=1))

    letters = Notice.objects.filter(kind="version_hold").order_by("queued_at")
    assert ["Nearly there." in letter.body for letter in letters] == [False, False, True]
    assert status_of(review) == Status.PUBLISHED


def test_settled_review_is_not_decided_again(review: Review, decide: Decide) -> None:
    decide(review, APPROVE)

    with pytest.raises(ReviewSettled):
        decide(review, REJECT)

    assert status_of(review) == Status.PUBLISHED


def test_unknown_review_is_said_to_be_unknown(db: None, ben: User, now: datetime) -> None:
    with pytest.raises(ReviewUnknown):
        decide_review(7, actor=ben, judgement=APPROVE, now=now)
    with pytest.raises(ReviewUnknown):
        claim_review(7, actor=ben, now=now)


# -- claims ---------------------------------------------------------------------------------------------------------


def test_claim_keeps_others_out_until_it_ends(
    review: Review, decide: Decide, ben: User, cleo: User, now: datetime
) -> None:
    claim_review(review.pk, actor=ben, now=now)

    with pytest.raises(ReviewClaimed):
        claim_review(review.pk, actor=cleo, now=now + CLAIM - timedelta(seconds=1))
    with pytest.raises(ReviewClaimed):
        decide(review, APPROVE, actor=cleo, at=now + CLAIM - timedelta(seconds=1))
    assert not release_claim(review.pk, actor=cleo)

    claim_review(review.pk, actor=cleo, now=now + CLAIM)
    with pytest.raises(ReviewClaimed):
        decide(review, APPROVE, at=now + CLAIM)


def test_claim_is_renewed_and_given_back_by_its_holder(review: Review, ben: User, cleo: User, now: datetime) -> None:
    claim_review(review.pk, actor=ben, now=now)
    renewed = claim_review(review.pk, actor=ben, now=now + CLAIM / 2)
    assert renewed.claimed_until == now + CLAIM * 1.5

    assert release_claim(review.pk, actor=ben)
    assert claim_review(review.pk, actor=cleo, now=now).claimed_by == cleo


@pytest.mark.django_db(transaction=True)
def test_of_six_reviewers_one_gets_the_claim(review: Review, now: datetime) -> None:
    people = [make_person(f"ben{number}", permissions=("decide_review",)) for number in range(6)]

    outcome = run_at_once([partial(claim_review, review.pk, actor=person, now=now) for person in people])

    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.raised] == [ReviewClaimed] * 5


@pytest.mark.django_db(transaction=True)
def test_of_opposite_decisions_at_once_one_stands(review: Review, ben: User, cleo: User, now: datetime) -> None:
    outcome = run_at_once(
        [
            partial(decide_review, review.pk, actor=actor, judgement=judgement, now=now)
            for actor, judgement in ((ben, APPROVE), (cleo, REJECT)) * 2
        ]
    )

    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.raised] == [ReviewSettled] * 3
    decision = Decision.objects.get()
    assert status_of(review) == {"approve": "published", "reject": "rejected"}[decision.outcome]


# -- what the publisher does meanwhile ------------------------------------------------------------------------------


def test_withdrawal_closes_the_question_and_its_clock(review: Review, decide: Decide, now: datetime) -> None:
    withdraw_version(review.version, actor="publisher:ada-labs", now=now)

    review.refresh_from_db()
    assert (status_of(review), review.settled_at) == (Status.WITHDRAWN, now)
    assert Obligation.objects.get(kind="review").cancelled_at == now
    with pytest.raises(ReviewSettled):
        decide(review, APPROVE)


def test_yanking_a_version_closes_the_question_a_rescan_asked(
    ada: PublisherActor, engine: FakeEngine, decide: Decide, now: datetime
) -> None:
    version = publish_version(make_version(ada, now=now), now=now)
    engine.finds(Verdict.SUSPICIOUS, make_finding())
    rescan_version(version.pk, clock=lambda: now)

    yank_version(version, actor="publisher:ada-labs", now=now)

    assert Review.objects.get().settled_at == now
    assert Obligation.objects.get(kind="review").cancelled_at == now


def test_published_version_is_neither_withdrawn_nor_yanked_twice(review: Review, decide: Decide, now: datetime) -> None:
    decide(review, APPROVE)
    version = review.version

    with pytest.raises(IllegalMove):
        withdraw_version(version, actor="publisher:ada-labs", now=now)
    yank_version(version, actor="publisher:ada-labs", now=now)
    with pytest.raises(IllegalMove):
        yank_version(version, actor="publisher:ada-labs", now=now)


@pytest.mark.django_db(transaction=True)
def test_withdrawal_and_decision_at_once_leave_one_outcome(review: Review, ben: User, now: datetime) -> None:
    outcome = run_at_once(
        [
            partial(withdraw_version, review.version, actor="publisher:ada-labs", now=now),
            partial(decide_review, review.pk, actor=ben, judgement=REJECT, now=now),
        ]
    )

    assert len(outcome.raised) == 1
    assert isinstance(outcome.raised[0], (IllegalMove, ReviewSettled))
    assert status_of(review) in {Status.WITHDRAWN, Status.REJECTED}
    assert Decision.objects.count() == (status_of(review) == Status.REJECTED)


# -- beside a takedown ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("judgement", [APPROVE, REJECT, HOLD])
@pytest.mark.parametrize("is_removed", [False, True])
def test_review_is_no_way_around_a_takedown(
    review: Review,
    decide: Decide,
    contain: Contain,
    cleo: User,
    now: datetime,
    judgement: Judgement,
    is_removed: bool,
) -> None:
    takedown = contain(review.version)
    if is_removed:
        sign_removal(takedown.pk, actor=cleo, reason="It steals.", now=now)
    before = status_of(review)

    with pytest.raises(IllegalMove):
        decide(review, judgement)

    assert (status_of(review), Decision.objects.count()) == (before, 0)

    reinstate_plugin(takedown.pk, actor=cleo, reason="A false alarm.", now=now)
    decide(review, APPROVE)
    assert status_of(review) == Status.PUBLISHED


def test_version_held_for_a_block_is_not_approved_while_it_stands(
    ada: PublisherActor, engine: FakeEngine, decide: Decide, contain: Contain, cleo: User, now: datetime
) -> None:
    first = publish_version(make_version(ada, now=now), now=now)
    second = make_version(ada, now=now, number="1.1.0")
    takedown = contain(first)
    screen_version(second.pk, clock=lambda: now)
    review = Review.objects.get(version=second)

    with pytest.raises(VersionBlocked):
        decide(review, APPROVE)
    assert status_of(review) == Status.HELD

    reinstate_plugin(takedown.pk, actor=cleo, reason="A false alarm.", now=now)
    decide(review, APPROVE)
    assert status_of(review) == Status.PUBLISHED


@pytest.mark.django_db(transaction=True)
def test_approval_and_containment_at_once_never_leave_it_published(
    review: Review, decide: Decide, contain: Contain
) -> None:
    outcome = run_at_once([partial(decide, review, APPROVE), partial(contain, review.version)])

    assert status_of(review) == Status.QUARANTINED
    assert all(isinstance(error, IllegalMove) for error in outcome.raised)


# -- the desk -------------------------------------------------------------------------------------------------------


def test_queue_puts_the_nearest_deadline_first(ada: PublisherActor, engine: FakeEngine, now: datetime) -> None:
    for number, verdict in enumerate((Verdict.SUSPICIOUS, Verdict.MALICIOUS, Verdict.SUSPICIOUS)):
        engine.finds(verdict, make_finding())
        version = make_version(ada, now=now, number=f"1.{number}.0")
        screen_version(version.pk, clock=lambda at=now + timedelta(minutes=number): at)  # type: ignore[misc]

    queue = list(open_reviews())

    assert [review.version.number for review in queue] == ["1.1.0", "1.0.0", "1.2.0"]
    assert [review.due_at for review in queue] == sorted(review.due_at for review in queue)  # type: ignore[attr-defined]
