"""The quarterly re-scan: due from the rows, held or looked at but never removed, its promise kept or missed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from governance.flows.deadlines import sweep_deadlines
from governance.flows.rescan import find_due_rescans, rescan_version
from governance.flows.submission import decide_review, screen_version, yank_version
from governance.notifications.models import Notice
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.reviews.actions import Judgement
from governance.reviews.models import Review
from governance.screening.models import Scan
from plugins.models import Version
from scanners.report import Verdict
from tests.governance.flows.conftest import Contain
from tests.samples.engines import FakeEngine, make_finding
from tests.samples.factories import PublisherActor, make_published, make_publisher, make_version

Status = Version.Status
DAY = timedelta(days=1)
LEASE = timedelta(seconds=playbook().marketplace.screening.lease_seconds)
SUBMITTED = datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """The fifth of January, so that quarters are easy to count."""
    return SUBMITTED


@pytest.fixture
def published(ada: PublisherActor, engine: FakeEngine, now: datetime) -> Version:
    """Scanned on the day it was submitted, and published."""
    make_published(ada, now=now, number="0.9.0")
    yank_version(Version.objects.get(), actor="publisher:ada-labs", now=now)
    version = make_version(ada, now=now)
    screen_version(version.pk, clock=lambda: now)
    version.refresh_from_db()
    assert version.status == Status.PUBLISHED
    engine.scans = 0
    return version


def rescan(version: Version, *, at: datetime) -> str:
    rescan_version(version.pk, clock=lambda: at)
    version.refresh_from_db()
    return version.status


def sweep(at: datetime) -> list[int]:
    """One day's sweep with everything it wakes."""
    due = find_due_rescans(now=at)
    for version_id in due:
        rescan_version(version_id, clock=lambda: at)
    return due


def quarter(name: str) -> Obligation:
    return Obligation.objects.get(kind="plugin_rescan", subject=f"quarter:{name}")


def test_version_is_due_before_its_quarter_is_over_and_not_sooner(published: Version) -> None:
    assert find_due_rescans(now=datetime(2026, 4, 1, tzinfo=UTC)) == []
    assert find_due_rescans(now=datetime(2026, 4, 4, tzinfo=UTC)) == [published.pk]


def test_missed_days_heal(published: Version) -> None:
    assert sweep(datetime(2026, 7, 20, tzinfo=UTC)) == [published.pk]
    assert sweep(datetime(2026, 7, 21, tzinfo=UTC)) == []


def test_only_published_versions_are_due(ada: PublisherActor, published: Version, now: datetime) -> None:
    yank_version(published, actor="publisher:ada-labs", now=now)

    assert find_due_rescans(now=now + 200 * DAY) == []


def test_never_scanned_version_is_due_at_once(ada: PublisherActor, now: datetime) -> None:
    version = make_published(ada, now=now)

    assert find_due_rescans(now=now + DAY) == [version.pk]


def test_running_rescan_is_not_started_twice(published: Version, engine: FakeEngine, now: datetime) -> None:
    at = now + 100 * DAY
    engine.meanwhile = lambda: rescan_version(published.pk, clock=lambda: at)

    rescan(published, at=at)

    assert engine.scans == 1


def test_running_rescan_is_not_due(published: Version, engine: FakeEngine, now: datetime) -> None:
    at = now + 100 * DAY
    due: list[int] = []
    engine.meanwhile = lambda: due.extend(find_due_rescans(now=at))

    rescan(published, at=at)

    assert due == []


def test_clean_rescan_changes_nothing(published: Version, engine: FakeEngine, now: datetime) -> None:
    moves = published.moves.count()

    assert rescan(published, at=now + 100 * DAY) == Status.PUBLISHED

    assert (published.moves.count(), Review.objects.count()) == (moves, 0)
    assert Scan.objects.filter(cause="rescan", verdict="clean", route="keep").count() == 1


def test_malicious_rescan_holds_and_never_removes(published: Version, engine: FakeEngine, now: datetime) -> None:
    engine.finds(Verdict.MALICIOUS, make_finding())

    assert rescan(published, at=now + 100 * DAY) == Status.HELD

    assert published.moves.latest("pk").event == "held_by_rescan"
    assert Review.objects.get().cause == "rescan"
    assert Obligation.objects.get(kind="review").due_at == now + 100 * DAY + timedelta(
        hours=playbook().marketplace.reviews.hold_within_hours
    )
    assert Notice.objects.filter(kind="version_hold").count() == 1


@pytest.mark.parametrize("verdict", [Verdict.SUSPICIOUS, Verdict.INCOMPLETE])
def test_doubtful_rescan_is_looked_at_and_stays_published(
    published: Version, engine: FakeEngine, now: datetime, verdict: Verdict
) -> None:
    engine.finds(verdict, make_finding())

    assert rescan(published, at=now + 100 * DAY) == Status.PUBLISHED
    assert Review.objects.get().cause == "rescan"


