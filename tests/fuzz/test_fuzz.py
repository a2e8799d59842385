"""A slice of the fuzzing in the normal suite: other inputs each week, and every input that ever failed."""

import time

import pytest

from tests.fuzz.targets import fuzz_archives, fuzz_files

WEEK = int(time.time()) // (7 * 24 * 3600)
SLICE = 1_500
# Numbers that once failed, with what was wrong.
FAILED_ARCHIVES: tuple[int, ...] = ()
FAILED_FILES: tuple[int, ...] = ()


@pytest.mark.parametrize("part", range(4))
def test_changed_archives_are_read_or_refused(part: int) -> None:
    start = (WEEK * 4 + part) * SLICE
    outcomes = fuzz_archives(range(start, start + SLICE))
    # An honest remainder, and refusals of many kinds: the mutations reach behind the first check.
    assert outcomes["read"] > SLICE // 50
    assert len(outcomes) > 15


def test_changed_files_are_read_or_refused() -> None:
    assert sum(fuzz_files(range(WEEK * SLICE, (WEEK + 1) * SLICE)).values()) == SLICE


@pytest.mark.parametrize("number", FAILED_ARCHIVES)
def test_archive_that_once_failed_is_read_or_refused(number: int) -> None:
    fuzz_archives(range(number, number + 1))


@pytest.mark.parametrize("number", FAILED_FILES)
def test_file_that_once_failed_is_read_or_refused(number: int) -> None:
    fuzz_files(range(number, number + 1))
