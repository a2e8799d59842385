"""The desk: the admin site of reviewers and moderators; which pages it has and which permission opens each.
Decides nothing about plugins, and has no page that a bare staff account could open."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone

from governance.admin.dashboard import build_dashboard
from governance.admin.one_time_password import OwnPasswordForm

View = Callable[..., HttpResponseBase]


class DeskRequest(HttpRequest):
    """A request after the desk has admitted it: its user is signed in and of the staff."""

    user: User


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the desk and the permission that opens it."""

    route: str
    view: View
    name: str
    permission: str


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation."""

    title: str
    address: str


# In the order of a working day; everyone sees those they may open.
NAVIGATION = {
    "queue": "Review queue",
    "reports": "Abuse reports",
    "contain": "Contain a plugin",
    "takedowns": "Takedowns",
    "publishers": "Publishers",
}


class DeskSite(AdminSite):
    site_header = "Nexus Governance"
    site_title = "Nexus Governance"
    index_title = "Desk"
    index_template = "desk/dashboard.html"
    site_url = None
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.pages: list[Page] = []

    def page(self, route: str, *, name: str, permission: str) -> Callable[[View], View]:
        """Put a view on the desk, for holders of one permission."""

        def add(view: View) -> View:
            self.pages.append(Page(f"desk/{route}", view, name, permission))
            return view

        return add

    def get_urls(self) -> list[URLPattern | URLResolver]:
        pages = [path(page.route, self.admin_view(_admit(page)), name=page.name) for page in self.pages]
        return [*pages, *super().get_urls()]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        opened = {page.name for page in self.pages if request.user.has_perm(page.permission)}
        links = [Link(title, reverse(f"admin:{name}")) for name, title in NAVIGATION.items() if name in opened]
        return {**super().each_context(request), "desk_links": links}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        board = build_dashboard(now=timezone.now())
        return super().index(request, extra_context={**(extra_context or {}), "board": board})

    # The stub forgets that a change that succeeds answers with a redirect.
    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        change = PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done"),
            extra_context={**self.each_context(request), **(extra_context or {})},
        )
        return change(request)


desk = DeskSite()


def render_page(
    request: HttpRequest, template: str, *, title: str, facts: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a desk page inside the site's frame."""
    context = {**desk.each_context(request), "title": title, **facts}
    return render(request, f"desk/{template}", context, status=status)


def refusal_sentence(refusal: Exception) -> str:
    """The words of a refusal as one sentence; still to be escaped, since they may quote what was typed."""
    words = str(refusal)
    return f"{words[:1].upper()}{words[1:]}."


def _admit(page: Page) -> View:
    @wraps(page.view)
    def admit(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(page.permission):
            raise PermissionDenied
        return page.view(request, *args, **kwargs)

    return admit
