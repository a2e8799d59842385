"""What the desk shows before a click and lets a person answer after it: bytes, kin, whole publishers, the machine."""

import io
import zipfile
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from governance.flows.automatic_containment import sweep_automatic
from governance.flows.reports import file_report
from governance.flows.standing import list_known_file
from governance.obligations.models import Obligation
from governance.takedowns.models import PublisherTakedown, Takedown
from plugins.artifact_files import record_files
from plugins.models import Version
from scanners.report import FileRecord, Kind
from tests.governance.admin.rows import SignIn, make_running
from tests.samples.factories import BotActor, PublisherActor, make_published

BAD = "b" * 64
CONTAIN = "admin:contain"


@pytest.fixture
def running(ada: PublisherActor, dev_bot: BotActor, dev_second_bot: BotActor, now: datetime) -> Version:
    """A published version in both of Dev's bots, with one file known by its digest."""
    version = make_running(ada, [dev_bot, dev_second_bot], now=now)
    record_files(version.artifact_id, [FileRecord("greeter.py", BAD, 900, Kind.PYTHON)])
    return version


@pytest.fixture
def automatic(running: Version, cleo: User, now: datetime) -> Takedown:
    """What the machine contained for a known file."""
    list_known_file(BAD, reason="A stealer.", actor=cleo, now=now)
    sweep_automatic(now=now)
    return Takedown.objects.get()


def test_reach_shows_kin_and_the_artifacts_that_hold_a_file(
    eve: PublisherActor, running: Version, cleo: User, sign_in: SignIn, now: datetime
) -> None:
    twin = make_published(eve, now=now, name="twin")
    record_files(twin.artifact_id, [FileRecord("t.py", BAD, 900, Kind.PYTHON)])
    query = {"plugin": "ada-labs/greeter", "versions": "*", "file_sha256": f" {BAD.upper()} "}

    page = sign_in(cleo).get(reverse(CONTAIN), query)

    assert page.context["scope"].artifact_sha256 == (running.artifact_id,)
    assert [(kin.publisher, kin.plugin) for kin in page.context["kin"]] == [("eve-tools", "twin")]
    text = page.content.decode()
    assert "eve-tools/twin" in text
    assert "No other plugin depends on it." in text
    assert not Takedown.objects.exists()


def test_order_takes_down_the_bytes_that_were_shown(
    ada: PublisherActor, running: Version, cleo: User, sign_in: SignIn, now: datetime
) -> None:
    clean = make_published(ada, now=now, number="1.1.0")
    query = {"plugin": "ada-labs/greeter", "versions": "*", "artifact_sha256": running.artifact_id}
    browser = sign_in(cleo)

    landed = browser.post(
        reverse(CONTAIN, query=query),
        {"grounds": "malware", "statement": "It steals.", "is_meant": "on"},
        follow=True,
    )

    for version, status in ((running, "quarantined"), (clean, "published")):
        version.refresh_from_db()
        assert version.status == status
    assert running.artifact_id in landed.content.decode()


@pytest.mark.parametrize("digest", ["greeter", "b" * 63, "0" * 64])
def test_digest_that_means_nothing_comes_back_with_a_sentence(
    running: Version, cleo: User, sign_in: SignIn, digest: str
) -> None:
    query = {"plugin": "ada-labs/greeter", "versions": "*", "artifact_sha256": digest}
    response = sign_in(cleo).get(reverse(CONTAIN), query)
    assert response.status_code == 422
    assert digest in response.content.decode()


def test_publisher_is_taken_down_and_brought_back_from_its_pages(
    ada: PublisherActor, running: Version, cleo: User, sign_in: SignIn, now: datetime
) -> None:
    browser = sign_in(cleo)
    address = reverse("admin:publisher_contain", args=["ada-labs"])
    page = browser.get(address)
    assert (page.context["scope"].bots, len(page.context["scope"].scopes)) == (2, 1)
    assert not Takedown.objects.exists()
    assert browser.post(address, {"grounds": "malware", "statement": "It steals."}).status_code == 422

    landed = browser.post(address, {"grounds": "malware", "statement": "It steals.", "is_meant": "on"}, follow=True)

    order = PublisherTakedown.objects.get()
    assert landed.redirect_chain == [(reverse("admin:order", args=[order.pk]), 302)]
    assert browser.post(address, {"grounds": "malware", "statement": "x", "is_meant": "on"}).status_code == 409
    undo = reverse("admin:order_undo", args=[order.pk])
    assert browser.post(undo, {"reason": " "}).status_code == 422
    assert browser.post(undo, {"reason": "A false alarm."}).status_code == 302
    assert browser.post(undo, {"reason": "Again."}).status_code == 409
    running.refresh_from_db()
    assert running.status == "published"


