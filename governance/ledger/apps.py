"""Registers the ledger room with Django; decides nothing."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "governance.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"
