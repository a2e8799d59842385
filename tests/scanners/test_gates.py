"""What is looked for first, because it is cheap, stands in everything that the expression behind it can match."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanners.engines.obfuscation import ESCAPE_MARKS, ESCAPED
from scanners.engines.secrets import Detector, load_detectors
from scanners.engines.texts import UNSEEN, compile_patterns

GATED = [detector for detector in load_detectors() if detector.words]
INVISIBLE = [(rule_id, expression) for rule_id, expression, _ in compile_patterns() if rule_id in UNSEEN]


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
