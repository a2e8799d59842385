"""What runtimes report, signed by themselves: installations and acknowledgements, each recorded once.
A bot that reports a blocked version is recorded, ordered off and its owner told: facts are never turned away."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from governance.flows.takedown_notices import tell_late_owner
from governance.takedowns.errors import StatementRefused
from governance.takedowns.models import SwitchOrder, Takedown
from governance.takedowns.orders import confirm_order, cover_installation, deliver_orders, order_on, release_orders
from governance.takedowns.statements import (
    ACKNOWLEDGEMENT_FIELDS,
    ACKNOWLEDGEMENT_KIND,
    INSTALLATION_FIELDS,
    INSTALLATION_KIND,
    PRESENCE_FIELDS,
    PRESENCE_KIND,
    open_runtime_statement,
)
from plugins.installations import end_installation, note_presence, record_installation
from plugins.models import Bot, Installation, RuntimeReport, Version
from plugins.queries import covering_block, covering_blocks, find_version
from plugins.runtime.moments import parse_moment

INSTALLED = "installed"
UNINSTALLED = "uninstalled"
RUNNABLE = (Version.Status.PUBLISHED, Version.Status.YANKED)


@dataclass(frozen=True, slots=True)
class InstallationOutcome:
    """What became of a report: the installation it opened or ended, and the block that forbids it, if any."""

    installation_id: int | None
    is_allowed: bool
    block_id: uuid.UUID | None


def receive_installation(statement: Mapping[str, Any], *, now: datetime) -> InstallationOutcome:
    """Record what a bot says it installed or removed; the same report again gives the same answer.

    Raises UnknownBot, AcknowledgementForeign, StatementRefused, UnknownPlugin, UnknownVersion or
    InstallationTimeInvalid.
    """
    bot, payload = open_runtime_statement(statement, kind=INSTALLATION_KIND, fields=INSTALLATION_FIELDS, now=now)
    version = find_version(payload["publisher"], payload["plugin"], payload["version"])
    if payload["artifact_sha256"] != version.artifact_id:
        raise StatementRefused("the artifact's digest is not this version's: install it again")
    with transaction.atomic():
        if not _is_new(bot, payload=payload, statement=statement, now=now):
            return _outcome(bot, version=version)
        at = parse_moment(payload["at"])
        if payload["action"] == INSTALLED:
            return _install(bot, version=version, at=at, now=now)
        if payload["action"] == UNINSTALLED:
            return _uninstall(bot, version=version, at=at, now=now)
        raise StatementRefused(f"an installation's action is {INSTALLED} or {UNINSTALLED}")


def receive_acknowledgement(statement: Mapping[str, Any], *, now: datetime) -> SwitchOrder:
    """Record that a bot switched a plugin off or on.

    Raises UnknownBot, AcknowledgementForeign, StatementRefused, OrderUnknown, BlockForeign or
    AcknowledgementReplayed.
    """
    bot, payload = open_runtime_statement(statement, kind=ACKNOWLEDGEMENT_KIND, fields=ACKNOWLEDGEMENT_FIELDS, now=now)
    try:
        uuid.UUID(payload["takedown"])
    except ValueError as error:
        raise StatementRefused("the payload's takedown is not an id") from error
    if payload["action"] not in SwitchOrder.Action.values:
        raise StatementRefused("an acknowledgement's action is switched_off or switched_on")
    at = parse_moment(payload["at"])
    with transaction.atomic():
        # Before the order's lock, as a presence takes them: two in the other order would wait for each other.
        note_presence(bot, sequence=payload["sequence"], at=at, now=now)
        order = confirm_order(bot, payload=payload, statement=dict(statement), now=now)
        # Read again under the order's lock: a reinstatement may have committed while we waited for it.
        order.takedown.refresh_from_db()
        if order.takedown.state == Takedown.State.REINSTATED and order.action == SwitchOrder.Action.OFF:
            # It switched off on an older feed while the takedown was being lifted: order it back on.
            order_on(order.takedown, now=now)
    return order


def receive_presence(statement: Mapping[str, Any], *, now: datetime) -> int:
    """Record that a bot is there with a number of the feed; returns how many orders that shows as delivered.

    An older statement than the last changes nothing, so that one sent again moves nothing. Raises UnknownBot,
    AcknowledgementForeign or StatementRefused.
    """
    bot, payload = open_runtime_statement(statement, kind=PRESENCE_KIND, fields=PRESENCE_FIELDS, now=now)
    with transaction.atomic():
        if not note_presence(bot, sequence=payload["sequence"], at=parse_moment(payload["at"]), now=now):
            return 0
        return deliver_orders(bot, sequence=payload["sequence"], now=now)


def _is_new(bot: Bot, *, payload: Mapping[str, Any], statement: Mapping[str, Any], now: datetime) -> bool:
    try:
        with transaction.atomic():
            RuntimeReport.objects.create(bot=bot, nonce=payload["nonce"], statement=dict(statement), received_at=now)
    except IntegrityError:
        return False
    return True


def _install(bot: Bot, *, version: Version, at: datetime, now: datetime) -> InstallationOutcome:
    installation = record_installation(bot, version=version, at=at, now=now)
    release_orders(bot, plugin_id=version.plugin_id, now=now)
    # Each takedown that covers it waits for its own confirmation, and may be the last to end.
    for block in covering_blocks(version.plugin_id, number=version.number, sha256=version.artifact_id):
        order = cover_installation(block.takedown_id, installation=installation, now=now)
        tell_late_owner(order.takedown, installation=installation, now=now)
    return _outcome(bot, version=version)


def _uninstall(bot: Bot, *, version: Version, at: datetime, now: datetime) -> InstallationOutcome:
    ended = end_installation(bot, version=version, at=at, now=now)
    if ended is not None:
        release_orders(bot, plugin_id=version.plugin_id, now=now)
    return InstallationOutcome(ended.pk if ended else None, True, None)


def _outcome(bot: Bot, *, version: Version) -> InstallationOutcome:
    running = Installation.objects.filter(bot=bot, plugin_id=version.plugin_id, ended_at=None).first()
    block = covering_block(version.plugin_id, number=version.number, sha256=version.artifact_id)
    # A block is not the only no: what was never published, or is held, came to the bot by another way than ours.
    status = Version.objects.values_list("status", flat=True).get(pk=version.pk)
    return InstallationOutcome(
        installation_id=running.pk if running else None,
        is_allowed=block is None and status in RUNNABLE,
        block_id=block.pk if block else None,
    )
