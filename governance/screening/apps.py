"""Registers the screening room with Django; decides nothing."""

from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "governance.screening"
    label = "screening"
    default_auto_field = "django.db.models.BigAutoField"
