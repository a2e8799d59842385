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

from governance.takedowns.bundle_zip import pack, unpack
from plugins.runtime.canonical import canonical_json
from plugins.runtime.moments import format_moment
from plugins.runtime.signing import SigningKey, sign_statement

PROOF_KIND = "nexus.proof/1"
MANIFEST_NAME = "manifest.json"
# All that names a person, and nothing else: the one file that may be taken out and leave the rest as it was signed.
PEOPLE_NAME = "people.json"
DIGEST_BLOCK_BYTES = 4096  # as finely as a changed byte is located
README = (
    "The proof of one takedown: who was ordered, who confirmed, who was told and when.\n"
    "Check it with: python -m governance.takedowns.verify BUNDLE.zip --key KEY\n"
    "KEY is the platform's public key, from a source other than this bundle.\n"
    "manifest.json is signed and names the SHA-256 of every other file here.\n"
    "people.json alone names people. It may be taken out, for the public or a court; everything else still verifies:\n"
    "python -m governance.takedowns.redact BUNDLE.zip -o REDACTED.zip\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakedownFact:
    """The order itself; `ordered_by` is an actor as the ledger writes it, such as user:7.

    `statement` may be withheld; its digest stays. Digests of artifacts and files narrow the range to those bytes.
    """

    takedown: UUID
    publisher: str
    plugin: str
    versions: str
    artifact_sha256: tuple[str, ...]
    file_sha256: tuple[str, ...]
    grounds: str
    statement: str | None
    statement_sha256: str
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
    artifact_sha256: str
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
    """One notice to one person. `recipient`, `salt` and `receipt` are withheld together; their digests stay.

    One person has one salt within a bundle, so that people can be counted. `receipt` is the receiver's answer; its
    digest is empty where there is none.
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
    receipt: str | None
    receipt_digest: str


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


def digest_receipt(receipt: str, *, salt: str) -> str:
    """Return what stands for a receiver's answer, which may name a mail server; empty when there is none."""
    return hashlib.sha256(f"receipt\n{salt}\n{receipt}".encode()).hexdigest() if receipt else ""


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
    write_atomically(path, data=pack([(MANIFEST_NAME, signed), *sorted(files.items())]))


def redact_data(data: bytes) -> bytes:
    """Return a bundle's bytes without the file that names people; the platform's signature goes on holding.

    Raises ValueError for bytes that are no whole bundle.
    """
    members, flaw = unpack(data)
    if flaw is not None:
        raise ValueError(f"byte {flaw.offset}: {flaw.what}")
    return pack([(member.name, member.content) for member in members if member.name != PEOPLE_NAME])


def describe_file(content: bytes) -> dict[str, Any]:
    """The manifest's row of a file: its size, its SHA-256, and that of each 4 KiB, which locate a change."""
    blocks = (content[at : at + DIGEST_BLOCK_BYTES] for at in range(0, len(content), DIGEST_BLOCK_BYTES))
    return {
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "block_sha256": [hashlib.sha256(block).hexdigest() for block in blocks],
    }


def _contents(facts: ProofFacts) -> dict[str, Any]:
    people = {
        "statement": facts.takedown.statement,
        "notices": {
            notice.notice: {"recipient": notice.recipient, "salt": notice.salt, "receipt": notice.receipt}
            for notice in facts.notices
        },
    }
    return {
        "takedown.json": _without(asdict(facts.takedown), "statement"),
        "orders.json": [asdict(order) for order in facts.orders],
        "acknowledgements.json": [asdict(said) for said in facts.acknowledgements],
        "bots.json": dict(facts.bot_keys),
        "notices.json": [_without(asdict(notice), "recipient", "salt", "receipt") for notice in facts.notices],
        PEOPLE_NAME: people,
        "feed.json": {"at_order": asdict(facts.feed_at_order), "latest": asdict(facts.feed_latest)},
        "ledger.json": {"links": [asdict(link) for link in facts.links], "checkpoint": facts.checkpoint},
        "keys.json": dict(facts.platform_keys),
    }


def _without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


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


def write_atomically(path: Path, *, data: bytes) -> None:
    """Write a file whole or not at all; raises OSError."""
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
