"""Records are for looking: nobody adds, changes or deletes a row by hand, and no secret is shown."""

from datetime import datetime

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from governance.admin.site import desk
from governance.notifications.models import Notice
from governance.reviews.models import Review
from tests.governance.admin.rows import SignIn
from tests.samples.factories import PublisherActor

RECORDS = sorted(
    f"{model._meta.app_label}_{model._meta.model_name}" for model in desk._registry if model not in {User, Group}
)


@pytest.fixture
def root(db: None) -> User:
    """A superuser, who may do whatever the pages offer at all."""
    return User.objects.create_superuser("root", password="root has a password")


@pytest.mark.parametrize("record", RECORDS)
def test_not_even_a_superuser_adds_a_record(record: str, root: User, sign_in: SignIn) -> None:
    browser = sign_in(root)
    assert browser.get(reverse(f"admin:{record}_changelist")).status_code == 200
    assert browser.get(reverse(f"admin:{record}_add")).status_code == 403


def test_not_even_a_superuser_changes_or_deletes_a_record(review: Review, root: User, sign_in: SignIn) -> None:
    browser = sign_in(root)
    change = reverse("admin:plugins_version_change", args=[review.version_id])
    delete = reverse("admin:plugins_version_delete", args=[review.version_id])
    assert browser.get(change).status_code == 200
    assert browser.post(change, {"status": "published"}).status_code == 403
    assert browser.post(delete, {"post": "yes"}).status_code == 403
    review.version.refresh_from_db()
    assert review.version.status == "in_review"


@pytest.mark.parametrize("model", ["plugins_apitoken", "reviews_onetimepassword", "verification_emailchallenge"])
def test_secrets_have_no_page(model: str) -> None:
    assert model not in RECORDS


def test_notice_is_shown_without_address_and_text(review: Review, root: User, sign_in: SignIn) -> None:
    notice = Notice.objects.create(
        kind="test",
        cause=f"review:{review.pk}",
        recipient="dev@example.invalid",
        subject="About your bot",
        body="The whole text.",
        queued_at=review.opened_at,
        deadline_at=review.opened_at,
        next_attempt_at=review.opened_at,
        request_id="test-request",
    )
    text = sign_in(root).get(reverse("admin:notifications_notice_change", args=[notice.pk])).content.decode()
    assert "About your bot" in text
    assert "dev@example.invalid" not in text
    assert "The whole text." not in text


def test_only_a_superuser_sees_accounts(ben: User, root: User, sign_in: SignIn) -> None:
    accounts = reverse("admin:auth_user_changelist")
    assert sign_in(root).get(accounts).status_code == 200
    assert sign_in(ben).get(accounts).status_code == 403


def test_lease_token_of_a_scan_is_not_shown(
    ada: PublisherActor, review: Review, root: User, sign_in: SignIn, now: datetime
) -> None:
    scan = review.version.scans.get()
    text = sign_in(root).get(reverse("admin:screening_scan_change", args=[scan.pk])).content.decode()
    assert str(scan.lease_token) not in text
