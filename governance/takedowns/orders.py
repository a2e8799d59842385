"""Switch orders and the runtimes' answers: written set-wise, settled one signed statement at a time.
An order is confirmed only by a statement of its own bot; nothing else can move it there."""

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

from governance.takedowns.errors import AcknowledgementReplayed, BlockForeign, OrderUnknown
from governance.takedowns.fan_out import Stretch
from governance.takedowns.models import Acknowledgement, SwitchOrder, Takedown
from plugins.models import Bot, Installation
from plugins.queries import blocked_versions

ORDER_OFF_SQL = """
INSERT INTO takedowns_switchorder (takedown_id, installation_id, bot_id, action, state, ordered_at)
SELECT %(takedown)s, installation.id, installation.bot_id, 'switched_off', 'ordered', %(now)s
  FROM plugins_installation AS installation
 WHERE installation.version_id = ANY(%(versions)s) AND installation.ended_at IS NULL
   AND (installation.version_id, installation.id) > (%(after_version)s, %(after_installation)s)
   AND (installation.version_id, installation.id) <= (%(until_version)s, %(until_installation)s)
    ON CONFLICT (takedown_id, installation_id, action) DO NOTHING
"""

ORDER_AHEAD_SQL = """
INSERT INTO takedowns_switchorder (takedown_id, installation_id, bot_id, action, state, ordered_at)
SELECT fan_out.takedown_id, installation.id, installation.bot_id, 'switched_off', 'ordered', %(now)s
  FROM takedowns_fanout AS fan_out
  JOIN plugins_installation AS installation ON installation.version_id = ANY(fan_out.version_ids)
 WHERE fan_out.takedown_id = %(takedown)s AND fan_out.finished_at IS NULL
   AND installation.bot_id = %(bot)s AND installation.ended_at IS NULL
    ON CONFLICT (takedown_id, installation_id, action) DO NOTHING
"""

# Of every takedown of the plugin that is over: what one confirmed while another still held it off is ordered on
# by the end of the last.
ORDER_ON_SQL = """
INSERT INTO takedowns_switchorder (takedown_id, installation_id, bot_id, action, state, ordered_at)
SELECT done.takedown_id, done.installation_id, done.bot_id, 'switched_on', 'ordered', %(now)s
  FROM takedowns_switchorder AS done
  JOIN takedowns_takedown AS takedown ON takedown.id = done.takedown_id
  JOIN plugins_installation AS installation ON installation.id = done.installation_id
 WHERE takedown.plugin_id = %(plugin)s AND (takedown.state = 'reinstated' OR takedown.id = %(takedown)s)
   AND done.action = 'switched_off' AND done.state = 'confirmed'
   AND installation.ended_at IS NULL AND NOT installation.version_id = ANY(%(blocked)s)
    ON CONFLICT (takedown_id, installation_id, action) DO NOTHING
"""

# A feed of this number or a later one holds the block (or, for the way back, its end).
DELIVERED_SQL = """
UPDATE takedowns_switchorder AS due
   SET delivered_at = %(now)s
  FROM plugins_blocklistentry AS block
 WHERE due.bot_id = %(bot)s AND due.state = 'ordered' AND due.delivered_at IS NULL
   AND block.takedown_id = due.takedown_id
   AND CASE due.action WHEN 'switched_off' THEN block.sequence ELSE block.lifted_sequence END <= %(sequence)s
"""


