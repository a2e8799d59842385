"""Bearer tokens: shown once, kept as a digest, dead at their end."""

import hashlib
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from plugins.models import ApiToken
from plugins.tokens import authenticate_token, issue_token
from tests.samples.factories import PublisherActor, TenantActor

YEAR = timedelta(days=365)


def test_secret_is_recognisable_long_and_not_in_the_row(ada: PublisherActor) -> None:
    row = ApiToken.objects.filter(pk=ada.token.pk).values().get()

    assert ada.secret.startswith("nxg_")
    assert len(ada.secret) >= 4 + 43, "256 bits in base64"
    assert ada.secret not in str(row)
    assert row["digest"] == hashlib.sha256(ada.secret.encode()).hexdigest()


def test_secret_opens_its_own_token_only(ada: PublisherActor, eve: PublisherActor, now: datetime) -> None:
    assert authenticate_token(ada.secret, now=now) == ada.token
    assert authenticate_token(eve.secret, now=now) == eve.token
    assert authenticate_token(ada.secret[:-1], now=now) is None
    assert authenticate_token("", now=now) is None
    assert authenticate_token(ada.token.digest, now=now) is None, "a leaked digest is no secret"


def test_token_ends_at_its_moment(ada: PublisherActor, now: datetime) -> None:
    token, secret = issue_token(publisher=ada.publisher, label="short", valid_for=timedelta(hours=1), now=now)

    assert authenticate_token(secret, now=now + timedelta(minutes=59)) == token
    assert authenticate_token(secret, now=now + timedelta(hours=1)) is None


def test_revoked_token_is_dead_at_once(ada: PublisherActor, now: datetime) -> None:
    ApiToken.objects.filter(pk=ada.token.pk).update(revoked_at=now)

    assert authenticate_token(ada.secret, now=now) is None


def test_token_speaks_for_exactly_one_party(ada: PublisherActor, dev_tenant: TenantActor, now: datetime) -> None:
    for parties in ({}, {"publisher": ada.publisher, "tenant": dev_tenant.tenant}):
        with pytest.raises(IntegrityError), transaction.atomic():
            issue_token(label="nobody's or everybody's", valid_for=YEAR, now=now, **parties)  # type: ignore[arg-type]
