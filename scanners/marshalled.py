"""Reads CPython's marshal format into a digest, in Python: the built-in reader trusts its input and can crash.

Makes no code object, and runs nothing.
"""

import hashlib
from dataclasses import dataclass, field

from scanners import limits

FLAG_REF = 0x80
# What follows a code object's mark in CPython 3.11 to 3.14: numbers, then values by name (Python/marshal.c).
CODE_NUMBERS = 5
CODE_VALUES = ("code", "consts", "names", "localsplusnames", "localspluskinds", "filename", "name", "qualname")
IGNORED_VALUES = frozenset(["filename"])  # where it was compiled

UNFINISHED = b""


class MarshalInvalid(ValueError):
    """The bytes are no marshalled value, or one that is not read here."""


@dataclass
class Reader:
    """Reads one value after the other, each as a digest of its parts.

    Equal code gives equal digests, whatever was shared between its parts; and shared parts cost nothing, however often
    they are named.
    """

    data: bytes
    position: int = 0
    references: list[bytes] = field(default_factory=list)

    def read_value(self, depth: int = 0) -> bytes:
        """Return the next value; raises MarshalInvalid."""
        if depth > limits.BYTECODE_DEPTH:
            raise MarshalInvalid("too deep")
        mark = self._take(1)[0]
        kind = chr(mark & ~FLAG_REF)
        if kind == "r":
            return self._look_up(self._number())
        place = len(self.references)
        if mark & FLAG_REF:
            # Its place is taken before its parts are read; a part that names the whole is no code a compiler makes.
            self.references.append(UNFINISHED)
        value = self._read_kind(kind, depth=depth + 1)
        if mark & FLAG_REF:
            self.references[place] = value
        return value

    def _read_kind(self, kind: str, *, depth: int) -> bytes:
        if kind in "NFTS.":
            return seal(kind)
        if kind in "igyl":
            return self._read_number(kind)
        if kind in "sutaAzZ":
            length = self._take(1)[0] if kind in "zZ" else self._number()
            return seal("bytes" if kind == "s" else "text", self._take(length))
        if kind in "()<>[:":
            return self._read_items(kind, depth=depth)
        if kind == "c":
            return self._read_code(depth)
        raise MarshalInvalid(f"unknown mark {kind!r}")

    def _read_number(self, kind: str) -> bytes:
        if kind == "l":
            count = self._take(4)
            return seal("long", count, self._take(2 * abs(int.from_bytes(count, "little", signed=True))))
        return seal(kind, self._take({"i": 4, "g": 8, "y": 16}[kind]))

    def _read_items(self, kind: str, *, depth: int) -> bytes:
        count = 3 if kind == ":" else self._take(1)[0] if kind == ")" else self._number()
        if not 0 <= count <= len(self.data) - self.position:
            raise MarshalInvalid("more items than bytes")
        items = [self.read_value(depth) for _ in range(count)]
        if kind in "<>":
            # The order of a set follows hashes that differ from one process to the next.
            return seal("set", *sorted(items))
        return seal("tuple" if kind in "()" else kind, *items)

    def _read_code(self, depth: int) -> bytes:
        numbers = self._take(4 * CODE_NUMBERS)
        values = [(name, self.read_value(depth)) for name in CODE_VALUES]
        line = self._take(4)
        tables = (self.read_value(depth), self.read_value(depth))
        return seal("code", numbers, *(value for name, value in values if name not in IGNORED_VALUES), line, *tables)

    def _look_up(self, index: int) -> bytes:
        if not 0 <= index < len(self.references) or self.references[index] == UNFINISHED:
            raise MarshalInvalid("a reference to nothing")
        return self.references[index]

    def _number(self) -> int:
        return int.from_bytes(self._take(4), "little", signed=True)

    def _take(self, count: int) -> bytes:
        data = self.data[self.position : self.position + count]
        if count < 0 or len(data) != count:
            raise MarshalInvalid("cut off")
        self.position += count
        return data


def seal(kind: str, *parts: bytes) -> bytes:
    """Return a digest of a kind and its parts, each with its length."""
    digest = hashlib.sha256(kind.encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


def digest_marshalled(data: bytes) -> bytes:
    """Return the digest of the one value these bytes hold; raises MarshalInvalid, also for bytes behind it."""
    reader = Reader(data)
    value = reader.read_value()
    if reader.position != len(data):
        raise MarshalInvalid("bytes follow the value")
    return value
