"""The rows of people's judgement, to look at: reviews, decisions, attestations."""

from django.contrib import admin

from governance.admin.readonly import ReadOnlyAdmin
from governance.admin.site import desk
from governance.reviews.models import Decision, Review
from governance.verification.models import Attestation


@admin.register(Review, site=desk)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ("id", "version", "cause", "opened_at", "claimed_by", "settled_at")
    list_select_related = ("version__plugin__publisher", "claimed_by")
    list_filter = ("cause",)
    search_fields = ("version__plugin__name",)
    ordering = ("-opened_at",)


@admin.register(Decision, site=desk)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("decided_at", "version", "outcome", "grounds", "actor")
    list_select_related = ("version__plugin__publisher", "actor")
    list_filter = ("outcome", "grounds")
    search_fields = ("version__plugin__name",)
    ordering = ("-decided_at",)


@admin.register(Attestation, site=desk)
class AttestationAdmin(ReadOnlyAdmin):
    list_display = ("publisher", "kind", "state", "attested_at", "attested_by", "ended_at")
    list_select_related = ("publisher", "attested_by")
    list_filter = ("kind", "state")
    search_fields = ("publisher__slug",)
    ordering = ("-attested_at",)
