"""The words a rule needs are looked for cheaply, and no file is kept from a rule that its expression lets through."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners.engines.words import Text, split_need
from scanners.rules import load_rules

NEEDS = sorted({need for rule in load_rules().values() for need in rule.needs})
SHAPES = [
    *NEEDS, "a|b", r"\.rm|rmdir", r"/bot\d", r"(?i)\breg\b|x\.y", "(a|bc)d", "(a|bc)", "ab?c", "ab+c", "ab{0,2}c",
    "a[|]b|c", r"a\|b", "x*", r"[)]q|(z)", r"(\.ssh[/\\]+(id_|identity)|\.npmrc)", "(?i)curl|WGET", "(a)|(b)", r"a{2}b",
]  # fmt: skip
PIECES = st.sampled_from(
    ["a", "b", "c", "ab", "abc", "ac", "rm", "RM", " -", ".rm", "/bot", "7", "id_", ".ssh/", "reg", "(", ")", "|", "[",
     "x.y", "curl", "Wget", "wget", "q", "z", "d", "aab", "eval", "exec", "\n", " ", "\u212a", "\u017f"]
)  # fmt: skip


def has(need: str, text: str) -> bool:
    return Text(text.encode()).has_any(split_need(need))


@pytest.mark.parametrize("need", SHAPES)
@given(text=st.lists(PIECES, max_size=8).map("".join))
def test_filter_agrees_with_the_expression(need: str, text: str) -> None:
    assert has(need, text) is (re.search(need.encode(), text.encode()) is not None)


@pytest.mark.parametrize("need", NEEDS)
def test_needs_are_looked_for_by_their_letters(need: str) -> None:
    assert all(len(word.letters) >= 2 for word in split_need(need)), need


@pytest.mark.parametrize("rule", [rule for rule in load_rules().values() if rule.needs], ids=lambda rule: rule.id)
def test_sample_holds_the_words_its_rule_needs(rule: object) -> None:
    assert all(has(need, getattr(rule, "match")) for need in getattr(rule, "needs"))  # noqa: B009


def test_plain_words_need_no_expression() -> None:
    assert [word.expression for word in split_need(r"eval|Function|\.get\(|webhooks/")] == [None] * 4
