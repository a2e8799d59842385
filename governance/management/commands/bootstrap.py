"""Makes what a new installation lacks: the platform's signing key, and the roles. Doing it again changes nothing."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from governance.roles import create_roles
from plugins.models import FeedHead
from plugins.runtime.signing import SigningKey


class Command(BaseCommand):
    help = "Create the signing key and the roles when they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SIGNING_KEY_FILE.exists():
            settings.SIGNING_KEY_FILE.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            SigningKey.generate().save(settings.SIGNING_KEY_FILE)
            self.stdout.write(f"signing key made: {settings.SIGNING_KEY_FILE}")
        with transaction.atomic():
            FeedHead.objects.get_or_create(pk=1)
            create_roles()
        self.stdout.write("roles are in place")
