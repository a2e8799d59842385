"""The queue shows what waits for a person, the nearest deadline first, and who is looking."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.urls import reverse

from governance.reviews.actions import claim_review
from governance.reviews.models import Review
from governance.screening.routing import Route
from tests.governance.admin.rows import SignIn, make_review, make_running, open_review, scan_version
from tests.samples.factories import BotActor, PublisherActor, make_version

QUEUE = "admin:queue"


def test_queue_starts_with_the_nearest_deadline(ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime) -> None:
    later = make_review(ada, now=now, name="calm-plugin")
    # A held version is judged within 24 hours.
    almost_a_day_ago = now - timedelta(hours=23, minutes=30)
    sooner = make_review(ada, now=almost_a_day_ago, name="pressing-plugin", route=Route.HOLD)
    rows = sign_in(ben).get(reverse(QUEUE)).context["rows"]
    assert [row.review_id for row in rows] == [sooner.pk, later.pk]
    assert rows[0].left.text == "29 min left"
    assert rows[0].left.tone == "pressing"


def test_missed_deadline_is_shown_as_late(ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime) -> None:
    make_review(ada, now=now - timedelta(hours=26), route=Route.HOLD)
    page = sign_in(ben).get(reverse(QUEUE))
    assert "2 h 0 min late" in page.content.decode()


def test_row_names_cause_verdict_score_and_running_bots(
    ada: PublisherActor, dev_bot: BotActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    make_running(ada, [dev_bot], now=now)
    version = make_version(ada, now=now, number="2.0.0")
    scan_version(version, now=now)
    open_review(version, now=now, cause="new_permission")
    (row,) = sign_in(ben).get(reverse(QUEUE)).context["rows"]
    assert (row.cause, row.verdict, row.score, row.installations) == ("New permission", "suspicious", 42, 1)


def test_claimed_review_names_who_is_looking(
    review: Review, ben: User, second_reviewer: User, sign_in: SignIn, now: datetime
) -> None:
    claim_review(review.pk, actor=ben, now=now)
    browser = sign_in(second_reviewer)
    assert browser.get(reverse(QUEUE)).context["rows"][0].claimed_by == "ben"
    assert browser.get(reverse(QUEUE), {"holder": "free"}).context["rows"] == []
    assert browser.get(reverse(QUEUE), {"holder": "mine"}).context["rows"] == []
    assert len(sign_in(ben).get(reverse(QUEUE), {"holder": "mine"}).context["rows"]) == 1


def test_expired_claim_returns_to_the_queue(
    review: Review, ben: User, second_reviewer: User, sign_in: SignIn, now: datetime
) -> None:
    claim_review(review.pk, actor=ben, now=now - timedelta(days=1))
    (row,) = sign_in(second_reviewer).get(reverse(QUEUE), {"holder": "free"}).context["rows"]
    assert row.claimed_by == ""


def test_queue_narrows_to_one_cause(
    ada: PublisherActor, review: Review, ben: User, sign_in: SignIn, now: datetime
) -> None:
    version = make_version(ada, now=now, name="other-plugin")
    scan_version(version, now=now)
    first = open_review(version, now=now, cause="first_submission")
    rows = sign_in(ben).get(reverse(QUEUE), {"cause": "first_submission"}).context["rows"]
    assert [row.review_id for row in rows] == [first.pk]


def test_unknown_filter_shows_everything(review: Review, ben: User, sign_in: SignIn) -> None:
    page = sign_in(ben).get(reverse(QUEUE), {"cause": "no-such", "holder": "no-such", "page": "no-such"})
    assert [row.review_id for row in page.context["rows"]] == [review.pk]
