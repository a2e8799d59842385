"""`manage.py takedown proof ID -o bundle.zip`: writes what proves a takedown to someone who does not trust us."""

import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.flows.proof import write_proof, write_redacted_proof
from governance.takedowns.errors import TakedownUnknown


class Command(BaseCommand):
    help = "Write a takedown's proof bundle."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["proof"])
        parser.add_argument("takedown", type=uuid.UUID)
        parser.add_argument("-o", "--output", type=Path, required=True)
        parser.add_argument("--redacted", action="store_true", help="name nobody; everything else still verifies")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            write = write_redacted_proof if options["redacted"] else write_proof
            path = write(options["takedown"], path=options["output"], now=timezone.now())
        except TakedownUnknown as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"written: {path}; check it with `python -m governance.takedowns.verify {path}`")
