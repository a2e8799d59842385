"""`manage.py known_file list|withdraw SHA256 --reason TEXT --as USER`: files that are malicious wherever they stand."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.errors import GovernanceError
from governance.flows.automatic_containment import sweep_automatic
from governance.flows.standing import list_known_file, withdraw_known_file


class Command(BaseCommand):
    help = "Call a file malicious wherever it is found, or take that back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["list", "withdraw"])
        parser.add_argument("sha256")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--as", dest="actor", required=True, help="the staff account that answers for it")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = User.objects.filter(username=options["actor"], is_active=True, is_staff=True).first()
        if actor is None or not actor.has_perm("takedowns.remove_plugin"):
            raise CommandError(f"{options['actor']} is no staff account that may remove a plugin")
        write = list_known_file if options["action"] == "list" else withdraw_known_file
        try:
            write(options["sha256"], reason=options["reason"], actor=actor, now=timezone.now())
        except GovernanceError as error:
            raise CommandError(str(error)) from error
        contained = sweep_automatic(now=timezone.now())
        self.stdout.write(f"recorded; {contained} plugins contained now")
