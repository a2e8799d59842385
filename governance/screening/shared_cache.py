"""What the engine said about bytes it has looked at, kept in the database that every scanning process shares.
Never trusts a row that is damaged, never fails a scan, and never holds a transaction open."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db import Error as DatabaseFault
from django.db.backends.base.base import BaseDatabaseWrapper

from governance.playbook import playbook
from governance.screening.models import KeptResult
from scanners import limits
from scanners.cache import check_key, seal, unseal

log = logging.getLogger(__name__)

RENEWED_AFTER = timedelta(days=1)  # a row's age is renewed by use, at most this often: reading stays reading
FORGOTTEN_BATCH = 5_000  # rows of one statement, so that no scan waits long for it

READ = "SELECT key, content, used_at FROM screening_keptresult WHERE key = ANY(%s)"
RENEW = """
UPDATE screening_keptresult SET used_at = %s
WHERE key IN (SELECT key FROM screening_keptresult WHERE key = ANY(%s) FOR UPDATE SKIP LOCKED)
"""
# Equal content is left alone: scans of the same files would otherwise rewrite each other's rows.
KEEP = """
INSERT INTO screening_keptresult AS old (key, content, used_at)
SELECT key, content, %s FROM unnest(%s::text[], %s::bytea[]) AS new (key, content)
ON CONFLICT (key) DO UPDATE SET content = EXCLUDED.content, used_at = EXCLUDED.used_at
WHERE old.content <> EXCLUDED.content
"""


@contextmanager
def open_shared_cache(*, clock: Callable[[], datetime]) -> Iterator["SharedCache"]:
    """Lend this thread's connection to the threads of one scan, while this thread waits for them."""
    connection = connections[DEFAULT_DB_ALIAS]
    connection.inc_thread_sharing()
    try:
        yield SharedCache(connection, clock=clock)
    finally:
        connection.dec_thread_sharing()


class SharedCache:
    """The engine's cache as rows; whatever the database refuses is as good as not there."""

    def __init__(self, connection: BaseDatabaseWrapper, *, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._clock = clock
        self._turn = Lock()

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the entries that are there and whole, in one look-up."""
        if not keys:
            return {}
        found: dict[str, bytes] = {}
        fading = []
        before = self._clock() - RENEWED_AFTER
        for key, sealed, used_at in self._run(READ, [sorted(map(check_key, keys))]):
            content = unseal(bytes(sealed), key=key)
            if content is not None:
                found[key] = content
                fading += [key] if used_at < before else []
        if fading:
            self._run(RENEW, [self._clock(), fading])
        return found

    def put_many(self, entries: Mapping[str, bytes]) -> None:
        """Store entries in one statement; one that is too large is forgotten, a damaged row is made good."""
        # In one order everywhere: two scans that store the same keys wait for each other, and never in a circle.
        kept = sorted((check_key(key), content) for key, content in entries.items())
        kept = [(key, content) for key, content in kept if len(content) <= limits.CACHE_ENTRY_BYTES]
        if kept:
            sealed = [seal(content, key=key) for key, content in kept]
            self._run(KEEP, [self._clock(), [key for key, _ in kept], sealed])

    def _run(self, statement: str, arguments: list[Any]) -> list[Any]:
        with self._turn:
            try:
                with self._connection.cursor() as cursor:
                    cursor.execute(statement, arguments)
                    return cursor.fetchall() if cursor.description else []
            except DatabaseFault as fault:
                log.warning("shared_cache_failed", extra={"error": type(fault).__name__})
                return []


def forget_results(*, now: datetime) -> int:
    """Remove what no scan has used for the playbook's time, then the oldest beyond its number; returns how many."""
    promised = playbook().marketplace.screening
    oldest = now - timedelta(days=promised.results_kept_days)
    forgotten = 0
    while removed := _forget(KeptResult.objects.filter(used_at__lt=oldest).values("pk")[:FORGOTTEN_BATCH]):
        forgotten += removed
    while (excess := KeptResult.objects.count() - promised.most_results) > 0:
        forgotten += _forget(KeptResult.objects.order_by("used_at").values("pk")[: min(excess, FORGOTTEN_BATCH)])
    return forgotten


def _forget(keys: Any) -> int:
    removed, _ = KeptResult.objects.filter(pk__in=keys).delete()
    return removed
