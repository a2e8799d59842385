"""Registers the project itself: its checks, commands, pages and templates."""

from django.apps import AppConfig
from django.core.checks import register


class GovernanceConfig(AppConfig):
    name = "governance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Settings are loaded by now; importing earlier would read them too soon.
        from governance.checks import check_playbook, check_production  # noqa: PLC0415

        register(check_production)
        register(check_playbook)
