"""A decision moves the version once, with grounds that fit and a statement; what is wrong comes back in a sentence."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from governance.flows.submission import withdraw_version
from governance.ledger.models import Entry
from governance.notifications.models import Notice
from governance.reviews.actions import claim_review
from governance.reviews.grounds import GROUNDS
from governance.reviews.models import Decision, Review
from governance.screening.models import Finding
from plugins.models import Version
from tests.governance.admin.rows import SignIn, make_review
from tests.samples.factories import PublisherActor


def _decide(browser: Client, review: Review, **fields: object) -> Any:
    data = {"outcome": "approve", "grounds": "false_positive", "statement": "We looked.", **fields}
    return browser.post(reverse("admin:case_decide", args=[review.pk]), data)


@pytest.mark.parametrize(
    ("outcome", "grounds", "status"),
    [
        ("approve", "false_positive", "published"),
        ("reject", "malicious_code", "rejected"),
        ("hold", "needs_investigation", "held"),
    ],
)
def test_decision_moves_the_version(
    outcome: str, grounds: str, status: str, review: Review, version: Version, ben: User, sign_in: SignIn
) -> None:
    browser = sign_in(ben)
    response = browser.post(
        reverse("admin:case_decide", args=[review.pk]),
        {"outcome": outcome, "grounds": grounds, "statement": "We looked.", "private_note": "ask again"},
        follow=True,
    )
    version.refresh_from_db()
    decision = Decision.objects.get()
    assert version.status == status
    assert (decision.actor, decision.statement, decision.private_note) == (ben, "We looked.", "ask again")
    assert Entry.objects.filter(subject=f"version:{version.pk}", actor=f"user:{ben.pk}").exists()
    assert Notice.objects.filter(recipient="ada@example.invalid").exists()
    assert f"{outcome}. The publisher is told why." in response.content.decode()


def test_cited_findings_are_kept_with_the_decision(review: Review, ben: User, sign_in: SignIn) -> None:
    finding = Finding.objects.get()
    _decide(sign_in(ben), review, cited=[finding.pk])
    assert Decision.objects.get().findings_cited == [finding.pk]


def test_finding_of_another_version_cannot_be_cited(
    review: Review, eve: PublisherActor, ben: User, sign_in: SignIn, now: datetime
) -> None:
    other = make_review(eve, now=now, name="prober")
    foreign = Finding.objects.get(scan__version=other.version)
    response = _decide(sign_in(ben), review, cited=[foreign.pk])
    assert response.status_code == 422
    assert not Decision.objects.exists()


def test_empty_statement_becomes_the_grounds_own_text(review: Review, ben: User, sign_in: SignIn) -> None:
    _decide(sign_in(ben), review, statement="  ")
    assert Decision.objects.get().statement == GROUNDS["false_positive"].publisher_text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"grounds": "malicious_code"}, "Malicious code carries hold or reject; choose grounds that fit approve."),
        ({"grounds": "no_such_grounds"}, "Select a valid choice."),
        ({"outcome": "remove"}, "Select a valid choice."),
        ({"outcome": ""}, "This field is required."),
        ({"statement": "x" * 4_001}, "at most 4000 characters"),
    ],
)
def test_wrong_decision_comes_back_with_a_sentence(
    fields: dict[str, str], sentence: str, review: Review, version: Version, ben: User, sign_in: SignIn
) -> None:
    response = _decide(sign_in(ben), review, **fields)
    version.refresh_from_db()
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert version.status == "in_review"
    assert not Decision.objects.exists()


def test_review_another_person_claimed_is_not_decided(
    review: Review, version: Version, ben: User, second_reviewer: User, sign_in: SignIn, now: datetime
) -> None:
    claim_review(review.pk, actor=second_reviewer, now=now)
    response = _decide(sign_in(ben), review)
    version.refresh_from_db()
    assert response.status_code == 409
    assert "Another person is looking at this version now." in response.content.decode()
    assert version.status == "in_review"


def test_second_decision_is_refused_with_a_sentence(
    review: Review, version: Version, ben: User, second_reviewer: User, sign_in: SignIn
) -> None:
    _decide(sign_in(ben), review)
    response = _decide(sign_in(second_reviewer), review, outcome="reject", grounds="malicious_code")
    version.refresh_from_db()
    assert response.status_code == 409
    assert "This version was decided before." in response.content.decode()
    assert version.status == "published"
    assert Decision.objects.count() == 1


def test_withdrawn_version_is_not_decided(
    review: Review, version: Version, ben: User, sign_in: SignIn, now: datetime
) -> None:
    withdraw_version(version, actor="publisher:ada-labs", now=now)
    response = _decide(sign_in(ben), review)
    version.refresh_from_db()
    assert response.status_code == 409
    assert version.status == "withdrawn"


def test_claim_says_until_when(review: Review, ben: User, sign_in: SignIn) -> None:
    response = sign_in(ben).post(reverse("admin:case_claim", args=[review.pk]), follow=True)
    review.refresh_from_db()
    assert review.claimed_by == ben
    assert "It is yours until" in response.content.decode()


def test_second_claim_is_refused_with_the_name_of_the_first(
    review: Review, ben: User, second_reviewer: User, sign_in: SignIn, now: datetime
) -> None:
    claim_review(review.pk, actor=ben, now=now)
    response = sign_in(second_reviewer).post(reverse("admin:case_claim", args=[review.pk]), follow=True)
    review.refresh_from_db()
    assert review.claimed_by == ben
    assert "Ben is looking at this version until" in response.content.decode()
    assert "decision-form" not in response.content.decode()


def test_released_review_is_free_again(review: Review, ben: User, sign_in: SignIn, now: datetime) -> None:
    claim_review(review.pk, actor=ben, now=now)
    sign_in(ben).post(reverse("admin:case_release", args=[review.pk]))
    review.refresh_from_db()
    assert review.claimed_by is None


def test_deciding_by_address_alone_is_refused(review: Review, ben: User, sign_in: SignIn) -> None:
    assert sign_in(ben).get(reverse("admin:case_decide", args=[review.pk])).status_code == 405


def test_decision_from_another_site_is_refused(review: Review, version: Version, ben: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ben)
    response = _decide(browser, review)
    version.refresh_from_db()
    assert response.status_code == 403
    assert version.status == "in_review"
