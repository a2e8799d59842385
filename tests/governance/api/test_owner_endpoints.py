"""A bots' owner's own door: their notices and nobody else's, and reading one delivers it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from governance.notifications.models import DeliveryAttempt, Letter, Notice
from plugins.models import BotOwner
from tests.governance.api.conftest import Refusal
from tests.samples.factories import BotActor, PublisherActor, TenantActor

Headers = dict[str, str]


@pytest.fixture
def dev(dev_bot: BotActor, capsys: pytest.CaptureFixture[str]) -> Headers:
    """Dev's token, as an operator hands it out."""
    call_command("owner", dev_bot.bot.owner.email)
    return {"Authorization": f"Bearer {capsys.readouterr().out.strip()}"}


@pytest.fixture
def letter(db: None) -> Letter:
    words = {"subject": "Switched off", "opening": "Your bots:\n", "closing": "Ask us.\n"}
    return Letter.objects.create(
        kind="takedown_contained", cause="takedown:1", language="en", lines={"running": "  - {0}"}, **words
    )


def queue(recipient: str, *, letter: Letter | None, now: datetime, **given: Any) -> Notice:
    values: dict[str, Any] = {"items": [["running", "greeter"]], "items_total": 1} if letter else {"body": "Secret: x"}
    return Notice.objects.create(
        kind="takedown_contained", cause="takedown:1" if letter else "challenge:1", recipient=recipient, letter=letter,
        queued_at=now, deadline_at=now + timedelta(hours=24), next_attempt_at=now, request_id="r", **(values | given),
    )  # fmt: skip


def test_owner_lists_and_reads_their_own_notices(api: Client, dev: Headers, letter: Letter, now: datetime) -> None:
    mine = queue("dev@example.invalid", letter=letter, now=now)
    queue("eve@example.invalid", letter=letter, now=now)

    listed = api.get("/api/v1/owner/notices", headers=dev).json()
    read = api.get(f"/api/v1/owner/notices/{mine.pk}", headers=dev).json()

    assert [line["id"] for line in listed] == [str(mine.pk)]
    assert (read["subject"], read["text"]) == ("Switched off", "Your bots:\n  - greeter\nAsk us.\n")


def test_reading_delivers_what_no_channel_could(api: Client, dev: Headers, letter: Letter, now: datetime) -> None:
    mine = queue("dev@example.invalid", letter=letter, now=now, state="undeliverable", channel="in_app")

    for _ in range(2):
        assert api.get(f"/api/v1/owner/notices/{mine.pk}", headers=dev).status_code == 200

    mine.refresh_from_db()
    assert (mine.state, mine.channel) == ("delivered", "in_app")
    assert mine.delivered_at is not None
    assert DeliveryAttempt.objects.get().channel == "in_app"


def test_anothers_notice_is_unknown(api: Client, dev: Headers, letter: Letter, refused: Refusal, now: datetime) -> None:
    eves = queue("eve@example.invalid", letter=letter, now=now)

    refused(api.get(f"/api/v1/owner/notices/{eves.pk}", headers=dev), code="notice_unknown")
    eves.refresh_from_db()
    assert eves.state == "queued"


def test_mail_that_confirms_an_address_is_not_read_here(
    api: Client, dev: Headers, refused: Refusal, now: datetime
) -> None:
    secret = queue("dev@example.invalid", letter=None, now=now)

    assert api.get("/api/v1/owner/notices", headers=dev).json() == []
    refused(api.get(f"/api/v1/owner/notices/{secret.pk}", headers=dev), code="notice_unknown")


def test_other_parties_tokens_are_refused(
    api: Client, ada: PublisherActor, dev_tenant: TenantActor, dev: Headers, refused: Refusal
) -> None:
    for headers in (ada.headers, dev_tenant.headers):
        refused(api.get("/api/v1/owner/notices", headers=headers), code="token_of_another_party")
    refused(api.get("/api/v1/owner/notices"), code="token_invalid")
    refused(api.post("/api/v1/versions", headers=dev), code="token_of_another_party")


def test_owner_chooses_language_and_webhook(api: Client, dev: Headers, refused: Refusal) -> None:
    def put(what: str, **body: str) -> Any:
        return api.put(f"/api/v1/owner/{what}", body, content_type="application/json", headers=dev)

    assert put("language", language="de-AT").status_code == 204
    assert BotOwner.objects.get().language == "de-AT"
    refused(put("language", language="de'; --"), code="request_invalid")
    first, second = (put("webhook", url="https://hook.example.invalid/in").json() for _ in range(2))
    assert first["secret"].startswith("whsec_")
    assert first["secret"] != second["secret"]
    refused(put("webhook", url="http://hook.example.invalid/"), code="webhook_unsafe")
    assert api.delete("/api/v1/owner/webhook", headers=dev).status_code == 204
    assert not BotOwner.objects.get().webhook.is_active
