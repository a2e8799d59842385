"""`manage.py sweep`: does what is due straight from the rows, without a broker: notices, deadlines, takedowns.
Runs beside the workers as the floor under them; a claimed row is never taken twice."""

import logging
import signal
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from governance.errors import GovernanceError
from governance.flows.automatic_containment import sweep_automatic
from governance.flows.deadlines import sweep_deadlines
from governance.flows.feed import publish_feed, refresh_feed
from governance.flows.outbox import deliver_outbox, watch_outbox
from governance.flows.takedown_clocks import reconcile_takedowns
from governance.flows.takedown_fan_out import continue_fan_outs
from governance.flows.unreached import tell_of_unreached
from governance.playbook import playbook
from plugins.submissions import drop_stale_uploads

log = logging.getLogger(__name__)
SLICE_SECONDS = 20.0
STALE_UPLOAD = timedelta(hours=1)  # far longer than an upload under the size limit takes


class Command(BaseCommand):
    help = "Deliver due notices, give due warnings and reconcile takedowns, without the broker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="repeat until SIGTERM")

    def handle(self, *args: Any, **options: Any) -> None:
        self._is_stopping = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        sweeps = playbook().marketplace.sweeps
        seldom_at = time.monotonic()
        while True:
            try:
                sweep_once()
                if time.monotonic() >= seldom_at:
                    sweep_seldom()
                    seldom_at = time.monotonic() + sweeps.takedowns_every_seconds
            except (OperationalError, GovernanceError, OSError) as error:
                # The database restarts now and then, and a feed may have no key: the rows are still there afterwards.
                log.warning("sweep_postponed", extra={"error": type(error).__name__})
            if not options["loop"] or self._is_stopping:
                return
            close_old_connections()
            time.sleep(sweeps.outbox_every_seconds)

    def _stop(self, number: int, frame: object) -> None:
        self._is_stopping = True


def sweep_once() -> None:
    """One pass over everything that is due; a large takedown gets a slice of each pass, and holds up nothing."""
    _publish()
    continue_fan_outs(clock=timezone.now, seconds=SLICE_SECONDS)
    deliver_outbox(clock=timezone.now, seconds=SLICE_SECONDS)
    watch_outbox(now=timezone.now())
    sweep_deadlines(now=timezone.now())
    drop_stale_uploads(settings.UPLOAD_DIR, older_than=STALE_UPLOAD, now=timezone.now())
    sweep_automatic(now=timezone.now())
    reconcile_takedowns(now=timezone.now())


def _publish() -> None:
    """The switch before everything else; a feed that has no key must not hold up the rest."""
    try:
        publish_feed(now=timezone.now())
    except (GovernanceError, OSError) as error:
        log.warning("feed_not_published", extra={"error": type(error).__name__})


def sweep_seldom() -> None:
    """What reads many rows and is not urgent to the second."""
    tell_of_unreached(now=timezone.now())
    refresh_feed(now=timezone.now())
