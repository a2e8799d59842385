"""Where a takedown's orders and notices have got to: opened with the order, claimed stretch by stretch, finished once.
The row's lock is the claim; whoever dies with it leaves the place where the next one goes on."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from governance.takedowns.models import FanOut, Takedown

IN_FORCE = (Takedown.State.CONTAINED, Takedown.State.REMOVED)

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


def find_stretch_end(fan_out: FanOut, *, rows: int) -> tuple[int, int] | None:
    """The version and id of the last installation among the next `rows`; None when all are done."""
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
    return (int(found[0]), int(found[1])) if found else None


def advance_fan_out(fan_out: FanOut, *, until: tuple[int, int], orders: int, people: int) -> None:
    """Move the place behind a stretch that is written."""
    fan_out.last_version, fan_out.last_installation = until
    fan_out.orders += orders
    fan_out.people += people
    fan_out.save(update_fields=["last_version", "last_installation", "orders", "people"])


def close_fan_out(takedown: Takedown, *, now: datetime) -> None:
    """Write no more of a takedown: all is written, or it was reversed."""
    FanOut.objects.filter(takedown=takedown, finished_at=None).update(finished_at=now)
