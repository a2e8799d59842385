"""Containing a plugin: the reach first, then one order; a takedown's page counts from rows."""

import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from governance.flows.reports import file_report
from governance.takedowns.models import AbuseReport, SwitchOrder, Takedown
from plugins.installations import end_installation
from plugins.models import BlocklistEntry, Version
from tests.governance.admin.rows import SignIn, make_running
from tests.samples.factories import BotActor, PublisherActor, TenantActor, make_bot, make_published

CONTAIN = "admin:contain"


@pytest.fixture
def running(ada: PublisherActor, dev_bot: BotActor, dev_second_bot: BotActor, now: datetime) -> Version:
    """A published version in both of Dev's bots."""
    return make_running(ada, [dev_bot, dev_second_bot], now=now)


@pytest.fixture
def report(running: Version, now: datetime) -> AbuseReport:
    """Eve's report against Ada's plugin."""
    return file_report(
        publisher_slug="ada-labs",
        plugin_name="greeter",
        number="1.0.0",
        category="malware",
        description="It reads every message.",
        reporter_email="eve@example.invalid",
        now=now,
    )


def _order(browser: Client, **fields: object) -> Any:
    query = {"plugin": "ada-labs/greeter", "versions": "*", "exposed_since": ""}
    data = {"grounds": "malware", "statement": "It steals tokens.", "is_meant": "on", **fields}
    return browser.post(reverse(CONTAIN, query=query), data)


def test_reach_is_shown_before_anything_is_ordered(running: Version, cleo: User, sign_in: SignIn) -> None:
    response = sign_in(cleo).get(reverse(CONTAIN), {"plugin": "ada-labs/greeter", "versions": "*"})
    scope = response.context["scope"]
    assert (scope.bots, scope.tenants, scope.owners, scope.exposed_owners) == (2, 1, 1, 1)
    assert scope.numbers == ("1.0.0",)
    assert not Takedown.objects.exists()


def test_reach_names_the_last_good_version(
    ada: PublisherActor, running: Version, cleo: User, sign_in: SignIn, now: datetime
) -> None:
    make_published(ada, now=now, number="0.9.0")
    response = sign_in(cleo).get(reverse(CONTAIN), {"plugin": "ada-labs/greeter", "versions": ">=1.0.0"})
    assert response.context["scope"].last_good_version == "0.9.0"


