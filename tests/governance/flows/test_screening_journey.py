"""Claim, scan, settle: what each verdict leads to, and every way the line may be cut without losing a version."""

from concurrent.futures import wait
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.db import connection, transaction

from governance.flows.publisher import attest_identity
from governance.flows.submission import screen_version, yank_version
from governance.flows.takedown import contain_plugin
from governance.ledger.models import Entry
from governance.notifications.models import Notice
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.request_ids import current_request_id
from governance.reviews.models import Review
from governance.screening.actions import claim_scan
from governance.screening.models import Finding, Scan
from governance.screening.queries import find_waiting, findings_of, latest_scan
from governance.verification.models import Attestation
from plugins.lifecycle import lock_version
from plugins.models import Publisher, Version
from scanners.report import Severity, Verdict
from tests.samples.engines import RULESET, FakeEngine, make_finding, make_report
from tests.samples.factories import MANIFEST, PublisherActor, make_published, make_version, pack_plugin
from tests.samples.races import BLOCKED_SECONDS, rival, run_at_once

Status = Version.Status
SCREENING = playbook().marketplace.screening
LEASE = timedelta(seconds=SCREENING.lease_seconds)
SETTLE = timedelta(seconds=playbook().marketplace.sweeps.submissions_every_seconds)


@pytest.fixture
def version(ada: PublisherActor, now: datetime) -> Version:
    return make_version(ada, now=now)


def screen(version: Version, *, now: datetime) -> str:
    screen_version(version.pk, clock=lambda: now)
    version.refresh_from_db()
    return version.status


def new_permission(version: str) -> bytes:
    fields = {"name": '"greeter"', "title": '"Greeter"', "version": f'"{version}"'}
    return pack_plugin(manifest=MANIFEST.format(**fields).replace("subprocess = false", "subprocess = true"))


@pytest.mark.parametrize(
    ("verdict", "status", "cause", "route"),
    [
        (Verdict.CLEAN, Status.IN_REVIEW, "first_submission", "review"),
        (Verdict.SUSPICIOUS, Status.IN_REVIEW, "findings", "review"),
        (Verdict.INCOMPLETE, Status.IN_REVIEW, "incomplete_scan", "review"),
        (Verdict.MALICIOUS, Status.HELD, "malicious_verdict", "hold"),
    ],
)
def test_first_version_of_a_registered_publisher_meets_a_person(
    version: Version, engine: FakeEngine, now: datetime, verdict: Verdict, status: Status, cause: str, route: str
) -> None:
    engine.finds(verdict, make_finding())

    assert screen(version, now=now) == status

    review = Review.objects.get()
    assert (review.cause, review.version) == (cause, version)
    clock = Obligation.objects.get(kind="review")
    assert (clock.subject, clock.owner_role) == (f"review:{review.pk}", "reviewer")
    hours = playbook().marketplace.reviews.hold_within_hours
    assert (clock.due_at - now == timedelta(hours=hours)) == (route == "hold")
    scan = Scan.objects.get()
    assert (scan.state, scan.verdict, scan.route, scan.finished_at) == ("complete", verdict, route, now)
    assert scan.report is not None
    assert scan.report["ruleset_digest"] == RULESET
    entry = Entry.objects.get(action=f"version.{route}")
    assert (entry.cause, entry.subject) == (f"scan:{scan.pk}", f"version:{version.pk}")
    assert Notice.objects.get(kind=f"version_{route}").recipient == "ada@example.invalid"


def test_clean_version_of_a_verified_publisher_is_published_without_a_person(
    version: Version, engine: FakeEngine, ada: PublisherActor, ben: User, now: datetime
) -> None:
    attest_identity(ada.publisher.pk, actor=ben, evidence="papers", now=now)

    assert screen(version, now=now) == Status.PUBLISHED

    assert not Review.objects.exists()
    assert not Obligation.objects.filter(kind="review").exists()
    assert Notice.objects.get(kind="version_publish").recipient == "ada@example.invalid"
    assert list(version.moves.order_by("pk").values_list("event", flat=True)) == [
        "submitted",
        "scan_started",
        "published",
    ]


def test_clean_version_whose_entry_point_is_not_there_meets_a_person(
    version: Version, engine: FakeEngine, ada: PublisherActor, ben: User, now: datetime
) -> None:
    attest_identity(ada.publisher.pk, actor=ben, evidence="papers", now=now)
    engine.report = make_report(Verdict.CLEAN, files=("other.py",))

    assert screen(version, now=now) == Status.IN_REVIEW

    assert "greeter:greet" in Review.objects.get().cause_detail


def test_next_clean_version_of_a_registered_publisher_is_published(
    ada: PublisherActor, engine: FakeEngine, now: datetime
) -> None:
    make_published(ada, now=now)

    assert screen(make_version(ada, now=now, number="1.1.0"), now=now) == Status.PUBLISHED


