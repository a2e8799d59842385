"""A platform's feed without a platform: signed, chained and published into a folder, as the rows would have it."""

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from governance.feed_folder import Publication, publish_files, root_path, write_atomically
from governance.takedowns.root_documents import make_first_root
from plugins.runtime.canonical import canonical_json
from plugins.runtime.content import GENESIS, chain_digest, describe_base
from plugins.runtime.freshness import FRESHNESS_KIND
from plugins.runtime.moments import format_moment
from plugins.runtime.root import Root
from plugins.runtime.signing import SigningKey, sign_statement


@dataclass
class FeedMaker:
    """Signs with a key of its own; every `block` is the next number."""

    folder: Path
    key: SigningKey = field(default_factory=SigningKey.generate)
    root_key: SigningKey = field(default_factory=SigningKey.generate)
    changes: list[dict[str, Any]] = field(default_factory=list)
    digests: list[str] = field(default_factory=lambda: [GENESIS])
    blocks: dict[str, dict[str, Any]] = field(default_factory=dict)
    base: bytes = describe_base(0, digest=GENESIS, blocks=())
    base_sequence: int = 0
    valid: timedelta = timedelta(minutes=15)

    def __post_init__(self) -> None:
        now = datetime.now(tz=UTC) - timedelta(minutes=1)
        public = self.key.public_base64
        self.root: Root = make_first_root(
            root_key=self.root_key, feed_public=public, key_days=100, root_days=100, now=now
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(root_path(self.folder, 1), data=canonical_json(dict(self.root.statement)))

    def block(self, plugin: str, *, publisher: str = "ada-labs", versions: str = ">=1.0.0,<2.0.0") -> dict[str, Any]:
        """Put one more block into the feed; nobody is told before `publish`."""
        number = len(self.changes) + 1
        block: dict[str, Any] = {
            "id": str(uuid.uuid4()),
            "sequence": number,
            "takedown": str(uuid.uuid4()),
            "plugin": plugin,
            "publisher": publisher,
            "versions": versions,
            "artifact_sha256": [],
            "reason": "malware",
            "blocked_at": format_moment(datetime.now(tz=UTC)),
        }
        self.blocks[block["id"]] = block
        self._add({"sequence": number, "action": "block", "block": block})
        return block

    def lift(self, block: dict[str, Any]) -> None:
        """End a block, as the next number."""
        del self.blocks[block["id"]]
        self._add({"sequence": len(self.changes) + 1, "action": "lift", "lifts": block["id"]})

    def rebase(self) -> None:
        """Write every block in force into a base."""
        self.base_sequence = len(self.changes)
        self.base = describe_base(self.base_sequence, digest=self.digests[-1], blocks=self.blocks.values())

    def publish(self) -> Publication:
        """Sign what holds now and write it where it is served."""
        publication = self.sign()
        publish_files(self.folder, publication, base=self.base if self.base_sequence else None)
        return publication

    def sign(self) -> Publication:
        """What would be published now."""
        now = datetime.now(tz=UTC)
        sha256 = hashlib.sha256(self.base).hexdigest()
        payload = {
            "kind": FRESHNESS_KIND,
            "sequence": len(self.changes),
            "digest": self.digests[-1],
            "issued_at": format_moment(now),
            "expires_at": format_moment(now + self.valid),
            "base": {"sequence": self.base_sequence, "sha256": sha256, "size_bytes": len(self.base)},
        }
        first = max(self.base_sequence - 500, 0) + 1
        return Publication(
            root_version=1,
            statement=sign_statement(payload, key=self.key),
            sequence=len(self.changes),
            issued_at=format_moment(now),
            base_sequence=self.base_sequence,
            base_sha256=sha256,
            first=first,
            changes=tuple(canonical_json(change) for change in self.changes[first - 1 :]),
        )

    def _add(self, change: dict[str, Any]) -> None:
        self.changes.append(change)
        self.digests.append(chain_digest(self.digests[-1], change=change))
