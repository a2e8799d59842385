"""Registers the notifications room with Django; decides nothing."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "governance.notifications"
    label = "notifications"
    default_auto_field = "django.db.models.BigAutoField"
