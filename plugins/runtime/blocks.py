"""One entry of the kill-switch feed, and whether it covers a version.
Never blocks by a name alone; what it cannot read it takes as covered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .errors import InvalidRange, InvalidVersion
from .fields import is_digest, read_identity, read_number, read_typed
from .moments import parse_moment
from .ranges import matches

__all__ = ["Block", "build_block"]

_TEXTS = ("plugin", "publisher", "versions", "reason")


@dataclass(frozen=True, slots=True)
class Block:
    """These versions of this publisher's plugin are off, or only these bytes of them."""

    id: str
    sequence: int
    takedown: str
    plugin: str
    publisher: str
    versions: str
    artifact_sha256: tuple[str, ...]
    reason: str
    blocked_at: datetime

    def covers(self, *, publisher: str, plugin: str, version: str, artifact_sha256: str) -> bool:
        """Whether this entry blocks that version; what cannot be read counts as covered."""
        if (publisher, plugin) != (self.publisher, self.plugin):
            return False
        if self.artifact_sha256 and artifact_sha256 not in self.artifact_sha256:
            return False
        try:
            return matches(self.versions, version)
        except (InvalidRange, InvalidVersion):
            return True


def build_block(values: object, *, most: int) -> Block:
    """Read a block whose number is at most `most`; raises TypeError, KeyError, ValueError or InvalidMoment."""
    if not isinstance(values, Mapping):
        raise TypeError("a block is an object")
    digests = read_typed(values, "artifact_sha256", list)
    if not all(is_digest(digest) for digest in digests):
        raise ValueError("artifact_sha256 holds SHA-256 digests in lower-case hex")
    texts: dict[str, Any] = {name: read_typed(values, name, str) for name in _TEXTS}
    return Block(
        id=read_identity(values, "id"),
        sequence=read_number(values, "sequence", most=most),
        takedown=read_identity(values, "takedown"),
        artifact_sha256=tuple(digests),
        blocked_at=parse_moment(values["blocked_at"]),
        **texts,
    )
