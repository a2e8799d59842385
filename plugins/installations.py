"""Which bot runs, or ran, which version, since when: enrolment and the history of installations.
An installation already written is only ever ended, never changed."""

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from plugins.errors import BotKeyInvalid, BotKeyUsed, InstallationTimeInvalid
from plugins.models import Bot, BotOwner, Installation, Tenant, Version
from plugins.runtime.errors import KeyInvalid
from plugins.runtime.signing import KEY_BYTES, decode_exact

CLOCK_SKEW = timedelta(minutes=5)
PRESENCE_SQL = """
INSERT INTO plugins_presence AS known (bot_id, sequence, said_at, seen_at)
VALUES (%(bot)s, %(sequence)s, %(at)s, %(now)s)
    ON CONFLICT (bot_id) DO UPDATE
   SET sequence = EXCLUDED.sequence, said_at = EXCLUDED.said_at, seen_at = EXCLUDED.seen_at
 WHERE known.said_at < EXCLUDED.said_at
"""
# The y coordinates of the points of small order, and their spellings above the field's prime. A signature under
# such a key can be made by anybody (RFC 8032, section 5.1.7, without the cofactor check).
SMALL_ORDER_KEYS = frozenset(
    bytes.fromhex(text)
    for text in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


def enrol_bot(tenant: Tenant, *, name: str, owner_email: str, owner_name: str, public_key: str, now: datetime) -> Bot:
    """Register a bot with the key its runtime signs with; its owner is made on first sight.

    Raises BotKeyInvalid or BotKeyUsed.
    """
    _check_public_key(public_key)
    with transaction.atomic():
        owner, _ = BotOwner.objects.get_or_create(
            email=owner_email.lower(), defaults={"display_name": owner_name, "created_at": now}
        )
        try:
            with transaction.atomic():
                return Bot.objects.create(tenant=tenant, owner=owner, name=name, public_key=public_key, enrolled_at=now)
        except IntegrityError as error:
            raise BotKeyUsed("another bot holds this key; make a key for each bot") from error


def record_installation(bot: Bot, *, version: Version, at: datetime, now: datetime) -> Installation:
    """Note that the bot runs the version since `at`; an earlier version of the plugin ends there.

    Call it in a transaction, and look for covering blocks after it: see _take_turn. Raises
    InstallationTimeInvalid.
    """
    _check_time(bot, at=at, now=now)
    _take_turn(bot, plugin_id=version.plugin_id)
    running = (
        Installation.objects.select_for_update(no_key=True)
        .filter(bot=bot, plugin_id=version.plugin_id, ended_at__isnull=True)
        .first()
    )
    if running is not None:
        if running.version_id == version.pk:
            return running
        Installation.objects.filter(pk=running.pk).update(ended_at=max(at, running.started_at))
    return Installation.objects.create(
        bot=bot, plugin_id=version.plugin_id, version=version, started_at=at, reported_at=now
    )


def end_installation(bot: Bot, *, version: Version, at: datetime, now: datetime) -> Installation | None:
    """Note that the bot no longer runs the version; None when it was not running it. Raises InstallationTimeInvalid."""
    _check_time(bot, at=at, now=now)
    _take_turn(bot, plugin_id=version.plugin_id)
    running = (
        Installation.objects.select_for_update(no_key=True)
        .filter(bot=bot, version=version, ended_at__isnull=True)
        .first()
    )
    if running is None:
        return None
    running.ended_at = max(at, running.started_at)
    Installation.objects.filter(pk=running.pk).update(ended_at=running.ended_at)
    return running


def note_presence(bot: Bot, *, sequence: int, at: datetime, now: datetime) -> bool:
    """Note that the bot was there at `at` by its own clock; False when a later word of it is known already."""
    with connection.cursor() as cursor:
        cursor.execute(PRESENCE_SQL, {"bot": bot.pk, "sequence": sequence, "at": at, "now": now})
        return int(cursor.rowcount) == 1


def choose_remedy(tenant_id: int, *, remedy: Tenant.Remedy) -> str:
    """Note what a tenant wants done with bots whose version is taken down, under its row lock; return what it was."""
    before = Tenant.objects.select_for_update(no_key=True).values_list("remedy", flat=True).get(pk=tenant_id)
    Tenant.objects.filter(pk=tenant_id).update(remedy=remedy)
    return before


def _take_turn(bot: Bot, *, plugin_id: int) -> None:
    """Share the plugin's row lock until commit, so that a takedown sees this installation, or is seen by it.

    The foreign key alone would not do: Django defers its check, and with it the lock, to the commit. The bot's own
    lock puts its reports in one order.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM plugins_plugin WHERE id = %s FOR SHARE", [plugin_id])
        cursor.execute("SELECT 1 FROM plugins_bot WHERE id = %s FOR NO KEY UPDATE", [bot.pk])


def _check_public_key(public_key: str) -> None:
    try:
        raw = decode_exact(public_key, size=KEY_BYTES)
    except KeyInvalid as error:
        raise BotKeyInvalid(f"public_key must be the base64 of a raw Ed25519 public key: {error}") from error
    if raw[:-1] + bytes([raw[-1] & 0x7F]) in SMALL_ORDER_KEYS:
        raise BotKeyInvalid("public_key is a point of small order, under which anybody can sign")


def _check_time(bot: Bot, *, at: datetime, now: datetime) -> None:
    if at > now + CLOCK_SKEW:
        raise InstallationTimeInvalid("the reported time lies in the future; set the runtime's clock")
    if at < bot.enrolled_at - CLOCK_SKEW:
        raise InstallationTimeInvalid("the reported time lies before the bot's enrolment")
