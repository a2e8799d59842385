"""A case page carries everything the decision needs: cause, verdict, findings, permissions, the publisher so far."""

from datetime import datetime, timedelta
from unittest.mock import patch

from django.contrib.auth.models import User
from django.urls import reverse

from governance.admin.case import FINDINGS_PER_PAGE
from governance.reviews.models import Review
from plugins.models import Version
from scanners.report import Capability, Severity, Verdict
from tests.governance.admin.rows import (
    SignIn,
    make_colleague,
    make_finding,
    make_review,
    make_running,
    open_review,
    scan_version,
)
from tests.samples.factories import MANIFEST, BotActor, PublisherActor, make_version, pack_plugin


def _case(review: Review) -> str:
    return reverse("admin:case", args=[review.pk])


def _manifest(*, number: str, network: str) -> str:
    written = MANIFEST.format(name='"greeter"', title='"Greeter"', version=f'"{number}"')
    return written.replace("network = []", f"network = {network}")


def test_case_says_why_and_how_the_verdict_came_about(review: Review, ben: User, sign_in: SignIn) -> None:
    text = sign_in(ben).get(_case(review)).content.decode()
    assert "Scan findings." in text
    assert "The scan found something that a person has to judge." in text
    assert "one high finding of high confidence counts 42" in text
    assert "score 42" in text


def test_finding_shows_place_rule_reason_fix_and_code(review: Review, ben: User, sign_in: SignIn) -> None:
    response = sign_in(ben).get(_case(review))
    text = response.content.decode()
    for expected in (
        "greeter.py:7",
        "nexus.python.exec-of-decoded",
        "Whatever the text says is run.",
        "Import the code under its name.",
        '<span class="code-comment"># start</span>',
    ):
        assert expected in text
    (card,) = response.context["case"].cards
    assert card.lines[0].number == 7


def test_finding_shows_the_way_of_the_data_step_by_step(
    ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    steps = ("os.environ is read at greeter.py:3", "requests.post at greeter.py:7")
    review = make_review(ada, now=now, findings=[make_finding(trace=steps), make_finding(path="other.py")])
    response = sign_in(ben).get(_case(review))
    assert [card.trace for card in response.context["case"].cards] == [steps, ()]
    assert response.content.decode().count("How it gets there") == 1


def test_case_shows_capabilities_with_their_places_engines_and_layers(
    ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    network = Capability("network", ("api.example.invalid",), ("greeter.py:9",), ("import",))
    review = make_review(ada, now=now, capabilities=[network])
    text = sign_in(ben).get(_case(review)).content.decode()
    for expected in ("api.example.invalid", "greeter.py:9", "(import)", "1.182.0", "landlock 5, seccomp"):
        assert expected in text


def test_case_of_a_report_of_old_is_shown(review: Review, ben: User, sign_in: SignIn) -> None:
    (scan,) = review.version.scans.all()
    old = {name: value for name, value in scan.report.items() if name not in {"capabilities", "sandbox"}}
    for run in old["engines"]:
        del run["files_prefiltered"]
    with patch("governance.admin.case.latest_scan") as latest:
        scan.report = old
        latest.return_value = scan
        response = sign_in(ben).get(_case(review))
    assert response.status_code == 200
    assert "one high finding of high confidence counts 42" in response.content.decode()


def test_gravest_finding_stands_first(ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime) -> None:
    findings = [make_finding(severity=severity, path=f"{severity}.py") for severity in Severity]
    review = make_review(ada, now=now, findings=findings)
    cards = sign_in(ben).get(_case(review)).context["case"].cards
    assert [card.severity for card in cards] == ["critical", "high", "medium", "low", "info"]


def test_many_findings_come_in_pages(ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime) -> None:
    findings = [make_finding(path=f"module_{number:03}.py") for number in range(FINDINGS_PER_PAGE + 1)]
    review = make_review(ada, now=now, findings=findings)
    browser = sign_in(ben)
    assert len(browser.get(_case(review)).context["case"].cards) == FINDINGS_PER_PAGE
    (last,) = browser.get(_case(review), {"findings": "2"}).context["case"].cards
    assert last.place == f"module_{FINDINGS_PER_PAGE:03}.py:7"


def test_permissions_are_compared_with_the_version_published_before(
    ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    earlier = now - timedelta(days=1)
    old = make_version(
        ada,
        now=earlier,
        archive=pack_plugin(manifest=_manifest(number="1.0.0", network='["a.example.com", "b.example.com"]')),
    )
    scan_version(old, now=earlier, findings=[], verdict=Verdict.CLEAN)
    approved = open_review(old, now=earlier)
    sign_in(ben).post(
        reverse("admin:case_decide", args=[approved.pk]), {"outcome": "approve", "grounds": "no_objection"}
    )
    new = pack_plugin(manifest=_manifest(number="2.0.0", network='["b.example.com", "c.example.com"]'))
    review = make_review(ada, now=now, archive=new)
    case = sign_in(ben).get(_case(review)).context["case"]
    assert case.compared_with == "1.0.0"
    assert [(line.name, line.change) for line in case.permissions] == [
        ("network:c.example.com", "added"),
        ("network:a.example.com", "dropped"),
        ("network:b.example.com", "kept"),
    ]
    assert [item.number for item in case.decisions] == ["1.0.0"]


def test_first_version_only_declares(review: Review, ben: User, sign_in: SignIn) -> None:
    case = sign_in(ben).get(_case(review)).context["case"]
    assert case.compared_with == ""
    assert case.permissions == ()


def test_unreadable_manifest_warns_against_approval(
    ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    version = make_version(ada, now=now)
    torn = Version.objects.create(
        plugin=version.plugin,
        number="1.0.1",
        release="1.0.1",
        artifact=version.artifact,
        manifest={"plugin": "torn"},
        status_changed_at=now,
        submitted_at=now,
        request_id="test-request",
    )
    scan_version(torn, now=now)
    review = open_review(torn, now=now)
    page = sign_in(ben).get(_case(review))
    assert page.status_code == 200
    assert "Do not approve this version." in page.content.decode()


def test_scan_without_a_report_says_that_it_failed(
    ada: PublisherActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    version = make_version(ada, now=now)
    scan_version(version, now=now, verdict=Verdict.INCOMPLETE, has_report=False)
    review = open_review(version, now=now, cause="incomplete_scan")
    text = sign_in(ben).get(_case(review)).content.decode()
    assert "The scan itself failed and left no report." in text


def test_publisher_so_far_counts_versions_and_bots(
    ada: PublisherActor,
    dev_bot: BotActor,
    dev_second_bot: BotActor,
    ben: User,
    sign_in: SignIn,
    now: datetime,
) -> None:
    make_running(ada, [dev_bot, dev_second_bot], now=now)
    review = make_review(ada, now=now, number="2.0.0")
    record = sign_in(ben).get(_case(review)).context["case"].record
    assert (record.level, record.published, record.rejected) == ("registered", 1, 0)
    assert (record.bots, record.tenants) == (2, 1)


def test_auditor_reads_the_case_and_gets_no_form(review: Review, roles: None, sign_in: SignIn) -> None:
    text = sign_in(make_colleague("ann", role="auditor")).get(_case(review)).content.decode()
    assert "Whatever the text says is run." in text
    assert "decision-form" not in text


def test_case_that_does_not_exist_is_not_found(ben: User, sign_in: SignIn) -> None:
    assert sign_in(ben).get(reverse("admin:case", args=[4711])).status_code == 404
