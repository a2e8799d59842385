"""Prints the playbook in force as a table, or as JSON for a program; decides and changes nothing."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from governance.errors import PlaybookError
from governance.playbook import Playbook, playbook
from governance.playbook_rows import enforced_parts, rows

_PIPED_WIDTH = 200


class Command(BaseCommand):
    help = "Print every number of the playbook, its unit, and which code enforces it today."
    # A refused playbook must be explained here, in its own words, and not hidden behind a failed check.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            book = playbook()
        except PlaybookError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_as_json(book) if options["json"] else _as_table(book, is_terminal=self.stdout.isatty()))


def _as_json(book: Playbook) -> str:
    return json.dumps({"digest": book.digest, "rows": [asdict(row) for row in rows(book)]}, ensure_ascii=False)


def _as_table(book: Playbook, *, is_terminal: bool) -> str:
    table = Table()
    for heading in ("Section", "Promise", "Value", "Unit", "Enforced by"):
        table.add_column(heading, overflow="fold")
    section = None
    for row in rows(book):
        if row.section.partition(".")[0] != section:
            section = row.section.partition(".")[0]
            table.add_section()
        table.add_row(row.section, row.name, row.value, row.unit, row.enforced_by or "-")
    console = Console(force_terminal=is_terminal, width=None if is_terminal else _PIPED_WIDTH)
    with console.capture() as capture:
        console.print(table)
        console.print(f"{len(enforced_parts(book))} of {len(rows(book))} values are enforced by the software today.")
        console.print(f"SHA-256 of the file: {book.digest}", highlight=False)
    return capture.get()
