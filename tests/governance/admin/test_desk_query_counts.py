"""A page asks the database the same number of questions for one row as for many."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.admin.site import desk
from governance.flows.reports import file_report
from governance.flows.takedown import contain_plugin
from governance.verification.actions import attest
from governance.verification.models import Attestation
from plugins.installations import record_installation
from tests.governance.admin.rows import SignIn, make_colleague, make_finding, make_review
from tests.samples.factories import (
    PublisherActor,
    TenantActor,
    make_bot,
    make_published,
    make_publisher,
    make_tenant,
)

Grow = Callable[[int], None]


@pytest.fixture
def lead(roles: None) -> User:
    """Sees every page."""
    return make_colleague("lee", role="security-lead")


@pytest.fixture
def grow(ada: PublisherActor, dev_tenant: TenantActor, cleo: User, ben: User, now: datetime) -> Grow:
    """One more of everything the desk lists."""

    def grow(number: int) -> None:
        name = f"plugin-{'x' * number}"
        findings = [make_finding(path=f"module_{index}.py") for index in range(number)]
        make_review(ada, now=now, name=f"{name}-new", findings=findings)
        version = make_published(ada, now=now, name=name)
        tenant = make_tenant(f"tenant-{number}", now=now)
        owner = f"owner{number}@example.invalid"
        bot = make_bot(tenant, name=f"bot {number}", owner_email=owner, now=now)
        record_installation(bot.bot, version=version, at=now, now=now)
        for category in ("malware", "other"):
            file_report(
                publisher_slug="ada-labs",
                plugin_name=name,
                number=None,
                category=category,
                description="Odd.",
                reporter_email="eve@example.invalid",
                now=now,
            )
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
        publisher = make_publisher(f"publisher-{number}", member=f"Member{number}", now=now)
        attest(
            publisher.publisher.pk,
            kind=Attestation.Kind.IDENTITY,
            evidence="A register.",
            attested_by=ben.pk,
            now=now,
        )

    return grow


def _count(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


RECORDS = sorted(
    f"{model._meta.app_label}_{model._meta.model_name}_changelist"
    for model in desk._registry
    if model._meta.app_label != "auth"
)


@pytest.mark.parametrize("page", ["index", "queue", "takedowns", "reports", "publishers", *RECORDS])
def test_list_asks_as_much_for_many_rows_as_for_one(page: str, grow: Grow, lead: User, sign_in: SignIn) -> None:
    browser, address = sign_in(lead), reverse(f"admin:{page}")
    grow(1)
    few = _count(browser, address)
    for number in range(2, 6):
        grow(number)
    assert _count(browser, address) == few


def test_case_asks_as_much_for_many_findings_as_for_one(
    ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    browser = sign_in(ben)
    one = make_review(ada, now=now, findings=[make_finding()])
    many = make_review(ada, now=now, name="other-plugin", findings=[make_finding(path=f"m{n}.py") for n in range(40)])
    counts = [_count(browser, reverse("admin:case", args=[review.pk])) for review in (one, many)]
    assert counts[0] == counts[1]


def test_takedown_page_asks_as_much_for_many_bots_as_for_one(
    ada: PublisherActor, dev_tenant: TenantActor, cleo: User, sign_in: SignIn, now: datetime
) -> None:
    browser = sign_in(cleo)
    counts = []
    for name, bots in (("one-bot", 1), ("many-bots", 12)):
        version = make_published(ada, now=now, name=name)
        for number in range(bots):
            owner = f"{name}{number}@example.invalid"
            bot = make_bot(dev_tenant, name=f"{name} {number}", owner_email=owner, now=now)
            record_installation(bot.bot, version=version, at=now, now=now)
        takedown = contain_plugin(
            plugin_id=version.plugin_id,
            versions="*",
            grounds="malware",
            statement="It steals.",
            exposed_since=now,
            report_ids=[],
            actor=cleo,
            now=now,
        )
        counts.append(_count(browser, reverse("admin:takedown", args=[takedown.pk])))
    assert counts[0] == counts[1]
