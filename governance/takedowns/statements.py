"""Opens what a runtime signed: which bot says it, that its own key signed it, and that every field is there.
A bot speaks only for itself; anything else is refused before a row is touched."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from governance.takedowns.errors import AcknowledgementForeign, StatementRefused
from plugins.errors import UnknownBot
from plugins.models import Bot
from plugins.runtime.canonical import parse_json
from plugins.runtime.errors import CanonicalError, InvalidMoment, StatementError
from plugins.runtime.moments import parse_moment
from plugins.runtime.signing import key_id_of, open_statement

ACKNOWLEDGEMENT_KIND = "nexus.acknowledgement/1"
INSTALLATION_KIND = "nexus.installation/1"
PRESENCE_KIND = "nexus.presence/1"
CLOCK_SKEW = timedelta(minutes=5)
MAX_PAYLOAD_BYTES = 8192
MAX_TEXT = 256
MAX_NONCE = 64

ACKNOWLEDGEMENT_FIELDS: Mapping[str, type] = {
    "block": str,
    "takedown": str,
    "sequence": int,
    "publisher": str,
    "plugin": str,
    "version": str,
    "action": str,
    "at": str,
    "nonce": str,
}
INSTALLATION_FIELDS: Mapping[str, type] = {
    "publisher": str,
    "plugin": str,
    "version": str,
    "artifact_sha256": str,
    "action": str,
    "at": str,
    "nonce": str,
}
PRESENCE_FIELDS: Mapping[str, type] = {"sequence": int, "at": str, "nonce": str}


def open_runtime_statement(
    statement: Mapping[str, Any], *, kind: str, fields: Mapping[str, type], now: datetime
) -> tuple[Bot, dict[str, Any]]:
    """Return the bot and its verified payload.

    Raises UnknownBot, AcknowledgementForeign (signed by a key that is not that bot's) or StatementRefused.
    """
    bot = _claimed_bot(statement)
    if statement.get("key_id") != key_id_of(bot.public_key):
        raise AcknowledgementForeign("a bot may only speak for itself: this key is not that bot's")
    try:
        payload = open_statement(statement, kind=kind, keys={key_id_of(bot.public_key): bot.public_key})
    except StatementError as error:
        raise StatementRefused(f"the statement cannot be trusted: {error}") from error
    _check_fields(payload, fields=fields)
    try:
        said_at = parse_moment(payload["at"])
    except InvalidMoment as error:
        raise StatementRefused(f"a time is RFC 3339 in UTC: {error}") from error
    if said_at > now + CLOCK_SKEW:
        raise StatementRefused("the statement's time lies in the future; set the runtime's clock")
    return bot, payload


def _claimed_bot(statement: Mapping[str, Any]) -> Bot:
    text = statement.get("payload")
    if not isinstance(text, str):
        raise StatementRefused("a statement has the texts payload, key_id and signature")
    try:
        payload = parse_json(text.encode(), max_bytes=MAX_PAYLOAD_BYTES)
        bot_id = uuid.UUID(payload["bot"])
    except (CanonicalError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StatementRefused("the payload must be JSON and name its bot") from error
    bot = Bot.objects.filter(pk=bot_id, retired_at=None).first()
    if bot is None:
        raise UnknownBot("no such bot; enrol it first")
    return bot


def _check_fields(payload: Mapping[str, Any], *, fields: Mapping[str, type]) -> None:
    for name, kind in fields.items():
        value = payload.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise StatementRefused(f"the payload's {name} is missing or has the wrong type")
        if isinstance(value, str) and not 0 < len(value) <= MAX_TEXT:
            raise StatementRefused(f"the payload's {name} is empty or too long")
        # PostgreSQL cannot store a NUL, and no honest value holds one.
        if isinstance(value, str) and "\0" in value:
            raise StatementRefused(f"the payload's {name} holds a NUL character")
    if len(payload["nonce"]) > MAX_NONCE:
        raise StatementRefused(f"the payload's nonce has more than {MAX_NONCE} characters")
    extra = set(payload) - set(fields) - {"kind", "bot"}
    if extra:
        raise StatementRefused(f"the payload has unknown fields: {', '.join(sorted(extra))}")
