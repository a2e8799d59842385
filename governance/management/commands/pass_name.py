"""`manage.py pass_name PUBLISHER/PLUGIN --to PUBLISHER --reason TEXT --as USER`: a name goes to its rightful owner."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.flows.names import pass_plugin_name
from plugins.errors import CatalogueError
from plugins.models import Publisher
from plugins.queries import find_plugin


class Command(BaseCommand):
    help = "Give a removed plugin's name to another publisher."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plugin", help="as in eve-tools/weather-card")
        parser.add_argument("--to", required=True, help="the rightful owner's slug")
        parser.add_argument("--reason", required=True)
        parser.add_argument("--as", dest="actor", required=True, help="the staff account that answers for it")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = User.objects.filter(username=options["actor"], is_active=True, is_staff=True).first()
        if actor is None or not actor.has_perm("takedowns.remove_plugin"):
            raise CommandError(f"{options['actor']} is no staff account that may remove a plugin")
        owner = Publisher.objects.filter(slug=options["to"]).first()
        if owner is None:
            raise CommandError(f"no publisher {options['to']}")
        slug, _, name = options["plugin"].partition("/")
        try:
            plugin = find_plugin(slug, name)
            pass_plugin_name(plugin.pk, to=owner, actor=actor, reason=options["reason"], now=timezone.now())
        except CatalogueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{name} is {owner.slug}'s now")
