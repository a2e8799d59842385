"""The public form takes a report from anyone, and its page says where the report stands to whoever has the id."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django import Settings

from governance.api.sources import find_anonymous_source, find_source
from governance.flows.reports import dismiss_report
from governance.flows.standing import name_trusted
from governance.playbook import playbook
from governance.takedowns.errors import ReporterTokenInvalid
from governance.takedowns.models import AbuseReport, Takedown
from plugins.models import Version
from tests.samples.factories import PublisherActor, make_published

REPORT = {
    "plugin": "ada-labs/greeter",
    "version": "",
    "category": "malware",
    "description": "It sends every message elsewhere.",
    "reporter_email": "dev@one.invalid",
}
API_REPORT = {
    "publisher": "ada-labs",
    "plugin": "greeter",
    "version": "1.0.0",
    "category": "malware",
    "description": "It steals.",
    "reporter_email": "team@lab.invalid",
}


@pytest.fixture
def version(ada: PublisherActor, now: datetime) -> Version:
    """Ada's plugin, published."""
    return make_published(ada, now=now)


@pytest.fixture
def browser() -> Client:
    """A stranger's browser, without a cookie."""
    return Client()


def send(browser: Client, **changes: str) -> Any:
    return browser.post("/report/", {**REPORT, **changes})


def test_form_takes_a_report_and_shows_where_it_stands(
    version: Version, browser: Client, cleo: User, now: datetime
) -> None:
    assert browser.get("/report/?plugin=ada-labs/greeter").status_code == 200

    landed = send(browser)

    report = AbuseReport.objects.get()
    assert (landed.status_code, landed.headers["Location"]) == (302, f"/report/{report.pk}")
    shown = browser.get(f"/report/{report.pk}").content.decode()
    assert "It waits for a person" in shown
    assert "dev@one.invalid" not in shown
    assert "sends every message" not in shown
    dismiss_report(report.pk, actor=cleo, reason="Its host is its own.", now=now)
    shown = browser.get(f"/report/{report.pk}").content.decode()
    assert "found nothing to act on" in shown
    assert "Its host is its own" not in shown, "the reason goes to the reporter alone"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"plugin": "nobody/nothing"}, "There is no such plugin."),
        ({"plugin": "greeter"}, "There is no such plugin."),
        ({"version": "9.9.9"}, "no such version"),
        ({"category": "boring"}, "Select a valid choice"),
        ({"description": " "}, "This field is required"),
        ({"description": "a\x00b"}, "Null characters are not allowed"),
        ({"reporter_email": "dev"}, "valid email"),
    ],
)
def test_wrong_report_comes_back_with_a_sentence(
    version: Version, browser: Client, changes: dict[str, str], sentence: str
) -> None:
    response = send(browser, **changes)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not AbuseReport.objects.exists()


def test_hostile_text_is_shown_as_text(version: Version, browser: Client) -> None:
    response = send(browser, plugin="<script>alert(1)</script>")
    assert b"<script>alert" not in response.content


def test_form_without_its_own_cookie_is_refused(version: Version) -> None:
    assert Client(enforce_csrf_checks=True).post("/report/", REPORT).status_code == 403
    assert not AbuseReport.objects.exists()


def test_unknown_tracking_id_says_nothing(browser: Client, db: None) -> None:
    assert browser.get("/report/00000000-0000-0000-0000-000000000000").status_code == 404


def test_flood_from_one_network_is_refused_at_both_doors(version: Version, browser: Client) -> None:
    most = playbook().marketplace.abuse_reports.from_one_network_per_day
    for number in range(most):
        assert send(browser, reporter_email=f"eve@{number}.invalid").status_code == 302

    assert send(browser, reporter_email="eve@last.invalid").status_code == 429
    refused = browser.post("/api/v1/reports", API_REPORT, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_reports")
    elsewhere = Client(REMOTE_ADDR="203.0.113.7")
    assert send(elsewhere, reporter_email="dev@one.invalid").status_code == 302


def test_trusted_token_at_the_api_and_a_report_by_form_contain_a_young_plugin(
    version: Version, browser: Client, cleo: User, now: datetime
) -> None:
    _, secret = name_trusted("team@lab.invalid", actor=cleo, now=now)
    headers = {"Authorization": f"Bearer {secret}"}
    filed = Client(REMOTE_ADDR="203.0.113.7").post(
        "/api/v1/reports", API_REPORT, content_type="application/json", headers=headers
    )
    assert filed.status_code == 202
    assert not Takedown.objects.exists()

    assert send(browser, version="1.0.0").status_code == 302

    version.refresh_from_db()
    assert version.status == "quarantined"
    assert Takedown.objects.get().ordered_by is None


def test_token_that_is_nobodys_is_refused_and_an_address_alone_proves_nothing(
    version: Version, browser: Client, cleo: User, now: datetime
) -> None:
    name_trusted("team@lab.invalid", actor=cleo, now=now)
    refused = browser.post(
        "/api/v1/reports", API_REPORT, content_type="application/json", headers={"Authorization": "Bearer nxr_guess"}
    )
    assert (refused.status_code, refused.json()["code"]) == (401, "reporter_token_invalid")

    send(browser, reporter_email="team@lab.invalid")

    assert not AbuseReport.objects.get().is_authenticated


@pytest.mark.parametrize(
    ("hops", "forwarded", "same_as"),
    [
        (0, "198.51.100.1", "192.0.2.9"),
        (1, "198.51.100.1", "198.51.100.77"),
        (1, "6.6.6.6, 198.51.100.1", "198.51.100.77"),
        (2, "198.51.100.1, 10.0.0.1", "198.51.100.77"),
        (2, "198.51.100.1", "192.0.2.9"),
        (1, "::ffff:198.51.100.1", "198.51.100.77"),
    ],
)
def test_network_is_what_our_own_proxies_saw_and_never_what_a_client_wrote(
    settings: Settings, hops: int, forwarded: str, same_as: str
) -> None:
    settings.TRUSTED_PROXY_HOPS = hops
    seen = RequestFactory(REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded}).get("/report/")
    found = find_anonymous_source(seen).network_digest
    settings.TRUSTED_PROXY_HOPS = 0
    expected = find_anonymous_source(RequestFactory(REMOTE_ADDR=same_as).get("/report/")).network_digest

    assert found == expected
    assert same_as not in found


def test_request_without_a_network_has_no_digest(db: None) -> None:
    nowhere = RequestFactory(REMOTE_ADDR="").get("/report/")
    assert find_anonymous_source(nowhere).network_digest == ""
    with pytest.raises(ReporterTokenInvalid):
        find_source(RequestFactory(headers={"Authorization": "Bearer nxr_x"}).get("/report/"))
