"""What is looked for first, because it is cheap, stands in everything that the expression behind it can match."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanners.engines.gates import Gates, find_need
from scanners.engines.obfuscation import ESCAPE_MARKS, ESCAPED, NUMBER_ROW, NUMBERS
from scanners.engines.prompt_grammar import load_phrases
from scanners.engines.prompt_texts import CONTEXT_NAMES
from scanners.engines.prompts import COMMENT
from scanners.engines.prompts import UNSEEN as UNSEEN_STYLES
from scanners.engines.secrets import Detector, load_detectors
from scanners.engines.texts import BELOW, BLANKS, GAP, GAP_CHARACTERS, UNSEEN, compile_patterns

GATED = [detector for detector in load_detectors() if detector.words]
INVISIBLE = [(rule_id, expression) for rule_id, expression, _ in compile_patterns() if rule_id in UNSEEN]
GATED_BY_WORDS = [*(phrase.expression for phrase in load_phrases()), CONTEXT_NAMES, COMMENT, UNSEEN_STYLES]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example, HealthCheck.filter_too_much]


@pytest.mark.parametrize("number", range(len(GATED_BY_WORDS)))
def test_no_text_that_an_expression_matches_is_kept_from_it(number: int) -> None:
    expression = GATED_BY_WORDS[number]
    gates = Gates([expression])

    @settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
    @given(st.from_regex(expression))
    def is_open(text: str) -> None:
        assert gates.is_open(text)

    is_open()


@pytest.mark.parametrize(
    ("expression", "text", "is_open"),
    [
        (r"abc(?:de|df)?ghi", "abcghi", True),
        (r"abc(?:de|df)?ghi", "abc gh", False),
        (r"(?:one|two|three) (?:\w+ )*four", "two four", True),
        (r"(?:one|two|three) (?:\w+ )*four", "twice four", False),
        (r"(?:one|.) two", " two", True),
        (r"(?i)Straße|KELVIN", "\u212aelvin", True),
        (r"(?i)KELVIN", "kelvin", True),
        (r"(?i)KELVIN", "klevin", False),
        (r"(?i:kelvin) two", "KELVIN two", True),
        (r"(?:abc){2,}|\[abc\]", "[abc]", True),
        (r"(?=abc)\w+|def", "abc", True),
        (r"(?x) a b c # three", "abc", True),
    ],
)
def test_gate_opens_for_what_an_expression_needs_and_for_nothing_less(
    expression: str, text: str, is_open: bool
) -> None:
    assert Gates([re.compile(expression)]).is_open(text) is is_open


def test_gate_is_open_for_an_expression_without_words() -> None:
    assert not find_need(re.compile(r"\w+|abc")).find_key()
    assert Gates([re.compile(r"\w+|abc")]).is_open("")


def test_gates_of_expressions_of_two_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="ignore case"):
        Gates([re.compile("abc"), re.compile("abc", re.IGNORECASE)])


NUMBER = st.from_regex(r"(?:0x[0-9a-f]{1,2}|[0-9]{1,3})\s?,\s{0,2}", fullmatch=True)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(st.lists(NUMBER, min_size=24, max_size=26))
def test_every_list_of_numbers_holds_a_row_of_them(numbers: list[str]) -> None:
    text = "".join(numbers)
    assert NUMBERS.search(text)
    assert NUMBER_ROW.search(text)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(st.lists(st.sampled_from(["", " ", "\t\f "]), min_size=200, max_size=203))
def test_everything_far_below_stands_under_blank_lines(blanks: list[str]) -> None:
    text = "x\n" + "\n".join(blanks) + "\ny"
    assert BELOW.search(text)
    assert BLANKS.search(text)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(st.from_regex(GAP))
def test_every_gap_stands_in_a_long_line(text: str) -> None:
    assert max(map(len, text.split("\n"))) > GAP_CHARACTERS


@pytest.mark.parametrize("detector", GATED, ids=lambda detector: type(detector.plugin).__name__)
def test_every_mark_holds_one_of_its_words(detector: Detector) -> None:
    near = f"{detector.needs} " if detector.needs else ""

    @settings(max_examples=60, deadline=None)
    @given(st.from_regex(detector.mark, fullmatch=True, alphabet=st.characters(max_codepoint=127)))
    def holds(text: str) -> None:
        assert any(word in f"{near}{text}".lower() for word in detector.words)

    holds()


def test_every_rule_for_unseen_letters_is_gated_and_none_matches_plain_text() -> None:
    assert {rule_id for rule_id, _ in INVISIBLE} == UNSEEN

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from([expression for _, expression in INVISIBLE]).flatmap(st.from_regex))
    def is_unseen(text: str) -> None:
        assert not text.isascii()

    is_unseen()


@settings(max_examples=200, deadline=None)
@given(st.from_regex(ESCAPED))
def test_every_run_of_escapes_holds_a_mark(text: str) -> None:
    assert any(mark in text for mark in ESCAPE_MARKS)
