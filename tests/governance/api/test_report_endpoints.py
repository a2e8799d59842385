"""Abuse reports from anyone, and what everyone may know of a takedown."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from governance.flows.takedown import contain_plugin
from governance.takedowns.models import AbuseReport
from tests.governance.api.conftest import Refusal
from tests.samples.factories import BotActor, PublisherActor, make_published

REPORT = {
    "publisher": "ada-labs",
    "plugin": "greeter",
    "version": "1.0.0",
    "category": "data_theft",
    "description": "It sends every message elsewhere.\nSince Monday.",
    "reporter_email": "dev@example.invalid",
}


def file(api: Client, **changes: Any) -> Any:
    return api.post("/api/v1/reports", {**REPORT, **changes}, content_type="application/json")


def test_filed_report_can_be_followed_by_its_tracking_id(api: Client, ada: PublisherActor, now: datetime) -> None:
    make_published(ada, now=now)
    response = file(api)
    assert response.status_code == 202
    followed = api.get(response.json()["status_url"])
    assert (followed.status_code, followed.json()["state"]) == (200, "open")
    assert followed.json()["settled_at"] is None
    assert AbuseReport.objects.get().version is not None


def test_followed_report_shows_neither_text_nor_reporter(api: Client, ada: PublisherActor, now: datetime) -> None:
    make_published(ada, now=now)
    followed = api.get(file(api).json()["status_url"])
    assert set(followed.json()) == {"state", "reported_at", "settled_at", "is_merged", "takedown"}


def test_report_needs_no_version(api: Client, ada: PublisherActor, now: datetime) -> None:
    make_published(ada, now=now)
    assert file(api, version=None).status_code == 202
    assert AbuseReport.objects.get().version is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"plugin": "nothing"}, "unknown_plugin"),
        ({"publisher": "nobody"}, "unknown_plugin"),
        ({"version": "9.9.9"}, "unknown_version"),
    ],
)
def test_report_about_nothing_is_refused(
    api: Client,
    ada: PublisherActor,
    now: datetime,
    changes: dict[str, Any],
    code: str,
    refused: Refusal,
    request: pytest.FixtureRequest,
) -> None:
    make_published(ada, now=now)
    request.getfixturevalue("leaves_nothing")
    refused(file(api, **changes), code=code)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("description", "x" * 10_001),
        ("description", "   "),
        ("description", "a\x00b"),
        ("category", "boring"),
        ("reporter_email", "dev"),
        ("reporter_email", "x" * 300 + "@example.invalid"),
        ("plugin", "x" * 65),
        ("publisher", "x" * 65),
        ("version", "x" * 65),
    ],
)
def test_wrong_field_of_a_report_is_named(
    api: Client, field: str, value: str, leaves_nothing: None, refused: Refusal
) -> None:
    problem = refused(file(api, **{field: value}), code="request_invalid")
    assert [error["field"] for error in problem["errors"]] == [f"body.{field}"]


def test_unknown_tracking_id_is_refused(api: Client, refused: Refusal) -> None:
    refused(api.get(f"/api/v1/reports/{uuid.uuid4()}"), code="report_unknown")
    refused(api.get("/api/v1/reports/not-an-id"), code="request_invalid")


def test_takedown_tells_everyone_what_and_why_and_names_nobody(
    api: Client, ada: PublisherActor, cleo: Any, dev_bot: BotActor, now: datetime
) -> None:
    version = make_published(ada, now=now)
    api.post(
        "/api/v1/runtime/installations",
        dev_bot.sign_installation(version, at=now),
        content_type="application/json",
    )
    takedown = contain_plugin(
        plugin_id=version.plugin_id,
        versions=">=1.0.0",
        grounds="malware",
        statement="It steals.",
        exposed_since=now - timedelta(days=1),
        report_ids=[],
        actor=cleo,
        now=now,
    )
    response = api.get(f"/api/v1/takedowns/{takedown.pk}")
    body = response.json()
    assert body.pop("contained_at")
    assert body == {
        "id": str(takedown.pk),
        "publisher": "ada-labs",
        "plugin": "greeter",
        "versions": ">=1.0.0",
        "state": "contained",
        "grounds": "malware",
        "bots_ordered": 1,
        "bots_confirmed": 0,
    }
    assert b"cleo" not in response.content


def test_unknown_takedown_is_refused(api: Client, refused: Refusal) -> None:
    refused(api.get(f"/api/v1/takedowns/{uuid.uuid4()}"), code="takedown_unknown")
