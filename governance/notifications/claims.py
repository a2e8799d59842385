"""Takes due notices under a lease: half of every claim by the nearest deadline, half by who was served least.
No deadline waits for a crowd and no crowd holds up a few; a mail domain's pace is kept by all processes together."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import prefetch_related_objects

from governance.notifications.models import Notice
from governance.playbook import playbook

BURST = timedelta(seconds=5)  # a domain is given this much of its pace at once
LONGEST_PACE = timedelta(days=1)  # a clock that jumped must not hold a domain back for longer

CLAIM_SQL = """
WITH near AS MATERIALIZED (
     SELECT id FROM notifications_notice
      WHERE state = 'queued' AND next_attempt_at <= %(now)s AND lease_token IS NULL
      ORDER BY deadline_at, next_attempt_at
      LIMIT %(near)s
        FOR UPDATE SKIP LOCKED),
 fair AS MATERIALIZED (
     SELECT id FROM notifications_notice
      WHERE state = 'queued' AND next_attempt_at <= %(now)s AND lease_token IS NULL
        AND NOT id IN (SELECT id FROM near)
      ORDER BY turn, deadline_at
      LIMIT %(fair)s
        FOR UPDATE SKIP LOCKED),
 chosen AS MATERIALIZED (
     SELECT id, deadline_at, lower(split_part(recipient, '@', 2)) AS domain,
            slot_at IS NULL AND channel = 'email' AS is_paced,
            row_number() OVER (PARTITION BY slot_at IS NULL AND channel = 'email', lower(split_part(recipient, '@', 2))
                               ORDER BY deadline_at, turn, id) - 1 AS place
       FROM notifications_notice
      WHERE id IN (SELECT id FROM near UNION ALL SELECT id FROM fair)),
 paced AS (
     INSERT INTO notifications_domainpace AS pace (domain, free_at)
     SELECT domain, %(now)s + count(*) * %(pause)s FROM chosen WHERE is_paced GROUP BY domain ORDER BY domain
         ON CONFLICT (domain) DO UPDATE
        SET free_at = CASE WHEN pace.free_at BETWEEN %(now)s AND %(latest)s
                           THEN pace.free_at + (EXCLUDED.free_at - %(now)s) ELSE EXCLUDED.free_at END
     RETURNING domain, free_at),
 placed AS (
     SELECT chosen.id,
            least(paced.free_at - (taken.n - chosen.place) * %(pause)s,
                  greatest(chosen.deadline_at - interval '1 minute', %(now)s)) AS slot_at
       FROM chosen
       JOIN paced USING (domain)
       JOIN (SELECT domain, count(*) AS n FROM chosen WHERE is_paced GROUP BY domain) AS taken USING (domain)
      WHERE chosen.is_paced),
 put_off AS (
     UPDATE notifications_notice AS notice
        SET slot_at = placed.slot_at, next_attempt_at = placed.slot_at
       FROM placed
      WHERE notice.id = placed.id AND placed.slot_at > %(soon)s
     RETURNING notice.id),
 leased AS (
     UPDATE notifications_notice AS notice
        SET lease_token = %(token)s, lease_until = %(until)s, attempts = attempts + 1
       FROM chosen
       LEFT JOIN placed ON placed.id = chosen.id
      WHERE notice.id = chosen.id AND (placed.slot_at IS NULL OR placed.slot_at <= %(soon)s)
     RETURNING notice.*)
SELECT leased.*, counted.put_off
  FROM (SELECT count(*) AS put_off FROM put_off) AS counted
  LEFT JOIN leased ON true
"""

# A process sends its batch in this order and records each answer before the next: of what it left behind, the first
# may have been handed over, the others were not.
RELEASE_SQL = """
WITH expired AS MATERIALIZED (
     SELECT id, channel, lease_token, deadline_at, turn
       FROM notifications_notice
      WHERE state = 'queued' AND lease_token IS NOT NULL AND lease_until < %(now)s
      ORDER BY id
        FOR UPDATE),
 freed AS (
     UPDATE notifications_notice AS notice SET lease_token = NULL, lease_until = NULL
       FROM expired WHERE notice.id = expired.id)
INSERT INTO notifications_deliveryattempt (notice_id, channel, lease_token, at, is_accepted, is_doubtful, detail)
SELECT DISTINCT ON (lease_token) id, channel, lease_token, %(now)s, false, true,
       'the process that was sending it ended without recording an answer'
  FROM expired
 ORDER BY lease_token, deadline_at, turn, id
"""
RETURN_SQL = """
UPDATE notifications_notice
   SET lease_token = NULL, lease_until = NULL, attempts = greatest(attempts - 1, 0)
 WHERE id = ANY(%(ids)s) AND lease_token = %(token)s AND state = 'queued'
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one process may try now, in the order it must keep, and how many more wait for their domain's pace."""

    token: uuid.UUID
    notices: Sequence[Notice]
    put_off: int


def claim_due(*, limit: int, now: datetime) -> list[Notice]:
    """Take due notices under a fresh lease; whoever else claims at this moment gets others."""
    return list(claim_batch(limit=limit, now=now).notices)


def claim_batch(*, limit: int, now: datetime) -> Claim:
    """As claim_due, and tell how many were put off to keep their domain's pace."""
    numbers = playbook().marketplace.notices
    near = max(limit // 2, 1)
    token = uuid.uuid4()
    values = {
        "token": token,
        "until": now + timedelta(seconds=numbers.lease_seconds),
        "now": now,
        "near": near,
        "fair": limit - near,
        "pause": timedelta(minutes=1) / numbers.domain_messages_per_minute,
        "soon": now + BURST,
        "latest": now + LONGEST_PACE,
    }
    with transaction.atomic():
        _release_expired(now=now)
        rows = list(Notice.objects.raw(CLAIM_SQL, values))
    # Where nothing was leased, one row without a notice carries the count.
    claimed = sorted((row for row in rows if row.pk is not None), key=_sending_order)
    # A batch shares a few letters: read once, not once a notice.
    prefetch_related_objects(claimed, "letter")
    return Claim(token, claimed, int(vars(rows[0])["put_off"]))


def return_unsent(notices: Sequence[Notice], *, token: uuid.UUID) -> None:
    """Give back what was claimed and never tried."""
    with connection.cursor() as cursor:
        cursor.execute(RETURN_SQL, {"ids": [notice.pk for notice in notices], "token": token})


def _release_expired(*, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RELEASE_SQL, {"now": now})


def _sending_order(notice: Notice) -> tuple[datetime, int, uuid.UUID]:
    return notice.deadline_at, notice.turn, notice.pk
