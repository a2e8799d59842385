"""A real browser against the real desk: each journey has its own, and fails on any complaint of the browser's."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from pytest_django.live_server_helper import LiveServer

from governance.roles import create_roles
from tests.browser.desk import BrowserDesk, listen
from tests.governance.admin.rows import make_colleague

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT_MILLISECONDS = 15_000


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver; its event loop runs in this thread, where Django would refuse a test's own look at the rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as driver:
            yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """One browser process for the whole run."""
    binary = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if binary is None:
        pytest.skip("no chromium on this machine")
    browser = playwright.chromium.launch(executable_path=binary, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh browser profile; whatever its console complains of fails the test, a refused script first of all."""
    context = chromium.new_context()
    context.set_default_timeout(WAIT_MILLISECONDS)
    complaints = listen(context)
    yield context.new_page()
    context.close()
    assert complaints == []


@pytest.fixture
def desk(live_server: LiveServer, page: Page) -> BrowserDesk:
    """The desk in a fresh browser profile."""
    return BrowserDesk(page, live_server.url)


@pytest.fixture
def roles(transactional_db: None) -> None:
    """The groups of the bootstrap command."""
    create_roles()


@pytest.fixture
def ben(roles: None) -> User:
    """Reviews."""
    return make_colleague("ben", role="reviewer")


@pytest.fixture
def second_reviewer(roles: None) -> User:
    """Reviews too."""
    return make_colleague("bea", role="reviewer")


@pytest.fixture
def cleo(roles: None) -> User:
    """Moderates."""
    return make_colleague("cleo", role="moderator")


@pytest.fixture
def lead(roles: None, now: datetime) -> User:
    """Sees every page."""
    return make_colleague("lee", role="security-lead")
