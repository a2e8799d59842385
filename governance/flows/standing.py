"""What a person puts on record for the machine to go by: who is a trusted reporter, which file is malicious."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from governance.ledger.actions import digest_text, record
from governance.takedowns.known_files import list_file, withdraw_file
from governance.takedowns.models import KnownFile, Reporter
from governance.takedowns.report_actions import distrust_reporter, trust_reporter


def name_trusted(email: str, *, actor: User, now: datetime) -> tuple[Reporter, str]:
    """Call a reporter trusted; returns them and their token, which is shown once."""
    with transaction.atomic():
        reporter, secret = trust_reporter(email, actor=actor, now=now)
        _record("reporter.trusted", actor=actor, subject=f"reporter:{reporter.pk}", now=now)
    return reporter, secret


def end_trust(reporter: Reporter, *, actor: User, now: datetime) -> bool:
    """Take trust and token back; False when there was none."""
    with transaction.atomic():
        if not distrust_reporter(reporter.pk):
            return False
        _record("reporter.distrusted", actor=actor, subject=f"reporter:{reporter.pk}", now=now)
    return True


def list_known_file(sha256: str, *, reason: str, actor: User, now: datetime) -> KnownFile:
    """Call a file malicious wherever it is found; raises DigestUnreadable."""
    with transaction.atomic():
        known = list_file(sha256, reason=reason, actor=actor, now=now)
        _record("file.listed", actor=actor, subject=f"file:{sha256}", reason=reason, now=now)
    return known


def withdraw_known_file(sha256: str, *, reason: str, actor: User, now: datetime) -> None:
    """Take a file off the list; what was contained for it stays until a person releases it. Raises KnownFileUnknown."""
    with transaction.atomic():
        withdraw_file(sha256, now=now)
        _record("file.withdrawn", actor=actor, subject=f"file:{sha256}", reason=reason, now=now)


def _record(action: str, *, actor: User, subject: str, now: datetime, reason: str = "") -> None:
    record(
        action,
        actor=f"user:{actor.pk}",
        cause=f"user:{actor.pk}",
        subject=subject,
        after={"reason_sha256": digest_text(reason.strip())} if reason else {},
        now=now,
    )
