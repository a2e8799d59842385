"""A report weighs what its reporter has been right about; and many addresses do not make many people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.playbook import playbook
from governance.takedowns.automatic import Voice, count_independent, reported_range
from governance.takedowns.reporters import Standing, is_trusted, plain_address, weigh

NUMBERS = playbook().marketplace.abuse_reports


def make_voice(number: int, *, domain: str = "", network: str = "", version: str = "", trusted: bool = False) -> Voice:
    return Voice(number, domain or f"{number}.invalid", network or f"n{number}", version, trusted)


def test_unknown_reporter_weighs_half_and_one_always_right_nearly_all() -> None:
    assert weigh(Standing(0, 0, False), is_authenticated=False) == 50
    assert weigh(Standing(98, 0, False), is_authenticated=False) == 99
    assert weigh(Standing(0, 8, False), is_authenticated=False) == 10


@given(st.integers(0, 500), st.integers(0, 500))
def test_being_right_never_makes_lighter_and_being_wrong_never_heavier(upheld: int, dismissed: int) -> None:
    weight = weigh(Standing(upheld, dismissed, False), is_authenticated=True)

    assert 0 <= weight <= 100
    assert weigh(Standing(upheld + 1, dismissed, False), is_authenticated=True) >= weight
    assert weigh(Standing(upheld, dismissed + 1, False), is_authenticated=True) <= weight


@pytest.mark.parametrize(
    ("standing", "is_authenticated", "expected"),
    [
        (Standing(0, 0, True), True, True),
        (Standing(0, 0, True), False, False),
        (Standing(500, 0, False), True, False),
        (Standing(0, NUMBERS.trusted_after_reports - 1, True), True, True),
        (Standing(0, NUMBERS.trusted_after_reports, True), True, False),
        (Standing(NUMBERS.trusted_accuracy_percent, 100 - NUMBERS.trusted_accuracy_percent, True), True, True),
        (Standing(NUMBERS.trusted_accuracy_percent - 1, 101 - NUMBERS.trusted_accuracy_percent, True), True, False),
    ],
)
def test_trust_is_named_proven_and_kept_by_being_right(
    standing: Standing, is_authenticated: bool, expected: bool
) -> None:
    assert is_trusted(standing, is_authenticated=is_authenticated) is expected


@pytest.mark.parametrize("email", ["Dev@Example.invalid", "dev+1@example.invalid", " dev+a+b@example.invalid "])
def test_one_mailbox_has_one_spelling(email: str) -> None:
    assert plain_address(email) == "dev@example.invalid"


def test_many_addresses_of_one_domain_or_network_are_one_voice() -> None:
    assert count_independent([make_voice(n) for n in range(3)]) == 3
    assert count_independent([make_voice(n, domain="eve.invalid") for n in range(30)]) == 1
    assert count_independent([make_voice(n, network="eve") for n in range(30)]) == 1
    assert count_independent([make_voice(1, domain=f"{n}.invalid", network=f"n{n}") for n in range(30)]) == 1
    assert count_independent([]) == 0


def test_reports_of_one_version_mean_that_version_and_of_several_all() -> None:
    assert reported_range([make_voice(1, version="1.2.0+build"), make_voice(2, version="1.2.0+build")]) == "==1.2.0"
    assert reported_range([make_voice(1, version="1.2.0"), make_voice(2, version="1.3.0")]) == "*"
    assert reported_range([make_voice(1, version="1.2.0"), make_voice(2)]) == "*"
