"""A printed password opens one page, once: the one that replaces it."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from governance.reviews.models import OneTimePassword
from tests.governance.admin.rows import SignIn

PRINTED = "printed-on-a-terminal"
CHOSEN = "correct horse battery"


@pytest.fixture
def newcomer(ben: User, now: datetime) -> User:
    """Ben, with a password somebody printed for him."""
    ben.set_password(PRINTED)
    ben.save()
    OneTimePassword.objects.create(user=ben, password_hash=ben.password, expires_at=now + timedelta(hours=24))
    return ben


def _log_in(password: str) -> Client:
    browser = Client()
    browser.post(reverse("admin:login"), {"username": "ben", "password": password})
    return browser


def _change(browser: Client) -> None:
    browser.post(
        reverse("admin:password_change"),
        {"old_password": PRINTED, "new_password1": CHOSEN, "new_password2": CHOSEN},
    )


@pytest.mark.parametrize("page", ["admin:index", "admin:queue", "admin:publishers"])
def test_every_page_leads_to_the_change_of_password(page: str, newcomer: User) -> None:
    response = _log_in(PRINTED).get(reverse(page))
    assert response.status_code == 302
    assert response.headers["Location"] == reverse("admin:password_change")


def test_page_of_the_change_says_why(newcomer: User) -> None:
    text = _log_in(PRINTED).get(reverse("admin:index"), follow=True).content.decode()
    assert "Choose your own password first" in text
    assert 'name="new_password1"' in text


def test_nothing_is_done_before_the_change(newcomer: User) -> None:
    response = _log_in(PRINTED).post(reverse("admin:publisher_attest", args=["ada-labs"]), {"evidence": "x"})
    assert response.headers["Location"] == reverse("admin:password_change")


def test_desk_opens_after_the_change(newcomer: User) -> None:
    browser = _log_in(PRINTED)
    _change(browser)
    assert browser.get(reverse("admin:queue")).status_code == 200
    assert not OneTimePassword.objects.exists()


def test_printed_password_is_worth_nothing_after_the_change(newcomer: User) -> None:
    _change(_log_in(PRINTED))
    assert _log_in(PRINTED).get(reverse("admin:queue")).headers["Location"].startswith(reverse("admin:login"))


def test_same_password_again_is_not_a_change(newcomer: User) -> None:
    browser = _log_in(PRINTED)
    browser.post(
        reverse("admin:password_change"),
        {"old_password": PRINTED, "new_password1": PRINTED, "new_password2": PRINTED},
    )
    assert browser.get(reverse("admin:queue")).status_code == 302


def test_expired_password_logs_out_and_says_so(newcomer: User, now: datetime) -> None:
    browser = _log_in(PRINTED)
    OneTimePassword.objects.update(expires_at=now - timedelta(seconds=1))
    response = browser.get(reverse("admin:queue"), follow=True)
    assert "This one-time password has expired. Ask for a new one." in response.content.decode()
    assert not browser.session.get("_auth_user_id")


def test_expired_password_cannot_be_changed(newcomer: User, now: datetime) -> None:
    browser = _log_in(PRINTED)
    OneTimePassword.objects.update(expires_at=now - timedelta(seconds=1))
    _change(browser)
    newcomer.refresh_from_db()
    assert newcomer.check_password(PRINTED)


def test_person_with_an_own_password_is_left_alone(ben: User, sign_in: SignIn) -> None:
    assert sign_in(ben).get(reverse("admin:queue")).status_code == 200


def test_request_without_a_session_is_not_made_to_vary(client: Client, db: None) -> None:
    assert "Cookie" not in client.get("/healthz").headers.get("Vary", "")
