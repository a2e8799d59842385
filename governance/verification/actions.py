"""Makes and uses e-mail challenges, and writes attestations and their ends.
Never keeps a challenge's secret, only its digest."""

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from governance.playbook import playbook
from governance.verification.errors import AlreadyAttested, ChallengeInvalid
from governance.verification.models import Attestation, EmailChallenge
from plugins.models import Member
from plugins.tokens import digest_secret


def open_challenge(member: Member, *, now: datetime) -> str:
    """Make a one-time secret for a member; the caller mails it and forgets it."""
    secret = secrets.token_urlsafe(32)
    valid = timedelta(hours=playbook().marketplace.verification.email_challenge_valid_hours)
    EmailChallenge.objects.create(member=member, digest=digest_secret(secret), created_at=now, expires_at=now + valid)
    return secret


def use_challenge(secret: str, *, now: datetime) -> Member:
    """Spend a secret once and return whose it was; raises ChallengeInvalid."""
    with transaction.atomic():
        challenge = (
            EmailChallenge.objects.select_for_update(of=("self",), no_key=True)
            .select_related("member__publisher")
            .filter(digest=digest_secret(secret), used_at=None, expires_at__gt=now)
            .first()
        )
        if challenge is None:
            raise ChallengeInvalid("this confirmation is unknown, used or expired; ask for a new one")
        EmailChallenge.objects.filter(pk=challenge.pk).update(used_at=now)
    return challenge.member


def attest(publisher_id: int, *, kind: str, evidence: str, attested_by: int | None, now: datetime) -> Attestation:
    """Write a proof that is in force from now on; raises AlreadyAttested while an earlier one is."""
    try:
        with transaction.atomic():
            return Attestation.objects.create(
                publisher_id=publisher_id,
                kind=kind,
                evidence=evidence,
                attested_by_id=attested_by,
                attested_at=now,
            )
    except IntegrityError as error:
        raise AlreadyAttested(f"a live {kind} attestation exists") from error


def lapse(attestation_id: int, *, now: datetime) -> bool:
    """End a proof that was not renewed; False when somebody ended it before."""
    live = Attestation.objects.filter(pk=attestation_id, state=Attestation.State.LIVE)
    return live.update(state=Attestation.State.LAPSED, ended_at=now) > 0
