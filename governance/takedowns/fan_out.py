"""Where a takedown's orders and notices have got to: opened with the order, claimed stretch by stretch, finished once.
The row's lock is the claim; whoever dies with it leaves the place where the next one goes on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from governance.takedowns.models import FanOut, Takedown
from governance.takedowns.scope import exposed_installations

IN_FORCE = (Takedown.State.CONTAINED, Takedown.State.REMOVED)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Installations of some versions, in the order of version and id: after one, up to and with another."""

    version_ids: tuple[int, ...]
    after: tuple[int, int]
    until: tuple[int, int]


# Index only: the last installation of the stretch, or of all that is left.
STRETCH_END_SQL = """
SELECT version_id, id
  FROM (SELECT version_id, id
          FROM plugins_installation
         WHERE version_id = ANY(%(versions)s)
           AND (version_id, id) > (%(after_version)s, %(after_installation)s)
         ORDER BY version_id, id
         LIMIT %(rows)s) AS stretch
 ORDER BY version_id DESC, id DESC
 LIMIT 1
"""


def open_fan_out(takedown: Takedown, *, version_ids: Collection[int]) -> FanOut:
    """Begin the fan-out of a takedown, in the order's own transaction."""
    return FanOut.objects.create(takedown=takedown, version_ids=sorted(version_ids))


def claim_fan_out() -> FanOut | None:
    """Lock the unfinished fan-out that has written least, passing over those somebody is at; None when none is left."""
    return (
        FanOut.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("takedown__plugin__publisher")
        .filter(finished_at=None, takedown__state__in=IN_FORCE)
        .order_by("orders", "pk")
        .first()
    )


def find_stretch(fan_out: FanOut, *, rows: int) -> Stretch | None:
    """The next `rows` installations; None when the orders of all are written."""
    after = (fan_out.last_version, fan_out.last_installation)
    with connection.cursor() as cursor:
        cursor.execute(
            STRETCH_END_SQL,
            {
                "versions": fan_out.version_ids,
                "after_version": fan_out.last_version,
                "after_installation": fan_out.last_installation,
                "rows": rows,
            },
        )
        found = cursor.fetchone()
    return Stretch(tuple(fan_out.version_ids), after=after, until=(found[0], found[1])) if found else None


def advance_orders(fan_out: FanOut, *, until: tuple[int, int], orders: int) -> None:
    """Move the place behind a stretch whose orders are written."""
    fan_out.last_version, fan_out.last_installation = until
    fan_out.orders += orders
    fan_out.save(update_fields=["last_version", "last_installation", "orders"])


def begin_parts(fan_out: FanOut, *, rows: int) -> None:
    """Go on from orders to people, in as many parts as keep each below about `rows` installations."""
    exposed = exposed_installations(tuple(fan_out.version_ids), since=fan_out.takedown.exposed_since).count()
    fan_out.parts = exposed // rows + 1
    fan_out.save(update_fields=["parts"])


def advance_parts(fan_out: FanOut, *, people: int) -> None:
    """Count one more part of the people as told."""
    fan_out.parts_done += 1
    fan_out.people += people
    fan_out.save(update_fields=["parts_done", "people"])


def close_fan_out(takedown: Takedown, *, now: datetime) -> None:
    """Write no more of a takedown: all is written, or it was reversed."""
    FanOut.objects.filter(takedown=takedown, finished_at=None).update(finished_at=now)
