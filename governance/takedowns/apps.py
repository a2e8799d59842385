"""Registers the takedowns room with Django; decides nothing."""

from django.apps import AppConfig


class TakedownsConfig(AppConfig):
    name = "governance.takedowns"
    label = "takedowns"
    default_auto_field = "django.db.models.BigAutoField"
