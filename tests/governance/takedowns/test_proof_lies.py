"""A bundle the platform itself signed still cannot lie about what bots, ledger and feed say for themselves."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.takedowns.bundle import ProofFacts
from governance.takedowns.verify import verify_bundle
from plugins.runtime.signing import SigningKey
from tests.governance.takedowns.proof_samples import (
    CONTAINED_AT,
    SEQUENCE,
    ProofCase,
    make_answer,
    make_checkpoint,
    make_feed,
    make_links,
)

Change = Callable[[ProofCase], ProofFacts]


def test_reinstated_takedown_verifies_with_its_own_orders(proof_case: ProofCase, tmp_path: Path) -> None:
    assert (
        verify_bundle(
            proof_case.write(tmp_path / "bundle.zip", _reinstated(proof_case)), trusted_keys=proof_case.trusted
        ).exit_code
        == 0
    )


def _reinstated(case: ProofCase) -> ProofFacts:
    facts, at = case.facts, CONTAINED_AT + timedelta(minutes=30)
    links = make_links("takedown.reinstated")
    back_on = tuple(
        replace(order, order=order.order + 50, action="switched_on", ordered_at=at, settled_at=at)
        for order in facts.orders
    )
    answers = tuple(make_answer(o, key=case.bot_keys[o.bot], sequence=SEQUENCE + 1) for o in back_on)
    answers = tuple(replace(answer, received_at=at) for answer in answers)
    return replace(
        facts,
        takedown=replace(facts.takedown, reinstated_at=at),
        orders=facts.orders + back_on,
        acknowledgements=facts.acknowledgements + answers,
        links=links,
        checkpoint=make_checkpoint(case.key, links=links),
        feed_latest=make_feed(case.key, sequence=SEQUENCE + 1, issued_at=at, is_blocked=False),
    )


def _answered(case: ProofCase, *, key: SigningKey | None = None, **changes: Any) -> ProofFacts:
    """The facts with the first bot's answer saying something else, under its own key or another."""
    order = case.facts.orders[0]
    answer = make_answer(order, key=key or case.bot_keys[order.bot], **changes)
    return replace(case.facts, acknowledgements=(answer, *case.facts.acknowledgements[1:]))


def _relinked(case: ProofCase, **after: Any) -> ProofFacts:
    links = make_links(**after)
    return replace(case.facts, links=links, checkpoint=make_checkpoint(case.key, links=links))


def _with_feed(case: ProofCase, **changes: Any) -> ProofFacts:
    return replace(case.facts, feed_latest=replace(case.facts.feed_latest, **changes))


def _with_notice(case: ProofCase, **changes: Any) -> ProofFacts:
    return replace(case.facts, notices=(replace(case.facts.notices[0], **changes), case.facts.notices[1]))


def _with_order(case: ProofCase, **changes: Any) -> ProofFacts:
    return replace(case.facts, orders=(replace(case.facts.orders[0], **changes), *case.facts.orders[1:]))


def _with_takedown(case: ProofCase, **changes: Any) -> ProofFacts:
    return replace(case.facts, takedown=replace(case.facts.takedown, **changes))


def _edit_body(case: ProofCase) -> ProofFacts:
    first = case.facts.links[0]
    body = {**(first.body or {}), "actor": "user:8"}
    return replace(case.facts, links=(replace(first, body=body), *case.facts.links[1:]))


def _share_key(case: ProofCase) -> ProofFacts:
    first, second, third = case.facts.bot_keys
    keys = {**case.facts.bot_keys, second: case.facts.bot_keys[first]}
    return replace(case.facts, bot_keys={first: keys[first], second: keys[second], third: keys[third]})


def _mislink(case: ProofCase) -> ProofFacts:
    """The digest of a hidden entry changes, its seal does not."""
    first, hidden = case.facts.links
    return replace(case.facts, links=(first, replace(hidden, body_digest="0" * 64)))


def _drop_middle(case: ProofCase) -> ProofFacts:
    links = make_links("takedown.signed")
    return replace(case.facts, links=(links[0], links[2]), checkpoint=make_checkpoint(case.key, links=links))


def _reuse_nonce(case: ProofCase) -> ProofFacts:
    """One bot with two installations answers both orders with one nonce."""
    order = replace(case.facts.orders[0], order=14, installation=999)
    answer = make_answer(order, key=case.bot_keys[order.bot], nonce="nonce-11")
    return replace(
        case.facts, orders=(*case.facts.orders, order), acknowledgements=(*case.facts.acknowledgements, answer)
    )