def test_lapsed_publishers_clean_version_meets_a_person(ada: PublisherActor, engine: FakeEngine, now: datetime) -> None:
    make_published(ada, now=now)
    later = now + timedelta(days=100)

    assert screen(make_version(ada, now=later, number="1.1.0"), now=later) == Status.IN_REVIEW
    assert Review.objects.get().cause == "trust_lapse"
    assert Attestation.objects.get().state == "live", "no sweep has run, and none was needed"


def test_publisher_suspended_meanwhile_is_not_published_by_the_machine(
    ada: PublisherActor, engine: FakeEngine, now: datetime
) -> None:
    make_published(ada, now=now)
    version = make_version(ada, now=now, number="1.1.0")
    engine.meanwhile = lambda: Publisher.objects.filter(pk=ada.publisher.pk).update(status="suspended")

    assert screen(version, now=now) == Status.IN_REVIEW


def test_version_that_asks_for_more_meets_a_person(ada: PublisherActor, engine: FakeEngine, now: datetime) -> None:
    make_published(ada, now=now)
    version = make_version(ada, now=now, archive=new_permission("1.1.0"))

    assert screen(version, now=now) == Status.IN_REVIEW
    assert Review.objects.get().cause == "new_permission"
    assert "subprocess" in Review.objects.get().cause_detail


def test_yanking_the_last_version_does_not_make_new_permissions_unasked_for(
    eve: PublisherActor, engine: FakeEngine, now: datetime
) -> None:
    yank_version(make_published(eve, now=now), actor="publisher:eve-tools", now=now)
    version = make_version(eve, now=now, archive=new_permission("1.1.0"))

    assert screen(version, now=now) == Status.IN_REVIEW
    assert Review.objects.get().cause == "new_permission"


def test_artifact_changed_on_disk_is_never_scanned_and_never_published(
    ada: PublisherActor, engine: FakeEngine, now: datetime
) -> None:
    make_published(ada, now=now)
    version = make_version(ada, now=now, number="1.1.0")
    path = Path(storages["artifacts"].path(version.artifact.storage_key))
    path.write_bytes(path.read_bytes().replace(b"PK", b"pk"))

    assert screen(version, now=now) == Status.IN_REVIEW

    assert engine.scans == 0
    assert latest_scan(version.pk).verdict == "incomplete"  # type: ignore[union-attr]
    assert Review.objects.get().cause == "incomplete_scan"


def test_artifact_that_vanished_goes_to_review(version: Version, engine: FakeEngine, now: datetime) -> None:
    Path(storages["artifacts"].path(version.artifact.storage_key)).unlink()

    assert screen(version, now=now) == Status.IN_REVIEW
    assert Review.objects.get().cause == "incomplete_scan"


def test_screening_again_changes_nothing(version: Version, engine: FakeEngine, now: datetime) -> None:
    screen(version, now=now)
    entries, notices = Entry.objects.count(), Notice.objects.count()

    screen(version, now=now + timedelta(days=1))

    assert (engine.scans, Scan.objects.count(), Review.objects.count()) == (1, 1, 1)
    assert (Entry.objects.count(), Notice.objects.count()) == (entries, notices)


def test_second_worker_leaves_a_claimed_version_alone(version: Version, engine: FakeEngine, now: datetime) -> None:
    engine.meanwhile = lambda: screen_version(version.pk, clock=lambda: now)

    screen(version, now=now)

    assert (engine.scans, Scan.objects.count()) == (1, 1)


