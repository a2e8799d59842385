"""How a publisher follows a version and takes it back, and that nobody else can."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from governance.reviews.models import Decision, Review
from governance.screening.models import Finding, Scan
from plugins.lifecycle import move_version
from plugins.models import Version
from tests.governance.api.conftest import Refusal
from tests.samples.factories import PublisherActor, make_published, make_version, publish_version

VERSION_URL = "/api/v1/publishers/ada-labs/plugins/greeter/versions/1.0.0"


def test_version_page_tells_why_it_waits_for_a_person(
    api: Client, ada: PublisherActor, ben: Any, now: datetime
) -> None:
    version = make_version(ada, now=now)
    scan = make_scan(version, now=now, verdict="suspicious", reason="bandit found a subprocess call.")
    for status in (Version.Status.SCANNING, Version.Status.IN_REVIEW):
        move_version(version.pk, to=status, actor="machine", cause=f"scan:{scan.pk}", request_id="r", now=now)
    Review.objects.create(version=version, cause="findings", cause_detail="", opened_at=now)
    page = api.get(VERSION_URL, headers=ada.headers).json()
    assert (page["status"], page["verdict"]) == ("in_review", "suspicious")
    assert page["reason"] == "bandit found a subprocess call."
    assert page["findings"][0] | {"path": "greeter.py", "line": 3} == page["findings"][0]
    assert page["engines"] == [{"name": "bandit", "version": "1.9", "state": "ok"}]
    assert page["review"] == {"cause": "findings", "due_at": None}
    assert [(move["from"], move["to"]) for move in page["moves"]] == [
        ("", "submitted"),
        ("submitted", "scanning"),
        ("scanning", "in_review"),
    ]


def test_version_page_shows_the_statement_and_not_the_private_note(
    api: Client, ada: PublisherActor, ben: Any, now: datetime
) -> None:
    version = make_version(ada, now=now)
    review = Review.objects.create(version=version, cause="findings", cause_detail="", opened_at=now, settled_at=now)
    Decision.objects.create(
        review=review,
        version=version,
        actor=ben,
        outcome="reject",
        grounds="malware",
        statement="It reads every secret.",
        private_note="Looks like Eve again.",
        decided_at=now,
    )
    for status, actor in (("scanning", "machine"), ("in_review", "machine"), ("rejected", f"user:{ben.pk}")):
        move_version(version.pk, to=Version.Status(status), actor=actor, cause="decision:1", request_id="r", now=now)
    response = api.get(VERSION_URL, headers=ada.headers)
    assert response.json()["reason"] == "It reads every secret."
    assert response.json()["decision"]["statement"] == "It reads every secret."
    assert b"Eve again" not in response.content
    assert b"ben" not in response.content


def make_scan(version: Version, *, now: datetime, verdict: str, reason: str) -> Scan:
    scan = Scan.objects.create(
        version=version,
        cause="submission",
        state="complete",
        attempt=1,
        lease_token="00000000-0000-4000-8000-000000000000",
        lease_until=now,
        started_at=now,
        finished_at=now,
        verdict=verdict,
        route="review",
        route_reason=reason,
        report={"engines": [{"name": "bandit", "version": "1.9", "state": "ok"}]},
        request_id="r",
    )
    Finding.objects.create(
        scan=scan,
        rule_id="B602",
        engine="bandit",
        severity="high",
        confidence="high",
        path="greeter.py",
        line=3,
        title="Subprocess",
        why="It starts a process.",
        fix="Leave it out.",
        snippet="subprocess.run(...)",
    )
    return scan


def test_another_publisher_cannot_look(
    api: Client, ada: PublisherActor, eve: PublisherActor, now: datetime, refused: Refusal
) -> None:
    make_version(ada, now=now)
    there = refused(api.get(VERSION_URL, headers=eve.headers), code="token_of_another_party")
    nowhere = refused(
        api.get("/api/v1/publishers/ada-labs/plugins/nothing/versions/9.9.9", headers=eve.headers),
        code="token_of_another_party",
    )
    assert there["detail"] == nowhere["detail"]


def test_unknown_plugin_and_version_are_told_apart(
    api: Client, ada: PublisherActor, now: datetime, refused: Refusal
) -> None:
    make_version(ada, now=now)
    base = "/api/v1/publishers/ada-labs/plugins"
    refused(api.get(f"{base}/nothing/versions/1.0.0", headers=ada.headers), code="unknown_plugin")
    refused(api.get(f"{base}/greeter/versions/9.9.9", headers=ada.headers), code="unknown_version")


@pytest.mark.parametrize("plugin", ["%00", "a%20b", "%E2%80%AE", "x" * 65, "..%5C"])
def test_impossible_name_in_an_address_is_named(
    api: Client, ada: PublisherActor, plugin: str, refused: Refusal
) -> None:
    url = f"/api/v1/publishers/ada-labs/plugins/{plugin}/versions/1.0.0"
    problem = refused(api.get(url, headers=ada.headers), code="request_invalid")
    assert problem["errors"][0]["field"] == "path.plugin"


def test_withdrawn_version_says_so(api: Client, ada: PublisherActor, now: datetime) -> None:
    make_version(ada, now=now)
    response = api.post(f"{VERSION_URL}/withdraw", headers=ada.headers)
    assert (response.status_code, response.json()["status"]) == (200, "withdrawn")
    assert api.get(VERSION_URL, headers=ada.headers).json()["reason"] == "Its publisher withdrew it."


def test_yanked_version_is_no_longer_offered(api: Client, ada: PublisherActor, now: datetime, refused: Refusal) -> None:
    make_published(ada, now=now)
    assert api.post(f"{VERSION_URL}/yank", headers=ada.headers).json()["status"] == "yanked"
    refused(api.get("/api/v1/catalogue/ada-labs/greeter/versions/1.0.0"), code="version_unavailable")


def test_published_version_cannot_be_withdrawn(
    api: Client, ada: PublisherActor, now: datetime, refused: Refusal
) -> None:
    publish_version(make_version(ada, now=now), now=now)
    refused(api.post(f"{VERSION_URL}/withdraw", headers=ada.headers), code="illegal_move")


def test_nobody_else_can_withdraw_or_yank(
    api: Client, ada: PublisherActor, eve: PublisherActor, now: datetime, refused: Refusal
) -> None:
    version = make_published(ada, now=now)
    for act in ("withdraw", "yank"):
        refused(api.post(f"{VERSION_URL}/{act}", headers=eve.headers), code="token_of_another_party")
    version.refresh_from_db()
    assert version.status == "published"
