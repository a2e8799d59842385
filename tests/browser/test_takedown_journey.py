"""A moderator's path: an abuse report, the reach, containment, and counts that move while bots confirm."""

from datetime import datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from governance.flows.reports import file_report
from governance.flows.runtime import receive_acknowledgement, receive_installation
from governance.flows.takedown_clocks import reconcile_takedowns
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
    tenants = page.get_by_role("region", name="Table of tenants")
    expect(tenants).to_contain_text("1 of 2")
    expect(tenants).to_contain_text("helpdesk (1.0.0)")
    expect(tenants).not_to_contain_text("greeter (1.0.0)")
    assert page.url == address

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


def test_page_of_a_running_takedown_renews_its_deadlines_and_tenants_by_itself(
    desk: BrowserDesk,
    cleo: User,
    running: Version,
    dev_bot: BotActor,
    dev_second_bot: BotActor,
    eve_bot: BotActor,
    tmp_path: Path,
    now: datetime,
) -> None:
    receive_installation(eve_bot.sign_installation(running, at=now), now=now)
    page = desk.page
    desk.sign_in("cleo")
    desk.open("/admin/desk/takedowns/contain/?plugin=ada-labs/greeter&versions=*")
    page.get_by_label("Grounds").select_option("malware")
    page.get_by_label("Statement of reasons").fill("It sends messages to a stranger.")
    page.get_by_label("Switch these versions off now").check()
    page.get_by_role("button", name="Contain").click()
    tenants = page.get_by_role("region", name="Table of tenants")
    deadlines = page.get_by_role("region", name="Table of deadlines")
    expect(tenants.get_by_role("row", name="dev-works")).to_contain_text("0 of 2")
    expect(tenants.get_by_role("row", name="eve-works")).to_contain_text("0 of 1")
    page.evaluate("window.staysLoaded = true")

    for bot in (dev_bot, dev_second_bot):
        _confirm(bot, running, now=now)
    expect(tenants.get_by_role("row", name="dev-works")).to_contain_text("2 of 2")
    expect(tenants.get_by_role("row").nth(1)).to_contain_text("eve-works")
    picture = page.screenshot(path=tmp_path / "takedown.png", full_page=True)
    _confirm(eve_bot, running, now=now)
    reconcile_takedowns(now=timezone.now())
    expect(deadlines.get_by_role("row", name="bots confirmed")).to_contain_text("met")
    expect(page.locator('[data-count="pending"]')).to_have_text("0")

    assert page.evaluate("window.staysLoaded === true"), "nothing was loaded anew"
    assert len(picture) > 10_000


def test_anyone_reports_a_plugin_by_the_form_and_follows_it(desk: BrowserDesk, running: Version) -> None:
    page = desk.page
    desk.open("/report/")
    page.get_by_label("Plugin").fill("ada-labs/greeter")
    page.get_by_label("What it does").select_option("data_theft")
    page.get_by_label("What you saw").fill("It sends every message to a stranger.")
    page.get_by_label("Your e-mail address").fill("dev@one.invalid")
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_text("It waits for a person to look at it.")).to_be_visible()
    assert page.url.endswith(f"/report/{AbuseReport.objects.get().pk}")
