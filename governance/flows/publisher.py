"""A publisher's journey: register, confirm an address, be attested by a person, and prove it again every quarter."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from governance.flows.letters import owner_addresses
from governance.ledger.actions import record
from governance.notifications.outbox import Draft, queue_notice, queue_notices
from governance.obligations.actions import meet_obligation, open_obligation
from governance.playbook import playbook
from governance.verification.actions import attest, lapse, open_challenge, use_challenge
from governance.verification.errors import SlugTaken
from governance.verification.models import Attestation
from governance.verification.queries import expires_at, live_attestations
from plugins.models import ApiToken, Member, Publisher
from plugins.tokens import issue_token

VERIFICATION_OBLIGATION = "publisher_verification"
# Anybody may ask for a confirmation, so nobody's mailbox gets more than one in this time.
CONFIRMATION_PAUSE_SECONDS = 600


def register_publisher(*, slug: str, display_name: str, email: str, member_name: str, now: datetime) -> Publisher:
    """Take a slug and mail its first owner a confirmation; nothing can be submitted before it is used.

    Raises SlugTaken.
    """
    with transaction.atomic():
        try:
            with transaction.atomic():
                publisher = Publisher.objects.create(slug=slug, display_name=display_name, created_at=now)
        except IntegrityError as error:
            raise SlugTaken(f"{slug} is taken; choose another") from error
        member = Member.objects.create(
            publisher=publisher,
            email=email.lower(),
            display_name=member_name,
            role=Member.Role.OWNER,
            created_at=now,
        )
        secret = open_challenge(member, now=now)
        queue_notice(_confirmation(member, secret=secret, now=now), now=now)
        record(
            "publisher.registered",
            actor=f"publisher:{slug}",
            cause="registration",
            subject=f"publisher:{publisher.pk}",
            now=now,
        )
    return publisher


def confirm_email(secret: str, *, now: datetime) -> tuple[ApiToken, str]:
    """Spend a confirmation: the address is attested and the publisher gets its first token, shown once.

    Raises ChallengeInvalid.
    """
    with transaction.atomic():
        member = use_challenge(secret, now=now)
        publisher = member.publisher
        _attest(publisher.pk, kind=Attestation.Kind.EMAIL, evidence="e-mail challenge", actor=None, now=now)
        days = playbook().marketplace.access.api_token_valid_days
        token, token_secret = issue_token(
            publisher=publisher, label="first token", valid_for=timedelta(days=days), now=now
        )
        record(
            "publisher.confirmed",
            actor=f"publisher:{publisher.slug}",
            cause="e-mail challenge",
            subject=f"publisher:{publisher.pk}",
            after={"token": token.pk},
            now=now,
        )
    return token, token_secret


def request_confirmation(*, slug: str, email: str, now: datetime) -> None:
    """Mail a member a new confirmation; says nothing about whether the member exists."""
    member = Member.objects.select_related("publisher").filter(publisher__slug=slug, email=email.lower()).first()
    if member is None:
        return
    with transaction.atomic():
        queue_notice(_confirmation(member, secret=open_challenge(member, now=now), now=now), now=now)


def attest_identity(publisher_id: int, *, actor: User, evidence: str, now: datetime) -> Attestation:
    """A person vouches for who a publisher is, for one quarter."""
    with transaction.atomic():
        attestation = _attest(publisher_id, kind=Attestation.Kind.IDENTITY, evidence=evidence, actor=actor, now=now)
        record(
            "publisher.attested",
            actor=f"user:{actor.pk}",
            cause=f"attestation:{attestation.pk}",
            subject=f"publisher:{publisher_id}",
            after={"kind": attestation.kind},
            now=now,
        )
    return attestation


def sweep_verifications(*, now: datetime) -> int:
    """Warn of proofs about to lapse, and end those that have; returns how many ended.

    Published plugins stay published: what lapses is the right to publish without a person.
    """
    ended = 0
    for attestation in live_attestations():
        left = expires_at(attestation) - now
        if left <= timedelta(0):
            ended += _end_attestation(attestation, now=now)
            continue
        for days in playbook().marketplace.verification.lapse_warning_days:
            if left <= timedelta(days=days):
                _warn_of_lapse(attestation, days=days, now=now)
    return ended


def _attest(publisher_id: int, *, kind: str, evidence: str, actor: User | None, now: datetime) -> Attestation:
    market = playbook().marketplace
    _end_earlier(publisher_id, kind=kind, now=now)
    attestation = attest(publisher_id, kind=kind, evidence=evidence, attested_by=actor.pk if actor else None, now=now)
    open_obligation(
        VERIFICATION_OBLIGATION,
        subject=f"attestation:{attestation.pk}",
        owner_role=market.owners["publisher_verification"],
        due_at=expires_at(attestation) + timedelta(days=market.verification.lapse_enforced_within_days),
        now=now,
    )
    return attestation


def _end_earlier(publisher_id: int, *, kind: str, now: datetime) -> None:
    """A proof given again takes the place of the one before it."""
    for earlier in live_attestations(publisher_id=publisher_id, kind=kind):
        lapse(earlier.pk, now=now)
        meet_obligation(
            VERIFICATION_OBLIGATION,
            subject=f"attestation:{earlier.pk}",
            evidence={"outcome": "renewed"},
            now=now,
        )


def _end_attestation(attestation: Attestation, *, now: datetime) -> int:
    with transaction.atomic():
        if not lapse(attestation.pk, now=now):
            return 0
        # The promise is to ask again each quarter; that it was asked and not answered is its evidence.
        meet_obligation(
            VERIFICATION_OBLIGATION,
            subject=f"attestation:{attestation.pk}",
            evidence={"outcome": "lapsed"},
            now=now,
        )
        record(
            "publisher.proof_lapsed",
            actor="machine",
            cause=f"attestation:{attestation.pk}",
            subject=f"publisher:{attestation.publisher_id}",
            before={"kind": attestation.kind},
            now=now,
        )
        _tell_owners(
            attestation,
            kind="proof_lapsed",
            cause=f"attestation:{attestation.pk}",
            subject=f"Your {attestation.kind} proof has lapsed",
            body="Prove it again to publish without waiting for a person. Published plugins are not affected.",
            deadline_at=now + timedelta(days=1),
            now=now,
        )
    return 1


def _warn_of_lapse(attestation: Attestation, *, days: int, now: datetime) -> None:
    _tell_owners(
        attestation,
        kind="proof_lapses_soon",
        cause=f"attestation:{attestation.pk}/{days}",
        subject=f"Prove your {attestation.kind} again within {days} days",
        body=f"It lapses on {expires_at(attestation):%d %B %Y}. Published plugins are not affected.",
        deadline_at=now + timedelta(days=1),
        now=now,
    )


def _tell_owners(
    attestation: Attestation,
    *,
    kind: str,
    cause: str,
    subject: str,
    body: str,
    deadline_at: datetime,
    now: datetime,
) -> None:
    queue_notices(
        (Draft(kind, cause, email, subject, body, deadline_at) for email in owner_addresses(attestation.publisher_id)),
        now=now,
    )


def _confirmation(member: Member, *, secret: str, now: datetime) -> Draft:
    hours = playbook().marketplace.verification.email_challenge_valid_hours
    return Draft(
        kind="email_challenge",
        cause=f"member:{member.pk}/{int(now.timestamp()) // CONFIRMATION_PAUSE_SECONDS}",
        recipient=member.email,
        subject="Confirm your address for Nexus Bots",
        body=(
            f"Somebody registered the publisher {member.publisher.slug} with this address. If it was you, send this "
            f"secret to {settings.PUBLIC_URL}/api/v1/publishers/confirm within {hours} hours:\n\n"
            f"Secret: {secret}\n\nIf it was not you, do nothing.\n"
        ),
        deadline_at=now + timedelta(hours=1),
    )
