"""What a person answers on a takedown's page: that the machine was right, and which authorities were told.
Every answer is the flow's to take; these only hand it over and say what became of it."""

import uuid
from datetime import UTC

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from governance.admin.site import DeskRequest, desk, refusal_sentence
from governance.admin.takedown_forms import AuthorityForm, ReasonForm, ReferenceForm
from governance.admin.takedowns import find_shown, render_takedown
from governance.errors import GovernanceError
from governance.flows.authority_reports import Regime, record_authority_report, start_authority_clocks
from governance.flows.automatic_containment import confirm_containment


@desk.page("takedowns/<uuid:takedown_id>/confirm/", name="takedown_confirm", permission="takedowns.contain_plugin")
@require_POST
def confirm(request: DeskRequest, *, takedown_id: uuid.UUID) -> HttpResponse:
    """Stand behind what the machine contained."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return render_takedown(request, find_shown(takedown_id), form=form, step="confirm", status=422)
    try:
        confirm_containment(takedown_id, actor=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
    except GovernanceError as refusal:
        form.add_error(None, refusal_sentence(refusal))
        return render_takedown(request, find_shown(takedown_id), form=form, step="confirm", status=409)
    messages.success(request, "Confirmed. The containment is yours now.")
    return redirect("admin:takedown", takedown_id=takedown_id)


@desk.page(
    "takedowns/<uuid:takedown_id>/authorities/", name="takedown_authorities", permission="takedowns.contain_plugin"
)
@require_POST
def start_clocks(request: DeskRequest, *, takedown_id: uuid.UUID) -> HttpResponse:
    """Start the deadlines of what the law wants told."""
    form = AuthorityForm(request.POST)
    if not form.is_valid():
        return render_takedown(request, find_shown(takedown_id), form=form, step="authority", status=422)
    known_at = form.cleaned_data["known_at"].astimezone(UTC)
    regime = Regime(form.cleaned_data["regime"])
    try:
        start_authority_clocks(takedown_id, regime=regime, known_at=known_at, actor=request.user, now=timezone.now())
    except GovernanceError as refusal:
        form.add_error(None, refusal_sentence(refusal))
        return render_takedown(request, find_shown(takedown_id), form=form, step="authority", status=409)
    messages.success(request, "The deadlines run from the moment it was known.")
    return redirect("admin:takedown", takedown_id=takedown_id)


@desk.page(
    "takedowns/<uuid:takedown_id>/authorities/<slug:kind>/",
    name="takedown_authority_told",
    permission="takedowns.contain_plugin",
)
@require_POST
def note_report(request: DeskRequest, *, takedown_id: uuid.UUID, kind: str) -> HttpResponse:
    """Note that a report was sent, under which reference."""
    form = ReferenceForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Write the reference under which it was sent.")
        return redirect("admin:takedown", takedown_id=find_shown(takedown_id).pk)
    try:
        record_authority_report(
            takedown_id, kind=kind, reference=form.cleaned_data["reference"], actor=request.user, now=timezone.now()
        )
    except GovernanceError as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        messages.success(request, "Noted.")
    return redirect("admin:takedown", takedown_id=takedown_id)
