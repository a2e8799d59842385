"""`manage.py ledger verify`: walks the chain and its checkpoints, and says where the first break is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.ledger.queries import verify_ledger


class Command(BaseCommand):
    help = "Verify the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["verify"])

    def handle(self, *args: Any, **options: Any) -> None:
        state = verify_ledger()
        if state.found_break is not None:
            raise CommandError(f"the ledger is broken at {state.found_break}", returncode=2)
        self.stdout.write(f"the ledger holds: {state.entries} entries, {state.checkpoints} signed checkpoints")
