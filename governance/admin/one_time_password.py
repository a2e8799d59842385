"""Makes a printed password good for one thing: choosing another one, until it expires.
Lets nobody past while the password in use is still the one that was printed, nor with the same one again."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from governance.reviews.models import OneTimePassword

OPEN_PAGES = ("admin:password_change", "admin:logout")


class OneTimePasswordMiddleware:
    """Looks only at requests with a session: reading one would make the API's answers vary by cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        printed = _printed_password(request)
        if printed is None:
            return self.get_response(request)
        if printed.expires_at <= timezone.now():
            logout(request)
            messages.error(request, "This one-time password has expired. Ask for a new one.")
            return redirect("admin:login")
        if request.path in {reverse(name) for name in OPEN_PAGES}:
            return self.get_response(request)
        messages.warning(request, "Choose your own password first; the printed one is good for this only.")
        return redirect("admin:password_change")


class OwnPasswordForm(AdminPasswordChangeForm):
    """The admin's form, refusing the password in use: with a new salt it would look like another one."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = cleaned.get("new_password1")
        if chosen and self.user.check_password(chosen):
            self.add_error("new_password1", "This is the password in use. Choose another one.")
        return cleaned


def _printed_password(request: HttpRequest) -> OneTimePassword | None:
    """The row of a user whose password is still the printed one; a row that no longer matches is removed."""
    user = request.user
    if not isinstance(user, User):
        return None
    printed = OneTimePassword.objects.filter(user=user).first()
    if printed is None or printed.password_hash == user.password:
        return printed
    printed.delete()
    return None
