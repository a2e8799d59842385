"""The outbox's rows, to look at: what was queued for whom and what became of it, without addresses or texts.
Who has to see a person's address asks for the proof bundle."""

from django.contrib import admin

from governance.admin.readonly import ReadOnlyAdmin
from governance.admin.site import desk
from governance.notifications.models import DeliveryAttempt, Notice


@admin.register(Notice, site=desk)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "cause", "state", "attempts", "queued_at", "deadline_at", "delivered_at")
    list_filter = ("state", "kind")
    search_fields = ("cause",)
    ordering = ("-queued_at",)
    exclude = ("recipient", "body", "lease_token")


@admin.register(DeliveryAttempt, site=desk)
class DeliveryAttemptAdmin(ReadOnlyAdmin):
    list_display = ("at", "notice", "is_accepted", "detail")
    list_select_related = ("notice",)
    list_filter = ("is_accepted",)
    ordering = ("-at",)
    exclude = ("lease_token",)
