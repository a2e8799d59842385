"""The catalogue's rows, to look at: publishers, plugins, versions and their moves, tenants, bots, blocks.
Shows no token and no address of a person."""

from django.contrib import admin

from governance.admin.readonly import ReadOnlyAdmin
from governance.admin.site import desk
from plugins.models import (
    Artifact,
    BlocklistEntry,
    Bot,
    Installation,
    Plugin,
    Publisher,
    Tenant,
    Version,
    VersionMove,
)


@admin.register(Publisher, site=desk)
class PublisherAdmin(ReadOnlyAdmin):
    list_display = ("slug", "display_name", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("slug", "display_name")
    ordering = ("slug",)


@admin.register(Plugin, site=desk)
class PluginAdmin(ReadOnlyAdmin):
    list_display = ("name", "publisher", "title", "created_at", "retired_at")
    list_select_related = ("publisher",)
    search_fields = ("name", "title", "publisher__slug")
    ordering = ("name",)


@admin.register(Version, site=desk)
class VersionAdmin(ReadOnlyAdmin):
    list_display = ("plugin", "number", "status", "status_changed_at", "submitted_at")
    list_select_related = ("plugin__publisher",)
    list_filter = ("status",)
    search_fields = ("plugin__name", "number", "artifact__sha256")
    ordering = ("-submitted_at",)


@admin.register(VersionMove, site=desk)
class VersionMoveAdmin(ReadOnlyAdmin):
    list_display = ("at", "version", "event", "from_status", "to_status", "actor")
    list_select_related = ("version__plugin__publisher",)
    list_filter = ("event",)
    ordering = ("-at",)


@admin.register(Artifact, site=desk)
class ArtifactAdmin(ReadOnlyAdmin):
    list_display = ("sha256", "size_bytes", "created_at")
    search_fields = ("sha256",)
    ordering = ("-created_at",)


@admin.register(Tenant, site=desk)
class TenantAdmin(ReadOnlyAdmin):
    list_display = ("slug", "display_name", "created_at")
    exclude = ("contact_email",)
    search_fields = ("slug", "display_name")
    ordering = ("slug",)


@admin.register(Bot, site=desk)
class BotAdmin(ReadOnlyAdmin):
    list_display = ("id", "tenant", "name", "enrolled_at", "retired_at")
    list_select_related = ("tenant",)
    search_fields = ("name", "tenant__slug")
    ordering = ("-enrolled_at",)


@admin.register(Installation, site=desk)
class InstallationAdmin(ReadOnlyAdmin):
    list_display = ("bot", "version", "started_at", "ended_at")
    list_select_related = ("bot", "version__plugin__publisher")
    search_fields = ("bot__tenant__slug", "plugin__name")
    ordering = ("-started_at",)


@admin.register(BlocklistEntry, site=desk)
class BlocklistEntryAdmin(ReadOnlyAdmin):
    list_display = ("sequence", "plugin", "versions", "reason", "blocked_at", "lifted_at")
    list_select_related = ("plugin__publisher",)
    list_filter = ("reason",)
    search_fields = ("plugin__name",)
    ordering = ("-sequence",)
