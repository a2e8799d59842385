"""A publisher's journey: registered, confirmed, attested, and proven again each quarter."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User

from governance.flows.deadlines import sweep_deadlines
from governance.flows.publisher import (
    attest_identity,
    confirm_email,
    register_publisher,
    request_confirmation,
    sweep_verifications,
)
from governance.ledger.models import Entry
from governance.notifications.models import Notice
from governance.obligations.models import Obligation
from governance.playbook import playbook
from governance.verification.errors import ChallengeInvalid, SlugTaken
from governance.verification.level import Level, derive_level
from governance.verification.models import Attestation, EmailChallenge
from governance.verification.queries import expires_at, publisher_level
from plugins.models import ApiToken, Member, Publisher
from plugins.tokens import authenticate_token
from tests.samples.races import run_at_once

DAY = timedelta(days=1)
WARNINGS = playbook().marketplace.verification.lapse_warning_days


def register(now: datetime, *, slug: str = "ada-labs", email: str = "Ada@example.invalid") -> Publisher:
    return register_publisher(slug=slug, display_name="Ada Labs", email=email, member_name="Ada", now=now)


def mailed_secret() -> str:
    return Notice.objects.filter(kind="email_challenge").latest("queued_at").body.split("Secret: ")[1].split()[0]


@pytest.fixture
def publisher(db: None, now: datetime) -> Publisher:
    """Registered, with a confirmed address."""
    publisher = register(now)
    confirm_email(mailed_secret(), now=now)
    return publisher


@pytest.fixture
def lapse(publisher: Publisher) -> datetime:
    """The moment the proof of the address stops counting."""
    return expires_at(Attestation.objects.get(kind="email"))


@pytest.mark.parametrize(
    ("kinds", "level"),
    [
        ([], Level.UNVERIFIED),
        (["identity"], Level.UNVERIFIED),
        (["email"], Level.REGISTERED),
        (["email", "identity"], Level.VERIFIED),
        (["something new"], Level.UNVERIFIED),
    ],
)
def test_level_follows_from_live_proofs(kinds: list[str], level: Level) -> None:
    assert derive_level(kinds) is level


def test_registration_mails_a_secret_and_gives_nothing_yet(db: None, now: datetime) -> None:
    publisher = register(now)

    assert publisher_level(publisher.pk, now=now) is Level.UNVERIFIED
    assert not ApiToken.objects.exists()
    assert Notice.objects.get().recipient == "ada@example.invalid"
    assert mailed_secret() not in str(list(EmailChallenge.objects.values()))
    assert Entry.objects.get().action == "publisher.registered"


def test_confirmation_gives_one_token_and_a_quarter_of_trust(db: None, now: datetime) -> None:
    publisher = register(now)
    secret = mailed_secret()

    token, token_secret = confirm_email(secret, now=now + timedelta(hours=1))

    assert authenticate_token(token_secret, now=now + timedelta(hours=2)) == token
    assert publisher_level(publisher.pk, now=now + timedelta(hours=2)) is Level.REGISTERED
    assert Obligation.objects.get().kind == "publisher_verification"
    with pytest.raises(ChallengeInvalid):
        confirm_email(secret, now=now + timedelta(hours=3))
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("secret", ["", "guessed", "x" * 500])
def test_guessed_secret_confirms_nothing(publisher: Publisher, now: datetime, secret: str) -> None:
    with pytest.raises(ChallengeInvalid):
        confirm_email(secret, now=now)


def test_secret_ends_with_its_hours(db: None, now: datetime) -> None:
    register(now)
    hours = playbook().marketplace.verification.email_challenge_valid_hours

    with pytest.raises(ChallengeInvalid):
        confirm_email(mailed_secret(), now=now + timedelta(hours=hours))


def test_taken_slug_leaves_no_row_and_mails_nobody(publisher: Publisher, now: datetime) -> None:
    notices = Notice.objects.count()

    with pytest.raises(SlugTaken):
        register(now, email="eve@example.invalid")

    assert (Publisher.objects.count(), Member.objects.count(), Notice.objects.count()) == (1, 1, notices)


def test_asking_again_mails_only_a_member(publisher: Publisher, now: datetime) -> None:
    notices = Notice.objects.count()

    request_confirmation(slug="ada-labs", email="eve@example.invalid", now=now + DAY)
    request_confirmation(slug="no-such", email="ada@example.invalid", now=now + DAY)
    assert Notice.objects.count() == notices

    request_confirmation(slug="ada-labs", email="ADA@example.invalid", now=now + DAY)
    assert Notice.objects.count() == notices + 1


def test_person_who_vouches_makes_a_verified_publisher(publisher: Publisher, ben: User, now: datetime) -> None:
    attestation = attest_identity(publisher.pk, actor=ben, evidence="Passport 123, seen by Ben.", now=now)

    assert publisher_level(publisher.pk, now=now) is Level.VERIFIED
    entry = Entry.objects.get(action="publisher.attested")
    assert (entry.actor, entry.cause) == (f"user:{ben.pk}", f"attestation:{attestation.pk}")
    assert "Passport" not in str(entry.body)


def test_level_decays_by_itself_without_any_sweep(
    publisher: Publisher, lapse: datetime, ben: User, now: datetime
) -> None:
    attest_identity(publisher.pk, actor=ben, evidence="papers", now=now + 10 * DAY)
    second = timedelta(seconds=1)

    assert publisher_level(publisher.pk, now=lapse - second) is Level.VERIFIED
    assert publisher_level(publisher.pk, now=lapse) is Level.UNVERIFIED


def test_warnings_come_once_each_at_their_day(publisher: Publisher, lapse: datetime) -> None:
    for day in range(20, -1, -1):
        for hour in (0, 12):
            sweep_verifications(now=lapse - day * DAY - timedelta(minutes=1) + timedelta(hours=hour) - DAY / 2)

    warnings = Notice.objects.filter(kind="proof_lapses_soon").order_by("queued_at")
    assert [int(notice.cause.rpartition("/")[2]) for notice in warnings] == list(WARNINGS)
    for notice, days in zip(warnings, WARNINGS, strict=True):
        assert timedelta(days=days) - DAY < lapse - notice.queued_at <= timedelta(days=days)


def test_lapse_is_enforced_told_and_recorded_once(publisher: Publisher, lapse: datetime) -> None:
    assert sweep_verifications(now=lapse - timedelta(seconds=1)) == 0
    assert sweep_verifications(now=lapse) == 1
    assert sweep_verifications(now=lapse + DAY) == 0

    attestation = Attestation.objects.get()
    assert (attestation.state, attestation.ended_at) == ("lapsed", lapse)
    assert Obligation.objects.get().evidence == {"outcome": "lapsed"}
    assert Notice.objects.filter(kind="proof_lapsed").count() == 1
    assert Entry.objects.filter(action="publisher.proof_lapsed").count() == 1


def test_sweep_that_never_ran_misses_the_promise(publisher: Publisher, lapse: datetime) -> None:
    late = lapse + timedelta(days=playbook().marketplace.verification.lapse_enforced_within_days, hours=1)

    sweep_deadlines(now=late)
    sweep_verifications(now=late)

    obligation = Obligation.objects.get()
    assert obligation.missed_at == obligation.due_at
    assert obligation.met_at == late


def test_renewal_takes_the_place_of_the_proof_before_it(publisher: Publisher, lapse: datetime) -> None:
    renewed_at = lapse - 5 * DAY
    request_confirmation(slug="ada-labs", email="ada@example.invalid", now=renewed_at)

    confirm_email(mailed_secret(), now=renewed_at)

    assert publisher_level(publisher.pk, now=lapse + DAY) is Level.REGISTERED
    assert sweep_verifications(now=lapse) == 0
    old, new = Attestation.objects.order_by("pk")
    assert (old.state, new.state) == ("lapsed", "live")
    met = Obligation.objects.get(subject=f"attestation:{old.pk}")
    assert (met.evidence, met.missed_at) == ({"outcome": "renewed"}, None)


def test_lapsed_proof_can_be_given_again(publisher: Publisher, lapse: datetime) -> None:
    sweep_verifications(now=lapse)
    request_confirmation(slug="ada-labs", email="ada@example.invalid", now=lapse + DAY)

    confirm_email(mailed_secret(), now=lapse + DAY)

    assert publisher_level(publisher.pk, now=lapse + 2 * DAY) is Level.REGISTERED


@pytest.mark.django_db(transaction=True)
def test_one_secret_used_eight_times_at_once_gives_one_token(now: datetime) -> None:
    register(now)

    outcome = run_at_once([partial(confirm_email, mailed_secret(), now=now)] * 8)

    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.raised] == [ChallengeInvalid] * 7
    assert ApiToken.objects.count() == Attestation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_slug_registered_eight_times_at_once_is_held_once(now: datetime) -> None:
    outcome = run_at_once([partial(register, now, email=f"eve{number}@example.invalid") for number in range(8)])

    assert len(outcome.returned) == 1
    assert [type(error) for error in outcome.raised] == [SlugTaken] * 7
    assert Notice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_end_a_proof_once(now: datetime) -> None:
    publisher = register(now)
    confirm_email(mailed_secret(), now=now)
    lapse = expires_at(Attestation.objects.get(publisher=publisher))

    outcome = run_at_once([partial(sweep_verifications, now=lapse)] * 4)

    assert sorted(outcome.returned) == [0, 0, 0, 1]
    assert Entry.objects.filter(action="publisher.proof_lapsed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_vouching_at_once_leave_one_live_proof(now: datetime, ben: User, cleo: User) -> None:
    publisher = register(now)
    confirm_email(mailed_secret(), now=now)

    outcome = run_at_once(
        [partial(attest_identity, publisher.pk, actor=actor, evidence="papers", now=now) for actor in (ben, cleo)]
    )

    assert Attestation.objects.filter(kind="identity", state="live").count() == 1
    assert not [error for error in outcome.raised if "deadlock" in str(error)]
