"""A takedown's proof as one file: every fact, who signed it, and digests that say where a byte was changed.
Pure: no database, no network; writes what it is given and decides nothing about it."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from governance.takedowns.bundle_zip import pack
from plugins.runtime.canonical import canonical_json
from plugins.runtime.moments import format_moment
from plugins.runtime.signing import SigningKey, sign_statement

PROOF_KIND = "nexus.proof/1"
MANIFEST_NAME = "manifest.json"
DIGEST_BLOCK_BYTES = 4096  # as finely as a changed byte is located
README = (
    "The proof of one takedown: who was ordered, who confirmed, who was told and when.\n"
    "Check it with: python -m governance.takedowns.verify BUNDLE.zip --key KEY\n"
    "KEY is the platform's public key, from a source other than this bundle.\n"
    "manifest.json is signed and names the SHA-256 of every other file here.\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownFact:
    """The order itself; `ordered_by` is an actor as the ledger writes it, such as user:7."""

    takedown: UUID
    publisher: str
    plugin: str
    versions: str
    grounds: str
    statement: str
    ordered_by: str
    exposed_since: datetime
    contained_at: datetime
    removed_at: datetime | None
    reinstated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact:
    """One installation ordered off (switched_off) or on again (switched_on).

    `state` is ordered, confirmed, gone (no longer installed) or withdrawn (reinstated before anyone acted).
    """

    order: int
    bot: UUID
    installation: int
    version: str
    action: str
    state: str
    ordered_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgementFact:
    """What the bot signed about an order; `received_at` is the platform's clock."""

    order: int
    received_at: datetime
    statement: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFact:
    """One notice to one person. `recipient` and `salt` may both be left out; their digest stays.

    One person has one salt within a bundle, so that people can be counted. `receipt` is the receiver's answer.
    """

    notice: UUID
    kind: str
    recipient_digest: str
    recipient: str | None
    salt: str | None
    queued_at: datetime
    deadline_at: datetime
    delivered_at: datetime | None
    message_id: str
    receipt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFact:
    """A signed freshness statement, and the feed's changes that lead to it from the number `after` with its digest."""

    after: int
    digest: str
    changes: tuple[Mapping[str, Any], ...]
    freshness: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFact:
    """One link of the ledger's chain; the body is there when the entry is about this takedown."""

    sequence: int
    body: Mapping[str, Any] | None
    body_digest: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFacts:
    """Everything a bundle says. Links run without a gap from the order's entry to the checkpoint's.

    `feed_at_order` is the first feed signed with the block, `feed_latest` the newest; `platform_keys` map a
    key's id to its base64.
    """

    takedown: TakedownFact
    orders: tuple[OrderFact, ...]
    acknowledgements: tuple[AcknowledgementFact, ...]
    bot_keys: Mapping[UUID, str]
    notices: tuple[NoticeFact, ...]
    feed_at_order: FeedFact
    feed_latest: FeedFact
    links: tuple[LinkFact, ...]
    checkpoint: Mapping[str, str]
    platform_keys: Mapping[str, str]
    written_at: datetime


def digest_recipient(recipient: str, *, salt: str) -> str:
    """Return the hex SHA-256 that stands for a person's address; the salt keeps it from being guessed."""
    return hashlib.sha256(f"{salt}\n{recipient}".encode()).hexdigest()


def write_bundle(facts: ProofFacts, *, path: Path, key: SigningKey) -> None:
    """Write the bundle to `path`, whole or not at all; equal facts and key give equal bytes.

    Raises CanonicalError for a fact that has no canonical JSON, or OSError.
    """
    files = {name: canonical_json(_plain(value)) for name, value in _contents(facts).items()}
    files["readme.txt"] = README.encode("ascii")
    manifest = {
        "kind": PROOF_KIND,
        "takedown": str(facts.takedown.takedown),
        "written_at": format_moment(facts.written_at),
        "files": {name: describe_file(content) for name, content in files.items()},
    }
    signed = canonical_json(sign_statement(manifest, key=key))
    _write_atomically(path, data=pack([(MANIFEST_NAME, signed), *sorted(files.items())]))


def describe_file(content: bytes) -> dict[str, Any]:
    """The manifest's row of a file: its size, its SHA-256, and that of each 4 KiB, which locate a change."""
    blocks = (content[at : at + DIGEST_BLOCK_BYTES] for at in range(0, len(content), DIGEST_BLOCK_BYTES))
    return {
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "block_sha256": [hashlib.sha256(block).hexdigest() for block in blocks],
    }


def _contents(facts: ProofFacts) -> dict[str, Any]:
    return {
        "takedown.json": asdict(facts.takedown),
        "orders.json": [asdict(order) for order in facts.orders],
        "acknowledgements.json": [asdict(said) for said in facts.acknowledgements],
        "bots.json": dict(facts.bot_keys),
        "notices.json": [asdict(notice) for notice in facts.notices],
        "feed.json": {"at_order": asdict(facts.feed_at_order), "latest": asdict(facts.feed_latest)},
        "ledger.json": {"links": [asdict(link) for link in facts.links], "checkpoint": facts.checkpoint},
        "keys.json": dict(facts.platform_keys),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_moment(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _write_atomically(path: Path, *, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
