"""Every page of the desk, in light and dark, wide and narrow, is named, labelled, ordered and readable."""

from datetime import datetime
from typing import Literal

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from governance.flows.authority_reports import Regime, start_authority_clocks
from governance.flows.publisher_takedown import contain_publisher
from governance.flows.reports import file_report
from governance.flows.takedown import contain_plugin
from tests.browser.accessibility import find_problems
from tests.browser.desk import BrowserDesk, listen
from tests.governance.admin.rows import make_finding, make_review, make_running
from tests.samples.factories import BotActor, PublisherActor, make_published, make_publisher

Paths = list[str]


@pytest.fixture
def paths(ada: PublisherActor, dev_bot: BotActor, dev_second_bot: BotActor, lead: User, now: datetime) -> Paths:
    """The address of every kind of page, on rows that fill it."""
    review = make_review(ada, now=now, findings=[make_finding(), make_finding(path="long/" * 40 + "x.py")])
    version = make_running(ada, [dev_bot, dev_second_bot], now=now, name="other-plugin")
    report = file_report(
        publisher_slug="ada-labs",
        plugin_name="other-plugin",
        number="1.0.0",
        category="malware",
        description="It sends every message to collector.example.invalid.",
        reporter_email="eve@example.invalid",
        now=now,
    )
    takedown = contain_plugin(
        plugin_id=version.plugin_id,
        versions="*",
        grounds="malware",
        statement="It sends messages to a stranger.",
        exposed_since=now,
        report_ids=[],
        actor=lead,
        now=now,
    )
    start_authority_clocks(takedown.pk, regime=Regime.BREACH, known_at=now, actor=lead, now=now)
    eve = make_publisher("eve-tools", member="Eve", now=now)
    make_published(eve, now=now, name="counter")
    order = contain_publisher(eve.publisher.pk, grounds="malware", statement="It steals.", actor=lead, now=now)
    return [
        "/admin/",
        "/admin/desk/queue/",
        f"/admin/desk/reviews/{review.pk}/",
        "/admin/desk/reports/",
        f"/admin/desk/reports/{report.pk}/",
        "/admin/desk/takedowns/",
        f"/admin/desk/takedowns/{takedown.pk}/",
        "/admin/desk/takedowns/contain/?plugin=ada-labs/other-plugin&versions=*",
        "/admin/desk/takedowns/contain/?plugin=nobody&versions=",
        "/admin/desk/publishers/",
        "/admin/desk/publishers/ada-labs/",
        "/admin/desk/publishers/ada-labs/contain/",
        f"/admin/desk/publisher-takedowns/{order.pk}/",
        "/report/",
        f"/report/{report.pk}",
    ]


def _problems(page: Page) -> list[str]:
    return [f"{page.url} {problem}" for problem in find_problems(page)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_pages_of_the_desk_are_for_everyone(
    scheme: Literal["light", "dark"], width: int, chromium: Browser, live_server: LiveServer, paths: Paths
) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    complaints = listen(context)
    desk = BrowserDesk(context.new_page(), live_server.url)
    desk.open("/admin/login/")
    problems = [problem for problem in _problems(desk.page) if "heading of level 1" not in problem]
    desk.sign_in("lee")
    for path in paths:
        desk.open(path)
        problems += _problems(desk.page)
    context.close()
    assert "\n".join(problems) == ""
    assert complaints == []


def test_pages_of_the_admin_work_under_the_security_policy(desk: BrowserDesk, paths: Paths, roles: None) -> None:
    User.objects.create_superuser("root", password="root has a password")
    desk.sign_in("root")
    for path in (
        "/admin/plugins/version/",
        "/admin/plugins/version/?status__exact=in_review",
        "/admin/ledger/entry/",
        "/admin/auth/user/",
        "/admin/auth/user/add/",
        "/admin/auth/group/add/",
        "/admin/password_change/",
    ):
        desk.open(path)
        assert desk.page.locator("#content").is_visible()
    assert desk.heading() == "Password change"


def test_script_that_is_not_ours_is_refused_and_heard(
    chromium: Browser, live_server: LiveServer, transactional_db: None
) -> None:
    context = chromium.new_context()
    complaints = listen(context)
    desk = BrowserDesk(context.new_page(), live_server.url)
    desk.open("/admin/login/")
    desk.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = true'}))"
    )
    ran = desk.page.evaluate("window.ran === true")
    context.close()
    assert not ran
    assert any("Content Security Policy" in complaint for complaint in complaints)
