"""The pages of taking a whole publisher down: the reach first, then one order, and one undo.
Each of its plugins has a takedown of its own, with its own page."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.admin.site import DeskRequest, desk, refusal_sentence, render_page
from governance.admin.takedown_forms import PublisherOrderForm, ReasonForm
from governance.admin.visible_text import show_text
from governance.errors import GovernanceError
from governance.flows.publisher_takedown import contain_publisher, undo_publisher_takedown
from governance.takedowns.models import PublisherTakedown
from governance.takedowns.publisher_scope import preview_publisher
from governance.tasks import deliver_notices, wake
from plugins.models import Publisher


@desk.page("publishers/<slug:slug>/contain/", name="publisher_contain", permission="takedowns.contain_plugin")
@require_http_methods(["GET", "HEAD", "POST"])
def contain(request: DeskRequest, *, slug: str) -> HttpResponse:
    """The reach over every plugin of a publisher; then the order, posted to the same address."""
    publisher = Publisher.objects.filter(slug=slug).first()
    if publisher is None:
        raise Http404("no such publisher")
    form = PublisherOrderForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _render_contain(request, publisher, form=form, status=422 if form.is_bound else 200)
    try:
        order = contain_publisher(
            publisher.pk,
            grounds=form.cleaned_data["grounds"],
            statement=form.cleaned_data["statement"],
            actor=request.user,
            now=timezone.now(),
        )
    except GovernanceError as refusal:
        form.add_error(None, refusal_sentence(refusal))
        return _render_contain(request, publisher, form=form, status=409)
    wake(deliver_notices)
    messages.success(request, "Contained. Every plugin of the publisher is off, and its account is suspended.")
    return redirect("admin:order", order_id=order.pk)


@desk.page("publisher-takedowns/<uuid:order_id>/", name="order", permission="takedowns.view_takedown")
@require_safe
def show_order(request: DeskRequest, *, order_id: uuid.UUID) -> HttpResponse:
    """One order over a publisher: its takedowns, and the undo."""
    return _render_order(request, _find(order_id), form=ReasonForm())


@desk.page(
    "publisher-takedowns/<uuid:order_id>/undo/",
    name="order_undo",
    permission="takedowns.reinstate_plugin",
)
@require_POST
def undo(request: DeskRequest, *, order_id: uuid.UUID) -> HttpResponse:
    """Give every plugin and the account back."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _render_order(request, _find(order_id), form=form, status=422)
    try:
        undo_publisher_takedown(order_id, actor=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
    except GovernanceError as refusal:
        form.add_error(None, refusal_sentence(refusal))
        return _render_order(request, _find(order_id), form=form, status=409)
    wake(deliver_notices)
    messages.success(request, "Undone. Every plugin and the account are where they were.")
    return redirect("admin:order", order_id=order_id)


def _find(order_id: uuid.UUID) -> PublisherTakedown:
    order = PublisherTakedown.objects.select_related("publisher", "ordered_by").filter(pk=order_id).first()
    if order is None:
        raise Http404("no such order")
    return order


def _render_contain(
    request: DeskRequest, publisher: Publisher, *, form: PublisherOrderForm, status: int = 200
) -> HttpResponse:
    facts = {
        "publisher": publisher,
        "scope": preview_publisher(publisher.pk, now=timezone.now()),
        "running": PublisherTakedown.objects.filter(publisher=publisher, undone_at=None).first(),
        "form": form,
    }
    title = f"Take {publisher.slug} down"
    return render_page(request, "contain_publisher.html", title=title, facts=facts, status=status)


def _render_order(
    request: DeskRequest, order: PublisherTakedown, *, form: ReasonForm, status: int = 200
) -> HttpResponse:
    facts = {
        "order": order,
        "statement": show_text(order.statement),
        "takedowns": order.takedowns.select_related("plugin__publisher").order_by("plugin__name"),
        "form": form,
    }
    title = f"Takedown of the publisher {order.publisher.slug}"
    return render_page(request, "publisher_takedown.html", title=title, facts=facts, status=status)
