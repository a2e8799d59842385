"""What the engine said is shared by every scanning process, and nothing the cache does changes what a scan says."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.test.utils import CaptureQueriesContext

from governance.flows.submission import scan_stored
from governance.playbook import playbook
from governance.screening.models import KEPT_BYTES, KeptResult
from governance.screening.shared_cache import RENEWED_AFTER, SharedCache, forget_results, open_shared_cache
from scanners import limits
from scanners.report import Verdict
from tests.samples.engines import FakeEngine
from tests.samples.factories import PublisherActor, make_version

pytestmark = pytest.mark.django_db
KEPT = timedelta(days=playbook().marketplace.screening.results_kept_days)


def key_of(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def keep(name: str, *, content: bytes = b"[]", at: datetime) -> str:
    with open_shared_cache(clock=lambda: at) as cache:
        cache.put_many({key_of(name): content})
    return key_of(name)


def read(*names: str, at: datetime) -> dict[str, bytes]:
    with open_shared_cache(clock=lambda: at) as cache:
        return cache.get_many([key_of(name) for name in names])


class BrokenConnection:
    """A database that answers nothing."""

    def cursor(self) -> Any:
        raise OperationalError("the server is gone")


def test_one_scan_reads_what_another_has_kept(now: datetime) -> None:
    entries = {key_of(str(number)): b"%d" % number for number in range(50)}
    with open_shared_cache(clock=lambda: now) as first:
        first.put_many(entries)
    with open_shared_cache(clock=lambda: now) as second:
        assert second.get_many([*entries, key_of("unknown")]) == entries


def test_many_entries_cost_one_statement_to_keep_and_one_to_read(now: datetime) -> None:
    entries = {key_of(str(number)): b"[]" for number in range(200)}
    with CaptureQueriesContext(connection) as asked, open_shared_cache(clock=lambda: now) as cache:
        cache.put_many(entries)
        cache.get_many([*entries])
        cache.get_many([])
        cache.put_many({})
    assert len(asked) == 2


def test_threads_of_one_scan_share_its_connection(now: datetime) -> None:
    key = keep("a", content=b"known", at=now)
    with (
        CaptureQueriesContext(connection) as asked,
        open_shared_cache(clock=lambda: now) as cache,
        ThreadPoolExecutor(4) as pool,
    ):
        found = list(pool.map(cache.get_many, [[key]] * 20))
    assert found == [{key: b"known"}] * 20
    assert len(asked) == 20


@pytest.mark.parametrize("damage", [b"", b"short", b"\x00" * 100])
def test_damaged_row_reads_as_missing_and_is_made_good(damage: bytes, now: datetime) -> None:
    key = keep("a", content=b"[1]", at=now)
    KeptResult.objects.filter(pk=key).update(content=damage)
    assert read("a", at=now) == {}
    keep("a", content=b"[1]", at=now)
    assert read("a", at=now) == {key: b"[1]"}


def test_row_moved_to_another_key_reads_as_missing(now: datetime) -> None:
    keep("a", content=b"clean", at=now)
    sealed = KeptResult.objects.get().content
    KeptResult.objects.create(key=key_of("b"), content=sealed, used_at=now)
    assert read("b", at=now) == {}


def test_entry_that_has_grown_replaces_the_old_one(now: datetime) -> None:
    keep("a", content=b"old", at=now)
    key = keep("a", content=b"new", at=now)
    assert read("a", at=now) == {key: b"new"}


def test_entry_larger_than_the_bound_is_forgotten(now: datetime) -> None:
    keep("a", content=b"x" * (limits.CACHE_ENTRY_BYTES + 1), at=now)
    assert not KeptResult.objects.exists()
    keep("a", content=b"x" * limits.CACHE_ENTRY_BYTES, at=now)
    assert KeptResult.objects.count() == 1


def test_database_itself_refuses_a_row_beyond_the_bound(now: datetime) -> None:
    with pytest.raises(IntegrityError, match="kept_result_is_bounded"):
        KeptResult.objects.create(key=key_of("a"), content=b"x" * (KEPT_BYTES + 1), used_at=now)


def test_key_the_engine_cannot_have_made_is_refused(now: datetime) -> None:
    with open_shared_cache(clock=lambda: now) as cache, pytest.raises(ValueError, match="not a key"):
        cache.put_many({"../a": b""})


def test_database_that_fails_costs_the_entries_and_not_the_scan(now: datetime) -> None:
    cache = SharedCache(BrokenConnection(), clock=lambda: now)  # type: ignore[arg-type]
    cache.put_many({key_of("a"): b"[]"})
    assert cache.get_many([key_of("a")]) == {}


def test_use_renews_the_age_of_a_row_at_most_once_a_day(now: datetime) -> None:
    keep("a", at=now)
    read("a", at=now + RENEWED_AFTER / 2)
    assert KeptResult.objects.get().used_at == now
    later = now + RENEWED_AFTER * 2
    read("a", at=later)
    assert KeptResult.objects.get().used_at == later


def test_row_nobody_used_for_the_playbooks_time_is_forgotten(now: datetime) -> None:
    keep("old", at=now - KEPT - timedelta(seconds=1))
    key = keep("fresh", at=now - KEPT)
    assert forget_results(now=now) == 1
    assert [*read("old", "fresh", at=now)] == [key]


def test_more_rows_than_the_playbook_allows_lose_the_oldest(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        keep(str(number), at=now + timedelta(minutes=number))
    monkeypatch.setattr("governance.screening.shared_cache.FORGOTTEN_BATCH", 2)
    market = playbook().marketplace
    few = replace(market.screening, most_results=3)
    book = replace(playbook(), marketplace=replace(market, screening=few))
    monkeypatch.setattr("governance.screening.shared_cache.playbook", lambda: book)
    assert forget_results(now=now) == 4
    assert {*read(*map(str, range(7)), at=now)} == {key_of("4"), key_of("5"), key_of("6")}


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_engine_looks(
    ada: PublisherActor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_version(ada, now=now)
    states: list[bool] = []
    engine = FakeEngine(meanwhile=lambda: states.append(connection.in_atomic_block))
    monkeypatch.setattr("governance.flows.submission.scan_artifact", engine)
    scan_stored(version, clock=lambda: now)
    assert states == [False]
    assert not connection.allow_thread_sharing


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_cache_broken", [False, True])
def test_scan_says_the_same_with_a_warm_a_cold_and_a_broken_cache(
    is_cache_broken: bool, ada: PublisherActor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = make_version(ada, now=now)
    if is_cache_broken:
        monkeypatch.setattr("governance.screening.shared_cache.READ", "SELECT 1 FROM nothing WHERE %s IS NULL")
        monkeypatch.setattr("governance.screening.shared_cache.KEEP", "SELECT 1 FROM nothing WHERE %s IS NULL")
    first, second = (scan_stored(version, clock=lambda: now) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.verdict is Verdict.CLEAN
    assert {**first.to_dict(), "seconds": 0} == {**second.to_dict(), "seconds": 0}
    assert KeptResult.objects.exists() is not is_cache_broken
