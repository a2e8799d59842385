"""The moderator's pages: contain a plugin, watch its takedown come through, sign its removal, or undo it.
Shows the reach before anything is ordered; every order, signature and reversal is the flow's."""

import tempfile
import uuid
from datetime import datetime
from pathlib import Path

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.forms import Form
from django.http import FileResponse, Http404, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.admin.site import DeskRequest, desk, refusal_sentence, render_page
from governance.admin.takedown_case import build_takedown_case, count_live
from governance.admin.takedown_forms import AuthorityForm, OrderForm, ReasonForm, ReferenceForm, ScopeForm, SignForm
from governance.errors import GovernanceError
from governance.flows.authority_reports import TITLES, authority_clocks
from governance.flows.proof import write_proof, write_redacted_proof
from governance.flows.takedown import carry_out, reinstate_plugin, sign_removal
from governance.playbook import playbook
from governance.takedowns.containment import Containment
from governance.takedowns.errors import TakedownUnknown
from governance.takedowns.kin import find_dependants, find_kin
from governance.takedowns.models import SwitchOrder, Takedown
from governance.takedowns.queries import exposure_start, find_takedown
from governance.takedowns.scope import Scope, covered_versions, preview_scope
from governance.tasks import deliver_notices, sweep_fan_outs, wake
from plugins.errors import CatalogueError

TAKEDOWNS_PER_PAGE = 50


@desk.page("takedowns/", name="takedowns", permission="takedowns.view_takedown")
@require_safe
def show_takedowns(request: DeskRequest) -> HttpResponse:
    """Every takedown, the newest first, with how many installations confirmed."""
    counted = Q(orders__action=SwitchOrder.Action.OFF) & ~Q(orders__state=SwitchOrder.State.WITHDRAWN)
    settled = Q(orders__state__in=[SwitchOrder.State.CONFIRMED, SwitchOrder.State.GONE])
    takedowns = (
        Takedown.objects.select_related("plugin__publisher", "ordered_by")
        .annotate(ordered=Count("orders", filter=counted), settled=Count("orders", filter=counted & settled))
        .order_by("-contained_at")
    )
    page = Paginator(takedowns, TAKEDOWNS_PER_PAGE).get_page(request.GET.get("page"))
    return render_page(request, "takedowns.html", title="Takedowns", facts={"page": page})


@desk.page("takedowns/contain/", name="contain", permission="takedowns.contain_plugin")
@require_http_methods(["GET", "HEAD", "POST"])
def contain(request: DeskRequest) -> HttpResponse:
    """First the reach of what is meant, asked in the address; then the order, posted to the same address."""
    form = ScopeForm(request.GET) if "versions" in request.GET else ScopeForm(initial=request.GET.dict())
    if not form.is_valid():
        return _render_contain(request, form=form, status=422 if form.is_bound else 200)
    try:
        since, scope = _scope(form, now=timezone.now())
    except GovernanceError as refusal:
        form.add_error("versions", refusal_sentence(refusal))
        return _render_contain(request, form=form, status=422)
    order = OrderForm(
        request.POST if request.method == "POST" else None,
        plugin=form.cleaned_data["plugin"],
        chosen_reports=_report_ids(request.GET),
    )
    if not order.is_valid():
        return _render_contain(
            request, form=form, scope=scope, since=since, order=order, status=422 if order.is_bound else 200
        )
    try:
        meant = Containment(
            plugin_id=scope.plugin_id,
            versions=scope.versions,
            artifact_sha256=form.cleaned_data["artifact_sha256"],
            file_sha256=form.cleaned_data["file_sha256"],
            grounds=order.cleaned_data["grounds"],
            statement=order.cleaned_data["statement"],
            exposed_since=since,
            report_ids=tuple(order.report_ids()),
        )
        takedown = carry_out(meant, actor=request.user, now=timezone.now())
    except (GovernanceError, CatalogueError) as refusal:
        order.add_error(None, refusal_sentence(refusal))
        return _render_contain(request, form=form, scope=scope, since=since, order=order, status=409)
    wake(sweep_fan_outs)
    wake(deliver_notices)
    messages.success(request, "Contained. Runtimes switch it off with their next look at the feed.")
    return redirect("admin:takedown", takedown_id=takedown.pk)


@desk.page("takedowns/<uuid:takedown_id>/", name="takedown", permission="takedowns.view_takedown")
@require_safe
def show_takedown(request: DeskRequest, *, takedown_id: uuid.UUID) -> HttpResponse:
    """One takedown: counts that renew themselves, deadlines, who has not confirmed, and the next steps."""
    return render_takedown(request, find_shown(takedown_id))


@desk.page("takedowns/<uuid:takedown_id>/progress/", name="takedown_progress", permission="takedowns.view_takedown")
@require_safe
def show_progress(_request: DeskRequest, *, takedown_id: uuid.UUID) -> JsonResponse:
    """The page's counts as JSON."""
    return JsonResponse(count_live(find_shown(takedown_id)).to_dict())


@desk.page("takedowns/<uuid:takedown_id>/live/", name="takedown_live", permission="takedowns.view_takedown")
@require_safe
def show_live(request: DeskRequest, *, takedown_id: uuid.UUID) -> HttpResponse:
    """The parts of the page that change by themselves: the deadlines, and the tenants still to be reached."""
    case = build_takedown_case(find_shown(takedown_id), now=timezone.now())
    return render(request, "desk/_takedown_live.html", {"case": case})


