"""Installations that go back to the last good version where their tenant allows it, and return after a reinstatement.
A pin is carried out when its bot reports the version; nothing else says so. Switching off never waits for it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from governance.takedowns.models import Pin, Takedown
from governance.takedowns.scope import last_good_version
from plugins.models import Installation, Tenant, Version
from plugins.queries import blocked_versions

PIN_BACK_SQL = """
INSERT INTO takedowns_pin (takedown_id, installation_id, bot_id, direction, version_id, ordered_at)
SELECT %(takedown)s, installation.id, installation.bot_id, 'back', %(good)s, %(now)s
  FROM plugins_installation AS installation
  JOIN plugins_bot AS bot ON bot.id = installation.bot_id
  JOIN plugins_tenant AS tenant ON tenant.id = bot.tenant_id
 WHERE installation.version_id = %(bad)s AND installation.ended_at IS NULL AND tenant.remedy = 'pin_back'
    ON CONFLICT DO NOTHING
"""
# Only who went back returns, and only to what nothing blocks any more.
RETURN_SQL = """
INSERT INTO takedowns_pin (takedown_id, installation_id, bot_id, direction, version_id, ordered_at)
SELECT pin.takedown_id, pin.installation_id, pin.bot_id, 'return', before.version_id, %(now)s
  FROM takedowns_pin AS pin
  JOIN plugins_installation AS before ON before.id = pin.installation_id
  JOIN plugins_installation AS after ON after.bot_id = pin.bot_id AND after.version_id = pin.version_id
 WHERE pin.takedown_id = %(takedown)s AND pin.direction = 'back' AND pin.withdrawn_at IS NULL
   AND after.ended_at IS NULL AND before.ended_at IS NOT NULL AND NOT before.version_id = ANY(%(blocked)s)
    ON CONFLICT DO NOTHING
"""


def allows_going_back() -> bool:
    """Whether there is any tenant that wants its bots back on a good version."""
    return Tenant.objects.filter(remedy=Tenant.Remedy.PIN_BACK).exists()


def pin_back(takedown: Takedown, *, version_ids: Collection[int], now: datetime) -> int:
    """Order every running installation back whose tenant allows it; ordering it again changes nothing.

    A pin to a version that was blocked since is withdrawn first. Returns how many are new.
    """
    if not allows_going_back():
        return 0
    blocked = blocked_versions(takedown.plugin_id)
    _live(takedown, direction=Pin.Direction.BACK).filter(version_id__in=blocked).update(withdrawn_at=now)
    new = 0
    for bad in Version.objects.filter(pk__in=version_ids).order_by("pk"):
        good = last_good_version(takedown.plugin_id, excluded={*blocked, *version_ids}, below=bad.number)
        if good is None:
            continue
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"takedown": takedown.pk, "good": good.pk, "bad": bad.pk, "now": now}
            cursor.execute(PIN_BACK_SQL, values)
            new += cursor.rowcount
    return new


def end_pins(takedown: Takedown, *, now: datetime) -> int:
    """Order those that went back to return, and withdraw every pin back; returns how many are to return."""
    values: dict[str, Any] = {"takedown": takedown.pk, "blocked": blocked_versions(takedown.plugin_id), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(RETURN_SQL, values)
        returning = cursor.rowcount
    _live(takedown, direction=Pin.Direction.BACK).update(withdrawn_at=now)
    return int(returning)


def withdraw_pins_of(tenant_id: int, *, now: datetime) -> int:
    """Withdraw what a tenant no longer allows; what was carried out stays as it is."""
    return open_pins(tenant_id).filter(direction=Pin.Direction.BACK).update(withdrawn_at=now)


def open_pins(tenant_id: int) -> QuerySet[Pin]:
    """Pins that a tenant's bots have still to carry out, the oldest first."""
    runs = Installation.objects.filter(bot=OuterRef("bot"), version=OuterRef("version"), ended_at=None)
    return (
        Pin.objects.filter(bot__tenant_id=tenant_id, withdrawn_at=None, version__status=Version.Status.PUBLISHED)
        .exclude(Exists(runs))
        .select_related("version__plugin__publisher", "installation__version")
        .order_by("ordered_at", "pk")
    )


def _live(takedown: Takedown, *, direction: Pin.Direction) -> QuerySet[Pin]:
    return Pin.objects.filter(takedown=takedown, direction=direction, withdrawn_at=None)
