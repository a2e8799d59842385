"""The rule of four eyes, at its edges."""

import pytest

from governance.takedowns.signoff import needed_signatures


@pytest.mark.parametrize(
    ("bots", "owners", "needed"),
    [(0, 0, 1), (99, 99, 1), (100, 0, 2), (0, 100, 2), (99, 100, 2), (100, 99, 2), (10**6, 10**6, 2)],
)
def test_second_pair_of_eyes_is_needed_from_either_number_on(bots: int, owners: int, needed: int) -> None:
    found = needed_signatures(bots=bots, owners=owners, four_eyes_from_bots=100, four_eyes_from_users=100)

    assert found == needed
