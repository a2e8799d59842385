"""The deadlines' rows, to look at: what is owed by when, and every warning given about it."""

from django.contrib import admin

from governance.admin.readonly import ReadOnlyAdmin
from governance.admin.site import desk
from governance.obligations.models import Escalation, Obligation


@admin.register(Obligation, site=desk)
class ObligationAdmin(ReadOnlyAdmin):
    list_display = ("kind", "subject", "owner_role", "due_at", "met_at", "missed_at", "paused_at", "cancelled_at")
    list_filter = ("kind", "owner_role")
    search_fields = ("subject",)
    ordering = ("due_at",)


@admin.register(Escalation, site=desk)
class EscalationAdmin(ReadOnlyAdmin):
    list_display = ("at", "obligation", "step", "role")
    list_select_related = ("obligation",)
    list_filter = ("role",)
    ordering = ("-at",)
