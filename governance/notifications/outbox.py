"""Queues notices in the transaction of their cause: a row is the promise, a wake-up only saves time.
One person and one cause make one notice, however often it is queued."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from governance.notifications.models import Letter, Notice
from governance.request_ids import current_request_id

BATCH = 1000
ITEMS_KEPT = 200  # a notice names at most so many bots, and how many more there are
FALLBACK_LANGUAGE = "en"

# Gathered in bulk: one pass over a takedown's installations costs less than looking up each person's bots.
OWNER_NOTICES_SQL = """
INSERT INTO notifications_notice (
       id, kind, cause, recipient, subject, body, letter_id, items, items_total, state, channel, turn,
       queued_at, deadline_at, next_attempt_at, attempts, bounces, request_id)
SELECT gen_random_uuid(), %(kind)s, %(cause)s, owner.email, '', '', letter.id, mine.items, mine.total,
       'queued', 'email', %(turn)s + row_number() OVER (), %(now)s, %(deadline)s, %(now)s, 0, 0, %(request)s
  FROM (SELECT owner_id, count(*) AS total,
               jsonb_agg(CASE WHEN line.ended_at IS NULL
                              THEN jsonb_build_array('running', line.name, line.number, line.since)
                              ELSE jsonb_build_array('ended', line.name, line.number, line.since,
                                                     to_char(line.ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
                         END ORDER BY line.place) FILTER (WHERE line.place <= %(kept)s) AS items
          FROM (SELECT bot.owner_id, bot.name, version.number, installation.ended_at,
                       to_char(installation.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS since,
                       row_number() OVER (PARTITION BY bot.owner_id ORDER BY bot.name, installation.id) AS place
                  FROM plugins_installation AS installation
                  JOIN plugins_bot AS bot ON bot.id = installation.bot_id
                  JOIN plugins_version AS version ON version.id = installation.version_id
                 WHERE installation.version_id = ANY(%(versions)s)
                   AND (installation.ended_at IS NULL OR installation.ended_at >= %(since)s)
                   AND {whose}) AS line
         GROUP BY owner_id) AS mine
  JOIN plugins_botowner AS owner ON owner.id = mine.owner_id
  JOIN notifications_letter AS letter
    ON letter.kind = %(letter_kind)s AND letter.cause = %(letter_cause)s
   AND letter.language = CASE WHEN split_part(owner.language, '-', 1) = ANY(%(languages)s)
                              THEN split_part(owner.language, '-', 1) ELSE %(fallback)s END
    ON CONFLICT (kind, cause, recipient) DO NOTHING
"""
OF_THE_PART = "bot.owner_id %% %(parts)s = %(part)s"
OF_ONE_BOT = "installation.id = %(installation)s"
OF_ITS_OWNER = """bot.owner_id = (
       SELECT own.owner_id FROM plugins_installation AS this JOIN plugins_bot AS own ON own.id = this.bot_id
        WHERE this.id = %(installation)s)"""
# Everyone who was told once is told again, in the language they were told in.
FOLLOW_UP_SQL = """
INSERT INTO notifications_notice (
       id, kind, cause, recipient, subject, body, letter_id, items, items_total, state, channel, turn,
       queued_at, deadline_at, next_attempt_at, attempts, bounces, request_id)
SELECT gen_random_uuid(), %(kind)s, %(cause)s, told.recipient, '', '', letter.id, NULL, 0,
       'queued', 'email', row_number() OVER (), %(now)s, %(deadline)s, %(now)s, 0, 0, %(request)s
  FROM (SELECT recipient, coalesce(max(letter.language), %(fallback)s) AS language
          FROM notifications_notice AS notice
          LEFT JOIN notifications_letter AS letter ON letter.id = notice.letter_id
         WHERE notice.kind = ANY(%(told_kinds)s) AND notice.cause = %(cause)s
         GROUP BY recipient) AS told
  JOIN notifications_letter AS letter
    ON letter.kind = %(kind)s AND letter.cause = %(cause)s AND letter.language = told.language
    ON CONFLICT (kind, cause, recipient) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice to be queued: its kind, cause (`kind:id`), recipient, text, and the deadline it serves."""

    kind: str
    cause: str
    recipient: str
    subject: str
    body: str
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class LetterDraft:
    """The words many notices share, in one language; see models.Letter."""

    language: str
    subject: str
    opening: str
    closing: str = ""
    lines: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Mailing:
    """A letter (its kind and cause) to owners: what their notice is called, which of their bots it names, by when."""

    kind: str
    cause: str
    letter: tuple[str, str]
    version_ids: tuple[int, ...]
    since: datetime
    deadline_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """One share of all owners, by their number: `number` counts from 0."""

    number: int
    of: int


def queue_notices(drafts: Iterable[Draft], *, now: datetime) -> int:
    """Write the rows that are not there yet; returns how many drafts were seen."""
    seen = 0
    batch: list[Notice] = []
    request_id = current_request_id()
    for draft in drafts:
        seen += 1
        batch.append(
            Notice(
                kind=draft.kind,
                cause=draft.cause,
                recipient=draft.recipient,
                subject=draft.subject,
                body=draft.body,
                queued_at=now,
                deadline_at=draft.deadline_at,
                next_attempt_at=now,
                turn=seen,
                request_id=request_id,
            )
        )
        if len(batch) == BATCH:
            Notice.objects.bulk_create(batch, ignore_conflicts=True)
            batch = []
    Notice.objects.bulk_create(batch, ignore_conflicts=True)
    return seen


def queue_notice(draft: Draft, *, now: datetime) -> None:
    """Queue one notice; queueing it again changes nothing."""
    queue_notices([draft], now=now)


def write_letters(drafts: Iterable[LetterDraft], *, kind: str, cause: str) -> None:
    """Fix the words of a cause's notices, one letter a language; writing them again changes nothing."""
    letters = [
        Letter(
            kind=kind,
            cause=cause,
            language=draft.language,
            subject=draft.subject,
            opening=draft.opening,
            closing=draft.closing,
            lines=dict(draft.lines or {}),
        )
        for draft in drafts
    ]
    Letter.objects.bulk_create(letters, ignore_conflicts=True)


def queue_owners(mailing: Mailing, *, part: Part, turn: int, now: datetime) -> int:
    """Queue a letter to a share of the owners, each with all of their bots; returns how many people were new."""
    values = _owner_values(mailing, now=now) | {"part": part.number, "parts": part.of, "turn": turn}
    return _execute(OWNER_NOTICES_SQL.format(whose=OF_THE_PART), values)


def queue_owner(mailing: Mailing, *, installation_id: int, is_only_this: bool, now: datetime) -> int:
    """Queue a letter to one bot's owner, about this installation only or all of their bots; 0 when told before."""
    values = _owner_values(mailing, now=now) | {"turn": 0, "installation": installation_id}
    return _execute(OWNER_NOTICES_SQL.format(whose=OF_ONE_BOT if is_only_this else OF_ITS_OWNER), values)


def queue_follow_up(kind: str, *, cause: str, told_kinds: Sequence[str], deadline_at: datetime, now: datetime) -> int:
    """Queue the letter of `kind` to everyone who was queued one of `told_kinds` about the same cause."""
    return _execute(
        FOLLOW_UP_SQL,
        {
            "kind": kind,
            "cause": cause,
            "told_kinds": list(told_kinds),
            "deadline": deadline_at,
            "fallback": FALLBACK_LANGUAGE,
            "now": now,
            "request": current_request_id(),
        },
    )


def _owner_values(mailing: Mailing, *, now: datetime) -> dict[str, Any]:
    letter_kind, letter_cause = mailing.letter
    written = Letter.objects.filter(kind=letter_kind, cause=letter_cause)
    return {
        "kind": mailing.kind,
        "cause": mailing.cause,
        "letter_kind": letter_kind,
        "letter_cause": letter_cause,
        "languages": list(written.values_list("language", flat=True)),
        "fallback": FALLBACK_LANGUAGE,
        "versions": list(mailing.version_ids),
        "since": mailing.since,
        "deadline": mailing.deadline_at,
        "kept": ITEMS_KEPT,
        "now": now,
        "request": current_request_id(),
    }


def _execute(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
