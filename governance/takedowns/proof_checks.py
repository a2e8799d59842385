"""Whether the facts of a proof bundle hold together: each claim against the signature or the chain it rests on.
Pure; a claim without its evidence is a problem, never a shrug."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from governance.ledger.chain import CHECKPOINT_KIND, body_digest, entry_hash
from governance.takedowns.bundle import (
    PEOPLE_NAME,
    LinkFact,
    NoticeFact,
    OrderFact,
    ProofFacts,
    digest_receipt,
    digest_recipient,
)
from governance.takedowns.bundle_reader import Problem
from governance.takedowns.proof_feed import ProvenFeed, is_continued, read_proven_feed
from plugins.runtime.blocks import Block
from plugins.runtime.errors import FeedError, InvalidMoment, InvalidRange, InvalidVersion
from plugins.runtime.moments import parse_moment
from plugins.runtime.ranges import matches
from plugins.runtime.signing import StatementError, open_statement

CONTAINED = "takedown.contained"
FANNED_OUT = "takedown.fanned_out"
REMOVED = "takedown.removed"
REINSTATED = "takedown.reinstated"
OFF, ON = "switched_off", "switched_on"
STATES = frozenset({"ordered", "confirmed", "gone", "withdrawn"})
# Feeds carry whole seconds, rows microseconds.
ROUNDING = timedelta(seconds=1)


def check_ledger(facts: ProofFacts, *, keys: Mapping[str, str]) -> Iterator[Problem]:
    """The links form one chain up to the signed checkpoint, and the order's entry in it says what the order says."""
    yield from _check_chain(facts.links)
    yield from _check_checkpoint(facts, keys=keys)
    entry = find_entry(facts, CONTAINED)
    if entry is None:
        yield Problem("ledger.json", "links", "no entry records this order")
        return
    order, after = facts.takedown, entry.get("after")
    said = after if isinstance(after, dict) else {}
    expected = {
        "versions": order.versions,
        "artifact_sha256": list(order.artifact_sha256),
        "file_sha256": list(order.file_sha256),
        "grounds": order.grounds,
        "statement_sha256": order.statement_sha256,
    }
    if {name: said.get(name) for name in expected} != expected:
        yield Problem("takedown.json", "", "the ledger recorded an order with another range, grounds or statement")
    if order.statement is not None and _digest(order.statement) != order.statement_sha256:
        yield Problem(PEOPLE_NAME, "statement", "does not match its digest")
    if entry.get("actor") != order.ordered_by or not _is_moment(entry.get("at"), order.contained_at):
        yield Problem("takedown.json", "", "the ledger recorded another person or another moment")
    for action, moment in ((REMOVED, order.removed_at), (REINSTATED, order.reinstated_at)):
        later = find_entry(facts, action)
        if (later is None) != (moment is None) or (later and not _is_moment(later.get("at"), moment)):
            yield Problem("takedown.json", "", f"it does not agree with the ledger about {action}")
    yield from _check_nothing_left_out(facts, said=said)


def check_feeds(facts: ProofFacts, *, keys: Mapping[str, str]) -> Iterator[Problem]:
    """Both feeds are genuine; the block is in them under the number the ledger recorded, until it was lifted."""
    feeds: list[ProvenFeed] = []
    for name, fact in (("at_order", facts.feed_at_order), ("latest", facts.feed_latest)):
        try:
            feeds.append(read_proven_feed(fact, keys=keys))
        except FeedError as error:
            yield Problem("feed.json", name, str(error))
    if len(feeds) < 2:
        return
    at_order, latest = feeds
    block = find_block(facts, at_order)
    if block is None:
        yield Problem("feed.json", "at_order", "the block the ledger recorded is not in it")
        return
    order = facts.takedown
    blocked = (block.plugin, block.publisher, block.versions, tuple(block.artifact_sha256))
    if blocked != (order.plugin, order.publisher, order.versions, order.artifact_sha256):
        yield Problem("feed.json", "at_order", "its block is about another plugin, range or other bytes")
    if at_order.issued_at < order.contained_at - ROUNDING or latest.sequence < at_order.sequence:
        yield Problem("feed.json", "", "a feed is older than what it is to prove")
    elif not is_continued(facts.feed_at_order, by=facts.feed_latest):
        yield Problem("feed.json", "", "the two feeds tell two histories")
    if (find_block(facts, latest) is None) != (order.reinstated_at is not None):
        yield Problem("feed.json", "latest", "the block is lifted without a reinstatement, or still there after it")


def check_orders(facts: ProofFacts) -> Iterator[Problem]:
    """Every order is about this plugin, a version in the range, and a bot with a key of its own."""
    if len({order.order for order in facts.orders}) != len(facts.orders):
        yield Problem("orders.json", "", "an order appears twice")
    if len(set(facts.bot_keys.values())) != len(facts.bot_keys):
        yield Problem("bots.json", "", "two bots have one key, so neither speaks for itself")
    for at, order in enumerate(facts.orders):
        what = _find_order_fault(order, facts=facts)
        if what:
            yield Problem("orders.json", f"[{at}] bot {order.bot}", what)


