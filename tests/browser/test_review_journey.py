"""A reviewer's path: a printed password changed, the queue opened, the findings read, the version decided."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from governance.reviews.models import Decision, OneTimePassword, Review
from governance.screening.models import Finding
from tests.browser.desk import BrowserDesk, listen
from tests.governance.admin.rows import make_finding, make_review
from tests.samples.factories import PublisherActor

CHOSEN = "correct horse battery"


@pytest.fixture
def review(ada: PublisherActor, now: datetime) -> Review:
    """Ada's version, with two findings, waiting for a person."""
    return make_review(ada, now=now, findings=[make_finding(), make_finding(path="node.py", line=3)])


def test_reviewer_changes_the_printed_password_reads_and_decides(
    desk: BrowserDesk, ben: User, review: Review, now: datetime
) -> None:
    page = desk.page
    OneTimePassword.objects.create(user=ben, password_hash=ben.password, expires_at=now + timedelta(hours=1))
    desk.sign_in("ben")
    expect(page.get_by_text("Choose your own password first")).to_be_visible()
    page.get_by_label("Old password").fill("ben has a password")
    page.get_by_label("New password:").fill(CHOSEN)
    page.get_by_label("New password confirmation").fill(CHOSEN)
    page.get_by_role("button", name="Change my password").click()

    page.get_by_role("link", name="Review queue").click()
    page.get_by_role("link", name="ada-labs/greeter 1.0.0").click()
    expect(page.get_by_text("greeter.py:7", exact=True)).to_be_visible()
    expect(page.get_by_text("Whatever the text says is run.").first).to_be_visible()
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_text("It is yours until")).to_be_visible()

    page.get_by_label("Cite this finding").first.check()
    page.get_by_label("Reject: it is never published").check()
    grounds = page.get_by_label("Grounds")
    expect(grounds.locator("option:not([hidden])")).to_have_count(6)
    grounds.select_option("malicious_code")
    statement = page.get_by_label("Statement of reasons")
    expect(statement).to_have_value("The version contains code that acts against the people who run it.")
    page.get_by_role("button", name="Decide").click()

    expect(page.get_by_text("reject. The publisher is told why.")).to_be_visible()
    review.version.refresh_from_db()
    decision = Decision.objects.get()
    assert review.version.status == "rejected"
    assert decision.actor == ben
    assert decision.findings_cited == [Finding.objects.get(path="greeter.py").pk]


def test_own_words_survive_another_choice_of_grounds(desk: BrowserDesk, ben: User, review: Review) -> None:
    page = desk.page
    desk.sign_in("ben")
    desk.open(f"/admin/desk/reviews/{review.pk}/")
    page.get_by_label("Hold: keep it frozen").check()
    page.get_by_label("Grounds").select_option("needs_investigation")
    page.get_by_label("Statement of reasons").fill("We asked a colleague.")
    page.get_by_label("Grounds").select_option("obfuscated_code")
    expect(page.get_by_label("Statement of reasons")).to_have_value("We asked a colleague.")


def test_refused_decision_keeps_what_was_typed(
    desk: BrowserDesk, ben: User, second_reviewer: User, review: Review
) -> None:
    page = desk.page
    desk.sign_in("ben")
    desk.open(f"/admin/desk/reviews/{review.pk}/")
    page.get_by_label("Cite this finding").first.check()
    page.get_by_label("Approve: publish it").check()
    page.get_by_label("Grounds").select_option("false_positive")
    page.get_by_label("Statement of reasons").fill("It reads a constant of its own.")
    Review.objects.filter(pk=review.pk).update(
        claimed_by=second_reviewer, claimed_until=review.opened_at + timedelta(hours=1)
    )
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("Another person is looking at this version now.")).to_be_visible()
    assert not Decision.objects.exists()


def test_version_is_reviewed_by_keyboard_alone(desk: BrowserDesk, ben: User, review: Review) -> None:
    page = desk.page
    desk.sign_in("ben")
    desk.open(f"/admin/desk/reviews/{review.pk}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "outcome":
            break
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("False")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Decide")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("approve. The publisher is told why.")).to_be_visible()
    assert Decision.objects.get().grounds == "false_positive"


def test_version_is_reviewed_without_scripts(
    chromium: Browser, live_server: LiveServer, ben: User, review: Review
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    complaints = listen(context)
    desk = BrowserDesk(context.new_page(), live_server.url)
    desk.sign_in("ben")
    desk.open(f"/admin/desk/reviews/{review.pk}/")
    desk.page.get_by_label("Reject: it is never published").check()
    desk.page.get_by_label("Grounds").select_option("no_objection")
    desk.page.get_by_role("button", name="Decide").click()
    expect(desk.page.get_by_text("No objection carries approve; choose grounds that fit reject.")).to_be_visible()
    desk.page.get_by_label("Grounds").select_option("obfuscated_code")
    desk.page.get_by_role("button", name="Decide").click()
    expect(desk.page.get_by_text("reject. The publisher is told why.")).to_be_visible()
    context.close()
    assert Decision.objects.get().statement == "The code hides what it does. Submit readable sources."
    assert complaints == []
