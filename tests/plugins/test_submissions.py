"""From uploaded bytes to a submitted row: what is refused leaves no row and no file, and of two at once one wins."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage, storages
from pytest_django import Settings

from governance.flows.submission import withdraw_version
from governance.flows.takedown import contain_plugin, reinstate_plugin
from plugins.errors import (
    CatalogueError,
    ManifestMissing,
    ManifestRefused,
    PluginOwnedByAnother,
    PublisherSuspended,
    UploadEmpty,
    UploadTooLarge,
    UploadTruncated,
    VersionBlocked,
    VersionExists,
)
from plugins.models import Artifact, Plugin, Publisher, Version, VersionMove
from plugins.submissions import StagedUpload, receive_upload, submit_version
from scanners.errors import ArchiveRefused
from scanners.limits import ARCHIVE_BYTES
from tests.samples.factories import PublisherActor, make_published, make_publisher, make_version, pack_plugin
from tests.samples.races import run_at_once

pytestmark = pytest.mark.django_db


def stage(data: bytes, *, settings: Settings) -> StagedUpload:
    return receive_upload([data], into=settings.UPLOAD_DIR, expected_bytes=len(data))


def list_files(settings: Settings) -> list[Path]:
    stored = Path(settings.STORAGES["artifacts"]["OPTIONS"]["location"])
    return sorted(path for folder in (settings.UPLOAD_DIR, stored) for path in folder.rglob("*") if path.is_file())


def count_rows() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Plugin, Version, Artifact, VersionMove)}


@pytest.fixture
def submitted(ada: PublisherActor, now: datetime) -> Version:
    return make_version(ada, now=now)


def contain(version: Version, *, versions: str, actor: User, now: datetime) -> object:
    return contain_plugin(
        plugin_id=version.plugin_id,
        versions=versions,
        grounds="malware",
        statement="It steals.",
        exposed_since=now - timedelta(days=30),
        report_ids=[],
        actor=actor,
        now=now,
    )


def test_submission_writes_version_artifact_and_first_move(
    ada: PublisherActor, settings: Settings, now: datetime
) -> None:
    data = pack_plugin(version="1.2.3+build.5")
    upload = stage(data, settings=settings)

    version = submit_version(upload, token=ada.token, request_id="request-77", now=now)

    version.refresh_from_db()
    assert (version.number, version.release, version.status) == ("1.2.3+build.5", "1.2.3", Version.Status.SUBMITTED)
    assert (version.request_id, version.submitted_by) == ("request-77", ada.token)
    assert (version.artifact_id, version.artifact.size_bytes) == (upload.sha256, len(data))
    first = version.moves.get()
    assert (first.from_status, first.to_status, first.actor) == ("", "submitted", "publisher:ada-labs")
    assert [path.name for path in list_files(settings)] == [upload.sha256]
    assert list_files(settings)[0].read_bytes() == data


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"not an archive at all", ArchiveRefused),
        (pack_plugin()[:-30], ArchiveRefused),
        (pack_plugin(manifest=""), ManifestMissing),
        (pack_plugin(manifest="[plugin]\nname = 3\n"), ManifestRefused),
        (pack_plugin(version="1.0"), ManifestRefused),
        (pack_plugin(), VersionExists),
        (pack_plugin(version="1.0.0+other"), VersionExists),
    ],
    ids=["no archive", "truncated", "no manifest", "wrong manifest", "no SemVer", "used number", "only new metadata"],
)
def test_refused_submission_leaves_no_row_and_no_file(
    submitted: Version,
    ada: PublisherActor,
    settings: Settings,
    now: datetime,
    data: bytes,
    error: type[CatalogueError],
) -> None:
    rows, files = count_rows(), list_files(settings)

    with pytest.raises(error):
        submit_version(stage(data, settings=settings), token=ada.token, request_id="r", now=now)

    assert (count_rows(), list_files(settings)) == (rows, files)


def test_another_publishers_name_is_refused_without_a_trace(
    submitted: Version, eve: PublisherActor, settings: Settings, now: datetime
) -> None:
    rows, files = count_rows(), list_files(settings)

    with pytest.raises(PluginOwnedByAnother):
        submit_version(stage(pack_plugin(version="6.6.6"), settings=settings), token=eve.token, request_id="r", now=now)

    assert (count_rows(), list_files(settings)) == (rows, files)


def test_suspended_publisher_submits_nothing(ada: PublisherActor, settings: Settings, now: datetime) -> None:
    Publisher.objects.filter(pk=ada.publisher.pk).update(status=Publisher.Status.SUSPENDED)

    with pytest.raises(PublisherSuspended):
        submit_version(stage(pack_plugin(), settings=settings), token=ada.token, request_id="r", now=now)

    assert (set(count_rows().values()), list_files(settings)) == ({0}, [])


def test_withdrawn_number_is_never_reused(
    submitted: Version, ada: PublisherActor, settings: Settings, now: datetime
) -> None:
    withdraw_version(submitted, actor="publisher:ada-labs", now=now)

    with pytest.raises(VersionExists):
        make_version(ada, now=now)


def test_prerelease_of_a_number_is_another_number(submitted: Version, ada: PublisherActor, now: datetime) -> None:
    assert make_version(ada, now=now, number="1.0.0-rc.1").release == "1.0.0-rc.1"


def test_same_bytes_under_two_publishers_are_stored_once(
    submitted: Version, eve: PublisherActor, settings: Settings, now: datetime
) -> None:
    copied = make_version(eve, now=now, name="greeter-two")

    assert copied.artifact_id != submitted.artifact_id, "the manifest is part of the bytes"
    assert Artifact.objects.count() == len(list_files(settings)) == 2


def test_blocked_version_is_refused_until_the_takedown_ends(
    ada: PublisherActor, cleo: User, settings: Settings, now: datetime
) -> None:
    version = make_published(ada, now=now)
    takedown = contain(version, versions="<2.0.0", actor=cleo, now=now)
    rows, files = count_rows(), list_files(settings)

    with pytest.raises(VersionBlocked):
        make_version(ada, now=now, number="1.0.1")
    assert (count_rows(), list_files(settings)) == (rows, files)

    reinstate_plugin(takedown.pk, actor=cleo, reason="A false alarm.", now=now)  # type: ignore[attr-defined]
    assert make_version(ada, now=now, number="1.0.1").status == Version.Status.SUBMITTED


def test_version_outside_the_blocked_range_is_accepted(ada: PublisherActor, cleo: User, now: datetime) -> None:
    version = make_published(ada, now=now)
    contain(version, versions="<2.0.0", actor=cleo, now=now)

    assert make_version(ada, now=now, number="2.0.0").status == Version.Status.SUBMITTED


def test_store_that_fails_halfway_leaves_no_row_and_the_next_upload_is_whole(
    ada: PublisherActor, settings: Settings, now: datetime
) -> None:
    data = pack_plugin()
    upload = stage(data, settings=settings)
    half = Path(storages["artifacts"].path(f"{upload.sha256[:2]}/{upload.sha256[2:4]}/{upload.sha256}"))
    half.parent.mkdir(parents=True)
    half.write_bytes(data[:40])  # what a writer leaves behind that was killed

    submit_version(upload, token=ada.token, request_id="r", now=now)

    assert half.read_bytes() == data


def test_full_disk_leaves_no_row_and_no_staged_file(ada: PublisherActor, settings: Settings, now: datetime) -> None:
    settings.STORAGES = {**settings.STORAGES, "artifacts": {"BACKEND": f"{__name__}.FullStorage"}}
    upload = stage(pack_plugin(), settings=settings)

    with pytest.raises(OSError, match="No space left"):
        submit_version(upload, token=ada.token, request_id="r", now=now)

    assert set(count_rows().values()) == {0}
    assert not upload.path.exists()


class FullStorage(FileSystemStorage):
    """A disk without room."""

    def exists(self, name: str) -> bool:
        return False

    def save(self, name: str | None, content: object, max_length: int | None = None) -> str:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("sent", "announced", "error"),
    [
        (b"", None, UploadEmpty),
        (b"", 0, UploadEmpty),
        (b"short", 6, UploadTruncated),
        (b"longer", 5, UploadTruncated),
        (b"", ARCHIVE_BYTES + 1, UploadTooLarge),
    ],
)
def test_refused_upload_leaves_no_file(
    settings: Settings, sent: bytes, announced: int | None, error: type[CatalogueError]
) -> None:
    with pytest.raises(error):
        receive_upload([sent], into=settings.UPLOAD_DIR, expected_bytes=announced)

    assert not [path for path in settings.UPLOAD_DIR.rglob("*") if path.is_file()]


def test_endless_upload_is_refused_at_the_limit_and_not_read_to_its_end(settings: Settings) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1024 * 1024
            yield b"\0" * 1024 * 1024

    with pytest.raises(UploadTooLarge):
        receive_upload(endless(), into=settings.UPLOAD_DIR, expected_bytes=None)

    assert read <= ARCHIVE_BYTES + 2 * 1024 * 1024
    assert not [path for path in settings.UPLOAD_DIR.rglob("*") if path.is_file()]


def test_staged_upload_is_readable_by_nobody_else(settings: Settings) -> None:
    upload = stage(b"some bytes", settings=settings)

    assert upload.path.stat().st_mode & 0o077 == 0


@pytest.mark.django_db(transaction=True)
def test_of_six_first_submissions_of_one_name_one_publisher_gets_it(settings: Settings, now: datetime) -> None:
    rivals = [make_publisher(f"rival-{number}", member=f"Eve{number}", now=now) for number in range(6)]
    uploads = [stage(pack_plugin(), settings=settings) for _ in rivals]

    outcome = run_at_once(
        [
            partial(submit_version, upload, token=rival.token, request_id="r", now=now)
            for upload, rival in zip(uploads, rivals, strict=True)
        ]
    )

    assert [version.plugin.name for version in outcome.returned] == ["greeter"]
    assert [type(error) for error in outcome.raised] == [PluginOwnedByAnother] * 5
    assert (Plugin.objects.count(), Version.objects.count()) == (1, 1)
    assert len(list_files(settings)) == 1


@pytest.mark.django_db(transaction=True)
def test_of_six_uploads_of_one_number_one_becomes_the_version(
    ada: PublisherActor, settings: Settings, now: datetime
) -> None:
    uploads = [
        stage(pack_plugin(files={"greeter.py": f"greet = {number}\n"}), settings=settings) for number in range(6)
    ]

    outcome = run_at_once(
        [partial(submit_version, upload, token=ada.token, request_id="r", now=now) for upload in uploads]
    )

    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.raised] == [VersionExists] * 5
    assert (Plugin.objects.count(), Version.objects.count(), Artifact.objects.count()) == (1, 1, 1)
    assert [path.name for path in list_files(settings)] == [outcome.returned[0].artifact_id]


@pytest.mark.django_db(transaction=True)
def test_four_versions_of_one_plugin_at_once_all_arrive(ada: PublisherActor, settings: Settings, now: datetime) -> None:
    uploads = [stage(pack_plugin(version=f"1.0.{number}"), settings=settings) for number in range(4)]

    outcome = run_at_once(
        [partial(submit_version, upload, token=ada.token, request_id="r", now=now) for upload in uploads]
    )

    assert outcome.raised == []
    assert Plugin.objects.get().versions.count() == 4
