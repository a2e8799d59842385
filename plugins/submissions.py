"""From uploaded bytes to a submitted version: digest, manifest, ownership, blocklist, store; one transaction.
Never opens more of the archive than its manifest, and leaves no row and no file behind when it refuses."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.db import connection, transaction

from plugins.errors import (
    ManifestMissing,
    PluginOwnedByAnother,
    PublisherSuspended,
    UploadEmpty,
    UploadTooLarge,
    UploadTruncated,
    VersionBlocked,
    VersionExists,
)
from plugins.manifest import MANIFEST_MAX_BYTES, MANIFEST_NAME, Manifest, parse_manifest
from plugins.models import ApiToken, Artifact, Plugin, Publisher, Version, VersionMove
from plugins.queries import covering_block
from plugins.storage import storage_key, store_artifact
from scanners.archive import read_member
from scanners.errors import MemberMissing
from scanners.limits import ARCHIVE_BYTES


@dataclass(frozen=True, slots=True)
class StagedUpload:
    """An upload on local disk, not yet judged: its path, SHA-256 (hex) and size in bytes."""

    path: Path
    sha256: str
    size_bytes: int


def receive_upload(chunks: Iterable[bytes], *, into: Path, expected_bytes: int | None) -> StagedUpload:
    """Write the chunks to a private file, refusing as soon as the limit is passed.

    Raises UploadTooLarge, UploadEmpty or UploadTruncated; the file is gone in each case.
    """
    if expected_bytes is not None and expected_bytes > ARCHIVE_BYTES:
        raise UploadTooLarge(f"{expected_bytes} bytes announced; the limit is {ARCHIVE_BYTES}")
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(dir=into, prefix="upload-")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as handle:
            sha256, size = _write_chunks(chunks, handle=handle)
        if size == 0:
            raise UploadEmpty("send the archive's bytes as the request's body")
        if expected_bytes is not None and size != expected_bytes:
            raise UploadTruncated(f"{size} of {expected_bytes} bytes arrived; send the archive again")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return StagedUpload(path=path, sha256=sha256, size_bytes=size)


def submit_version(upload: StagedUpload, *, token: ApiToken, request_id: str, now: datetime) -> Version:
    """Turn a staged upload into a submitted version; the staged file is removed in every case.

    Raises ArchiveRefused, ManifestMissing, ManifestRefused, PublisherSuspended, PluginOwnedByAnother,
    VersionBlocked or VersionExists.
    """
    try:
        manifest = _read_manifest(upload.path)
        with transaction.atomic():
            publisher = _require_active(token)
            plugin = _hold_plugin(publisher, manifest=manifest, now=now)
            _refuse_blocked(plugin, number=manifest.version, sha256=upload.sha256)
            version = _insert_version(
                plugin, manifest=manifest, upload=upload, token=token, request_id=request_id, now=now
            )
            # Last, so that a refusal above leaves no file; a failed store rolls the rows back.
            store_artifact(upload.path, sha256=upload.sha256)
    finally:
        upload.path.unlink(missing_ok=True)
    return version


def drop_stale_uploads(directory: Path, *, older_than: timedelta, now: datetime) -> int:
    """Remove what a killed process left behind while receiving; returns how many files."""
    stale = [
        path
        for path in directory.glob("upload-*")
        if datetime.fromtimestamp(path.stat().st_mtime, tz=UTC) < now - older_than
    ]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def _write_chunks(chunks: Iterable[bytes], *, handle: BinaryIO) -> tuple[str, int]:
    digest = hashlib.sha256()
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > ARCHIVE_BYTES:
            raise UploadTooLarge(f"more than {ARCHIVE_BYTES} bytes arrived; make the archive smaller")
        digest.update(chunk)
        handle.write(chunk)
    return digest.hexdigest(), size


def _read_manifest(path: Path) -> Manifest:
    try:
        data = read_member(path, MANIFEST_NAME, max_bytes=MANIFEST_MAX_BYTES)
    except MemberMissing as error:
        raise ManifestMissing(f"put a {MANIFEST_NAME} at the root of the archive") from error
    return parse_manifest(data)


def _require_active(token: ApiToken) -> Publisher:
    publisher = Publisher.objects.get(tokens=token)
    if publisher.status != Publisher.Status.ACTIVE:
        raise PublisherSuspended(f"{publisher.slug} is suspended and cannot submit")
    return publisher


def _hold_plugin(publisher: Publisher, *, manifest: Manifest, now: datetime) -> Plugin:
    """Return the plugin under a lock, made on its first submission; one name, one holder."""
    with connection.cursor() as cursor:
        # Two first submissions of one name at once: the second waits here and then finds the first's row.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"plugin:{manifest.name}"])
    plugin = Plugin.objects.select_for_update(no_key=True).filter(name=manifest.name, retired_at__isnull=True).first()
    if plugin is None:
        return Plugin.objects.create(publisher=publisher, name=manifest.name, title=manifest.title, created_at=now)
    if plugin.publisher_id != publisher.pk:
        raise PluginOwnedByAnother(f"{manifest.name} belongs to another publisher; choose another name")
    return plugin


def _refuse_blocked(plugin: Plugin, *, number: str, sha256: str) -> None:
    block = covering_block(plugin.pk, number=number, sha256=sha256)
    if block is not None:
        raise VersionBlocked(
            f"{plugin.name} {number} is blocked by takedown {block.takedown_id} ({block.reason}); "
            "submit after it is reinstated, or appeal"
        )


def _insert_version(
    plugin: Plugin,
    *,
    manifest: Manifest,
    upload: StagedUpload,
    token: ApiToken,
    request_id: str,
    now: datetime,
) -> Version:
    release = manifest.version.split("+", 1)[0]
    if Version.objects.filter(plugin=plugin, release=release).exists():
        raise VersionExists(f"{plugin.name} {release} was submitted before; numbers are never reused, raise it")
    artifact, _ = Artifact.objects.get_or_create(
        sha256=upload.sha256,
        defaults={"size_bytes": upload.size_bytes, "storage_key": storage_key(upload.sha256), "created_at": now},
    )
    version = Version.objects.create(
        plugin=plugin,
        number=manifest.version,
        release=release,
        artifact=artifact,
        manifest=manifest.to_dict(),
        status=Version.Status.SUBMITTED,
        status_changed_at=now,
        submitted_at=now,
        submitted_by=token,
        request_id=request_id,
    )
    VersionMove.objects.create(
        version=version,
        from_status="",
        to_status=Version.Status.SUBMITTED,
        event="submitted",
        actor=f"publisher:{plugin.publisher.slug}",
        cause="submitted through the API",
        at=now,
        request_id=request_id,
    )
    return version
