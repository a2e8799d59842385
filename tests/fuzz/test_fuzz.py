"""A slice of the fuzzing in the normal suite, with other inputs each week.

An input that ever fails becomes a sample of its own, in tests/samples/hostile.py: numbers change with the samples.
"""

import time

import pytest

from tests.fuzz.targets import fuzz_archives, fuzz_files

WEEK = int(time.time()) // (7 * 24 * 3600)
SLICE = 1_000


@pytest.mark.parametrize("part", range(4))
def test_changed_archives_are_read_or_refused(part: int) -> None:
    start = (WEEK * 4 + part) * SLICE
    outcomes = fuzz_archives(range(start, start + SLICE))
    # An honest remainder, and refusals of many kinds: the mutations reach behind the first check.
    assert outcomes["read"] > SLICE // 50
    assert len(outcomes) > 15


def test_changed_files_are_read_or_refused() -> None:
    assert sum(fuzz_files(range(WEEK * SLICE, (WEEK + 1) * SLICE)).values()) == SLICE
