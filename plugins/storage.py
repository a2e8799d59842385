"""Content-addressed artifacts: bytes under the name of their SHA-256, checked again whenever they are used.
Never overwrites a whole artifact and never trusts that storage kept it whole."""

import hashlib
import shutil
from pathlib import Path
from typing import IO, BinaryIO, cast

from django.core.files import File
from django.core.files.storage import storages

from plugins.errors import ArtifactCorrupt
from plugins.models import Artifact

CHUNK_BYTES = 1024 * 1024


def storage_key(sha256: str) -> str:
    """Where an artifact of this digest lies: two levels of folders keep listings short."""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def store_artifact(path: Path, *, sha256: str) -> str:
    """Put the file under its digest unless it is there already, whole; return its key.

    What a killed writer or a failing disk left under that name is replaced by the bytes it is named after.
    """
    key = storage_key(sha256)
    storage = storages["artifacts"]
    if storage.exists(key):
        with storage.open(key, "rb") as stored:
            if _digest(stored) == sha256:
                return key
        storage.delete(key)
    with path.open("rb") as handle:
        saved = storage.save(key, File(handle))
    # Two uploads of the same bytes at once: the storage gave the second another name; one copy is enough.
    if saved != key:
        storage.delete(saved)
    return key


def open_artifact(artifact: Artifact) -> BinaryIO:
    """Open an artifact for reading; the caller closes it."""
    return cast(BinaryIO, storages["artifacts"].open(artifact.storage_key, "rb"))


def fetch_artifact(artifact: Artifact, *, to: Path) -> None:
    """Copy an artifact to a local path; raises ArtifactCorrupt when the bytes do not match the digest."""
    with open_artifact(artifact) as source, to.open("wb") as target:
        shutil.copyfileobj(source, target, CHUNK_BYTES)
    with to.open("rb") as handle:
        found = _digest(handle)
    if found != artifact.sha256:
        raise ArtifactCorrupt(f"artifact {artifact.sha256} reads back as {found}; restore it from a backup")


def _digest(handle: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := handle.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
