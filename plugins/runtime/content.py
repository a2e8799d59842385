"""What the feed blocks at one number: a base and the changes after it, held together by a chain of digests.
Every number is one change, so a digest names the whole history; what does not lead to it is refused."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .blocks import Block, build_block
from .canonical import canonical_json, parse_json
from .errors import CanonicalError, FeedContentMismatch, FeedMalformed, InvalidMoment
from .fields import read_digest, read_identity, read_number, read_typed

__all__ = ["EMPTY", "GENESIS", "Content", "chain_digest", "describe_base", "read_base"]

BASE_KIND = "nexus.base/1"
BLOCK, LIFT = "block", "lift"
GENESIS = hashlib.sha256(b"nexus-governance/v1\nfeed\n").hexdigest()  # the digest of number 0, before any change
MAX_BASE_BYTES = 128 * 1024 * 1024

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Content:
    """The blocks in force at one number, found by publisher and plugin."""

    sequence: int
    digest: str
    blocks: Mapping[str, Block] = field(repr=False)
    by_plugin: Mapping[_Key, tuple[Block, ...]] = field(repr=False)

    def find_blocks(self, *, publisher: str, plugin: str, version: str, artifact_sha256: str) -> tuple[Block, ...]:
        """Every block that covers a version, the lowest number first."""
        named = self.by_plugin.get((publisher, plugin), ())
        what = {"publisher": publisher, "plugin": plugin, "version": version, "artifact_sha256": artifact_sha256}
        return tuple(sorted((b for b in named if b.covers(**what)), key=lambda block: block.sequence))

    def extend(self, changes: Sequence[object]) -> "Content":
        """This content after `changes`, which begin with the next number; raises FeedMalformed."""
        if not changes:
            return self
        sequence, digest = self.sequence, self.digest
        blocks, by_plugin = dict(self.blocks), dict(self.by_plugin)
        for change in changes:
            sequence += 1
            try:
                _apply(change, sequence=sequence, blocks=blocks, by_plugin=by_plugin)
                digest = chain_digest(digest, change=change)
            except (CanonicalError, InvalidMoment, KeyError, TypeError, ValueError) as error:
                raise FeedMalformed(f"change {sequence} lacks something or has another form: {error}") from error
        return Content(sequence, digest, blocks, by_plugin)


EMPTY = Content(0, GENESIS, {}, {})


def chain_digest(previous: str, *, change: object) -> str:
    """The digest of a number: the SHA-256 of the number before it, a line feed, and the change's canonical JSON."""
    return hashlib.sha256(previous.encode("ascii") + b"\n" + canonical_json(change)).hexdigest()


def describe_base(sequence: int, *, digest: str, blocks: Iterable[Mapping[str, Any]]) -> bytes:
    """The bytes of a base: every block in force at a number, and that number's digest."""
    return canonical_json({"kind": BASE_KIND, "sequence": sequence, "digest": digest, "blocks": list(blocks)})


def read_base(data: bytes, *, sha256: str) -> Content:
    """The content of a base; raises FeedContentMismatch when its bytes are not the ones named, or FeedMalformed."""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise FeedContentMismatch("the base is not the one the freshness statement names")
    try:
        values = parse_json(data, max_bytes=MAX_BASE_BYTES)
        if read_typed(values, "kind", str) != BASE_KIND:
            raise ValueError("it is not a base")
        sequence = read_number(values, "sequence")
        built = [build_block(block, most=sequence) for block in read_typed(values, "blocks", list)]
        return _index(sequence, digest=read_digest(values, "digest"), built=built)
    except (CanonicalError, InvalidMoment, KeyError, TypeError, ValueError) as error:
        raise FeedMalformed(f"the base lacks something or has it in another form: {error}") from error


def _index(sequence: int, *, digest: str, built: Sequence[Block]) -> Content:
    blocks = {block.id: block for block in built}
    if len(blocks) != len(built):
        raise ValueError("two blocks have one id")
    lists: dict[_Key, list[Block]] = {}
    for block in built:
        lists.setdefault((block.publisher, block.plugin), []).append(block)
    return Content(sequence, digest, blocks, {key: tuple(items) for key, items in lists.items()})


def _apply(
    change: object, *, sequence: int, blocks: dict[str, Block], by_plugin: dict[_Key, tuple[Block, ...]]
) -> None:
    if not isinstance(change, Mapping):
        raise TypeError("a change is an object")
    read_number(change, "sequence", least=sequence, most=sequence)
    action = read_typed(change, "action", str)
    if action == BLOCK:
        block = build_block(change["block"], most=sequence)
        if block.id in blocks:
            raise ValueError("two blocks have one id")
        blocks[block.id] = block
        key = (block.publisher, block.plugin)
        by_plugin[key] = (*by_plugin.get(key, ()), block)
    elif action == LIFT:
        # A lift of what is not there cannot be the platform's: it names each block once.
        block = blocks.pop(read_identity(change, "lifts"))
        key = (block.publisher, block.plugin)
        by_plugin[key] = tuple(item for item in by_plugin[key] if item.id != block.id)
    else:
        raise ValueError(f"a change's action is {BLOCK} or {LIFT}")