def check_notices(facts: ProofFacts) -> Iterator[Problem]:
    """No notice counts twice, none is delivered without a receipt, and addresses match their digests."""
    if len({notice.notice for notice in facts.notices}) != len(facts.notices):
        yield Problem("notices.json", "", "a notice appears twice")
    for at, notice in enumerate(facts.notices):
        what = _find_notice_fault(notice)
        if what:
            yield Problem("notices.json", f"[{at}] notice {notice.notice}", what)


def find_entry(facts: ProofFacts, action: str) -> Mapping[str, Any] | None:
    """The body of the ledger's entry about this takedown with that action."""
    subject = f"takedown:{facts.takedown.takedown}"
    bodies = (link.body for link in facts.links if link.body is not None)
    return next((body for body in bodies if (body.get("action"), body.get("subject")) == (action, subject)), None)


def find_block(facts: ProofFacts, feed: ProvenFeed) -> Block | None:
    """The feed's block of this takedown, under the id and number the ledger recorded."""
    entry = find_entry(facts, CONTAINED)
    after = entry.get("after") if entry else None
    said = after if isinstance(after, dict) else {}
    takedown = str(facts.takedown.takedown)
    recorded = (takedown, said.get("block"), said.get("sequence"))
    return next((b for b in feed.blocks if (b.takedown, b.id, b.sequence) == recorded), None)


def _check_chain(links: tuple[LinkFact, ...]) -> Iterator[Problem]:
    if not links:
        yield Problem("ledger.json", "links", "are missing")
    for at, link in enumerate(links):
        before = links[at - 1] if at else None
        if before and (link.sequence, link.previous_hash) != (before.sequence + 1, before.hash):
            yield Problem("ledger.json", f"entry {link.sequence}", "does not follow the one before it")
        if link.hash != entry_hash(link.previous_hash, link.body_digest):
            yield Problem("ledger.json", f"entry {link.sequence}", "its hash does not seal its digest")
        if link.body is not None and body_digest(link.body) != link.body_digest:
            yield Problem("ledger.json", f"entry {link.sequence}", "its body was edited")
        if link.body is not None and link.body.get("sequence") != link.sequence:
            yield Problem("ledger.json", f"entry {link.sequence}", "its body carries another number")


def _check_checkpoint(facts: ProofFacts, *, keys: Mapping[str, str]) -> Iterator[Problem]:
    try:
        payload = open_statement(facts.checkpoint, kind=CHECKPOINT_KIND, keys=keys)
    except StatementError as error:
        yield Problem("ledger.json", "checkpoint", str(error))
        return
    last = facts.links[-1] if facts.links else None
    if last is None or (payload.get("sequence"), payload.get("hash")) != (last.sequence, last.hash):
        yield Problem("ledger.json", "checkpoint", "the links do not end at the signed checkpoint")


def _check_nothing_left_out(facts: ProofFacts, *, said: Mapping[str, Any]) -> Iterator[Problem]:
    """The ledger counted at the order: leaving out who did not confirm would be the easiest lie.

    A large order is counted again when its last row is written; until then nobody knows who is missing.
    """
    finished = find_entry(facts, FANNED_OUT)
    if finished is None and said.get("is_fanned_out") is False and facts.takedown.reinstated_at is None:
        yield Problem("ledger.json", FANNED_OUT, "the order has not been written out to the last bot yet")
    after = finished.get("after") if finished else None
    said = after if isinstance(after, dict) else said
    ordered = sum(order.action == OFF for order in facts.orders)
    for file, name, found in (
        ("orders.json", "bots_ordered", ordered),
        ("notices.json", "notices_queued", len(facts.notices)),
    ):
        counted = said.get(name)
        if type(counted) is not int or found < counted:
            yield Problem(file, "", f"holds {found}, where the ledger counted {counted} ({name})")


def _find_order_fault(order: OrderFact, *, facts: ProofFacts) -> str:
    takedown = facts.takedown
    if order.bot not in facts.bot_keys:
        return "has no key in bots.json"
    if order.state not in STATES or (order.settled_at is None) != (order.state == "ordered"):
        return "its state and its end do not agree"
    begun_at = takedown.contained_at if order.action == OFF else takedown.reinstated_at
    if order.action not in {OFF, ON} or begun_at is None or order.ordered_at < begun_at:
        return "it was ordered before there was a reason to"
    if takedown.artifact_sha256 and order.artifact_sha256 not in takedown.artifact_sha256:
        return "its artifact is not among those that were taken down"
    try:
        return "" if matches(takedown.versions, order.version) else "its version is not in the range"
    except (InvalidRange, InvalidVersion) as error:
        return str(error)


def _find_notice_fault(notice: NoticeFact) -> str:
    named = (notice.recipient, notice.salt, notice.receipt)
    if None in named and any(value is not None for value in named):
        return "an address, its salt and its receipt stay or go together"
    if notice.recipient is not None and notice.salt is not None:
        if digest_recipient(notice.recipient, salt=notice.salt) != notice.recipient_digest:
            return "the address does not match its digest"
        if digest_receipt(notice.receipt or "", salt=notice.salt) != notice.receipt_digest:
            return "the receipt does not match its digest"
    if notice.delivered_at is None:
        return ""
    if not notice.receipt_digest or not notice.message_id or notice.delivered_at < notice.queued_at:
        return "it counts as delivered without a receipt, or before it was queued"
    return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _is_moment(text: object, moment: datetime | None) -> bool:
    try:
        return parse_moment(text) == moment
    except InvalidMoment:
        return False
