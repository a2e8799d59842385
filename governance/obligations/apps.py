"""Registers the obligations room with Django; decides nothing."""

from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "governance.obligations"
    label = "obligations"
    default_auto_field = "django.db.models.BigAutoField"
