"""The rows of takedowns, to look at: orders, signatures, acknowledgements, and the feed as it was served.
Shows no reporter's address."""

from django.contrib import admin

from governance.admin.readonly import ReadOnlyAdmin
from governance.admin.site import desk
from governance.takedowns.models import (
    AbuseReport,
    Acknowledgement,
    FeedChange,
    FeedSnapshot,
    SignOff,
    SwitchOrder,
    Takedown,
)


@admin.register(Takedown, site=desk)
class TakedownAdmin(ReadOnlyAdmin):
    list_display = ("id", "plugin", "versions", "state", "grounds", "contained_at", "ordered_by")
    list_select_related = ("plugin__publisher", "ordered_by")
    list_filter = ("state", "grounds")
    search_fields = ("plugin__name",)
    ordering = ("-contained_at",)


@admin.register(AbuseReport, site=desk)
class AbuseReportAdmin(ReadOnlyAdmin):
    list_display = ("id", "plugin", "category", "state", "reported_at", "settled_at")
    list_select_related = ("plugin__publisher",)
    list_filter = ("state", "category")
    search_fields = ("plugin__name",)
    ordering = ("-reported_at",)
    exclude = ("reporter_email",)


@admin.register(SignOff, site=desk)
class SignOffAdmin(ReadOnlyAdmin):
    list_display = ("signed_at", "takedown", "actor")
    list_select_related = ("takedown", "actor")
    ordering = ("-signed_at",)


@admin.register(Acknowledgement, site=desk)
class AcknowledgementAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "bot", "takedown", "action", "sequence")
    list_select_related = ("bot", "takedown")
    list_filter = ("action",)
    ordering = ("-received_at",)


@admin.register(SwitchOrder, site=desk)
class SwitchOrderAdmin(ReadOnlyAdmin):
    list_display = ("id", "takedown", "bot", "action", "state", "ordered_at", "delivered_at", "settled_at")
    list_select_related = ("takedown", "bot")
    list_filter = ("state", "action")
    ordering = ("-id",)


@admin.register(FeedChange, site=desk)
class FeedChangeAdmin(ReadOnlyAdmin):
    list_display = ("sequence", "digest")
    ordering = ("-sequence",)


@admin.register(FeedSnapshot, site=desk)
class FeedSnapshotAdmin(ReadOnlyAdmin):
    list_display = ("sequence", "issued_at", "expires_at")
    ordering = ("-issued_at",)