def test_order_contains_the_plugin_and_shows_its_page(running: Version, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    response = _order(browser)
    takedown = Takedown.objects.get()
    running.refresh_from_db()
    assert response.headers["Location"] == reverse("admin:takedown", args=[takedown.pk])
    assert running.status == "quarantined"
    assert takedown.ordered_by == cleo
    case = browser.get(response.headers["Location"]).context["case"]
    assert (case.counts.ordered, case.counts.confirmed, case.counts.pending) == (2, 0, 2)
    assert case.tenants[0].tenant == "dev-works"
    assert case.tenants[0].bots == ("greeter (1.0.0)", "helpdesk (1.0.0)")
    assert len(case.clocks) == 4


def test_order_answers_the_report_it_was_opened_from(report: AbuseReport, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    page = browser.get(reverse(CONTAIN), {"plugin": "ada-labs/greeter", "versions": "*", "report": str(report.pk)})
    assert page.context["order"]["reports"].value() == [str(report.pk)]
    _order(browser, reports=[str(report.pk)])
    report.refresh_from_db()
    assert (report.state, report.takedown) == ("upheld", Takedown.objects.get())


def test_window_of_exposure_starts_where_it_was_set(running: Version, cleo: User, sign_in: SignIn) -> None:
    query = {"plugin": "ada-labs/greeter", "versions": "*", "exposed_since": "2026-01-31"}
    sign_in(cleo).post(
        reverse(CONTAIN, query=query), {"grounds": "malware", "statement": "It steals.", "is_meant": "on"}
    )
    assert Takedown.objects.get().exposed_since.isoformat() == "2026-01-31T00:00:00+00:00"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"is_meant": ""}, "This field is required."),
        ({"statement": " "}, "This field is required."),
        ({"grounds": "whim"}, "Select a valid choice."),
        ({"reports": ["00000000-0000-0000-0000-000000000000"]}, "Select a valid choice."),
    ],
)
def test_wrong_order_comes_back_with_a_sentence(
    fields: dict[str, object], sentence: str, running: Version, cleo: User, sign_in: SignIn
) -> None:
    response = _order(sign_in(cleo), **fields)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Takedown.objects.exists()
    assert not BlocklistEntry.objects.exists()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"plugin": "ada-labs/greeter", "versions": ">=9.0.0"}, "No version of greeter lies in"),
        ({"plugin": "ada-labs/greeter", "versions": "latest!"}, "cannot be read"),
        ({"plugin": "eve-tools/greeter", "versions": "*"}, "There is no such plugin."),
        ({"plugin": "greeter", "versions": "*"}, "There is no such plugin."),
        ({"plugin": "ada-labs/greeter", "versions": "*", "exposed_since": "2999-01-01"}, "has not come yet"),
        ({"plugin": "ada-labs/greeter", "versions": ""}, "This field is required."),
    ],
)
def test_wrong_question_comes_back_with_a_sentence(
    query: dict[str, str], sentence: str, running: Version, cleo: User, sign_in: SignIn
) -> None:
    response = sign_in(cleo).get(reverse(CONTAIN), query)
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_same_plugin_is_not_contained_twice(running: Version, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    _order(browser)
    response = _order(browser)
    assert response.status_code == 409
    assert "is taken down already." in response.content.decode()
    assert Takedown.objects.count() == 1


def test_progress_counts_rows_as_they_are(running: Version, cleo: User, sign_in: SignIn, now: datetime) -> None:
    browser = sign_in(cleo)
    _order(browser)
    order = SwitchOrder.objects.order_by("pk").first()
    assert order is not None
    SwitchOrder.objects.filter(pk=order.pk).update(state=SwitchOrder.State.GONE, settled_at=now)
    counts = browser.get(reverse("admin:takedown_progress", args=[order.takedown_id])).json()
    assert (counts["ordered"], counts["gone"], counts["pending"]) == (2, 1, 1)
    assert counts["notices_queued"] == 2
    assert counts["notices_delivered"] == 0


def test_one_signature_removes_what_touches_few(running: Version, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    _order(browser)
    takedown = Takedown.objects.get()
    response = browser.post(
        reverse("admin:takedown_sign", args=[takedown.pk]), {"reason": "The code is proven."}, follow=True
    )
    running.refresh_from_db()
    assert running.status == "removed"
    assert "Removed." in response.content.decode()


def test_second_person_signs_what_touches_many(
    running: Version,
    cleo: User,
    second_moderator: User,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("governance.flows.takedown.needed_signatures", lambda **_: 2)
    first, second = sign_in(cleo), sign_in(second_moderator)
    _order(first)
    takedown = Takedown.objects.get()
    sign = reverse("admin:takedown_sign", args=[takedown.pk])
    page = first.post(sign, {"reason": "Proven."}, follow=True)
    assert "A second person&#x27;s signature is needed." in page.content.decode()
    repeated = first.post(sign, {"reason": "Proven."})
    assert repeated.status_code == 409
    running.refresh_from_db()
    assert running.status == "quarantined"
    second.post(sign, {"reason": "I looked too."})
    running.refresh_from_db()
    assert running.status == "removed"


def test_reinstating_puts_the_version_back(running: Version, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    _order(browser)
    takedown = Takedown.objects.get()
    response = browser.post(
        reverse("admin:takedown_reinstate", args=[takedown.pk]), {"reason": "A false alarm."}, follow=True
    )
    running.refresh_from_db()
    assert running.status == "published"
    assert "Reinstated." in response.content.decode()
    again = browser.post(reverse("admin:takedown_reinstate", args=[takedown.pk]), {"reason": "Once more."})
    assert again.status_code == 409


@pytest.mark.parametrize("step", ["takedown_sign", "takedown_reinstate"])
def test_step_without_a_reason_is_refused(step: str, running: Version, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    _order(browser)
    response = browser.post(reverse(f"admin:{step}", args=[Takedown.objects.get().pk]), {"reason": ""})
    assert response.status_code == 422
    assert Takedown.objects.get().state == "contained"


def test_report_is_shown_without_its_reporters_address(report: AbuseReport, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    for address in (
        reverse("admin:reports"),
        reverse("admin:report", args=[report.pk]),
        reverse("admin:takedowns_abusereport_change", args=[report.pk]),
    ):
        text = browser.get(address).content.decode()
        assert "eve@example.invalid" not in text
        assert "It reads every message." in text


def test_dismissed_report_leaves_the_list(report: AbuseReport, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    dismiss = reverse("admin:report_dismiss", args=[report.pk])
    assert browser.post(dismiss, {"reason": ""}).status_code == 422
    page = browser.post(dismiss, {"reason": "Nothing like it is in the code."}, follow=True)
    report.refresh_from_db()
    assert report.state == "dismissed"
    assert page.context["rows"] == []
    assert browser.post(dismiss, {"reason": "Once more."}).status_code == 409


def test_report_page_leads_to_the_contain_page(report: AbuseReport, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    assert f"report={report.pk}" in browser.get(reverse("admin:report", args=[report.pk])).content.decode()
    page = browser.get(reverse(CONTAIN), {"plugin": "ada-labs/greeter", "report": str(report.pk)})
    assert page.status_code == 200
    assert page.context["form"]["plugin"].value() == "ada-labs/greeter"


def test_owner_who_left_before_the_window_is_not_counted(
    ada: PublisherActor, dev_tenant: TenantActor, cleo: User, sign_in: SignIn, now: datetime
) -> None:
    long_ago, ended = now - timedelta(days=9), now - timedelta(days=8)
    bot = make_bot(dev_tenant, name="greeter", owner_email="dev@example.invalid", now=long_ago)
    version = make_running(ada, [bot], now=long_ago)
    end_installation(bot.bot, version=version, at=ended, now=ended)
    query = {"plugin": "ada-labs/greeter", "versions": "*"}
    browser = sign_in(cleo)
    assert browser.get(reverse(CONTAIN), query).context["scope"].exposed_owners == 1
    recent = {**query, "exposed_since": f"{now - timedelta(days=2):%Y-%m-%d}"}
    assert browser.get(reverse(CONTAIN), recent).context["scope"].exposed_owners == 0


def test_proof_bundle_is_downloaded_whole(running: Version, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    _order(browser)
    takedown = Takedown.objects.get()
    response = browser.get(reverse("admin:takedown_proof", args=[takedown.pk]))
    bundle = response.getvalue()
    assert f'filename="takedown-{takedown.pk}.zip"' in response.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert archive.testzip() is None
        assert "manifest.json" in archive.namelist()


def test_proof_without_a_signing_key_says_so(
    running: Version, cleo: User, sign_in: SignIn, settings: Settings, tmp_path: Path
) -> None:
    browser = sign_in(cleo)
    _order(browser)
    settings.SIGNING_KEY_FILE = tmp_path / "no-key"
    takedown = Takedown.objects.get()
    response = browser.get(reverse("admin:takedown_proof", args=[takedown.pk]), follow=True)
    assert response.redirect_chain[0][0] == reverse("admin:takedown", args=[takedown.pk])
    assert 'class="error"' in response.content.decode()
