"""The reviewer's pages: the queue, a review's case, and the decision.
Never moves a version itself; a refusal of the flow comes back on the page as a sentence."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from governance.admin.case import build_case, find_review, shown_findings
from governance.admin.queue import QueueFilter, filter_queue, queue_row
from governance.admin.review_forms import DecisionForm
from governance.admin.site import DeskRequest, desk, refusal_sentence, render_page
from governance.errors import GovernanceError
from governance.flows.submission import decide_review
from governance.reviews.actions import claim_review, release_claim
from governance.reviews.models import Review
from governance.screening.queries import latest_scan
from governance.tasks import deliver_notices, wake
from plugins.errors import CatalogueError

REVIEWS_PER_PAGE = 50
HOLDERS = {"all": "Everyone's", "free": "Unclaimed", "mine": "Mine"}


@desk.page("queue/", name="queue", permission="reviews.view_review")
@require_safe
def show_queue(request: DeskRequest) -> HttpResponse:
    """Open reviews, the nearest deadline first; `cause` and `holder` narrow them."""
    now = timezone.now()
    cause, holder = request.GET.get("cause", ""), request.GET.get("holder", "")
    chosen = QueueFilter(cause=cause if cause in Review.Cause else "", holder=holder if holder in HOLDERS else "all")
    reviews = filter_queue(chosen, viewer=request.user, now=now)
    page = Paginator(reviews, REVIEWS_PER_PAGE).get_page(request.GET.get("page"))
    facts = {
        "rows": [queue_row(review, now=now) for review in page],
        "page": page,
        "chosen": chosen,
        "causes": Review.Cause.choices,
        "holders": HOLDERS.items(),
    }
    return render_page(request, "queue.html", title="Review queue", facts=facts)


@desk.page("reviews/<int:review_id>/", name="case", permission="reviews.view_review")
@require_safe
def show_case(request: DeskRequest, *, review_id: int) -> HttpResponse:
    """One review: everything the decision needs, and the decision's form for whoever may make it."""
    review = _find(review_id)
    return _render_case(request, review, form=_decision_form(review))


@desk.page("reviews/<int:review_id>/claim/", name="case_claim", permission="reviews.decide_review")
@require_POST
def claim_case(request: DeskRequest, *, review_id: int) -> HttpResponse:
    """Take the review for the playbook's claim time, or say who has it."""
    try:
        review = claim_review(review_id, actor=request.user, now=timezone.now())
    except GovernanceError as refusal:
        messages.error(request, refusal_sentence(refusal))
    else:
        messages.success(request, f"It is yours until {review.claimed_until:%H:%M} UTC.")
    return redirect("admin:case", review_id=review_id)


@desk.page("reviews/<int:review_id>/release/", name="case_release", permission="reviews.decide_review")
@require_POST
def release_case(request: DeskRequest, *, review_id: int) -> HttpResponse:
    """Give the review back to the queue."""
    if release_claim(review_id, actor=request.user):
        messages.success(request, "It is back in the queue.")
    return redirect("admin:queue")


@desk.page("reviews/<int:review_id>/decide/", name="case_decide", permission="reviews.decide_review")
@require_POST
def decide_case(request: DeskRequest, *, review_id: int) -> HttpResponse:
    """Carry out a decision and return to the queue; what is wrong with it comes back on the case page."""
    review = _find(review_id)
    form = _decision_form(review, data=request.POST)
    if not form.is_valid():
        return _render_case(request, review, form=form, status=422)
    judgement = form.judgement()
    try:
        decide_review(review_id, actor=request.user, judgement=judgement, now=timezone.now())
    except (GovernanceError, CatalogueError) as refusal:
        form.add_error(None, refusal_sentence(refusal))
        return _render_case(request, _find(review_id), form=form, status=409)
    wake(deliver_notices)
    messages.success(request, f"{review.version}: {judgement.outcome}. The publisher is told why.")
    return redirect("admin:queue")


def _find(review_id: int) -> Review:
    review = find_review(review_id)
    if review is None:
        raise Http404("no such review")
    return review


def _decision_form(review: Review, *, data: QueryDict | None = None) -> DecisionForm:
    return DecisionForm(data, findings=shown_findings(latest_scan(review.version_id)))


def _render_case(request: DeskRequest, review: Review, *, form: DecisionForm, status: int = 200) -> HttpResponse:
    case = build_case(review, findings_page=request.GET.get("findings", 1), now=timezone.now())
    facts = {
        "case": case,
        "version": review.version,
        "form": form,
        "cited": {int(chosen) for chosen in form["cited"].data or () if chosen.isdecimal()},
        "may_decide": _may_decide(request.user, review=review, claimed_by=case.claimed_by),
    }
    return render_page(request, "case.html", title=f"Review of {review.version}", facts=facts, status=status)


def _may_decide(viewer: User, *, review: Review, claimed_by: str) -> bool:
    """Whether the page offers the form; the flow checks again whether the decision stands."""
    if review.settled_at is not None or not viewer.has_perm("reviews.decide_review"):
        return False
    return claimed_by in {"", viewer.get_username()}
