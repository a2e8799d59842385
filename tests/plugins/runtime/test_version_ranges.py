"""Precedence as semver.org 2.0.0 orders it, and ranges that cover exactly what they say."""

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.runtime.ranges import InvalidRange, InvalidVersion, matches, parse_version

# The order given at semver.org, rule 11.
ORDERED = [
    "0.9.9",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.9.0",
    "1.10.0",
    "2.0.0",
]
NUMBERS = st.integers(0, 30)
PARTS = st.one_of(NUMBERS.map(str), st.from_regex(r"[A-Za-z-][0-9A-Za-z-]{0,4}", fullmatch=True))
PRE = st.one_of(st.just(""), st.lists(PARTS, min_size=1, max_size=3).map(lambda parts: "-" + ".".join(parts)))
BUILD = st.one_of(st.just(""), st.from_regex(r"\+[0-9A-Za-z-]{1,4}(\.[0-9A-Za-z-]{1,4})?", fullmatch=True))
VERSIONS = st.builds("{}.{}.{}{}{}".format, NUMBERS, NUMBERS, NUMBERS, PRE, BUILD)
OPERATORS = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


@pytest.mark.parametrize(("low", "high"), [(a, b) for i, a in enumerate(ORDERED) for b in ORDERED[i + 1 :]])
def test_precedence_is_that_of_the_standard(low: str, high: str) -> None:
    assert parse_version(low) < parse_version(high)
    assert matches(f"<{high}", low)
    assert not matches(f">={high}", low)


@given(VERSIONS, VERSIONS)
def test_exactly_one_of_less_equal_greater_holds(one: str, other: str) -> None:
    assert sum(matches(f"{sign}{other}", one) for sign in ("<", "==", ">")) == 1


@given(VERSIONS, VERSIONS, st.sampled_from(sorted(OPERATORS)))
def test_comparator_says_what_its_sign_says(one: str, other: str, sign: str) -> None:
    assert matches(f"{sign}{other}", one) == OPERATORS[sign](parse_version(one), parse_version(other))


@given(VERSIONS, VERSIONS, VERSIONS)
def test_order_is_transitive(one: str, other: str, third: str) -> None:
    low, middle, high = sorted(map(parse_version, (one, other, third)))
    assert low <= middle <= high
    assert low <= high


@given(VERSIONS, VERSIONS, VERSIONS)
def test_comma_means_that_all_must_hold(low: str, high: str, version: str) -> None:
    assert matches(f">={low},<{high}", version) == (matches(f">={low}", version) and matches(f"<{high}", version))


@given(VERSIONS)
def test_star_covers_everything(version: str) -> None:
    assert matches("*", version)


@given(st.text(max_size=12), VERSIONS)
def test_any_text_is_a_range_or_refused(text: str, version: str) -> None:
    try:
        assert matches(text, version) in {True, False}
    except InvalidRange:
        return


def test_pre_release_of_the_upper_bound_lies_inside() -> None:
    assert matches(">=1.0.0,<2.0.0", "2.0.0-rc.1")
    assert not matches(">=1.0.0", "1.0.0-rc.1")


def test_build_metadata_makes_no_difference() -> None:
    assert matches("==1.2.3", "1.2.3+build.7")
    assert not matches("!=1.2.3+one", "1.2.3+other")
    assert parse_version("1.2.3+a") == parse_version("1.2.3+b")


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3", " 1.2.3", "1.2.3\n", "1.\uff12.3"],
)
def test_text_that_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(InvalidVersion):
        parse_version(text)
    with pytest.raises(InvalidVersion):
        matches("*", text)


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "=1.2.3", "^1.2.3", "~1", ">=1.0", ">= 1.0.0", ">=1.0.0,", ",", ">=1.0.0 <2.0.0", "**", "*,*"]
)
def test_text_that_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidRange):
        matches(text, "1.0.0")


def test_text_beyond_its_length_is_refused() -> None:
    with pytest.raises(InvalidVersion):
        parse_version(f"1.2.{'9' * 300}")
    with pytest.raises(InvalidRange):
        matches(",".join(["!=1.0.0"] * 40), "1.0.0")
