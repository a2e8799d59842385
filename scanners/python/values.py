"""Computes, without running anything, what a constant Python expression would be: joins, slices, decoders.

Bounded in size and steps. What it cannot know for certain it leaves unknown.
"""

import base64
import binascii
import bz2
import codecs
import lzma
import quopri
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from scanners import limits

Plain: TypeAlias = "str | bytes | int | float | list[Plain] | None"

JOINED, DECODED, LOOKED_UP, STARRED = "joined", "decoded", "looked_up", "starred"


@dataclass(frozen=True, slots=True)
class Const:
    """A known value, and by which tricks the source arrived at it."""

    value: Plain
    tricks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ref:
    """A known name by its full dotted path, and by which tricks the source arrived at it."""

    name: str
    tricks: frozenset[str] = frozenset()


Value: TypeAlias = Const | Ref | None


def as_bytes(value: Plain) -> bytes:
    """Return text or bytes as bytes; raises ValueError for anything else."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8")
    raise ValueError("neither text nor bytes")


def inflate_bounded(data: bytes, wbits: int = zlib.MAX_WBITS) -> bytes:
    """Inflate up to the folding limit; raises ValueError for damage or for more than that."""
    decoder = zlib.decompressobj(wbits)
    try:
        result = decoder.decompress(data, limits.FOLD_CHARACTERS)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if decoder.unconsumed_tail:
        raise ValueError("too large")
    return result


def expand_bounded(decoder: bz2.BZ2Decompressor | lzma.LZMADecompressor, data: bytes) -> bytes:
    """Decompress up to the folding limit; raises ValueError for damage or for more than that."""
    try:
        result = decoder.decompress(data, limits.FOLD_CHARACTERS)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise ValueError(str(error)) from error
    if not decoder.eof:
        raise ValueError("too large or cut")
    return result


def decode_codec(data: Plain, codec: str) -> Plain:
    """Decode with one of the codecs hiding places use; raises ValueError or LookupError."""
    name = codec.casefold().replace("-", "_")
    if name in ("rot13", "rot_13"):
        if not isinstance(data, str):
            raise ValueError("rot13 needs text")
        return codecs.decode(data, "rot13")
    if name in ("hex", "hex_codec"):
        return binascii.unhexlify(as_bytes(data))
    if name in ("base64", "base64_codec"):
        return base64.b64decode(as_bytes(data))
    if name in ("zlib", "zip", "zlib_codec"):
        return inflate_bounded(as_bytes(data))
    if name in ("bz2", "bz2_codec"):
        return expand_bounded(bz2.BZ2Decompressor(), as_bytes(data))
    if not codecs.lookup(codec)._is_text_encoding:  # noqa: SLF001 (what bytes.decode itself asks)
        raise LookupError("not a text encoding")
    return as_bytes(data).decode(codec)


def from_hex(data: Plain) -> bytes:
    """Return what bytes.fromhex returns; raises ValueError."""
    return bytes.fromhex(data if isinstance(data, str) else as_bytes(data).decode("ascii"))


# Functions of one argument that turn hidden text back into readable text.
DECODERS: dict[str, Callable[[Plain], Plain]] = {
    "base64.b64decode": lambda data: base64.b64decode(as_bytes(data)),
    "base64.standard_b64decode": lambda data: base64.b64decode(as_bytes(data)),
    "base64.decodebytes": lambda data: base64.b64decode(as_bytes(data)),
    "base64.urlsafe_b64decode": lambda data: base64.urlsafe_b64decode(as_bytes(data)),
    "base64.b32decode": lambda data: base64.b32decode(as_bytes(data)),
    "base64.b16decode": lambda data: base64.b16decode(as_bytes(data)),
    "base64.a85decode": lambda data: base64.a85decode(as_bytes(data)),
    "base64.b85decode": lambda data: base64.b85decode(as_bytes(data)),
    "binascii.a2b_base64": lambda data: binascii.a2b_base64(as_bytes(data)),
    "binascii.unhexlify": lambda data: binascii.unhexlify(as_bytes(data)),
    "binascii.a2b_hex": lambda data: binascii.unhexlify(as_bytes(data)),
    "builtins.bytes.fromhex": from_hex,
    "builtins.bytearray.fromhex": from_hex,
    "zlib.decompress": lambda data: inflate_bounded(as_bytes(data)),
    "gzip.decompress": lambda data: inflate_bounded(as_bytes(data), zlib.MAX_WBITS | 16),
    "bz2.decompress": lambda data: expand_bounded(bz2.BZ2Decompressor(), as_bytes(data)),
    "lzma.decompress": lambda data: expand_bounded(lzma.LZMADecompressor(memlimit=256 * limits.MIB), as_bytes(data)),
    "base64.b32hexdecode": lambda data: base64.b32hexdecode(as_bytes(data)),
    "base64.decodestring": lambda data: base64.b64decode(as_bytes(data)),
    "quopri.decodestring": lambda data: quopri.decodestring(as_bytes(data)),
}
# Decoders that are not computed here, but whose result in `exec` says enough.
OPAQUE_DECODERS = frozenset(["marshal.loads", "codecs.decode", "uu.decode"])

TEXT_METHODS = frozenset(["lower", "upper", "strip", "lstrip", "rstrip", "replace", "swapcase", "removeprefix",
                          "removesuffix", "title", "capitalize"])  # fmt: skip
# What else is computed on constants: the results may be longer, so their sizes are looked at.
_MORE_METHODS = "casefold split rsplit splitlines partition rpartition count find index startswith endswith isdigit"
MORE_METHODS = frozenset(_MORE_METHODS.split())


def call_text_method(value: object, method: str, args: list[Any]) -> tuple[Any, tuple[str, ...]]:
    """Return the result of a method of a constant and the tricks in it; raises what Python would, or LookupError."""
    if method == "join" and isinstance(value, str | bytes):
        return join_bounded(value, args[0]), (JOINED,)
    if method == "encode" and isinstance(value, str):
        return encode_codec(value, str(args[0]) if args else "utf-8")
    if method == "decode" and isinstance(value, bytes):
        codec = str(args[0]) if args else "utf-8"
        return decode_codec(value, codec), ((DECODED,) if is_hiding(codec) else ())
    if method == "hex" and isinstance(value, bytes):
        return value.hex(), ()
    if method == "to_bytes" and isinstance(value, int) and args and args[0] <= limits.FOLD_CHARACTERS:
        return value.to_bytes(args[0], "little" if "little" in args else "big"), (DECODED,)
    if method == "translate" and isinstance(value, str) and isinstance(args[0], tuple):
        return value.translate(dict(args[0])), (DECODED,)
    if isinstance(value, str | bytes) and method in TEXT_METHODS | MORE_METHODS:
        if method == "replace" and not args[0]:
            raise LookupError("could grow without bound")
        if method == "replace" and len(value) * max(len(args[1]), 1) > 16 * limits.FOLD_CHARACTERS:
            raise LookupError("could grow without bound")
        result = getattr(value, method)(*args)
        tricks = (JOINED,) if method in ("replace", "swapcase") else ()
        return (tuple(result) if isinstance(result, list) else result), tricks
    raise LookupError(method)


def join_bounded(separator: Any, parts: Any) -> Any:
    """Return the parts joined; raises what Python would, or LookupError when there would be too much of it."""
    if sum(map(len, parts)) + len(separator) * len(parts) > limits.FOLD_CHARACTERS:
        raise LookupError("too large")
    return separator.join(parts)


def encode_codec(text: str, codec: str) -> tuple[Any, tuple[str, ...]]:
    """Return text encoded; raises LookupError for what is no text encoding but rot13."""
    if not is_hiding(codec):
        return text.encode(codec), ()
    if codec.casefold().replace("-", "_") in ("rot13", "rot_13"):
        return codecs.encode(text, "rot13"), (DECODED,)
    raise LookupError(codec)


def is_hiding(codec: str) -> bool:
    """Say whether a codec turns text into something else than its letters."""
    name = codec.casefold().replace("-", "_")
    return name.removesuffix("_codec") in ("rot13", "rot_13", "hex", "base64", "zlib", "zip", "bz2", "unicode_escape")


def call_method(value: Plain, method: str, args: list[Plain]) -> Value:
    """Return what a method of a constant text, bytes or list gives; None when unknown."""
    try:
        if method == "join" and isinstance(value, str | bytes) and len(args) == 1 and isinstance(args[0], list):
            if len(value) * len(args[0]) > limits.FOLD_CHARACTERS:
                return None
            return bound(value.join(args[0]), JOINED)  # type: ignore[arg-type]
        if method == "encode" and isinstance(value, str):
            return bound(value.encode("utf-8"))
        if method == "decode" and isinstance(value, bytes):
            return bound(decode_codec(value, str(args[0]) if args else "utf-8"))
        if method == "hex" and isinstance(value, bytes):
            return bound(value.hex())
        if method in TEXT_METHODS and isinstance(value, str | bytes):
            result = getattr(value, method)(*args)
            return bound(result, *([JOINED] if method in ("replace", "swapcase") else []))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, MemoryError):
        # The source would raise here as well: there is no value to know.
        return None
    return None


def bound(value: object, *tricks: str) -> Value:
    """Wrap a result as a constant unless it is of another type or has grown too large."""
    if isinstance(value, str | bytes | list) and len(value) > limits.FOLD_CHARACTERS:
        return None
    if value is None or isinstance(value, str | bytes | int | float | list):
        return Const(value, frozenset(tricks))
    return None


def merge_tricks(result: Value, *sources: Value) -> Value:
    """Return the result with the tricks of everything it was made from."""
    if result is None:
        return None
    tricks = result.tricks.union(*(source.tricks for source in sources if source is not None))
    return Const(result.value, tricks) if isinstance(result, Const) else Ref(result.name, tricks)
