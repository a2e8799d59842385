"""The record of every decision: one chain, whoever writes at once, and every rewriting of it is found and placed."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from governance.ledger.actions import digest_text, format_moment, record, sign_checkpoint
from governance.ledger.chain import GENESIS, body_digest, entry_hash
from governance.ledger.models import Checkpoint, Entry
from governance.ledger.queries import links_between, verify_ledger
from governance.playbook import playbook
from governance.request_ids import bind_request_id
from plugins.runtime.signing import SigningKey, sign_statement
from tests.samples.races import run_at_once

pytestmark = pytest.mark.django_db


def write(number: int, *, now: datetime) -> Entry:
    return record(
        "version.approve",
        actor="user:1",
        cause=f"review:{number}",
        subject=f"version:{number}",
        before={"status": "in_review"},
        after={"status": "published"},
        now=now + timedelta(seconds=number),
    )


@pytest.fixture
def tamper(db: None) -> Callable[..., None]:
    """Changes the table as its owner can: with the triggers set aside."""

    def run(sql: str, *values: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
            cursor.execute(sql, values)
            cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")

    return run


@pytest.fixture
def chain(now: datetime) -> list[Entry]:
    """Nine entries, a signed head at the sixth."""
    entries = [write(number, now=now) for number in range(1, 7)]
    sign_checkpoint(now=now)
    return [*entries, *(write(number, now=now) for number in range(7, 10))]


def test_entry_is_sealed_under_the_one_before_it(now: datetime) -> None:
    first, second = write(1, now=now), write(2, now=now)

    assert (first.sequence, first.previous_hash) == (1, GENESIS)
    assert (second.sequence, second.previous_hash) == (2, first.hash)
    assert second.hash == entry_hash(first.hash, body_digest(second.body))


def test_body_holds_everything_that_was_decided(now: datetime) -> None:
    with bind_request_id("request-77"):
        entry = write(3, now=now)

    assert entry.body == {
        "sequence": 1,
        "at": format_moment(now + timedelta(seconds=3)),
        "actor": "user:1",
        "action": "version.approve",
        "cause": "review:3",
        "subject": "version:3",
        "before": {"status": "in_review"},
        "after": {"status": "published"},
        "playbook_digest": playbook().digest,
        "ruleset_digest": "",
        "request_id": "request-77",
    }


def test_whole_chain_holds(chain: list[Entry]) -> None:
    state = verify_ledger()

    assert (state.entries, state.checkpoints, state.found_break) == (9, 1, None)
    assert [entry.sequence for entry in links_between(3, 5)] == [3, 4, 5]


def test_empty_ledger_holds_and_has_no_head_to_sign(now: datetime) -> None:
    assert sign_checkpoint(now=now) is None
    assert verify_ledger().found_break is None


@pytest.mark.parametrize(
    ("sql", "sequence", "word"),
    [
        ("UPDATE ledger_entry SET body = jsonb_set(body, '{after}', '{}') WHERE sequence = 4", 4, "edited"),
        ("UPDATE ledger_entry SET body = jsonb_set(body, '{actor}', '\"user:2\"') WHERE sequence = 4", 4, "edited"),
        ("UPDATE ledger_entry SET actor = 'user:2' WHERE sequence = 4", 4, "edited"),
        ("UPDATE ledger_entry SET action = 'version.reject' WHERE sequence = 4", 4, "edited"),
        ("UPDATE ledger_entry SET cause = 'review:99' WHERE sequence = 4", 4, "edited"),
        ("UPDATE ledger_entry SET subject = 'version:99' WHERE sequence = 4", 4, "edited"),
        ("UPDATE ledger_entry SET at = at + interval '1 microsecond' WHERE sequence = 4", 4, "edited"),
        ("UPDATE ledger_entry SET hash = repeat('a', 64) WHERE sequence = 4", 4, "edited"),
        ("UPDATE ledger_entry SET body = '{}' WHERE sequence = 4", 4, "edited"),
        ("DELETE FROM ledger_entry WHERE sequence = 4", 4, "removed"),
        ("DELETE FROM ledger_entry WHERE sequence <= 4", 1, "removed"),
        ("DELETE FROM ledger_entry WHERE sequence >= 5", 5, "removed"),
        ("DELETE FROM ledger_entry", 1, "removed"),
        ("UPDATE ledger_entry SET previous_hash = repeat('0', 64) WHERE sequence = 4", 4, ""),
    ],
)  # fmt: skip
def test_tampering_is_found_and_placed(
    chain: list[Entry], tamper: Callable[..., None], sql: str, sequence: int, word: str
) -> None:
    tamper(sql)

    found = verify_ledger().found_break
    assert found is not None
    assert found.sequence == sequence
    assert word in found.what


def test_two_entries_that_changed_places_are_found(chain: list[Entry], tamper: Callable[..., None]) -> None:
    tamper("UPDATE ledger_entry SET sequence = 99 WHERE sequence = 4")
    tamper("UPDATE ledger_entry SET sequence = 4 WHERE sequence = 5")
    tamper("UPDATE ledger_entry SET sequence = 5 WHERE sequence = 99")

    found = verify_ledger().found_break
    assert found is not None
    assert found.sequence == 4


def test_chain_rewritten_to_its_end_is_found_by_the_checkpoint(chain: list[Entry], tamper: Callable[..., None]) -> None:
    previous = chain[2].hash
    for entry in chain[3:]:
        body = {**entry.body, "actor": "user:666"}
        sealed = entry_hash(previous, body_digest(body))
        tamper(
            "UPDATE ledger_entry SET body = body || '{\"actor\": \"user:666\"}', actor = 'user:666',"
            " previous_hash = %s, hash = %s WHERE sequence = %s",
            previous,
            sealed,
            entry.sequence,
        )
        previous = sealed

    found = verify_ledger().found_break
    assert found is not None
    assert found.sequence == 6
    assert "checkpoint" in found.what


def test_checkpoint_of_another_key_is_found(chain: list[Entry], now: datetime) -> None:
    statement = sign_statement(
        {"kind": "nexus.checkpoint/1", "sequence": 9, "hash": "a" * 64, "at": "x"}, key=SigningKey.generate()
    )
    Checkpoint.objects.create(sequence=9, statement=statement, signed_at=now)

    found = verify_ledger().found_break
    assert found is not None
    assert "checkpoint" in found.what


def test_head_is_signed_once(chain: list[Entry], now: datetime) -> None:
    first = sign_checkpoint(now=now)
    again = sign_checkpoint(now=now + timedelta(minutes=1))

    assert first == again
    assert Checkpoint.objects.count() == 2


def test_command_says_where_it_broke(
    chain: list[Entry], tamper: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("ledger", "verify")
    assert "9 entries, 1 signed checkpoints" in capsys.readouterr().out

    tamper("DELETE FROM ledger_entry WHERE sequence = 4")
    with pytest.raises(CommandError, match="4") as refused:
        call_command("ledger", "verify")
    assert refused.value.returncode == 2


def test_words_of_a_person_enter_only_as_their_digest() -> None:
    assert digest_text("Ben asked for it.") == hashlib.sha256(b"Ben asked for it.").hexdigest()


@pytest.mark.django_db(transaction=True)
def test_entries_written_at_once_make_one_chain(now: datetime) -> None:
    outcome = run_at_once([partial(write, number, now=now) for number in range(12)])

    assert outcome.raised == []
    assert [entry.sequence for entry in Entry.objects.order_by("sequence")] == list(range(1, 13))
    assert {entry.cause for entry in Entry.objects.all()} == {f"review:{number}" for number in range(12)}
    assert verify_ledger().found_break is None


@pytest.mark.django_db(transaction=True)
def test_entry_that_is_rolled_back_leaves_no_gap(now: datetime) -> None:
    write(1, now=now)
    with transaction.atomic():
        write(2, now=now)
        transaction.set_rollback(True)
    write(3, now=now)

    assert [entry.cause for entry in Entry.objects.order_by("sequence")] == ["review:1", "review:3"]
    assert verify_ledger().found_break is None
