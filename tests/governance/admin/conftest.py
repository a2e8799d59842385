"""The desk's people, with the roles the bootstrap command gives them, signed in with a browser each."""

from datetime import datetime

import pytest
from django.contrib.auth.models import User
from django.test import Client

from governance.reviews.models import Review
from governance.roles import create_roles
from plugins.models import Version
from tests.governance.admin.rows import SignIn, make_colleague, make_review
from tests.samples.factories import PublisherActor


@pytest.fixture
def roles(db: None) -> None:
    """The groups of the bootstrap command."""
    create_roles()


@pytest.fixture
def ben(roles: None) -> User:
    """Reviews."""
    return make_colleague("ben", role="reviewer")


@pytest.fixture
def cleo(roles: None) -> User:
    """Moderates."""
    return make_colleague("cleo", role="moderator")


@pytest.fixture
def second_reviewer(roles: None) -> User:
    """Reviews too."""
    return make_colleague("bea", role="reviewer")


@pytest.fixture
def second_moderator(roles: None) -> User:
    """Moderates too."""
    return make_colleague("carl", role="moderator")


@pytest.fixture
def sign_in() -> SignIn:
    """A browser in which this person is signed in."""

    def sign_in(person: User) -> Client:
        browser = Client()
        browser.force_login(person)
        return browser

    return sign_in


@pytest.fixture
def review(ada: PublisherActor, now: datetime) -> Review:
    """Ada's version, with findings, waiting for a person."""
    return make_review(ada, now=now)


@pytest.fixture
def version(review: Review) -> Version:
    """The version under review."""
    return review.version
