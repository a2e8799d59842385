"""What a proof shows of the feed: the changes from the order's own on, held together up to a signed number.
Pure; a change that was edited, left out or added does not lead to the digest that was signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.takedowns.bundle import FeedFact
from plugins.runtime.blocks import Block, build_block
from plugins.runtime.content import BLOCK, LIFT, chain_digest
from plugins.runtime.errors import CanonicalError, FeedContentMismatch, FeedMalformed, InvalidMoment
from plugins.runtime.freshness import read_freshness


@dataclass(frozen=True, slots=True)
class ProvenFeed:
    """A signed number, and which of the blocks shown were in force at it."""

    sequence: int
    issued_at: datetime
    blocks: tuple[Block, ...]


def read_proven_feed(fact: FeedFact, *, keys: Mapping[str, str]) -> ProvenFeed:
    """Follow the changes to the signed digest; raises FeedError where they do not lead there."""
    fresh = read_freshness(fact.freshness, keys=keys)
    digest, sequence = fact.digest, fact.after
    blocks: dict[str, Block] = {}
    for change in fact.changes:
        sequence += 1
        try:
            digest = chain_digest(digest, change=change)
            _apply(change, sequence=sequence, blocks=blocks)
        except (CanonicalError, InvalidMoment, KeyError, TypeError, ValueError) as error:
            raise FeedMalformed(f"change {sequence} cannot be read: {error}") from error
    if (sequence, digest) != (fresh.sequence, fresh.digest):
        raise FeedContentMismatch(f"the changes do not lead to number {fresh.sequence} as it was signed")
    return ProvenFeed(fresh.sequence, fresh.issued_at, tuple(blocks.values()))


def is_continued(first: FeedFact, *, by: FeedFact) -> bool:
    """Whether two feeds tell one history, the second at least as far as the first."""
    begun = (first.after, first.digest, first.changes)
    return begun == (by.after, by.digest, by.changes[: len(first.changes)])


def _apply(change: Mapping[str, Any], *, sequence: int, blocks: dict[str, Block]) -> None:
    if change["sequence"] != sequence:
        raise ValueError("its number is another")
    if change["action"] == BLOCK:
        block = build_block(change["block"], most=sequence)
        blocks[block.id] = block
    elif change["action"] == LIFT:
        # The block may be from before what is shown here.
        blocks.pop(change["lifts"], None)
    else:
        raise ValueError("its action is unknown")
