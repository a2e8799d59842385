"""No containment and no removal without its statement of reasons, which the database itself demands."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, transaction

from governance.flows.takedown import sign_removal
from governance.notifications.models import Notice
from governance.takedowns.errors import GroundsUnknown, SignOffDiffers
from governance.takedowns.grounds import GROUNDS
from governance.takedowns.models import StatementOfReasons, Takedown
from governance.takedowns.reasons import REMOVAL, Reasons, render_reasons, state_reasons
from plugins.models import Version
from tests.governance.flows.conftest import Contain


def commit(write: Callable[[], object]) -> None:
    """Write in a transaction of its own, and look at it as its commit would."""
    with transaction.atomic():
        write()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_containment_and_removal_each_have_their_own_statement(
    version: Version, contain: Contain, cleo: User, now: datetime
) -> None:
    takedown = contain(version)
    sign_removal(takedown.pk, actor=cleo, reason="The code is proven.", now=now)

    contained, removed = takedown.statements.order_by("pk")
    assert (contained.restriction, contained.facts) == ("containment", "It steals tokens.")
    assert (removed.restriction, removed.facts) == ("removal", "It steals tokens.\n\nThe code is proven.")
    for statement in (contained, removed):
        assert "2013/40/EU" in statement.legal_ground
        assert "184 days" in statement.redress
        assert not statement.is_decided_by_machine
    letter = Notice.objects.get(kind="reasons_removal")
    assert letter.recipient == "ada@example.invalid"
    for text in (removed.facts, removed.legal_ground, removed.contractual_ground, removed.redress, removed.territory):
        assert text in letter.body


def test_base_refuses_to_commit_a_takedown_without_reasons(version: Version, cleo: User, now: datetime) -> None:
    row = Takedown(
        plugin=version.plugin,
        versions="*",
        grounds="malware",
        statement="It steals.",
        exposed_since=now,
        ordered_by=cleo,
        contained_at=now,
    )

    with pytest.raises(DatabaseError, match="no statement of reasons for its containment"):
        commit(row.save)


def test_base_refuses_to_commit_a_removal_without_reasons(version: Version, contain: Contain, now: datetime) -> None:
    row = Takedown.objects.filter(pk=contain(version).pk)

    with pytest.raises(DatabaseError, match="no statement of reasons for its removal"):
        commit(partial(row.update, state="removed", removed_at=now))


@pytest.mark.parametrize("missing", ["facts", "explanation", "redress", "territory", "duration"])
def test_base_refuses_reasons_that_lack_something(version: Version, contain: Contain, missing: str) -> None:
    statement = contain(version).statements.get()
    statement.pk, statement.restriction = None, "removal"
    setattr(statement, missing, "")

    with pytest.raises(IntegrityError), transaction.atomic():
        statement.save(force_insert=True)


def test_base_refuses_a_removal_the_machine_decided_and_any_change(version: Version, contain: Contain) -> None:
    statement = contain(version).statements.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        StatementOfReasons.objects.update(facts="Nothing happened.")
    with pytest.raises(DatabaseError), transaction.atomic():
        statement.delete()
    statement.pk, statement.restriction, statement.is_decided_by_machine = None, "removal", True
    with pytest.raises(IntegrityError), transaction.atomic():
        statement.save(force_insert=True)


def test_suspicion_contains_and_cannot_remove(version: Version, contain: Contain, cleo: User, now: datetime) -> None:
    takedown = contain(version, grounds="suspected")

    with pytest.raises(GroundsUnknown):
        sign_removal(takedown.pk, actor=cleo, reason="It may steal.", now=now)
    sign_removal(takedown.pk, actor=cleo, reason="It steals.", grounds="data_theft", now=now)

    assert "data" in takedown.statements.get(restriction="removal").contractual_ground


def test_second_signature_is_under_the_first_ones_grounds(
    version: Version, contain: Contain, cleo: User, second_moderator: User, now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("governance.flows.takedown.needed_signatures", lambda **_: 2)
    takedown = contain(version)
    sign_removal(takedown.pk, actor=cleo, reason="It steals.", grounds="malware", now=now)

    with pytest.raises(SignOffDiffers):
        sign_removal(takedown.pk, actor=second_moderator, reason="It copies.", grounds="impersonation", now=now)
    removed = sign_removal(takedown.pk, actor=second_moderator, reason="So it does.", grounds="malware", now=now)

    assert removed.state == "removed"


@pytest.mark.parametrize("code", GROUNDS)
def test_every_ground_states_every_field_of_the_article(code: str) -> None:
    stated = state_reasons(
        GROUNDS[code], restriction=REMOVAL, facts="F.", source="notice", automatic_cause="", appeal_days=184
    )

    for field in fields(Reasons):
        assert getattr(stated, field.name) != "" or field.name == "legal_ground", field.name
    assert "by a person" in render_reasons(stated)
