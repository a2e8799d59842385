"""Registers the reviews room with Django; decides nothing."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "governance.reviews"
    label = "reviews"
    default_auto_field = "django.db.models.BigAutoField"