@desk.page("takedowns/<uuid:takedown_id>/sign/", name="takedown_sign", permission="takedowns.remove_plugin")
@require_POST
def sign_takedown(request: DeskRequest, *, takedown_id: uuid.UUID) -> HttpResponse:
    """Sign the removal; with enough signatures it is carried out."""
    form = SignForm(request.POST)
    if not form.is_valid():
        return render_takedown(request, find_shown(takedown_id), form=form, step="sign", status=422)
    try:
        takedown = sign_removal(takedown_id, actor=request.user, now=timezone.now(), **form.cleaned_data)
    except (GovernanceError, CatalogueError) as refusal:
        form.add_error(None, refusal_sentence(refusal))
        return render_takedown(request, find_shown(takedown_id), form=form, step="sign", status=409)
    is_removed = takedown.state == Takedown.State.REMOVED
    messages.success(request, "Removed." if is_removed else "Signed. A second person's signature is needed.")
    wake(deliver_notices)
    return redirect("admin:takedown", takedown_id=takedown_id)


@desk.page(
    "takedowns/<uuid:takedown_id>/reinstate/",
    name="takedown_reinstate",
    permission="takedowns.reinstate_plugin",
)
@require_POST
def reinstate_takedown(request: DeskRequest, *, takedown_id: uuid.UUID) -> HttpResponse:
    """Undo the takedown exactly, with its own notices."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return render_takedown(request, find_shown(takedown_id), form=form, step="reinstate", status=422)
    try:
        reinstate_plugin(takedown_id, actor=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
    except (GovernanceError, CatalogueError) as refusal:
        form.add_error(None, refusal_sentence(refusal))
        return render_takedown(request, find_shown(takedown_id), form=form, step="reinstate", status=409)
    messages.success(request, "Reinstated. Runtimes switch it on again with their next look at the feed.")
    wake(deliver_notices)
    return redirect("admin:takedown", takedown_id=takedown_id)


@desk.page("takedowns/<uuid:takedown_id>/proof/", name="takedown_proof", permission="takedowns.contain_plugin")
@require_safe
def download_proof(request: DeskRequest, *, takedown_id: uuid.UUID) -> HttpResponseBase:
    """The proof bundle as a file; it names the people who were told, so looking at takedowns is not enough.

    `?redacted` leaves out everybody's name.
    """
    is_redacted = "redacted" in request.GET
    name = f"takedown-{takedown_id}{'-redacted' if is_redacted else ''}.zip"
    write = write_redacted_proof if is_redacted else write_proof
    with tempfile.TemporaryDirectory(prefix="nexus-proof-") as folder:
        try:
            path = write(find_shown(takedown_id).pk, path=Path(folder) / name, now=timezone.now())
        except GovernanceError as refusal:
            messages.error(request, refusal_sentence(refusal))
            return redirect("admin:takedown", takedown_id=takedown_id)
        # The open file outlives its name: nothing of a bundle stays on disk.
        return FileResponse(path.open("rb"), as_attachment=True, filename=name)


def find_shown(takedown_id: uuid.UUID) -> Takedown:
    """A takedown, or the page that says there is none."""
    try:
        return find_takedown(takedown_id)
    except TakedownUnknown as refusal:
        raise Http404 from refusal


def _scope(form: ScopeForm, *, now: datetime) -> tuple[datetime, Scope]:
    """The reach of a valid form, and since when; raises RangeEmpty."""
    values = form.cleaned_data
    plugin = values["plugin"]
    meant = {name: values[name] for name in ("versions", "artifact_sha256", "file_sha256")}
    covered = tuple(version.pk for version in covered_versions(plugin, **meant))
    since = values["exposed_since"] or exposure_start(covered, now=now)
    return since, preview_scope(plugin.pk, exposed_since=since, **meant)


def _report_ids(query: QueryDict) -> list[str]:
    return query.getlist("report")


def _render_contain(
    request: DeskRequest,
    *,
    form: ScopeForm,
    scope: Scope | None = None,
    since: datetime | None = None,
    order: OrderForm | None = None,
    status: int = 200,
) -> HttpResponse:
    facts = {
        "form": form,
        "scope": scope,
        "since": since,
        "order": order,
        "reports": _report_ids(request.GET),
        "kin": find_kin(scope) if scope else [],
        "dependants": find_dependants(scope) if scope else [],
    }
    return render_page(request, "contain.html", title="Contain a plugin", facts=facts, status=status)


def render_takedown(
    request: DeskRequest, takedown: Takedown, *, form: Form | None = None, step: str = "", status: int = 200
) -> HttpResponse:
    """The page of one takedown; `form` is the one that was filled in at `step`, with what is wrong with it."""
    case = build_takedown_case(takedown, now=timezone.now())
    forms: dict[str, Form] = {
        "sign": SignForm(auto_id="sign_%s"),
        "reinstate": ReasonForm(auto_id="reinstate_%s"),
        "confirm": ReasonForm(auto_id="confirm_%s"),
        "authority": AuthorityForm(auto_id="authority_%s", initial={"known_at": takedown.contained_at}),
    }
    if form is not None:
        forms[step] = form
    facts = {
        "case": case,
        "takedown": takedown,
        "forms": forms,
        "numbers": playbook().marketplace.takedowns,
        "is_contained": takedown.state == Takedown.State.CONTAINED,
        "is_in_force": takedown.state != Takedown.State.REINSTATED,
        "has_signed": takedown.signoffs.filter(actor=request.user).exists(),
        "authority_clocks": authority_clocks(takedown.pk),
        "authority_titles": TITLES,
        "reference_form": ReferenceForm(auto_id=False),
    }
    return render_page(request, "takedown.html", title=f"Takedown of {takedown.plugin}", facts=facts, status=status)