def test_what_the_machine_contained_is_confirmed_on_its_page(automatic: Takedown, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    address = reverse("admin:takedown", args=[automatic.pk])
    assert "the machine (known_file:" in browser.get(address).content.decode()
    confirm = reverse("admin:takedown_confirm", args=[automatic.pk])
    assert browser.post(confirm, {"reason": ""}).status_code == 422

    page = browser.post(confirm, {"reason": "It is the stealer."}, follow=True)

    assert "Confirmed." in page.content.decode()
    assert "confirm-heading" not in page.content.decode()
    assert Obligation.objects.get(kind="containment_confirmed").evidence["outcome"] == "confirmed"
    assert browser.post(confirm, {"reason": "Again."}).status_code == 409


def test_suspicion_has_to_be_signed_for_on_other_grounds(automatic: Takedown, cleo: User, sign_in: SignIn) -> None:
    browser, sign = sign_in(cleo), reverse("admin:takedown_sign", args=[automatic.pk])
    assert browser.post(sign, {"reason": "It steals.", "grounds": ""}).status_code == 409
    assert browser.post(sign, {"reason": "It steals.", "grounds": "malware"}).status_code == 302
    automatic.refresh_from_db()
    assert automatic.state == "removed"
    page = browser.get(reverse("admin:takedown", args=[automatic.pk]))
    assert [restriction for restriction, _ in page.context["case"].reasons] == ["Containment", "Removal"]
    assert "2013/40/EU" in page.content.decode()


def test_authorities_deadlines_are_started_and_answered_on_the_page(
    automatic: Takedown, cleo: User, sign_in: SignIn, now: datetime
) -> None:
    browser = sign_in(cleo)
    start = reverse("admin:takedown_authorities", args=[automatic.pk])
    future = (now + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    for wrong, status in (({}, 422), ({"regime": "breach", "known_at": future}, 409)):
        assert browser.post(start, wrong).status_code == status
    known = (now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")

    page = browser.post(start, {"regime": "breach", "known_at": known}, follow=True)

    assert "GDPR, Article 33" in page.content.decode()
    told = reverse("admin:takedown_authority_told", args=[automatic.pk, "gdpr_authority"])
    assert "Write the reference" in browser.post(told, {"reference": ""}, follow=True).content.decode()
    assert "DPA-7" in browser.post(told, {"reference": "DPA-7"}, follow=True).content.decode()
    assert "sent before" in browser.post(told, {"reference": "DPA-8"}, follow=True).content.decode()
    assert Obligation.objects.get(kind="gdpr_authority").evidence["reference"] == "DPA-7"


def test_redacted_proof_is_offered_and_names_nobody(automatic: Takedown, cleo: User, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    response = browser.get(reverse("admin:takedown_proof", args=[automatic.pk]) + "?redacted")
    data = b"".join(response)
    response.close()
    assert response.headers["Content-Disposition"].endswith('-redacted.zip"')
    assert "people.json" not in zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert b"dev@example.invalid" not in data


def test_live_part_counts_tenants_with_most_to_be_reached_first(
    eve_bot: BotActor, running: Version, cleo: User, sign_in: SignIn, automatic: Takedown
) -> None:
    page = sign_in(cleo).get(reverse("admin:takedown_live", args=[automatic.pk]))
    assert [(t.tenant, t.ordered, t.settled, t.pending) for t in page.context["case"].tenants] == [
        ("dev-works", 2, 0, 2)
    ]
    text = page.content.decode()
    assert "<html" not in text
    assert "containment confirmed" in text


def test_reports_are_listed_by_weight_with_how_many_they_are(
    ada: PublisherActor, running: Version, cleo: User, sign_in: SignIn, now: datetime
) -> None:
    other = make_published(ada, now=now, name="counter")
    for version, who in ((other, "x@one.invalid"), (running, "y@two.invalid"), (running, "z@three.invalid")):
        file_report(
            publisher_slug="ada-labs",
            plugin_name=version.plugin.name,
            number=None,
            category="malware",
            description="Odd.",
            reporter_email=who,
            now=now,
        )

    page = sign_in(cleo).get(reverse("admin:reports"))

    cases = [case for case, _, _ in page.context["rows"]]
    assert [(case.lead.plugin.name, case.reports, case.weight) for case in cases] == [
        ("greeter", 2, 100),
        ("counter", 1, 50),
    ]
    shown = sign_in(cleo).get(reverse("admin:report", args=[cases[0].lead.pk])).content.decode()
    assert "2 reports of this plugin and category" in shown
