"""A takedown with three bots, all confirmed and everybody told, as the facts a proof bundle is written from."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from governance.ledger.chain import CHECKPOINT_KIND, GENESIS, body_digest, entry_hash
from governance.takedowns.bundle import (
    AcknowledgementFact,
    FeedFact,
    LinkFact,
    NoticeFact,
    OrderFact,
    ProofFacts,
    TakedownFact,
    digest_receipt,
    digest_recipient,
    write_bundle,
)
from plugins.runtime.content import chain_digest
from plugins.runtime.freshness import FRESHNESS_KIND
from plugins.runtime.moments import format_moment
from plugins.runtime.signing import SigningKey, sign_statement
from plugins.runtime.statements import ACKNOWLEDGEMENT_KIND

CONTAINED_AT = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
STATEMENT = "It sends the bot's secrets to a host it does not declare."
BLOCK, TAKEDOWN = "7c1d5c0a-6a39-4c3a-8f0a-2f6b7b1a0001", "7c1d5c0a-6a39-4c3a-8f0a-2f6b7b1a0002"
SEQUENCE = 7
ARTIFACT, FILE = "a" * 64, "f" * 64


@dataclass(frozen=True, slots=True)
class ProofCase:
    """The facts, the platform's key, and each bot's key."""

    facts: ProofFacts
    key: SigningKey
    bot_keys: Mapping[uuid.UUID, SigningKey]

    @property
    def trusted(self) -> dict[str, str]:
        return {self.key.key_id: self.key.public_base64}

    def write(self, path: Path, facts: ProofFacts | None = None) -> Path:
        write_bundle(facts or self.facts, path=path, key=self.key)
        return path


def make_case() -> ProofCase:
    key = SigningKey.generate()
    bot_keys = {uuid.UUID(int=number): SigningKey.generate() for number in (1, 2, 3)}
    links = make_links()
    orders = tuple(make_order(number, bot=bot) for number, bot in enumerate(bot_keys, start=11))
    facts = ProofFacts(
        takedown=TakedownFact(
            takedown=uuid.UUID(TAKEDOWN),
            publisher="eve-labs",
            plugin="weather-card",
            versions=">=1.0.0,<2.0.0",
            artifact_sha256=(ARTIFACT,),
            file_sha256=(FILE,),
            grounds="malware",
            statement=STATEMENT,
            statement_sha256=hashlib.sha256(STATEMENT.encode()).hexdigest(),
            ordered_by="user:7",
            exposed_since=CONTAINED_AT - timedelta(days=30),
            contained_at=CONTAINED_AT,
            removed_at=None,
            reinstated_at=None,
        ),
        orders=orders,
        acknowledgements=tuple(make_answer(order, key=bot_keys[order.bot]) for order in orders),
        bot_keys={bot: bot_key.public_base64 for bot, bot_key in bot_keys.items()},
        notices=tuple(make_notice(name) for name in ("dev@example.invalid", "ada@example.invalid")),
        feed_at_order=make_feed(key, sequence=SEQUENCE, issued_at=CONTAINED_AT),
        feed_latest=make_feed(key, sequence=SEQUENCE + 2, issued_at=CONTAINED_AT + timedelta(hours=1)),
        links=links,
        checkpoint=make_checkpoint(key, links=links),
        platform_keys={key.key_id: key.public_base64},
        written_at=CONTAINED_AT + timedelta(hours=2),
    )
    return ProofCase(facts, key, bot_keys)


def make_order(number: int, *, bot: uuid.UUID) -> OrderFact:
    return OrderFact(
        order=number,
        bot=bot,
        installation=number + 100,
        version="1.4.0",
        artifact_sha256=ARTIFACT,
        action="switched_off",
        state="confirmed",
        ordered_at=CONTAINED_AT,
        settled_at=CONTAINED_AT + timedelta(seconds=number - 10),
    )


def make_answer(order: OrderFact, *, key: SigningKey, **changes: Any) -> AcknowledgementFact:
    payload = {
        "kind": ACKNOWLEDGEMENT_KIND,
        "bot": str(order.bot),
        "block": BLOCK,
        "takedown": TAKEDOWN,
        "sequence": SEQUENCE,
        "plugin": "weather-card",
        "publisher": "eve-labs",
        "version": order.version,
        "action": order.action,
        "at": format_moment(CONTAINED_AT + timedelta(seconds=1)),
        "nonce": f"nonce-{order.order}",
        **changes,
    }
    received_at = CONTAINED_AT + timedelta(seconds=order.order - 10)
    statement = sign_statement(payload, key=key)
    return AcknowledgementFact(order=order.order, received_at=received_at, statement=statement)


def make_notice(recipient: str) -> NoticeFact:
    salt = f"salt of {recipient}"
    return NoticeFact(
        notice=uuid.uuid5(uuid.NAMESPACE_URL, recipient),
        kind="takedown_contained",
        recipient_digest=digest_recipient(recipient, salt=salt),
        recipient=recipient,
        salt=salt,
        queued_at=CONTAINED_AT,
        deadline_at=CONTAINED_AT + timedelta(hours=24),
        delivered_at=CONTAINED_AT + timedelta(seconds=4),
        message_id="<1@nexus.invalid>",
        receipt="250 accepted",
        receipt_digest=digest_receipt("250 accepted", salt=salt),
    )


def make_feed(
    key: SigningKey, *, sequence: int, issued_at: datetime, is_blocked: bool = True, **changed: Any
) -> FeedFact:
    """A feed whose first change shown is the order's block; when it is lifted, then by the next change."""
    block = {
        "id": BLOCK,
        "sequence": SEQUENCE,
        "takedown": TAKEDOWN,
        "plugin": "weather-card",
        "publisher": "eve-labs",
        "versions": ">=1.0.0,<2.0.0",
        "artifact_sha256": [ARTIFACT],
        "reason": "malware",
        "blocked_at": "2026-03-01T12:00:00Z",
        **changed,
    }
    changes = [
        {"sequence": SEQUENCE, "action": "block", "block": block},
        *map(_others, range(SEQUENCE + 1, sequence + 1)),
    ]
    if not is_blocked:
        changes[1] = {"sequence": SEQUENCE + 1, "action": "lift", "lifts": BLOCK}
    before = digest = hashlib.sha256(b"what was before").hexdigest()
    for change in changes:
        digest = chain_digest(digest, change=change)
    payload = {
        "kind": FRESHNESS_KIND,
        "sequence": sequence,
        "digest": digest,
        "issued_at": format_moment(issued_at),
        "expires_at": format_moment(issued_at + timedelta(hours=1)),
        "base": {"sequence": 0, "sha256": "0" * 64, "size_bytes": 9},
    }
    statement = sign_statement(payload, key=key)
    return FeedFact(after=SEQUENCE - 1, digest=before, changes=tuple(changes), freshness=statement)


