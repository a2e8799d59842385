"""`manage.py reporter trust|distrust EMAIL --as USER`: who is a trusted reporter; prints a token once."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.flows.standing import end_trust, name_trusted
from governance.takedowns.models import Reporter
from governance.takedowns.reporters import plain_address


class Command(BaseCommand):
    help = "Call a reporter trusted, or take that back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["trust", "distrust"])
        parser.add_argument("email")
        parser.add_argument("--as", dest="actor", required=True, help="the staff account that answers for it")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = User.objects.filter(username=options["actor"], is_active=True, is_staff=True).first()
        if actor is None or not actor.has_perm("takedowns.contain_plugin"):
            raise CommandError(f"{options['actor']} is no staff account that may contain a plugin")
        if options["action"] == "trust":
            _, secret = name_trusted(options["email"], actor=actor, now=timezone.now())
            self.stdout.write(f"token, shown once: {secret}")
            return
        reporter = Reporter.objects.filter(email=plain_address(options["email"])).first()
        if reporter is None or not end_trust(reporter, actor=actor, now=timezone.now()):
            raise CommandError("this is no trusted reporter")
        self.stdout.write("not trusted any more; the token is worth nothing")