def _switch_on_too_early(case: ProofCase) -> ProofFacts:
    facts = _reinstated(case)
    order = facts.orders[3]
    early = make_answer(order, key=case.bot_keys[order.bot], sequence=SEQUENCE)
    early = replace(early, received_at=order.ordered_at)
    return replace(facts, acknowledgements=(*facts.acknowledgements[:3], early, *facts.acknowledgements[4:]))


def _answer_before_order(case: ProofCase) -> ProofFacts:
    early = replace(case.facts.acknowledgements[0], received_at=CONTAINED_AT - timedelta(seconds=1))
    return replace(case.facts, acknowledgements=(early, *case.facts.acknowledgements[1:]))


LIES: dict[str, tuple[Change, str]] = {
    "forged by the platform": (lambda c: _answered(c, key=c.key), "not signed by the bot's own key"),
    "signed by another bot": (
        lambda c: _answered(c, key=c.bot_keys[uuid.UUID(int=2)]),
        "not signed by the bot's own key",
    ),
    "another plugin": (lambda c: _answered(c, plugin="clock"), "another plugin"),
    "another publisher": (lambda c: _answered(c, publisher="ada"), "another publisher"),
    "another version": (lambda c: _answered(c, version="1.5.0"), "another version"),
    "another takedown": (lambda c: _answered(c, takedown=str(uuid.UUID(int=9))), "another takedown"),
    "another block": (lambda c: _answered(c, block=str(uuid.UUID(int=9))), "another block"),
    "the other action": (lambda c: _answered(c, action="switched_on"), "another action"),
    "another bot's words": (lambda c: _answered(c, bot=str(uuid.UUID(int=2))), "another bot"),
    "an older feed": (lambda c: _answered(c, sequence=SEQUENCE - 1), "from before the order"),
    "an answer for no order": (
        lambda c: replace(c.facts, orders=c.facts.orders[1:]),
        "answers no order",
    ),
    "one answer twice": (
        lambda c: replace(c.facts, acknowledgements=c.facts.acknowledgements + c.facts.acknowledgements[:1]),
        "counts twice",
    ),
    "confirmed without an answer": (
        lambda c: replace(c.facts, acknowledgements=c.facts.acknowledgements[1:]),
        "do not agree",
    ),
    "an unanswered bot left out": (
        lambda c: replace(c.facts, orders=c.facts.orders[1:], acknowledgements=c.facts.acknowledgements[1:]),
        "the ledger counted 3",
    ),
    "an untold person left out": (
        lambda c: replace(c.facts, notices=c.facts.notices[1:]),
        "the ledger counted 2",
    ),
    "an order twice": (
        lambda c: replace(c.facts, orders=(*c.facts.orders, c.facts.orders[0])),
        "appears twice",
    ),
    "an order out of range": (lambda c: _with_order(c, version="2.0.0"), "not in the range"),
    "an order before its reason": (
        lambda c: _with_order(c, ordered_at=CONTAINED_AT - timedelta(seconds=1)),
        "before there was a reason",
    ),
    "an order of an unknown bot": (lambda c: _with_order(c, bot=uuid.UUID(int=9)), "has no key"),
    "two bots with one key": (_share_key, "two bots have one key"),
    "delivered without a receipt": (lambda c: _with_notice(c, receipt="", receipt_digest=""), "without a receipt"),
    "another receipt": (lambda c: _with_notice(c, receipt="250 never said"), "receipt does not match"),
    "an address withheld alone": (lambda c: _with_notice(c, recipient=None), "stay or go together"),
    "other bytes": (lambda c: _with_takedown(c, artifact_sha256=("9" * 64,)), "the ledger recorded"),
    "another file": (lambda c: _with_takedown(c, file_sha256=()), "the ledger recorded"),
    "an order of other bytes": (lambda c: _with_order(c, artifact_sha256="9" * 64), "among those that were taken"),
    "a block of all bytes": (
        lambda c: replace(
            c.facts, feed_at_order=make_feed(c.key, sequence=SEQUENCE, issued_at=CONTAINED_AT, artifact_sha256=[])
        ),
        "other bytes",
    ),
    "another person's digest": (lambda c: _with_notice(c, recipient="eve@example.invalid"), "match its digest"),
    "a notice twice": (
        lambda c: replace(c.facts, notices=(*c.facts.notices, c.facts.notices[0])),
        "appears twice",
    ),
    "an edited entry": (_edit_body, "body was edited"),
    "a hidden entry exchanged": (_mislink, "does not seal"),
    "an entry left out between": (_drop_middle, "does not follow"),
    "one nonce for two orders": (_reuse_nonce, "counts twice"),
    "switched on by the feed that blocks": (_switch_on_too_early, "from before the order"),
    "an answer before the order": (_answer_before_order, "received before the order"),
    "a newest feed older than the first": (
        lambda c: replace(c.facts, feed_at_order=make_feed(c.key, sequence=20, issued_at=CONTAINED_AT)),
        "older than what it is to prove",
    ),
    "a removed entry": (lambda c: replace(c.facts, links=c.facts.links[:1]), "signed checkpoint"),
    "a chain without the order": (
        lambda c: replace(c.facts, links=c.facts.links[1:]),
        "no entry records this order",
    ),
    "another range": (lambda c: _with_takedown(c, versions="*"), "another range"),
    "another statement": (lambda c: _with_takedown(c, statement="It was a mistake."), "does not match its digest"),
    "another statement's digest": (lambda c: _with_takedown(c, statement_sha256="0" * 64), "grounds or statement"),
    "another person": (lambda c: _with_takedown(c, ordered_by="user:8"), "another person"),
    "another moment": (
        lambda c: _with_takedown(c, contained_at=CONTAINED_AT - timedelta(hours=3)),
        "another moment",
    ),
    "a removal nobody decided": (
        lambda c: _with_takedown(c, removed_at=CONTAINED_AT),
        "about takedown.removed",
    ),
    "a hidden reinstatement": (
        lambda c: replace(_reinstated(c), takedown=c.facts.takedown),
        "about takedown.reinstated",
    ),
    "another block recorded": (lambda c: _relinked(c, block=str(uuid.UUID(int=9))), "is not in it"),
    "another number recorded": (lambda c: _relinked(c, sequence=6), "is not in it"),
    "a block about another plugin": (
        lambda c: replace(
            c.facts,
            feed_at_order=make_feed(c.key, sequence=SEQUENCE, issued_at=CONTAINED_AT, plugin="clock"),
        ),
        "another plugin, range or other bytes",
    ),
    "a feed of Eve's": (
        lambda c: replace(
            c.facts,
            feed_latest=make_feed(SigningKey.generate(), sequence=9, issued_at=CONTAINED_AT),
        ),
        "no trusted key",
    ),
    "a feed from before the order": (
        lambda c: replace(
            c.facts,
            feed_at_order=make_feed(c.key, sequence=SEQUENCE, issued_at=CONTAINED_AT - timedelta(minutes=1)),
        ),
        "older than what it is to prove",
    ),
    "a change left out of the feed": (
        lambda c: _with_feed(c, changes=c.facts.feed_latest.changes[:-1]),
        "do not lead to number 9",
    ),
    "a change edited after it was signed": (
        lambda c: _with_feed(c, changes=(*c.facts.feed_latest.changes[:-1], {"sequence": 9, "action": "x"})),
        "cannot be read",
    ),
    "another history before the order": (lambda c: _with_feed(c, digest="0" * 64), "do not lead to number 9"),
    "two histories": (
        lambda c: replace(
            c.facts,
            feed_latest=make_feed(
                c.key, sequence=9, issued_at=CONTAINED_AT + timedelta(hours=1), reason="policy_violation"
            ),
        ),
        "two histories",
    ),
    "a block quietly lifted": (
        lambda c: replace(
            c.facts,
            feed_latest=make_feed(c.key, sequence=9, issued_at=CONTAINED_AT + timedelta(hours=1), is_blocked=False),
        ),
        "lifted without a reinstatement",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_platform_that_lies_in_a_signed_bundle_is_found_out(proof_case: ProofCase, tmp_path: Path, lie: str) -> None:
    change, reason = LIES[lie]
    path = proof_case.write(tmp_path / "bundle.zip", change(proof_case))
    found = verify_bundle(path, trusted_keys=proof_case.trusted)
    assert found.exit_code == 2
    assert any(reason in str(problem) for problem in found.problems), [str(p) for p in found.problems]
