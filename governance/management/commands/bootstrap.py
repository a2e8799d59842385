"""Makes what a new installation lacks: the platform's signing key, the feed's first root, and the roles.
Doing it again changes nothing. In production the root key is made elsewhere and never comes here."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from governance.feed_folder import list_roots, root_path, write_atomically
from governance.playbook import playbook
from governance.roles import create_roles
from governance.takedowns.root_documents import make_first_root
from plugins.models import FeedHead
from plugins.runtime.canonical import canonical_json
from plugins.runtime.signing import SigningKey


class Command(BaseCommand):
    help = "Create the signing key and the roles when they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SIGNING_KEY_FILE.exists():
            settings.SIGNING_KEY_FILE.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            SigningKey.generate().save(settings.SIGNING_KEY_FILE)
            self.stdout.write(f"signing key made: {settings.SIGNING_KEY_FILE}")
        if not list_roots(settings.FEED_DIR):
            self._make_root()
        with transaction.atomic():
            FeedHead.objects.get_or_create(pk=1)
            create_roles()
        self.stdout.write("roles are in place")

    def _make_root(self) -> None:
        if settings.IS_PRODUCTION:
            self.stdout.write("no root document: make one off line with `manage.py root first`, then `root publish` it")
            return
        numbers = playbook().marketplace.feed
        path = settings.SIGNING_KEY_FILE.with_name("root_ed25519")
        if not path.exists():
            SigningKey.generate().save(path)
        root = make_first_root(
            root_key=SigningKey.load(path),
            feed_public=SigningKey.load(settings.SIGNING_KEY_FILE).public_base64,
            key_days=numbers.key_valid_days,
            root_days=numbers.root_valid_days,
            now=timezone.now(),
        )
        settings.FEED_DIR.mkdir(parents=True, exist_ok=True)
        write_atomically(root_path(settings.FEED_DIR, root.version), data=canonical_json(dict(root.statement)))
        self.stdout.write(f"root document made, under a root key of this machine: {path}")
