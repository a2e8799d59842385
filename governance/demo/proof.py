"""The proof, in the hands of somebody who does not trust the platform: written, checked, and tampered with.

Checks with the platform's key as bots were given it, in a process that knows no database."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path

from governance.demo.commands import run_manage, run_module
from governance.demo.errors import CommandRefused, Unexpected
from governance.demo.stage import Stage

BROKEN = 2  # The verifier's own exit code for a bundle that was changed.
VERIFIER = "governance.takedowns.verify"


def write_proof(takedown: str, *, stage: Stage) -> Path:
    """Have the platform write the takedown's bundle."""
    path = stage.folder / f"takedown-{takedown}.zip"
    run_manage("takedown", "proof", takedown, "-o", str(path), environ=stage.environ)
    return path


def verify_proof(bundle: Path, *, keys: Mapping[str, str]) -> str:
    """The verifier's words about a bundle that holds in full; raises CommandRefused with them when it does not."""
    pinned = [word for public in keys.values() for word in ("--key", base64.b64decode(public).hex())]
    # Nothing of the platform's addresses: the bundle and the key have to be enough.
    return run_module(VERIFIER, str(bundle), *pinned, environ={"PATH": os.environ.get("PATH", os.defpath)})


def tamper_with(bundle: Path) -> Path:
    """A copy of the bundle with one bit of its middle byte flipped."""
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    copy = bundle.with_name(f"{bundle.stem}-tampered.zip")
    copy.write_bytes(data)
    return copy


def check_refusal(tampered: Path, *, keys: Mapping[str, str]) -> str:
    """The verifier's words about what is broken; raises Unexpected when it finds the bundle whole."""
    try:
        verify_proof(tampered, keys=keys)
    except CommandRefused as refusal:
        if refusal.exit_code != BROKEN:
            raise
        return refusal.printed.strip().partition("\n")[0]
    raise Unexpected("the verifier accepted a bundle with a flipped bit")
