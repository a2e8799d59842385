"""Fixtures with playing cards."""

import pytest


@pytest.fixture
def deck():
    return [f"{rank}{suit}" for suit in "CDHS" for rank in "23456789TJQKA"]
