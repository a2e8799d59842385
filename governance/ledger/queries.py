"""Reads of the ledger: whether the chain holds, and the links that prove an entry to a checkpoint."""

from collections.abc import Iterator
from dataclasses import dataclass

from governance.keys import trusted_keys
from governance.ledger.actions import format_moment
from governance.ledger.chain import CHECKPOINT_KIND, Break, find_break
from governance.ledger.models import Checkpoint, Entry
from plugins.runtime.errors import StatementError
from plugins.runtime.signing import open_statement

SEALED_COLUMNS = ("actor", "action", "cause", "subject")


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What a verification found: entries read, checkpoints checked, and the first break, if any."""

    entries: int
    checkpoints: int
    found_break: Break | None


def verify_ledger() -> LedgerState:
    """Walk the whole chain and every checkpoint; memory stays flat."""
    checkpoints = list(Checkpoint.objects.order_by("sequence"))
    expected: dict[int, str] = {}
    for checkpoint in checkpoints:
        try:
            payload = open_statement(checkpoint.statement, kind=CHECKPOINT_KIND, keys=trusted_keys())
        except StatementError as error:
            return LedgerState(0, len(checkpoints), Break(checkpoint.sequence, f"checkpoint: {error}"))
        expected[payload["sequence"]] = payload["hash"]
    count = 0
    mismatch: Break | None = None

    def entries() -> Iterator[tuple[int, dict[str, object], str, str]]:
        nonlocal count, mismatch
        for entry in Entry.objects.order_by("sequence").iterator(chunk_size=2000):
            count += 1
            mismatch = _compare_columns(entry)
            if mismatch is not None:
                return
            yield entry.sequence, entry.body, entry.previous_hash, entry.hash

    found = find_break(entries(), expected_heads=expected)
    return LedgerState(count, len(checkpoints), mismatch or found)


def links_between(first: int, last: int) -> Iterator[Entry]:
    """The entries from `first` to `last`, both included, in order."""
    return Entry.objects.filter(sequence__gte=first, sequence__lte=last).order_by("sequence").iterator()


def _compare_columns(entry: Entry) -> Break | None:
    """The columns that people read and search are copies; only the body is sealed."""
    columns = {name: getattr(entry, name) for name in SEALED_COLUMNS} | {"at": format_moment(entry.at)}
    for name, value in columns.items():
        if entry.body.get(name) != value:
            return Break(entry.sequence, f"edited: {name} says something else than the sealed body")
    return None
