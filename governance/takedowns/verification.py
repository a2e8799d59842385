"""What a proof bundle turned out to be worth: complete, incomplete or broken.
Pure; the verdict is derived from the problems and the counts and cannot be set."""

from collections.abc import Mapping
from dataclasses import dataclass

from governance.takedowns.bundle import FeedFact, ProofFacts, TakedownFact
from governance.takedowns.bundle_reader import Problem, read_bundle
from governance.takedowns.proof_answers import match_answers
from governance.takedowns.proof_checks import (
    check_feeds,
    check_ledger,
    check_notices,
    check_orders,
    find_block,
)
from governance.takedowns.proof_counts import (
    NoticeCount,
    SwitchCount,
    count_notices,
    count_off,
    count_on,
)
from governance.takedowns.proof_feed import ProvenFeed, read_proven_feed
from plugins.runtime.errors import FeedError

COMPLETE, INCOMPLETE, BROKEN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Proof:
    """What the bundle shows, when it could be read."""

    takedown: TakedownFact
    off: SwitchCount
    on: SwitchCount
    notices: NoticeCount
    block_sequence: int
    feed_sequence: int
    first_entry: int
    last_entry: int


@dataclass(frozen=True, slots=True)
class Verification:
    """The result; `is_authenticated` when the platform's key came from the caller and not from the bundle."""

    proof: Proof | None
    problems: tuple[Problem, ...]
    is_authenticated: bool
    key_ids: frozenset[str]
    is_redacted: bool = False

    @property
    def is_broken(self) -> bool:
        """Whether anything at all does not hold."""
        return bool(self.problems) or self.proof is None

    @property
    def is_complete(self) -> bool:
        """Whether everything holds and nobody is missing."""
        proof = self.proof
        if proof is None or self.is_broken:
            return False
        return not (proof.off.missing or proof.on.missing or proof.notices.missing)

    @property
    def exit_code(self) -> int:
        """0 complete, 1 incomplete, 2 broken."""
        if self.is_broken:
            return BROKEN
        return COMPLETE if self.is_complete else INCOMPLETE


def verify_data(data: bytes, *, trusted_keys: Mapping[str, str] | None) -> Verification:
    """Verify a bundle's bytes; never raises for what they hold."""
    reading = read_bundle(data, trusted_keys=trusted_keys)
    problems = list(reading.problems)
    proof = None
    if reading.facts is not None:
        proof, found = _judge(reading.facts, keys=reading.keys)
        problems.extend(found)
    return Verification(
        proof=proof,
        problems=tuple(problems),
        is_authenticated=trusted_keys is not None,
        key_ids=frozenset(reading.keys),
        is_redacted=reading.is_redacted,
    )


def _judge(facts: ProofFacts, *, keys: Mapping[str, str]) -> tuple[Proof, list[Problem]]:
    at_order, latest = _read_feed(facts.feed_at_order, keys=keys), _read_feed(facts.feed_latest, keys=keys)
    block = find_block(facts, at_order) if at_order else None
    answers = match_answers(facts, block=block)
    problems = [
        *check_ledger(facts, keys=keys),
        *check_feeds(facts, keys=keys),
        *check_orders(facts),
        *answers.problems,
        *check_notices(facts),
    ]
    proof = Proof(
        takedown=facts.takedown,
        off=count_off(facts, confirmed=answers.confirmed),
        on=count_on(facts, confirmed=answers.confirmed),
        notices=count_notices(facts),
        block_sequence=block.sequence if block else 0,
        feed_sequence=latest.sequence if latest else 0,
        first_entry=facts.links[0].sequence if facts.links else 0,
        last_entry=facts.links[-1].sequence if facts.links else 0,
    )
    return proof, problems


def _read_feed(fact: FeedFact, *, keys: Mapping[str, str]) -> ProvenFeed | None:
    """The feed, or None; why it cannot be believed is said by check_feeds."""
    try:
        return read_proven_feed(fact, keys=keys)
    except FeedError:
        return None
