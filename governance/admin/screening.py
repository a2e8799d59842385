"""The evidence's rows, to look at: scans and findings.
Their texts come from strangers' code and are shown as text, never as markup."""

from django.contrib import admin

from governance.admin.readonly import ReadOnlyAdmin
from governance.admin.site import desk
from governance.screening.models import Finding, Scan


@admin.register(Scan, site=desk)
class ScanAdmin(ReadOnlyAdmin):
    list_display = ("id", "version", "cause", "state", "verdict", "route", "started_at", "finished_at")
    list_select_related = ("version__plugin__publisher",)
    list_filter = ("state", "verdict", "route", "cause")
    search_fields = ("version__plugin__name", "request_id")
    ordering = ("-started_at",)
    # Whoever holds a lease token could settle the scan.
    exclude = ("lease_token",)


@admin.register(Finding, site=desk)
class FindingAdmin(ReadOnlyAdmin):
    list_display = ("rule_id", "severity", "confidence", "path", "line", "engine")
    list_filter = ("severity", "engine")
    search_fields = ("rule_id", "path")
    ordering = ("-id",)
