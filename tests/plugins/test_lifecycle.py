"""The status table: every move in it leaves one history row, every other one is refused and leaves none."""

from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from plugins.errors import IllegalMove
from plugins.lifecycle import ALLOWED_MOVES, move_version
from plugins.models import Version, VersionMove
from tests.samples.factories import PublisherActor, make_version
from tests.samples.races import run_at_once

Status = Version.Status
FORBIDDEN_MOVES = [pair for pair in product(Status, Status) if pair not in ALLOWED_MOVES]
# A person decides these; no other way leads there.
FINAL = {Status.REJECTED, Status.WITHDRAWN}


def put_in(version: Version, *, status: Status) -> None:
    """Place a version in a status without a move, which only a test may do."""
    Version.objects.filter(pk=version.pk).update(status=status)


def move(version: Version, *, to: Status, now: datetime) -> Any:
    return move_version(version.pk, to=to, actor="user:1", cause="decision:7", request_id="request-77", now=now)


@pytest.fixture
def version(ada: PublisherActor, now: datetime) -> Version:
    return make_version(ada, now=now)


@pytest.mark.parametrize(("before", "to"), ALLOWED_MOVES, ids=str)
def test_allowed_move_writes_one_history_row(version: Version, before: Status, to: Status, now: datetime) -> None:
    put_in(version, status=before)
    seen = version.moves.count()

    assert move(version, to=to, now=now) is before

    version.refresh_from_db()
    assert (version.status, version.status_changed_at) == (to, now)
    assert version.moves.count() == seen + 1
    row = version.moves.latest("pk")
    assert (row.from_status, row.to_status, row.event) == (before, to, ALLOWED_MOVES[before, to])
    assert (row.actor, row.cause, row.request_id, row.at) == ("user:1", "decision:7", "request-77", now)


@pytest.mark.parametrize(("before", "to"), FORBIDDEN_MOVES, ids=str)
def test_any_other_move_is_refused_without_a_trace(version: Version, before: Status, to: Status, now: datetime) -> None:
    put_in(version, status=before)
    seen = version.moves.count()

    with pytest.raises(IllegalMove):
        move(version, to=to, now=now)

    version.refresh_from_db()
    assert version.status == before
    assert version.moves.count() == seen


def test_nothing_leads_out_of_a_final_status() -> None:
    assert not [pair for pair in ALLOWED_MOVES if pair[0] in FINAL]


def test_machine_has_no_way_from_scan_to_rejected_or_removed() -> None:
    assert {to for before, to in ALLOWED_MOVES if before is Status.SCANNING} == {
        Status.PUBLISHED,
        Status.IN_REVIEW,
        Status.HELD,
    }


def test_only_a_quarantined_version_is_removed() -> None:
    assert {before for before, to in ALLOWED_MOVES if to is Status.REMOVED} == {Status.QUARANTINED}


def test_whatever_a_quarantine_took_it_can_return() -> None:
    frozen = {before for before, to in ALLOWED_MOVES if to is Status.QUARANTINED}
    for taken in (Status.QUARANTINED, Status.REMOVED):
        assert {to for before, to in ALLOWED_MOVES if before is taken} - {Status.REMOVED} == frozen


def test_unknown_status_is_refused_by_the_database(version: Version) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Version.objects.filter(pk=version.pk).update(status="approved-by-eve")


@pytest.mark.django_db(transaction=True)
def test_of_scan_and_withdrawal_at_once_one_wins(version: Version, now: datetime) -> None:
    ways = [partial(move, version, to=to, now=now) for to in (Status.SCANNING, Status.WITHDRAWN)] * 4

    outcome = run_at_once(ways)

    version.refresh_from_db()
    assert outcome.returned == [Status.SUBMITTED]
    assert [type(error) for error in outcome.raised] == [IllegalMove] * 7
    assert list(VersionMove.objects.filter(version=version).order_by("pk").values_list("to_status", flat=True)) == [
        Status.SUBMITTED,
        version.status,
    ]


@pytest.mark.django_db(transaction=True)
def test_eight_workers_start_one_scan(version: Version, now: datetime) -> None:
    outcome = run_at_once([lambda: move(version, to=Status.SCANNING, now=now)] * 8)

    assert outcome.returned == [Status.SUBMITTED]
    assert [type(error) for error in outcome.raised] == [IllegalMove] * 7
    assert version.moves.filter(to_status=Status.SCANNING).count() == 1


@pytest.mark.django_db(transaction=True)
def test_move_that_is_rolled_back_leaves_no_row(version: Version, now: datetime) -> None:
    with transaction.atomic():
        move(version, to=Status.SCANNING, now=now)
        transaction.set_rollback(True)

    version.refresh_from_db()
    assert version.status == Status.SUBMITTED
    assert version.moves.filter(to_status=Status.SCANNING).count() == 0
