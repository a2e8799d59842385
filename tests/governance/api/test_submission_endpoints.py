"""Submitting archives, and every way an upload is refused."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from gunicorn.http.errors import InvalidChunkSize  # type: ignore[import-untyped]  # it ships no types

from governance.flows.takedown import contain_plugin
from plugins.models import BlocklistEntry, Version
from scanners.limits import ARCHIVE_BYTES
from tests.governance.api.conftest import Refusal, list_files
from tests.samples.factories import (
    PublisherActor,
    TenantActor,
    make_published,
    make_version,
    pack_plugin,
)

VERSION_URL = "/api/v1/publishers/ada-labs/plugins/greeter/versions/1.0.0"


class Endless(io.RawIOBase):
    """A body that never ends, and counts what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "an upload is never read whole"
        self.taken += size
        return b"\0" * size


def upload(
    api: Client,
    actor: PublisherActor | TenantActor,
    data: bytes | io.RawIOBase | io.BytesIO,
    *,
    kind: str = "application/zip",
    length: int | None = None,
    request_id: str = "test-request",
) -> Any:
    """Send a body as a server would: bytes with their length, a stream chunked or with the length it claims."""
    body = io.BytesIO(data) if isinstance(data, bytes) else data
    announced = len(data) if isinstance(data, bytes) and length is None else length
    return api.request(
        REQUEST_METHOD="POST",
        PATH_INFO="/api/v1/versions",
        CONTENT_TYPE=kind,
        CONTENT_LENGTH="" if announced is None else str(announced),
        HTTP_AUTHORIZATION=f"Bearer {actor.secret}",
        HTTP_X_REQUEST_ID=request_id,
        **{"wsgi.input": body, "wsgi.input_terminated": True},
    )


def test_submitted_archive_is_accepted_with_a_status_url(api: Client, ada: PublisherActor) -> None:
    data = pack_plugin()
    response = upload(api, ada, data)
    assert response.status_code == 202
    body = response.json()
    assert body == {
        "publisher": "ada-labs",
        "plugin": "greeter",
        "version": "1.0.0",
        "status": "submitted",
        "status_url": VERSION_URL,
        "sha256": hashlib.sha256(data).hexdigest(),
        "request_id": response.headers["X-Request-Id"],
    }
    assert response.headers["Location"] == VERSION_URL
    assert api.get(body["status_url"], headers=ada.headers).json()["status"] == "submitted"


def test_staged_upload_is_gone_after_a_submission(api: Client, ada: PublisherActor) -> None:
    upload(api, ada, pack_plugin())
    assert {path.name for path in list_files()} == {Version.objects.get().artifact_id}


def test_callers_request_id_stays_on_the_version(api: Client, ada: PublisherActor) -> None:
    upload(api, ada, pack_plugin(), request_id="ada-request-0001")
    assert Version.objects.get().request_id == "ada-request-0001"


