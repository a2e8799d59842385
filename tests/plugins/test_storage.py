"""Content-addressed bytes: stored once, checked whenever they are used."""

import hashlib
from datetime import datetime
from pathlib import Path

import pytest
from django.core.files.storage import storages

from plugins.errors import ArtifactCorrupt
from plugins.models import Artifact
from plugins.storage import fetch_artifact, open_artifact, storage_key, store_artifact

DATA = b"an artifact's bytes"
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(DATA)
    return path


def artifact(now: datetime) -> Artifact:
    return Artifact(sha256=SHA256, size_bytes=len(DATA), storage_key=storage_key(SHA256), created_at=now)


def stored_path() -> Path:
    return Path(storages["artifacts"].path(storage_key(SHA256)))


def test_stored_artifact_lies_under_its_digest_and_reads_back(source: Path, tmp_path: Path, now: datetime) -> None:
    assert store_artifact(source, sha256=SHA256) == f"{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"

    fetch_artifact(artifact(now), to=tmp_path / "copy")

    assert (tmp_path / "copy").read_bytes() == DATA
    with open_artifact(artifact(now)) as handle:
        assert handle.read() == DATA


def test_storing_twice_keeps_one_file(source: Path) -> None:
    store_artifact(source, sha256=SHA256)
    first = stored_path().stat().st_ino

    store_artifact(source, sha256=SHA256)

    assert [path.name for path in stored_path().parent.iterdir()] == [SHA256]
    assert stored_path().stat().st_ino == first


@pytest.mark.parametrize("damaged", [DATA[:-1], DATA + b"!", b"", DATA.replace(b"bytes", b"BYTES")])
def test_damaged_artifact_is_never_handed_out_for_a_scan(
    source: Path, tmp_path: Path, now: datetime, damaged: bytes
) -> None:
    store_artifact(source, sha256=SHA256)
    stored_path().write_bytes(damaged)

    with pytest.raises(ArtifactCorrupt):
        fetch_artifact(artifact(now), to=tmp_path / "copy")


def test_damaged_artifact_is_made_whole_by_the_same_bytes_coming_again(source: Path) -> None:
    store_artifact(source, sha256=SHA256)
    stored_path().write_bytes(DATA[:5])

    store_artifact(source, sha256=SHA256)

    assert stored_path().read_bytes() == DATA
    assert [path.name for path in stored_path().parent.iterdir()] == [SHA256]
