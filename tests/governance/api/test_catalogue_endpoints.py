"""What anyone can see and fetch, and that nothing unpublished shows."""

import base64
import hashlib
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from governance.flows.takedown import contain_plugin
from plugins.lifecycle import move_version
from plugins.models import Version
from tests.governance.api.conftest import Refusal
from tests.samples.factories import PublisherActor, make_published, make_version, pack_plugin

URL = "/api/v1/catalogue/ada-labs/greeter/versions/1.0.0"


def test_catalogue_lists_published_versions_only(api: Client, ada: PublisherActor, now: datetime) -> None:
    published = make_published(ada, now=now)
    make_version(ada, now=now, number="2.0.0")
    assert api.get("/api/v1/catalogue").json() == [
        {
            "publisher": "ada-labs",
            "plugin": "greeter",
            "version": "1.0.0",
            "title": "Greeter",
            "runtime": "python",
            "artifact_sha256": published.artifact_id,
        }
    ]


def test_installable_version_carries_digest_and_declared_permissions(
    api: Client, ada: PublisherActor, now: datetime
) -> None:
    version = make_published(ada, now=now)
    body = api.get(URL).json()
    assert body["artifact_sha256"] == version.artifact_id
    assert body["size_bytes"] == len(pack_plugin())
    assert body["permissions"]["filesystem"] == "none"
    assert body["download_url"] == f"{URL}/artifact"


def test_download_gives_the_submitted_bytes_and_their_digest(api: Client, ada: PublisherActor, now: datetime) -> None:
    make_published(ada, now=now)
    response: Any = api.get(f"{URL}/artifact")
    data = b"".join(response.streaming_content)
    assert data == pack_plugin()
    digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
    assert response.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert response.headers["Content-Length"] == str(len(data))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "attachment" in response.headers["Content-Disposition"]


@pytest.mark.parametrize("suffix", ["", "/artifact"])
def test_unpublished_version_is_not_offered_nor_its_status_told(
    api: Client, ada: PublisherActor, now: datetime, suffix: str, refused: Refusal
) -> None:
    version = make_version(ada, now=now)
    move_version(version.pk, to=Version.Status.SCANNING, actor="machine", cause="scan:1", request_id="r", now=now)
    response = api.get(URL + suffix)
    refused(response, code="version_unavailable")
    assert b"scanning" not in response.content


@pytest.mark.parametrize("suffix", ["", "/artifact"])
def test_taken_down_version_is_gone(
    api: Client, ada: PublisherActor, cleo: Any, now: datetime, suffix: str, refused: Refusal
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
    refused(api.get(URL + suffix), code="version_blocked")
    assert api.get("/api/v1/catalogue").json() == []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("ada-labs/nothing/versions/1.0.0", "unknown_plugin"),
        ("nobody/greeter/versions/1.0.0", "unknown_plugin"),
        ("ada-labs/greeter/versions/9.9.9", "unknown_version"),
        ("ada-labs/greeter/versions/1%00", "request_invalid"),
    ],
)
def test_unknown_address_names_what_is_unknown(
    api: Client, ada: PublisherActor, now: datetime, address: str, code: str, refused: Refusal
) -> None:
    make_published(ada, now=now)
    refused(api.get(f"/api/v1/catalogue/{address}"), code=code)
