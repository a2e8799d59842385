"""A tenant says what becomes of its bots when a version is taken down, and asks what is left to do."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.test import Client

from governance.flows.takedown import contain_plugin
from plugins.installations import record_installation
from tests.governance.api.conftest import Refusal
from tests.samples.factories import BotActor, PublisherActor, TenantActor, make_published

REMEDY, PINS = "/api/v1/tenant/remedy", "/api/v1/tenant/pins"


def test_tenant_chooses_and_follows_its_pins(
    api: Client,
    ada: PublisherActor,
    cleo: User,
    dev_tenant: TenantActor,
    dev_bot: BotActor,
    eve_bot: BotActor,
    now: datetime,
) -> None:
    good, bad = (make_published(ada, now=now, number=number) for number in ("1.0.0", "1.1.0"))
    record_installation(dev_bot.bot, version=bad, at=now, now=now)
    assert api.get(REMEDY, headers=dev_tenant.headers).json() == {"remedy": "disable"}
    chosen = api.put(REMEDY, {"remedy": "pin_back"}, content_type="application/json", headers=dev_tenant.headers)
    assert (chosen.status_code, chosen.json()) == (200, {"remedy": "pin_back"})
    takedown = contain_plugin(
        plugin_id=bad.plugin_id,
        versions="==1.1.0",
        grounds="malware",
        statement="It steals.",
        exposed_since=now - timedelta(days=1),
        report_ids=[],
        actor=cleo,
        now=now,
    )

    (pin,) = api.get(PINS, headers=dev_tenant.headers).json()

    assert (pin["takedown"], pin["bot"]) == (str(takedown.pk), str(dev_bot.bot.pk))
    assert (pin["direction"], pin["from_version"], pin["to_version"]) == ("back", "1.1.0", "1.0.0")
    assert pin["artifact_sha256"] == good.artifact_id
    record_installation(dev_bot.bot, version=good, at=now, now=now)
    assert api.get(PINS, headers=dev_tenant.headers).json() == []


def test_remedy_is_the_tenants_own(api: Client, ada: PublisherActor, dev_tenant: TenantActor, refused: Refusal) -> None:
    refused(api.get(REMEDY), code="token_invalid")
    refused(api.get(PINS, headers=ada.headers), code="token_of_another_party")
    wrong = api.put(REMEDY, {"remedy": "ignore"}, content_type="application/json", headers=dev_tenant.headers)
    refused(wrong, code="request_invalid")
