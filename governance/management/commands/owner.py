"""`manage.py owner ADDRESS`: prints a token with which a bots' owner reads their notices, once."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.playbook import playbook
from plugins.models import BotOwner
from plugins.tokens import issue_token


class Command(BaseCommand):
    help = "Print a token for a bots' owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = BotOwner.objects.filter(email=options["email"].lower()).first()
        if owner is None:
            raise CommandError("no bot has an owner with this address")
        days = playbook().marketplace.access.api_token_valid_days
        _, secret = issue_token(owner=owner, label="notices", valid_for=timedelta(days=days), now=timezone.now())
        self.stdout.write(secret)