def _others(sequence: int) -> dict[str, Any]:
    """The end of a block that is nothing to this takedown."""
    return {"sequence": sequence, "action": "lift", "lifts": str(uuid.UUID(int=sequence))}


def make_links(*actions: str, **after: Any) -> tuple[LinkFact, ...]:
    """Entry 40 is somebody else's, 41 the order, 42 somebody else's, then one for each further action."""
    said = {
        "versions": ">=1.0.0,<2.0.0",
        "artifact_sha256": [ARTIFACT],
        "file_sha256": [FILE],
        "grounds": "malware",
        "statement_sha256": hashlib.sha256(STATEMENT.encode()).hexdigest(),
        "block": BLOCK,
        "sequence": SEQUENCE,
        "bots_ordered": 3,
        "notices_queued": 2,
        **after,
    }
    bodies = [
        _body(40, "version.published", subject="version:3", after={}),
        _body(41, "takedown.contained", subject=f"takedown:{TAKEDOWN}", after=said),
        _body(42, "review.decided", subject="review:9", after={}),
        *(
            _body(number, action, subject=f"takedown:{TAKEDOWN}", after={})
            for number, action in enumerate(actions, start=43)
        ),
    ]
    links: list[LinkFact] = []
    head = entry_hash(GENESIS, body_digest({"sequence": 39}))
    for body in bodies:
        digest = body_digest(body)
        hash_ = entry_hash(head, digest)
        is_shown = body["subject"].startswith("takedown:")
        links.append(
            LinkFact(
                sequence=body["sequence"],
                body=body if is_shown else None,
                body_digest=digest,
                previous_hash=head,
                hash=hash_,
            )
        )
        head = hash_
    return tuple(links[1:])


def make_checkpoint(key: SigningKey, *, links: tuple[LinkFact, ...]) -> dict[str, str]:
    payload = {
        "kind": CHECKPOINT_KIND,
        "sequence": links[-1].sequence,
        "hash": links[-1].hash,
        "at": format_moment(CONTAINED_AT + timedelta(minutes=5)),
    }
    return sign_statement(payload, key=key)


def _body(sequence: int, action: str, *, subject: str, after: dict[str, Any]) -> dict[str, Any]:
    moments = {"takedown.reinstated": CONTAINED_AT + timedelta(minutes=30)}
    return {
        "sequence": sequence,
        "at": format_moment(moments.get(action, CONTAINED_AT)),
        "actor": "user:7",
        "action": action,
        "cause": "user:7",
        "subject": subject,
        "before": {},
        "after": after,
    }