def test_known_findings_make_no_new_review(published: Version, engine: FakeEngine, ben: User, now: datetime) -> None:
    engine.finds(Verdict.SUSPICIOUS, make_finding())
    rescan(published, at=now + 100 * DAY)
    review = Review.objects.get()
    judgement = Judgement("approve", "finding_explained", "It says so itself.")
    decide_review(review.pk, actor=ben, judgement=judgement, now=now + 101 * DAY)

    rescan(published, at=now + 200 * DAY)
    assert Review.objects.filter(settled_at=None).count() == 0

    engine.finds(Verdict.SUSPICIOUS, make_finding(), make_finding("another-rule"))
    rescan(published, at=now + 300 * DAY)
    assert Review.objects.get(settled_at=None).cause_detail.count("1 findings") == 1


def test_rescan_that_crashes_every_time_goes_to_a_person(published: Version, engine: FakeEngine, now: datetime) -> None:
    engine.error = RuntimeError("the engine falls over each time")
    at = now + 100 * DAY
    for _ in range(playbook().marketplace.screening.most_attempts):
        assert find_due_rescans(now=at) == [published.pk]
        with pytest.raises(RuntimeError):
            rescan(published, at=at)
        at += DAY

    assert rescan(published, at=at) == Status.PUBLISHED

    assert engine.scans == playbook().marketplace.screening.most_attempts
    assert Review.objects.get().cause == "rescan"


def test_version_contained_during_its_rescan_stays_contained(
    published: Version, engine: FakeEngine, contain: Contain, now: datetime
) -> None:
    engine.finds(Verdict.MALICIOUS, make_finding())
    engine.meanwhile = lambda: contain(published)

    assert rescan(published, at=now + 100 * DAY) == Status.QUARANTINED
    assert Review.objects.count() == 0


def test_quarter_is_kept_by_daily_sweeps(published: Version, ada: PublisherActor, engine: FakeEngine) -> None:
    # One version was scanned in the last hours of a quarter: the hardest to scan again within the next.
    late = datetime(2026, 3, 31, 23, tzinfo=UTC)
    second = make_version(ada, now=late, number="1.1.0")
    screen_version(second.pk, clock=lambda: late)

    for day in range(260):
        at = datetime(2026, 1, 6, 2, 15, tzinfo=UTC) + day * DAY
        sweep(at)
        sweep_deadlines(now=at + timedelta(hours=20))

    assert quarter("2026-01").missed_at is None
    assert quarter("2026-04").met_at is not None
    assert quarter("2026-04").missed_at is None
    assert Scan.objects.filter(version=second).count() >= 2


def test_quarter_without_sweeps_is_missed_for_good(published: Version, engine: FakeEngine) -> None:
    sweep(datetime(2026, 4, 1, 2, 15, tzinfo=UTC))
    promise = quarter("2026-04")
    assert promise.met_at is None
    assert (promise.due_at, promise.owner_role) == (datetime(2026, 7, 1, tzinfo=UTC), "security_lead")

    sweep_deadlines(now=datetime(2026, 7, 2, tzinfo=UTC))
    sweep(datetime(2026, 7, 2, 2, 15, tzinfo=UTC))

    assert quarter("2026-04").missed_at == datetime(2026, 7, 1, tzinfo=UTC)
    assert quarter("2026-07").met_at is not None


def test_quarter_is_not_met_while_its_last_rescan_still_runs(published: Version, engine: FakeEngine) -> None:
    at = datetime(2026, 4, 5, tzinfo=UTC)
    seen: list[datetime | None] = []

    def look() -> None:
        find_due_rescans(now=at)
        seen.append(quarter("2026-04").met_at)

    engine.meanwhile = look
    rescan(published, at=at)

    assert seen == [None]
    assert quarter("2026-04").met_at == at


def test_quarter_of_an_empty_catalogue_is_met(db: None) -> None:
    assert find_due_rescans(now=datetime(2026, 12, 31, 23, 59, 59, 500_000, tzinfo=UTC)) == []
    assert quarter("2026-10").met_at is not None


def test_last_moments_of_a_quarter_open_no_impossible_deadline(db: None) -> None:
    for at in (datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)):
        find_due_rescans(now=at)

    assert Obligation.objects.filter(kind="plugin_rescan").count() == 2


def test_rescans_of_two_publishers_do_not_wait_for_each_other(
    published: Version, engine: FakeEngine, now: datetime
) -> None:
    other = make_publisher("ben-soft", member="Ben", now=now)
    second = make_published(other, now=now, name="counter")

    assert set(sweep(now + 100 * DAY)) == {published.pk, second.pk}
