"""The ledger's rows, to look at: entries and signed checkpoints, the newest first.
Whether the chain holds is checked by the operator's command, not by looking."""

from django.contrib import admin

from governance.admin.readonly import ReadOnlyAdmin
from governance.admin.site import desk
from governance.ledger.models import Checkpoint, Entry


@admin.register(Entry, site=desk)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("sequence", "at", "actor", "action", "cause", "subject")
    search_fields = ("subject", "cause", "actor", "action")
    ordering = ("-sequence",)


@admin.register(Checkpoint, site=desk)
class CheckpointAdmin(ReadOnlyAdmin):
    list_display = ("sequence", "signed_at")
    ordering = ("-sequence",)
