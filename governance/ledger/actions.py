"""Appends decisions to the chain and signs its head; the only writer of both tables.
Takes one lock, so entries have one order; never stores personal data, subjects are ids."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from governance.keys import platform_key
from governance.ledger.chain import CHECKPOINT_KIND, GENESIS, body_digest, entry_hash
from governance.ledger.models import Checkpoint, Entry
from governance.playbook import playbook
from governance.request_ids import current_request_id
from plugins.runtime.signing import sign_statement

LEDGER_LOCK = 7_310_001  # any constant: the advisory lock that puts entries in one order


def record(
    action: str,
    *,
    actor: str,
    cause: str,
    subject: str,
    now: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    ruleset_digest: str = "",
) -> Entry:
    """Append one entry in the caller's transaction; `subject` and `cause` read `kind:id`."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LEDGER_LOCK])
        head = Entry.objects.order_by("-sequence").values_list("sequence", "hash").first()
        sequence, previous = (head[0] + 1, head[1]) if head else (1, GENESIS)
        body: dict[str, Any] = {
            "sequence": sequence,
            "at": format_moment(now),
            "actor": actor,
            "action": action,
            "cause": cause,
            "subject": subject,
            "before": before or {},
            "after": after or {},
            "playbook_digest": playbook().digest,
            "ruleset_digest": ruleset_digest,
            "request_id": current_request_id(),
        }
        return Entry.objects.create(
            sequence=sequence,
            at=now,
            actor=actor,
            action=action,
            cause=cause,
            subject=subject,
            body=body,
            previous_hash=previous,
            hash=entry_hash(previous, body_digest(body)),
        )


def digest_text(text: str) -> str:
    """SHA-256 in hex of words a person wrote: they may name somebody, so the chain holds only what proves them."""
    return hashlib.sha256(text.encode()).hexdigest()


def sign_checkpoint(*, now: datetime) -> Checkpoint | None:
    """Sign the chain's head; None when it is empty. A head signed before is returned as it was."""
    with transaction.atomic():
        head = Entry.objects.order_by("-sequence").only("sequence", "hash").first()
        if head is None:
            return None
        statement = sign_statement(
            {
                "kind": CHECKPOINT_KIND,
                "sequence": head.sequence,
                "hash": head.hash,
                "at": format_moment(now),
            },
            key=platform_key(),
        )
        checkpoint, _ = Checkpoint.objects.get_or_create(
            sequence=head.sequence, defaults={"statement": statement, "signed_at": now}
        )
        return checkpoint


def format_moment(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: one text for one moment, whatever database it has been through."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
