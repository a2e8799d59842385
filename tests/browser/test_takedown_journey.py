"""A moderator's path: an abuse report, the reach, containment, and counts that move while bots confirm."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from governance.flows.reports import file_report
from governance.flows.runtime import receive_acknowledgement
from governance.takedowns.models import AbuseReport, Takedown
from plugins.models import BlocklistEntry, Version
from tests.browser.desk import BrowserDesk
from tests.governance.admin.rows import make_running
from tests.samples.factories import BotActor, PublisherActor


@pytest.fixture
def running(ada: PublisherActor, dev_bot: BotActor, dev_second_bot: BotActor, now: datetime) -> Version:
    """A published version in both of Dev's bots."""
    return make_running(ada, [dev_bot, dev_second_bot], now=now)


@pytest.fixture
def report(running: Version, now: datetime) -> AbuseReport:
    """A report against it."""
    return file_report(
        publisher_slug="ada-labs",
        plugin_name="greeter",
        number="1.0.0",
        category="malware",
        description="It sends every message to collector.example.invalid.",
        reporter_email="eve@example.invalid",
        now=now,
    )


def _figure(page: Page, name: str) -> str:
    return page.locator(f'[data-count="{name}"]').inner_text()


def _confirm(bot: BotActor, version: Version, *, now: datetime) -> None:
    block = BlocklistEntry.objects.get()
    told = {"id": str(block.pk), "takedown": str(block.takedown_id)}
    statement = bot.sign_acknowledgement(told, version=version, at=now, sequence=block.sequence)
    receive_acknowledgement(statement, now=now)


def test_moderator_contains_a_reported_plugin_and_watches_it_come_through(
    desk: BrowserDesk, cleo: User, report: AbuseReport, running: Version, dev_bot: BotActor, now: datetime
) -> None:
    page = desk.page
    desk.sign_in("cleo")
    page.get_by_role("link", name="Abuse reports", exact=True).first.click()
    page.get_by_role("link", name="ada-labs/greeter 1.0.0").click()
    page.get_by_role("link", name="Look at the reach").click()
    page.get_by_label("Versions").fill(">=1.0.0")
    page.get_by_role("button", name="Show the reach").click()
    reach = page.get_by_role("region", name="2. The reach")
    expect(reach).to_contain_text("ada-labs/greeter, 1 version: 1.0.0")
    expect(page.get_by_label("Malware, ")).to_be_checked()
    assert not Takedown.objects.exists()

    page.get_by_label("Grounds").select_option("malware")
    page.get_by_label("Statement of reasons").fill("It sends messages to a stranger.")
    page.get_by_label("Switch these versions off now").check()
    page.get_by_role("button", name="Contain").click()
    expect(page.get_by_text("Contained. Runtimes switch it off")).to_be_visible()
    assert (_figure(page, "ordered"), _figure(page, "confirmed"), _figure(page, "pending")) == ("2", "0", "2")

    address = page.url
    _confirm(dev_bot, running, now=now)
    expect(page.locator('[data-count="confirmed"]')).to_have_text("1")
    expect(page.locator('[data-count="pending"]')).to_have_text("1")
    assert page.url == address
    page.reload()
    expect(page.get_by_role("region", name="Bots that have not confirmed")).to_contain_text("helpdesk (1.0.0)")

    sign = page.get_by_role("region", name="Sign the removal")
    sign.get_by_label("Reason").fill("The code is proven.")
    sign.get_by_role("button", name="Sign").click()
    expect(page.get_by_text("Removed.", exact=True)).to_be_visible()
    reinstate = page.get_by_role("region", name="Reinstate")
    reinstate.get_by_label("Reason").fill("The finding was another plugin's.")
    reinstate.get_by_role("button", name="Reinstate").click()
    expect(page.get_by_text("Reinstated. Runtimes switch it on")).to_be_visible()
    running.refresh_from_db()
    report.refresh_from_db()
    assert (running.status, report.state) == ("published", "upheld")


def test_counts_that_cannot_be_renewed_say_so(desk: BrowserDesk, cleo: User, running: Version, now: datetime) -> None:
    page = desk.page
    desk.sign_in("cleo")
    desk.open("/admin/desk/takedowns/contain/?plugin=ada-labs/greeter&versions=*")
    page.get_by_label("Grounds").select_option("malware")
    page.get_by_label("Statement of reasons").fill("It sends messages to a stranger.")
    page.get_by_label("Switch these versions off now").check()
    page.get_by_role("button", name="Contain").click()
    expect(page.get_by_text("Counted again every 3 seconds.")).to_be_visible()
    page.route("**/progress/", lambda route: route.fulfill(status=503))
    expect(page.get_by_text("The counts could not be renewed. Reload the page.")).to_be_visible()
