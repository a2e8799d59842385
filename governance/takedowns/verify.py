"""Verifies a proof bundle offline: `python -m governance.takedowns.verify bundle.zip [--key FILE|HEX]...`
Exits 0 complete, 1 incomplete, 2 broken, 64 misuse; needs neither database nor network."""

import argparse
import base64
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from governance.takedowns.proof_summary import describe
from governance.takedowns.verification import BROKEN, Verification, verify_data
from plugins.runtime.errors import KeyInvalid
from plugins.runtime.signing import key_id_of

__all__ = ["Verification", "main", "verify_bundle"]

MISUSE = 64  # EX_USAGE of sysexits.h
MAX_BUNDLE_BYTES = 1024 * 1024 * 1024
MAX_KEY_BYTES = 4096
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")


def verify_bundle(path: Path, *, trusted_keys: Mapping[str, str] | None = None) -> Verification:
    """Verify a bundle against the platform's keys (id to base64), or only against itself when none are given.

    Raises OSError when the file cannot be read, OverflowError when it is beyond 1 GiB.
    """
    return verify_data(read_bundle_file(path), trusted_keys=trusted_keys)


def read_bundle_file(path: Path) -> bytes:
    """A bundle's bytes, bounded; raises OSError when it cannot be read, OverflowError when it is beyond 1 GiB."""
    with path.open("rb") as file:
        data = file.read(MAX_BUNDLE_BYTES + 1)
    if len(data) > MAX_BUNDLE_BYTES:
        raise OverflowError(f"a bundle has at most {MAX_BUNDLE_BYTES} bytes")
    return data


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found; return the exit code."""
    options = _Parser(
        prog="python -m governance.takedowns.verify",
        description="Verify a takedown's proof bundle: 0 complete, 1 somebody is missing, 2 broken, 64 misuse.",
    )
    options.add_argument("bundle", type=Path)
    options.add_argument(
        "--key",
        action="append",
        type=_read_key,
        metavar="FILE|HEX",
        help="a public key of the platform: 64 hex digits, or a file with those or with base64; may be repeated",
    )
    chosen = options.parse_args(arguments)
    try:
        found = verify_bundle(chosen.bundle, trusted_keys=dict(chosen.key) if chosen.key else None)
    except OSError as error:
        sys.stderr.write(f"the bundle cannot be read: {error}\n")
        return MISUSE
    except OverflowError as error:
        sys.stderr.write(f"broken: {error}\n")
        return BROKEN
    sys.stdout.write(describe(found))
    return found.exit_code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Misuse has its own exit code: argparse's 2 would read as a broken bundle."""
        self.print_usage(sys.stderr)
        self.exit(MISUSE, f"{self.prog}: {message}\n")


def _read_key(text: str) -> tuple[str, str]:
    if _HEX_KEY.fullmatch(text):
        public = text
    else:
        try:
            with Path(text).open("rb") as file:
                public = file.read(MAX_KEY_BYTES).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise argparse.ArgumentTypeError(f"{text} is neither 64 hex digits nor a key file") from error
    if _HEX_KEY.fullmatch(public):
        public = base64.b64encode(bytes.fromhex(public)).decode("ascii")
    try:
        return key_id_of(public), public
    except KeyInvalid as error:
        raise argparse.ArgumentTypeError(f"{text} holds no raw Ed25519 public key: {error}") from error


if __name__ == "__main__":
    sys.exit(main())
