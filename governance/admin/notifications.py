"""The outbox's rows, to look at: what was queued for whom and what became of it, without addresses or texts.
Who has to see a person's address asks for the proof bundle."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from governance.admin.readonly import ReadOnlyAdmin
from governance.admin.site import desk
from governance.notifications.models import DeliveryAttempt, Notice


class RefusedFilter(admin.SimpleListFilter):
    """Support's list: a channel refused the notice for good, and the person has not been reached since."""

    title = "for support"
    parameter_name = "for_support"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Notice]") -> list[tuple[str, str]]:
        return [("open", "refused, not reached yet"), ("all", "ever refused")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        if self.value() is None:
            return queryset
        refused = queryset.filter(refused_at__isnull=False)
        return refused.exclude(state=Notice.State.DELIVERED) if self.value() == "open" else refused


@admin.register(Notice, site=desk)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "cause", "state", "channel", "attempts", "queued_at", "deadline_at", "delivered_at")
    list_filter = ("state", RefusedFilter, "channel", "kind")
    search_fields = ("cause",)
    ordering = ("-queued_at",)
    exclude = ("recipient", "body", "items", "lease_token")


@admin.register(DeliveryAttempt, site=desk)
class DeliveryAttemptAdmin(ReadOnlyAdmin):
    list_display = ("at", "notice", "channel", "is_accepted", "is_doubtful", "detail")
    list_select_related = ("notice",)
    list_filter = ("is_accepted", "is_doubtful", "channel")
    ordering = ("-at",)
    exclude = ("lease_token",)
