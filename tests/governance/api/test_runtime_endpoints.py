"""What bot runtimes do at the door: enrol, fetch the feed, report, acknowledge; and every way they are refused."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from governance.flows.takedown import contain_plugin
from governance.keys import feed_root
from governance.takedowns.models import Acknowledgement, SwitchOrder, Takedown
from plugins.models import Bot, BotOwner, Installation, Version
from plugins.runtime.signing import SigningKey, open_statement
from tests.governance.api.conftest import Refusal, count_rows
from tests.samples.factories import BotActor, PublisherActor, TenantActor, make_published

RUNTIME = "/api/v1/runtime"


@dataclass(frozen=True)
class Ordered:
    """A contained plugin, its version, and the block in the feed."""

    takedown: Takedown
    version: Version
    block: dict[str, Any]
    sequence: int


def post(api: Client, path: str, body: Any, **extra: Any) -> Any:
    return api.post(f"{RUNTIME}/{path}", body, content_type="application/json", **extra)


def read_feed(api: Client, *, since: int = 0) -> dict[str, Any]:
    """The number that holds, and the blocks that came after `since`."""
    answer = api.get(f"{RUNTIME}/feed?since={since}").json()
    fresh = open_statement(answer["freshness"], kind="nexus.freshness/1", keys=feed_root().public_keys)
    blocks = [change["block"] for change in answer["changes"] if change["action"] == "block"]
    return {"sequence": fresh["sequence"], "blocks": blocks}


@pytest.fixture
def ordered(
    api: Client, ada: PublisherActor, cleo: Any, dev_bot: BotActor, dev_second_bot: BotActor, now: datetime
) -> Ordered:
    """Both of Dev's bots run Ada's plugin, and Cleo has contained it; only the first bot is looked at."""
    version = make_published(ada, now=now)
    post(api, "installations", dev_bot.sign_installation(version, at=now))
    takedown = contain_plugin(
        plugin_id=version.plugin_id,
        versions="*",
        grounds="malware",
        statement="It steals.",
        exposed_since=now - timedelta(days=1),
        report_ids=[],
        actor=cleo,
        now=now,
    )
    feed = read_feed(api)
    return Ordered(takedown, version, feed["blocks"][0], feed["sequence"])


def enrolment(**changes: Any) -> dict[str, Any]:
    return {
        "name": "greeter",
        "owner_email": "dev@example.invalid",
        "owner_name": "Dev",
        "public_key": SigningKey.generate().public_base64,
        **changes,
    }


def test_enrolled_bot_gets_the_root_to_trust(api: Client, dev_tenant: TenantActor, settings: Any) -> None:
    response = post(api, "bots", enrolment(), headers=dev_tenant.headers)
    assert response.status_code == 201
    assert response.json() == {
        "bot": str(Bot.objects.get().pk),
        "root": feed_root().statement,
        "feed_url": settings.FEED_URL,
    }


def test_publishers_token_cannot_enrol(
    api: Client, ada: PublisherActor, leaves_nothing: None, refused: Refusal
) -> None:
    refused(post(api, "bots", enrolment(), headers=ada.headers), code="token_of_another_party")


@pytest.mark.parametrize("key", ["AAAA", "A" * 43, "A" * 88])
def test_key_of_the_wrong_size_is_refused(
    api: Client, dev_tenant: TenantActor, key: str, leaves_nothing: None, refused: Refusal
) -> None:
    refused(post(api, "bots", enrolment(public_key=key), headers=dev_tenant.headers), code="bot_key_invalid")


def test_used_key_is_refused(api: Client, dev_bot: BotActor, dev_tenant: TenantActor, refused: Refusal) -> None:
    body = enrolment(public_key=dev_bot.bot.public_key, owner_email="other@example.invalid")
    refused(post(api, "bots", body, headers=dev_tenant.headers), code="bot_key_used")
    assert (Bot.objects.count(), BotOwner.objects.count()) == (1, 1)


def test_feed_is_signed_and_cached_briefly(api: Client) -> None:
    response = api.get(f"{RUNTIME}/feed")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=5"
    assert read_feed(api)["blocks"] == []


def test_unchanged_feed_costs_nothing(api: Client) -> None:
    etag = api.get(f"{RUNTIME}/feed").headers["ETag"]
    again = api.get(f"{RUNTIME}/feed", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == etag


def test_new_block_changes_the_feeds_etag(
    api: Client,
    ada: PublisherActor,
    cleo: Any,
    dev_bot: BotActor,
    now: datetime,
    request: pytest.FixtureRequest,
) -> None:
    before = api.get(f"{RUNTIME}/feed").headers["ETag"]
    ordered: Ordered = request.getfixturevalue("ordered")
    after = api.get(f"{RUNTIME}/feed", headers={"If-None-Match": before})
    assert after.status_code == 200
    assert ordered.block["plugin"] == "greeter"


def test_feed_without_a_signing_key_says_so_and_names_no_path(
    api: Client, settings: Any, tmp_path: Any, refused: Refusal
) -> None:
    settings.FEED_KEY_FILES = [tmp_path / "missing"]
    response = api.get(f"{RUNTIME}/feed")
    refused(response, code="signing_key_missing")
    assert str(tmp_path).encode() not in response.content


def test_reported_installation_may_run(api: Client, ada: PublisherActor, dev_bot: BotActor, now: datetime) -> None:
    version = make_published(ada, now=now)
    response = post(api, "installations", dev_bot.sign_installation(version, at=now))
    assert response.status_code == 201
    installation = Installation.objects.get()
    assert response.json() == {"installation": installation.pk, "is_allowed": True, "block_ids": []}
    assert (installation.bot_id, installation.version_id) == (dev_bot.bot.pk, version.pk)


def test_blocked_version_is_recorded_and_forbidden(
    api: Client, ordered: Ordered, dev_second_bot: BotActor, now: datetime
) -> None:
    response = post(api, "installations", dev_second_bot.sign_installation(ordered.version, at=now))
    assert response.status_code == 201
    body = response.json()
    assert (body["is_allowed"], body["block_ids"]) == (False, [ordered.block["id"]])
    assert SwitchOrder.objects.filter(bot=dev_second_bot.bot, state="ordered").count() == 1


def test_installation_in_another_bots_name_is_refused(
    api: Client,
    ada: PublisherActor,
    dev_bot: BotActor,
    eve_bot: BotActor,
    now: datetime,
    refused: Refusal,
    request: pytest.FixtureRequest,
) -> None:
    version = make_published(ada, now=now)
    request.getfixturevalue("leaves_nothing")
    statement = eve_bot.sign_installation(version, at=now, falsified={"bot": str(dev_bot.bot.pk)})
    refused(post(api, "installations", statement), code="acknowledgement_foreign")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"plugin": "nothing"}, "unknown_plugin"),
        ({"version": "9.9.9"}, "unknown_version"),
        ({"bot": "00000000-0000-4000-8000-000000000000"}, "unknown_bot"),
        ({"at": "2020-01-01T00:00:00Z"}, "installation_time_invalid"),
        ({"at": "yesterday"}, "statement_refused"),
        ({"artifact_sha256": "0" * 64}, "statement_refused"),
        ({"action": "danced"}, "statement_refused"),
        ({"kind": "nexus.acknowledgement/1"}, "statement_refused"),
        ({"nonce": "x" * 300}, "statement_refused"),
        ({"nonce": "\0"}, "statement_refused"),
        ({"extra": 1}, "statement_refused"),
    ],
)
def test_wrong_installation_report_is_refused(
    api: Client,
    ada: PublisherActor,
    dev_bot: BotActor,
    now: datetime,
    changes: dict[str, Any],
    code: str,
    refused: Refusal,
    request: pytest.FixtureRequest,
) -> None:
    version = make_published(ada, now=now)
    request.getfixturevalue("leaves_nothing")
    refused(post(api, "installations", dev_bot.sign_installation(version, at=now, falsified=changes)), code=code)


def test_changed_payload_breaks_the_signature(
    api: Client,
    ada: PublisherActor,
    dev_bot: BotActor,
    now: datetime,
    refused: Refusal,
    request: pytest.FixtureRequest,
) -> None:
    version = make_published(ada, now=now)
    request.getfixturevalue("leaves_nothing")
    statement = dev_bot.sign_installation(version, at=now)
    statement["payload"] = statement["payload"].replace("installed", "uninstalled")
    refused(post(api, "installations", statement), code="statement_refused")


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"payload": "{}"},
        {"payload": {}, "key_id": "0" * 16, "signature": "AAAA"},
        {"payload": "{}", "key_id": "0" * 16, "signature": "AAAA", "more": 1},
        {"payload": "x" * 9000, "key_id": "0" * 16, "signature": "AAAA"},
        {"payload": "{}", "key_id": "NOT HEX", "signature": "AAAA"},
    ],
)
@pytest.mark.parametrize("path", ["installations", "acknowledgements"])
def test_malformed_statement_is_refused(
    api: Client, path: str, statement: dict[str, Any], leaves_nothing: None, refused: Refusal
) -> None:
    refused(post(api, path, statement), code="request_invalid")


@pytest.mark.parametrize("path", ["installations", "acknowledgements"])
def test_payload_that_is_no_object_is_refused(api: Client, path: str, leaves_nothing: None, refused: Refusal) -> None:
    for payload in ("[]", '"text"', "{", json.dumps({"bot": 7}), json.dumps({"bot": "no id"})):
        statement = {"payload": payload, "key_id": "0" * 16, "signature": "AAAA"}
        refused(post(api, path, statement), code="statement_refused")


def test_acknowledgement_confirms_the_order(api: Client, ordered: Ordered, dev_bot: BotActor, now: datetime) -> None:
    statement = dev_bot.sign_acknowledgement(ordered.block, version=ordered.version, at=now, sequence=ordered.sequence)
    response = post(api, "acknowledgements", statement)
    assert response.status_code == 201
    assert response.json()["takedown"] == str(ordered.takedown.pk)
    assert response.json()["action"] == "switched_off"
    assert response.json()["recorded_at"]
    assert SwitchOrder.objects.get().state == "confirmed"


def test_replayed_acknowledgement_counts_once(
    api: Client, ordered: Ordered, dev_bot: BotActor, now: datetime, refused: Refusal
) -> None:
    statement = dev_bot.sign_acknowledgement(ordered.block, version=ordered.version, at=now, sequence=ordered.sequence)
    post(api, "acknowledgements", statement)
    rows = count_rows()
    refused(post(api, "acknowledgements", statement), code="acknowledgement_replayed")
    assert count_rows() == rows
    assert Acknowledgement.objects.count() == 1


def test_acknowledgement_for_somebody_elses_bot_is_refused(
    api: Client, ordered: Ordered, dev_bot: BotActor, eve_bot: BotActor, now: datetime, refused: Refusal
) -> None:
    statement = eve_bot.sign_acknowledgement(
        ordered.block,
        version=ordered.version,
        at=now,
        sequence=ordered.sequence,
        falsified={"bot": str(dev_bot.bot.pk)},
    )
    rows = count_rows()
    refused(post(api, "acknowledgements", statement), code="acknowledgement_foreign")
    assert count_rows() == rows
    assert SwitchOrder.objects.get().state == "ordered"


def test_bot_that_was_ordered_nothing_cannot_acknowledge(
    api: Client, ordered: Ordered, eve_bot: BotActor, now: datetime, refused: Refusal
) -> None:
    statement = eve_bot.sign_acknowledgement(ordered.block, version=ordered.version, at=now, sequence=ordered.sequence)
    rows = count_rows()
    refused(post(api, "acknowledgements", statement), code="order_unknown")
    assert count_rows() == rows


def test_oversized_statement_is_refused_by_its_length(api: Client, leaves_nothing: None, refused: Refusal) -> None:
    refused(post(api, "acknowledgements", {"payload": "x" * 70_000}), code="body_too_large")
