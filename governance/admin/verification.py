"""The pages about who a publisher is: every publisher's level, and a person vouching for an identity.
A level is derived from live proofs on every look; nothing here stores one."""

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from governance.admin.site import DeskRequest, desk, refusal_sentence, render_page
from governance.admin.visible_text import show_text
from governance.errors import GovernanceError
from governance.flows.publisher import attest_identity
from governance.verification.level import Level, derive_level
from governance.verification.models import Attestation
from governance.verification.queries import expires_at
from plugins.models import Publisher

PUBLISHERS_PER_PAGE = 50


class AttestForm(forms.Form):
    """What a person saw that proves who the publisher is."""

    evidence = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2_000,
        help_text="What you saw and where it is filed, such as a register's number. No copies of documents.",
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """One attestation and until when it counts."""

    kind: str
    state: str
    evidence: str
    attested_by: str
    attested_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PublisherLine:
    """A publisher with the level its live proofs make now."""

    publisher: Publisher
    display_name: str
    level: Level
    proofs: tuple[Proof, ...]
    plugins: int


@desk.page("publishers/", name="publishers", permission="verification.view_attestation")
@require_safe
def show_publishers(request: DeskRequest) -> HttpResponse:
    """Every publisher with level and proofs, by slug."""
    now = timezone.now()
    page = Paginator(_publishers(), PUBLISHERS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [_line(publisher, now=now) for publisher in page]
    return render_page(request, "publishers.html", title="Publishers", facts={"rows": rows, "page": page})


@desk.page("publishers/<slug:slug>/", name="publisher", permission="verification.view_attestation")
@require_safe
def show_publisher(request: DeskRequest, *, slug: str) -> HttpResponse:
    """One publisher: its proofs, and the form to vouch for its identity."""
    return _render_publisher(request, _find(slug), form=AttestForm())


@desk.page("publishers/<slug:slug>/attest/", name="publisher_attest", permission="verification.add_attestation")
@require_POST
def attest_publisher(request: DeskRequest, *, slug: str) -> HttpResponse:
    """Vouch for who a publisher is, until the playbook asks again."""
    publisher, form = _find(slug), AttestForm(request.POST)
    if not form.is_valid():
        return _render_publisher(request, publisher, form=form, status=422)
    try:
        attest_identity(publisher.pk, actor=request.user, evidence=form.cleaned_data["evidence"], now=timezone.now())
    except GovernanceError as refusal:
        form.add_error(None, refusal_sentence(refusal))
        return _render_publisher(request, publisher, form=form, status=409)
    messages.success(request, f"{publisher.slug} is attested.")
    return redirect("admin:publisher", slug=slug)


def _publishers() -> QuerySet[Publisher]:
    proofs = Attestation.objects.select_related("attested_by").order_by("-attested_at")
    return (
        Publisher.objects.annotate(plugin_count=Count("plugins"))
        .prefetch_related(Prefetch("attestations", queryset=proofs))
        .order_by("slug")
    )


def _find(slug: str) -> Publisher:
    publisher = _publishers().filter(slug=slug).first()
    if publisher is None:
        raise Http404("no such publisher")
    return publisher


def _line(publisher: Publisher, *, now: datetime) -> PublisherLine:
    proofs = tuple(_proof(attestation) for attestation in publisher.attestations.all())
    live = [proof.kind for proof in proofs if proof.state == Attestation.State.LIVE and proof.expires_at > now]
    return PublisherLine(
        publisher=publisher,
        display_name=show_text(publisher.display_name),
        level=derive_level(live),
        proofs=proofs,
        plugins=vars(publisher)["plugin_count"],
    )


def _proof(attestation: Attestation) -> Proof:
    return Proof(
        kind=attestation.kind,
        state=attestation.state,
        evidence=show_text(attestation.evidence),
        attested_by=attestation.attested_by.get_username() if attestation.attested_by else "the machine",
        attested_at=attestation.attested_at,
        expires_at=expires_at(attestation),
    )


def _render_publisher(
    request: DeskRequest, publisher: Publisher, *, form: AttestForm, status: int = 200
) -> HttpResponse:
    facts = {"line": _line(publisher, now=timezone.now()), "form": form}
    return render_page(request, "publisher.html", title=f"Publisher {publisher.slug}", facts=facts, status=status)
