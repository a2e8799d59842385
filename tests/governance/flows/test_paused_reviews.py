"""While a takedown holds a version nobody can judge it, so its review waits, and then has all the time it had left."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User

from governance.flows.deadlines import sweep_deadlines
from governance.flows.submission import ask_reviewer, decide_review
from governance.flows.takedown import reinstate_plugin
from governance.obligations.models import Escalation, Obligation
from governance.reviews.actions import Judgement
from governance.reviews.queries import open_reviews
from governance.screening.routing import Route, Routing
from plugins.errors import IllegalMove
from plugins.models import Version
from tests.governance.flows.conftest import Contain

HOUR = timedelta(hours=1)


@pytest.fixture
def review(version: Version, now: datetime) -> int:
    """A person is asked about Ada's version."""
    Version.objects.update(status="in_review")
    return ask_reviewer(version, routing=Routing(Route.HOLD, "findings", "Look at it."), now=now)


def test_review_waits_while_its_version_is_held(
    version: Version, review: int, contain: Contain, ben: User, cleo: User, now: datetime
) -> None:
    before = Obligation.objects.get(kind="review")
    takedown = contain(version, at=now + HOUR)
    judge = Judgement("approve", "no_objection", "It is fine.")
    assert not open_reviews().exists(), "the queue offers nothing that cannot be decided"
    with pytest.raises(IllegalMove):
        decide_review(review, actor=ben, judgement=judge, now=now + 2 * HOUR)
    sweep_deadlines(now=now + 1000 * HOUR)
    assert not Escalation.objects.filter(obligation=before).exists()

    reinstate_plugin(takedown.pk, actor=cleo, reason="A false alarm.", now=now + 1001 * HOUR)

    after = Obligation.objects.get(kind="review")
    assert (after.due_at, after.missed_at) == (before.due_at + 1000 * HOUR, None)
    assert open_reviews().get().pk == review
    decide_review(review, actor=ben, judgement=judge, now=now + 1002 * HOUR)
    version.refresh_from_db()
    assert version.status == "published"


def test_review_held_twice_waits_until_the_last_takedown_ends(
    version: Version, review: int, contain: Contain, cleo: User, now: datetime
) -> None:
    before = Obligation.objects.get(kind="review").due_at
    first, second = contain(version, at=now), contain(version, versions="<9.0.0", at=now + HOUR)

    reinstate_plugin(first.pk, actor=cleo, reason="A false alarm.", now=now + 2 * HOUR)
    assert Obligation.objects.get(kind="review").paused_at == now
    reinstate_plugin(second.pk, actor=cleo, reason="A false alarm.", now=now + 3 * HOUR)

    assert Obligation.objects.get(kind="review").due_at == before + 3 * HOUR
