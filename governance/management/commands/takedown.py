"""`manage.py takedown proof ID -o bundle.zip` writes what proves a takedown to someone who does not trust us;
`manage.py takedown plan --people N` says how long it takes to tell so many, before anybody is to be told."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.flows.proof import write_proof, write_redacted_proof
from governance.notifications.pace import Plan, plan_delivery
from governance.notifications.queries import largest_domain_share, measured_rate
from governance.playbook import playbook
from governance.takedowns.errors import TakedownUnknown


class Command(BaseCommand):
    help = "Write a takedown's proof bundle, or plan its notices."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        proof = actions.add_parser("proof", help="write the proof bundle of a takedown")
        proof.add_argument("takedown", type=uuid.UUID)
        proof.add_argument("-o", "--output", type=Path, required=True)
        proof.add_argument("--redacted", action="store_true", help="name nobody; everything else still verifies")
        plan = actions.add_parser("plan", help="how long it takes to tell so many people")
        plan.add_argument("--people", type=int, required=True)
        plan.add_argument("--rate", type=float, help="messages a second; without it, as measured in past deliveries")
        plan.add_argument("--largest-domain", type=float, help="share of people at one mail domain, 0 to 1")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "plan":
            self._plan(options)
        else:
            self._prove(options)

    def _prove(self, options: dict[str, Any]) -> None:
        try:
            write = write_redacted_proof if options["redacted"] else write_proof
            path = write(options["takedown"], path=options["output"], now=timezone.now())
        except TakedownUnknown as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"written: {path}; check it with `python -m governance.takedowns.verify {path}`")

    def _plan(self, options: dict[str, Any]) -> None:
        people = options["people"]
        rate = options["rate"] if options["rate"] is not None else measured_rate()
        share = options["largest_domain"] if options["largest_domain"] is not None else largest_domain_share()
        if rate is None:
            raise CommandError("too few deliveries to measure a rate: give one with --rate")
        if people < 0 or rate <= 0 or not 0 <= share <= 1:
            raise CommandError("--people is at least 0, --rate above 0, --largest-domain between 0 and 1")
        plan = plan_delivery(
            people,
            rate=rate,
            largest_domain=round(people * share),
            domain_messages_per_minute=playbook().marketplace.notices.domain_messages_per_minute,
            within=timedelta(hours=playbook().compliance.user_notification_within_hours),
        )
        self.stdout.write(_describe(plan, is_measured=options["rate"] is None))
        if not plan.is_in_time:
            raise CommandError(f"too slow: {plan.needed_rate:.3g} messages a second are needed")


def _describe(plan: Plan, *, is_measured: bool) -> str:
    source = "measured" if is_measured else "given"
    why = "one mail domain's pace decides" if plan.is_domain_slowest else f"{plan.rate:.3g} messages a second, {source}"
    hours, promised = plan.takes.total_seconds() / 3600, plan.within.total_seconds() / 3600
    return f"{plan.people} people are notified in {hours:.2f} hours of {promised:.0f} ({why})"
