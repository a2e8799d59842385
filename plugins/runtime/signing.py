"""Ed25519 statements: what was said, by which key, and for which use.
The use (kind) is inside the signed bytes, so no statement ever passes for one of another use."""

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .canonical import canonical_json, parse_json
from .errors import (
    BadSignature,
    CanonicalError,
    KeyExposed,
    KeyInvalid,
    NotCanonical,
    StatementError,
    StatementMalformed,
    UnknownKey,
    WrongKind,
)

__all__ = ["SigningKey", "StatementError", "decode_exact", "key_id_of", "open_statement", "sign_statement"]

DOMAIN = b"nexus-governance/v1\n"
KEY_BYTES = 32
SIGNATURE_BYTES = 64
MAX_STATEMENT_BYTES = 8 * 1024 * 1024
STATEMENT_FIELDS = frozenset({"payload", "key_id", "signature"})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key; shown, logged or compared, it never shows itself."""

    private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key file; raises KeyExposed when everybody can read or change it, KeyInvalid, or OSError."""
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(1024)
        if mode & 0o007:
            raise KeyExposed(f"{path.name} has mode {mode:04o}; make it private with chmod 600")
        raw = decode_exact(text.decode("ascii", errors="replace").strip(), size=KEY_BYTES)
        return cls(Ed25519PrivateKey.from_private_bytes(raw))

    def save(self, path: Path) -> None:
        """Write the key to a new file of mode 0600; raises FileExistsError rather than replace a key."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(self.private.private_bytes_raw()) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    @property
    def public_base64(self) -> str:
        """The raw public key (32 bytes) in base64."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode("ascii")

    @property
    def key_id(self) -> str:
        """The first 16 hex digits of the public key's SHA-256."""
        return key_id_of(self.public_base64)


def key_id_of(public_base64: str) -> str:
    """Return the id of a public key given in base64; raises KeyInvalid."""
    return hashlib.sha256(decode_exact(public_base64, size=KEY_BYTES)).hexdigest()[:16]


def sign_statement(payload: Mapping[str, Any], *, key: SigningKey) -> dict[str, str]:
    """Sign `payload`, which names its use in "kind"; raises WrongKind without one, or CanonicalError."""
    kind = payload.get("kind")
    if not isinstance(kind, str) or not kind or "\n" in kind:
        raise WrongKind("a payload names its use in one line of text under `kind`")
    text = canonical_json(dict(payload))
    signature = key.private.sign(_signed_bytes(text, kind=kind))
    return {
        "payload": text.decode("utf-8"),
        "key_id": key.key_id,
        "signature": base64.b64encode(signature).decode("ascii"),
    }


def open_statement(
    statement: Mapping[str, Any],
    *,
    kind: str,
    keys: Mapping[str, str],
    max_bytes: int = MAX_STATEMENT_BYTES,
) -> dict[str, Any]:
    """Return the payload of a statement signed for the use `kind` by one of `keys` (id to base64 public key).

    Nothing of the payload is read before its signature holds. Raises StatementMalformed, UnknownKey,
    BadSignature, WrongKind or NotCanonical, all of them StatementError.
    """
    text, key_id, signature = _take_apart(statement, max_bytes=max_bytes)
    public = _find_key(key_id, keys=keys)
    try:
        public.verify(signature, _signed_bytes(text, kind=kind))
    except InvalidSignature as error:
        raise _explain_failure(text, kind=kind) from error
    try:
        payload = parse_json(text, max_bytes=max_bytes)
        is_canonical = canonical_json(payload) == text
    except CanonicalError as error:
        raise NotCanonical(f"the payload cannot be read one way only: {error}") from error
    if not is_canonical:
        raise NotCanonical("the payload is not its own canonical form")
    if not isinstance(payload, dict) or payload.get("kind") != kind:
        raise WrongKind(f"the payload is not of kind {kind}")
    return payload


def decode_exact(text: str, *, size: int) -> bytes:
    """Return the `size` bytes `text` holds in base64; raises KeyInvalid.

    Only the one spelling is taken: in lax base64 the last letters can change without changing the bytes.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyInvalid("not base64") from error
    if len(raw) != size or base64.b64encode(raw).decode("ascii") != text:
        raise KeyInvalid(f"not the base64 of {size} bytes")
    return raw


def _take_apart(statement: Mapping[str, Any], *, max_bytes: int) -> tuple[bytes, str, bytes]:
    if set(statement) != STATEMENT_FIELDS or not all(isinstance(value, str) for value in statement.values()):
        raise StatementMalformed("a statement has exactly the texts payload, key_id and signature")
    if len(statement["payload"]) > max_bytes:
        raise StatementMalformed(f"the payload is longer than {max_bytes} bytes")
    try:
        text = statement["payload"].encode("utf-8")
        signature = decode_exact(statement["signature"], size=SIGNATURE_BYTES)
    except (UnicodeEncodeError, KeyInvalid) as error:
        raise StatementMalformed("the payload is not UTF-8, or the signature not base64 of 64 bytes") from error
    return text, statement["key_id"], signature


def _find_key(key_id: str, *, keys: Mapping[str, str]) -> Ed25519PublicKey:
    public = keys.get(key_id)
    if public is None:
        raise UnknownKey(f"no trusted key has the id {key_id[:32]!r}")
    try:
        raw = decode_exact(public, size=KEY_BYTES)
    except KeyInvalid as error:
        raise UnknownKey(f"the trusted key {key_id} is not the base64 of {KEY_BYTES} bytes") from error
    if key_id_of(public) != key_id:
        raise UnknownKey(f"the trusted key listed as {key_id} has another id")
    return Ed25519PublicKey.from_public_bytes(raw)


def _signed_bytes(text: bytes, *, kind: str) -> bytes:
    return DOMAIN + kind.encode("utf-8") + b"\n" + text


def _explain_failure(text: bytes, *, kind: str) -> StatementError:
    """Name the likelier reason; both are refusals, so an attacker gains nothing by choosing."""
    try:
        payload = parse_json(text, max_bytes=len(text))
    except CanonicalError:
        return BadSignature("the signature does not match the payload")
    found = payload.get("kind") if isinstance(payload, dict) else None
    if isinstance(found, str) and found != kind:
        return WrongKind(f"signed for {found[:64]!r}, needed for {kind!r}")
    return BadSignature("the signature does not match the payload")
