"""Registers the verification room with Django; decides nothing."""

from django.apps import AppConfig


class VerificationConfig(AppConfig):
    name = "governance.verification"
    label = "verification"
    default_auto_field = "django.db.models.BigAutoField"
