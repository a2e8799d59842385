"""Keeps the embedded arrangement's secret key in a private file, made once.
Production never reads it: governance/checks.py demands SECRET_KEY from the environment."""

import os
import secrets
from pathlib import Path


def load_secret_key(path: Path) -> str:
    """Return the key at `path`, creating it (mode 0600) when this is the first process to ask."""
    path.parent.mkdir(parents=True, exist_ok=True)
    candidate = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        descriptor = os.open(candidate, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(64))
        # link() fails when another process was first: both then read the same winner.
        try:
            os.link(candidate, path)
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return path.read_text()