def test_new_version_wakes_its_scan_after_commit(
    api: Client, ada: PublisherActor, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        upload(api, ada, pack_plugin())
    assert len(callbacks) == 1


@pytest.mark.parametrize("version", ["1.0.0-rc.1", "1.0.0+build.5", "2.10.3"])
def test_status_url_of_every_kind_of_number_works(api: Client, ada: PublisherActor, version: str) -> None:
    url = upload(api, ada, pack_plugin(version=version)).json()["status_url"]
    assert api.get(url, headers=ada.headers).json()["version"] == version


def test_wrong_token_is_refused_before_the_body_is_read(
    api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal
) -> None:
    body = Endless()
    refused(upload(api, replace(ada, secret="nxg_guessed"), body), code="token_invalid")
    assert body.taken == 0


def test_tenants_token_cannot_submit(
    api: Client, dev_tenant: TenantActor, leaves_nothing: None, refused: Refusal
) -> None:
    refused(upload(api, dev_tenant, pack_plugin()), code="token_of_another_party")


def test_another_publishers_plugin_is_refused(
    api: Client, ada: PublisherActor, eve: PublisherActor, now: datetime, refused: Refusal
) -> None:
    make_version(ada, now=now)
    files, versions = list_files(), Version.objects.count()
    refused(upload(api, eve, pack_plugin(version="6.6.6")), code="plugin_owned_by_another")
    assert (list_files(), Version.objects.count()) == (files, versions)


def test_suspended_publisher_cannot_submit(
    api: Client, ada: PublisherActor, refused: Refusal, request: pytest.FixtureRequest
) -> None:
    ada.publisher.status = "suspended"
    ada.publisher.save()
    request.getfixturevalue("leaves_nothing")
    refused(upload(api, ada, pack_plugin()), code="publisher_suspended")


def test_archive_without_a_manifest_is_refused(
    api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal
) -> None:
    refused(upload(api, ada, pack_plugin(manifest="")), code="manifest_missing")


def test_wrong_manifest_names_each_key(
    api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal
) -> None:
    problem = refused(upload(api, ada, pack_plugin(name="No Plain Name", version="1")), code="manifest_invalid")
    assert {error["field"] for error in problem["errors"]} >= {"plugin.name", "plugin.version"}


@pytest.mark.parametrize("kept", [0.5, 0.98])
def test_truncated_archive_is_refused(
    api: Client, ada: PublisherActor, kept: float, leaves_nothing: None, refused: Refusal
) -> None:
    data = pack_plugin()
    response = upload(api, ada, data[: int(len(data) * kept)])
    assert response.json()["code"] in {"archive_truncated", "archive_trailing_data"}
    refused(response, code=response.json()["code"])


def test_body_shorter_than_announced_is_refused(
    api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal
) -> None:
    data = pack_plugin()
    response = upload(api, ada, data, length=len(data) + 1)
    refused(response, code="upload_truncated")


def test_bytes_that_are_no_archive_are_refused(
    api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal
) -> None:
    refused(upload(api, ada, b"MZ" + b"\0" * 500), code="archive_unsupported")


def test_empty_upload_is_refused(api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal) -> None:
    refused(upload(api, ada, b""), code="upload_empty")


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_other_media_types_are_refused(
    api: Client, ada: PublisherActor, kind: str, leaves_nothing: None, refused: Refusal
) -> None:
    refused(upload(api, ada, pack_plugin(), kind=kind), code="content_type_unsupported")


def test_announced_oversized_upload_is_refused_unread(
    api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal
) -> None:
    body = Endless()
    refused(upload(api, ada, body, length=ARCHIVE_BYTES + 1), code="upload_too_large")
    assert body.taken == 0


def test_endless_upload_is_refused_while_streaming(
    api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal
) -> None:
    body = Endless()
    refused(upload(api, ada, body), code="upload_too_large")
    assert ARCHIVE_BYTES < body.taken <= ARCHIVE_BYTES + 128 * 1024


def test_chunked_upload_under_the_cap_is_accepted(api: Client, ada: PublisherActor) -> None:
    assert upload(api, ada, io.BytesIO(pack_plugin())).status_code == 202


@pytest.mark.parametrize("fault", [TimeoutError(), ConnectionResetError(), InvalidChunkSize(b"zz")])
def test_broken_connection_leaves_nothing(
    api: Client, ada: PublisherActor, fault: Exception, leaves_nothing: None, refused: Refusal
) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise fault
            return super().read(size)

    refused(upload(api, ada, Breaking(pack_plugin())), code="upload_truncated")


def test_used_version_number_is_refused(api: Client, ada: PublisherActor, now: datetime, refused: Refusal) -> None:
    make_version(ada, now=now)
    files = list_files()
    other_bytes = pack_plugin(files={"greeter.py": "pass\n"})
    refused(upload(api, ada, other_bytes), code="version_exists")
    refused(upload(api, ada, pack_plugin(version="1.0.0+rebuilt")), code="version_exists")
    assert list_files() == files
    assert Version.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_uploads_of_one_number_at_once_make_one_version(ada: PublisherActor) -> None:
    archives = [pack_plugin(files={"greeter.py": f"REVISION = {number}\n"}) for number in range(4)]

    def submit(data: bytes) -> int:
        try:
            return int(upload(Client(), ada, data).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as uploads:
        statuses = sorted(uploads.map(submit, archives))
    assert statuses == [202, 409, 409, 409]
    assert {path.name for path in list_files()} == {Version.objects.get().artifact_id}


def test_blocked_version_cannot_be_submitted(
    api: Client, ada: PublisherActor, cleo: Any, now: datetime, refused: Refusal
) -> None:
    version = make_published(ada, now=now)
    contain_plugin(
        plugin_id=version.plugin_id,
        versions="*",
        grounds="malware",
        statement="It steals.",
        exposed_since=now,
        report_ids=[],
        actor=cleo,
        now=now,
    )
    assert BlocklistEntry.objects.count() == 1
    refused(upload(api, ada, pack_plugin(version="1.0.1")), code="version_blocked")
    assert Version.objects.count() == 1
