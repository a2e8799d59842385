"""Role by action: each role sees what it must, does what it may, and nothing else; a bare account sees none."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from governance.admin.site import desk
from governance.flows.publisher_takedown import contain_publisher
from governance.flows.reports import file_report
from governance.flows.takedown import contain_plugin
from governance.reviews.models import Review
from governance.takedowns.models import PublisherTakedown
from tests.governance.admin.rows import SignIn, make_colleague
from tests.samples.factories import PublisherActor, make_person, make_published, make_publisher

LOOKS = (
    *("queue", "case", "takedowns", "takedown", "takedown_progress", "takedown_live", "order"),
    *("reports", "report", "publishers", "publisher"),
)
JUDGES = ("case_claim", "case_release", "case_decide")
MODERATES = (
    *("contain", "publisher_contain", "takedown_proof", "report_dismiss", "takedown_sign", "takedown_reinstate"),
    *("takedown_confirm", "takedown_authorities", "takedown_authority_told", "order_undo"),
)
VOUCHES = ("publisher_attest",)
EVERY_PAGE = (*LOOKS, *JUDGES, *MODERATES, *VOUCHES)

ALLOWED = {
    "reviewer": {*LOOKS, *JUDGES, *VOUCHES},
    "moderator": {*LOOKS, *MODERATES},
    "security-lead": {*EVERY_PAGE},
    "auditor": {*LOOKS},
}

Address = Callable[[str], str]


@pytest.fixture
def address(ada: PublisherActor, cleo: User, review: Review, now: datetime) -> Address:
    """The address of each page, for rows that exist."""
    version = make_published(ada, now=now, name="other-plugin")
    report = file_report(
        publisher_slug="ada-labs",
        plugin_name="other-plugin",
        number=None,
        category="other",
        description="Odd.",
        reporter_email="eve@example.invalid",
        now=now,
    )
    takedown = contain_plugin(
        plugin_id=version.plugin_id,
        versions="*",
        grounds="suspected",
        statement="We look into it.",
        exposed_since=now,
        report_ids=[],
        actor=cleo,
        now=now,
    )
    arguments: dict[str, list[object]] = {
        "case": [review.pk],
        "takedown": [takedown.pk],
        "report": [report.pk],
        "publisher": ["ada-labs"],
        "takedown_authority_told": [takedown.pk, "gdpr_authority"],
        "order": [_take_publisher_down(cleo, now=now).pk],
    }
    return lambda name: reverse(f"admin:{name}", args=arguments.get(name, arguments.get(name.partition("_")[0], [])))


def _take_publisher_down(cleo: User, *, now: datetime) -> PublisherTakedown:
    eve = make_publisher("eve-tools", member="Eve", now=now)
    make_published(eve, now=now, name="counter")
    return contain_publisher(eve.publisher.pk, grounds="malware", statement="It steals.", actor=cleo, now=now)


def _ask(browser: Client, name: str, address: str) -> int:
    is_look = name in {*LOOKS, "contain", "publisher_contain", "takedown_proof"}
    with closing(browser.get(address) if is_look else browser.post(address, {})) as response:
        return response.status_code


@pytest.mark.parametrize("page", EVERY_PAGE)
@pytest.mark.parametrize("role", ALLOWED)
def test_role_opens_exactly_its_pages(role: str, page: str, address: Address, sign_in: SignIn) -> None:
    status = _ask(sign_in(make_colleague("rae", role=role)), page, address(page))
    assert (status != 403) == (page in ALLOWED[role])
    assert status in {200, 302, 403, 409, 422}


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_staff_account_without_a_role_opens_nothing(page: str, address: Address, sign_in: SignIn) -> None:
    assert _ask(sign_in(make_person("sam", permissions=())), page, address(page)) == 403


@pytest.mark.parametrize("page", EVERY_PAGE)
def test_account_that_is_not_staff_is_sent_to_the_log_in(page: str, address: Address, sign_in: SignIn) -> None:
    eve = User.objects.create_superuser("eve", password="eve has a password", is_staff=True)
    User.objects.filter(pk=eve.pk).update(is_staff=False)
    browser = sign_in(eve)
    response = browser.get(address(page))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("admin:login"))


def test_table_names_every_page_of_the_desk() -> None:
    from_desk = {page.name for page in desk.pages}
    assert from_desk == {*EVERY_PAGE}


@pytest.mark.parametrize(
    ("role", "links"),
    [
        ("reviewer", ["Review queue", "Abuse reports", "Takedowns", "Publishers"]),
        ("moderator", ["Review queue", "Abuse reports", "Contain a plugin", "Takedowns", "Publishers"]),
        ("auditor", ["Review queue", "Abuse reports", "Takedowns", "Publishers"]),
    ],
)
def test_navigation_offers_only_what_opens(role: str, links: list[str], roles: None, sign_in: SignIn) -> None:
    page = sign_in(make_colleague("rae", role=role)).get(reverse("admin:index"))
    assert [link.title for link in page.context["desk_links"]] == links


def test_dashboard_of_a_bare_account_shows_no_figures(review: Review, sign_in: SignIn) -> None:
    text = sign_in(make_person("sam", permissions=())).get(reverse("admin:index")).content.decode()
    assert "queue-heading" not in text
    assert "takedown-heading" not in text


def test_refused_page_says_what_to_do(roles: None, sign_in: SignIn) -> None:
    response = sign_in(make_colleague("ann", role="auditor")).get(reverse("admin:contain"))
    assert response.status_code == 403
    assert "Whoever gives out roles can change that." in response.content.decode()