def order_off(takedown: Takedown, *, stretch: Stretch, now: datetime) -> int:
    """Order every running installation of a stretch off, in one statement; returns how many."""
    values: dict[str, Any] = {"takedown": takedown.pk, "versions": list(stretch.version_ids), "now": now}
    values |= dict(zip(("after_version", "after_installation"), stretch.after, strict=True))
    values |= dict(zip(("until_version", "until_installation"), stretch.until, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(ORDER_OFF_SQL, values)
        return int(cursor.rowcount)


def order_on(takedown: Takedown, *, now: datetime) -> int:
    """Order back on what was confirmed off, and withdraw what nobody has acted on; returns how many are ordered on.

    Its own blocks are lifted before; versions that another takedown still blocks stay off.
    """
    SwitchOrder.objects.filter(
        takedown=takedown, action=SwitchOrder.Action.OFF, state=SwitchOrder.State.ORDERED
    ).update(state=SwitchOrder.State.WITHDRAWN, settled_at=now)
    values: dict[str, Any] = {
        "takedown": takedown.pk,
        "plugin": takedown.plugin_id,
        "blocked": blocked_versions(takedown.plugin_id),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(ORDER_ON_SQL, values)
        return int(cursor.rowcount)


def cover_installation(takedown_id: uuid.UUID, *, installation: Installation, now: datetime) -> SwitchOrder:
    """Order off an installation that was reported while the block was in force already."""
    order, _ = SwitchOrder.objects.get_or_create(
        takedown_id=takedown_id,
        installation=installation,
        action=SwitchOrder.Action.OFF,
        defaults={"bot_id": installation.bot_id, "ordered_at": now},
    )
    return order


def release_orders(bot: Bot, *, plugin_id: int, now: datetime) -> int:
    """Close a bot's open orders about installations that have ended: what is gone cannot run."""
    return SwitchOrder.objects.filter(
        bot=bot,
        installation__plugin_id=plugin_id,
        installation__ended_at__isnull=False,
        state=SwitchOrder.State.ORDERED,
    ).update(state=SwitchOrder.State.GONE, settled_at=now)


def deliver_orders(bot: Bot, *, sequence: int, now: datetime) -> int:
    """Note that a bot has the feed with its open orders: it said so itself; returns how many were new to it."""
    with connection.cursor() as cursor:
        cursor.execute(DELIVERED_SQL, {"bot": bot.pk, "sequence": sequence, "now": now})
        return int(cursor.rowcount)


def confirm_order(bot: Bot, *, payload: dict[str, Any], statement: dict[str, Any], now: datetime) -> SwitchOrder:
    """Settle the order a verified statement speaks of.

    Raises OrderUnknown, BlockForeign, or AcknowledgementReplayed when the nonce or the order was settled by an
    earlier one.
    """
    with transaction.atomic():
        order = _find_order(bot, payload=payload, now=now)
        _check_block(order, payload=payload)
        try:
            with transaction.atomic():
                acknowledgement = Acknowledgement.objects.create(
                    bot=bot,
                    takedown_id=order.takedown_id,
                    action=order.action,
                    sequence=payload["sequence"],
                    nonce=payload["nonce"],
                    statement=statement,
                    received_at=now,
                )
        except IntegrityError as error:
            raise AcknowledgementReplayed("this acknowledgement was recorded before") from error
        if order.state == SwitchOrder.State.CONFIRMED:
            raise AcknowledgementReplayed("this order was confirmed before")
        order.state = SwitchOrder.State.CONFIRMED
        order.settled_at = now
        order.delivered_at = order.delivered_at or now
        order.acknowledgement = acknowledgement
        order.save(update_fields=["state", "settled_at", "delivered_at", "acknowledgement"])
    return order


def _order_ahead(bot: Bot, *, payload: dict[str, Any], now: datetime) -> None:
    """Write the order of a bot that obeyed the feed before a large takedown's fan-out has come to it."""
    with connection.cursor() as cursor:
        cursor.execute(ORDER_AHEAD_SQL, {"takedown": payload["takedown"], "bot": bot.pk, "now": now})


def _find_order(bot: Bot, *, payload: dict[str, Any], now: datetime) -> SwitchOrder:
    if not SwitchOrder.objects.filter(takedown_id=payload["takedown"], bot=bot).exists():
        _order_ahead(bot, payload=payload, now=now)
    order = (
        SwitchOrder.objects.select_for_update(of=("self",), no_key=True)
        .select_related("takedown")
        .filter(
            takedown_id=payload["takedown"],
            bot=bot,
            action=payload["action"],
            installation__plugin__name=payload["plugin"],
            installation__plugin__publisher__slug=payload["publisher"],
            installation__version__number=payload["version"],
        )
        .order_by("-ordered_at")
        .first()
    )
    if order is None:
        raise OrderUnknown("no order asks this bot to do this; report the installation first")
    return order


def _check_block(order: SwitchOrder, *, payload: dict[str, Any]) -> None:
    """A bot obeys a block of its order's takedown, in a feed that has it: anything else would prove nothing."""
    block = order.takedown.blocks.filter(pk=_read_id(payload["block"])).first()
    if block is None:
        raise BlockForeign("the acknowledgement names a block that is not the order's")
    needed = block.sequence if order.action == SwitchOrder.Action.OFF else block.lifted_sequence
    if needed is not None and payload["sequence"] < needed:
        raise BlockForeign(f"feed {payload['sequence']} is from before the order, which came with {needed}")


def _read_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise BlockForeign("the acknowledgement's block is not an id") from error