def test_no_transaction_is_open_while_the_engine_runs(
    version: Version, engine: FakeEngine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth = len(connection.savepoint_ids)
    seen: list[int] = []
    engine.meanwhile = lambda: seen.append(len(connection.savepoint_ids))

    screen(version, now=now)

    assert seen == [depth], "only the test's own transaction"


def test_request_id_of_the_upload_reaches_scan_ledger_and_notice(
    version: Version, engine: FakeEngine, now: datetime
) -> None:
    ids: list[str] = []
    engine.meanwhile = lambda: ids.append(current_request_id())

    screen(version, now=now)

    assert ids == ["test-request"]
    assert Scan.objects.get().request_id == "test-request"
    assert Entry.objects.get(action="version.review").body["request_id"] == "test-request"
    assert Notice.objects.get(kind="version_review").request_id == "test-request"


def test_crashed_scan_is_found_and_scanned_again_after_its_lease(
    version: Version, engine: FakeEngine, now: datetime
) -> None:
    engine.error = RuntimeError("the engine fell over")
    with pytest.raises(RuntimeError):
        screen(version, now=now)

    assert find_waiting(now=now + LEASE - SETTLE) == []
    assert find_waiting(now=now + LEASE + SETTLE) == [version.pk]

    engine.error = None
    assert screen(version, now=now + LEASE + SETTLE) == Status.IN_REVIEW
    assert list(Scan.objects.order_by("pk").values_list("state", "attempt")) == [("abandoned", 1), ("complete", 2)]


def test_scan_that_crashes_every_time_goes_to_a_person_unscanned(
    version: Version, engine: FakeEngine, now: datetime
) -> None:
    engine.error = RuntimeError("the engine falls over each time")
    at = now
    for _ in range(SCREENING.most_attempts):
        with pytest.raises(RuntimeError):
            screen(version, now=at)
        at += LEASE + SETTLE

    assert screen(version, now=at) == Status.IN_REVIEW

    assert engine.scans == SCREENING.most_attempts
    assert Review.objects.get().cause == "incomplete_scan"
    last = Scan.objects.latest("pk")
    assert (last.verdict, last.attempt, last.report) == ("incomplete", SCREENING.most_attempts + 1, None)


def test_worker_that_lost_its_lease_settles_nothing(version: Version, engine: FakeEngine, now: datetime) -> None:
    clock = iter([now, now + 2 * LEASE])

    def take_over() -> None:
        engine.meanwhile = None
        engine.finds(Verdict.MALICIOUS, make_finding())
        screen_version(version.pk, clock=lambda: now + LEASE)
        engine.finds(Verdict.CLEAN)

    engine.meanwhile = take_over

    screen_version(version.pk, clock=lambda: next(clock))

    version.refresh_from_db()
    assert version.status == Status.HELD, "what the worker with the lease found stands"
    assert list(Scan.objects.order_by("pk").values_list("state", "verdict")) == [
        ("abandoned", ""),
        ("complete", "malicious"),
    ]
    assert Finding.objects.count() == 1
    assert Review.objects.count() == 1


def test_version_blocked_during_its_scan_is_held(
    ada: PublisherActor, engine: FakeEngine, cleo: User, now: datetime
) -> None:
    published = make_published(ada, now=now)
    version = make_version(ada, now=now, number="1.1.0")
    engine.meanwhile = partial(
        contain_plugin,
        plugin_id=published.plugin_id,
        versions="*",
        grounds="malware",
        statement="It steals.",
        exposed_since=now,
        report_ids=[],
        actor=cleo,
        now=now,
    )

    assert screen(version, now=now) == Status.HELD
    assert "malware" in Review.objects.get().cause_detail


def test_lost_wake_up_is_found_after_a_moment(version: Version, now: datetime) -> None:
    assert find_waiting(now=now) == [], "its own message may still be on its way"
    assert find_waiting(now=now + SETTLE) == [version.pk]


def test_waiting_versions_come_oldest_first_and_settled_ones_not_at_all(
    ada: PublisherActor, engine: FakeEngine, now: datetime
) -> None:
    versions = [make_version(ada, now=now + timedelta(minutes=n), number=f"1.0.{n}") for n in (2, 0, 1)]
    screen(versions[0], now=now)

    assert find_waiting(now=now + timedelta(hours=1)) == [versions[1].pk, versions[2].pk]


def test_findings_are_listed_the_gravest_first(version: Version, engine: FakeEngine, now: datetime) -> None:
    found = [make_finding(f"rule-{severity}", severity=severity) for severity in Severity]
    engine.finds(Verdict.SUSPICIOUS, *found)
    screen(version, now=now)

    listed = [finding.severity for finding in findings_of(Scan.objects.get().pk)]

    assert listed == ["critical", "high", "medium", "low", "info"]


@pytest.mark.django_db(transaction=True)
def test_six_workers_on_one_version_scan_it_once(version: Version, engine: FakeEngine, now: datetime) -> None:
    outcome = run_at_once([partial(screen_version, version.pk, clock=lambda: now)] * 6)

    version.refresh_from_db()
    assert outcome.raised == []
    assert (engine.scans, version.status) == (1, Status.IN_REVIEW)
    assert (Scan.objects.count(), Review.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_versions_of_one_plugin_settle_at_once(ada: PublisherActor, engine: FakeEngine, now: datetime) -> None:
    versions = [make_version(ada, now=now, number=f"1.0.{number}") for number in range(4)]

    outcome = run_at_once([partial(screen_version, version.pk, clock=lambda: now) for version in versions])

    assert outcome.raised == []
    assert set(Version.objects.values_list("status", flat=True)) == {Status.IN_REVIEW}
    assert Notice.objects.filter(kind="version_review").count() == 4


@pytest.mark.django_db(transaction=True)
def test_worker_that_settles_and_one_that_claims_do_not_wait_for_each_other(
    version: Version, engine: FakeEngine, now: datetime
) -> None:
    is_scanning, may_go_on = Event(), Event()

    def pause() -> None:
        is_scanning.set()
        may_go_on.wait(10)

    engine.meanwhile = pause
    with rival() as start:
        settling = start(partial(screen_version, version.pk, clock=lambda: now))
        assert is_scanning.wait(10)
        with transaction.atomic():
            # As a claim does: the version first, then its scan.
            lock_version(version.pk)
            may_go_on.set()
            wait([settling], timeout=BLOCKED_SECONDS)
            assert claim_scan(version.pk, cause="submission", request_id="r", now=now) is None
        settling.result(10)

    version.refresh_from_db()
    assert version.status == Status.IN_REVIEW
