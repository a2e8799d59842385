"""`manage.py tenant SLUG --email ADDRESS`: registers a tenant of the bot platform and prints its token, once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from governance.playbook import playbook
from plugins.models import Tenant
from plugins.tokens import issue_token


class Command(BaseCommand):
    help = "Register a tenant and print its token."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug")
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        slug, now = options["slug"], timezone.now()
        if Tenant.objects.filter(slug=slug).exists():
            raise CommandError(f"tenant {slug} exists")
        days = playbook().marketplace.access.api_token_valid_days
        with transaction.atomic():
            tenant = Tenant.objects.create(
                slug=slug, display_name=options["name"] or slug, contact_email=options["email"], created_at=now
            )
            _, secret = issue_token(tenant=tenant, label="first token", valid_for=timedelta(days=days), now=now)
        self.stdout.write(secret)
