"""Finds the words that every match of an expression holds, so that most texts are never searched by it.

The words come from the expression itself. Only a filter: it may let a text through, and never keeps a match back.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from re import _constants, _parser  # type: ignore[attr-defined]  # the only parser that agrees with `re` itself
from typing import Any, Final

SHORTEST: Final = 2  # bytes; a single letter stands in almost every text
REPEATS: Final = frozenset([_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT])


@dataclass(frozen=True, slots=True)
class Need:
    """What must be there: all of the words, and of each choice one of its words or one of its needs."""

    words: frozenset[str]
    choices: "tuple[tuple[frozenset[str], tuple[Need, ...]], ...]"

    def is_met(self, text: str) -> bool:
        """Say whether a text holds enough."""
        for word in self.words:
            if word not in text:
                return False
        for words, needs in self.choices:
            if not any(word in text for word in words) and not any(need.is_met(text) for need in needs):
                return False
        return True

    def find_key(self) -> frozenset[str]:
        """Return those words, long ones and few, of which one must be there; empty when nothing is asked for."""
        keys = [frozenset([word]) for word in self.words]
        keys += [words.union(*(need.find_key() for need in needs)) for words, needs in self.choices]
        return max(keys, key=lambda key: (min(map(len, key)), -len(key)), default=frozenset())


class Gates:
    """Expressions of one kind, which share one search for the key words of each; all or none of them ignore case."""

    def __init__(self, expressions: Sequence[re.Pattern[str]]) -> None:
        kinds = {bool(expression.flags & re.IGNORECASE) for expression in expressions}
        if len(kinds) > 1:
            raise ValueError("some of the expressions ignore case")
        self.is_folded = True in kinds
        needs = list(map(find_need, expressions))
        self.keyed = tuple((need.find_key(), need) for need in needs)
        self.words = tuple(sorted(frozenset().union(*(key for key, _ in self.keyed))))

    def open_for(self, text: str) -> list[bool]:
        """Say of each expression whether it can match in a text."""
        if self.is_folded:
            if not text.isascii():
                return [True] * len(self.keyed)  # letters that fold to others are too odd to be looked for
            text = text.lower()
        present = {word for word in self.words if word in text}
        return [not key or (not key.isdisjoint(present) and need.is_met(text)) for key, need in self.keyed]

    def is_open(self, text: str) -> bool:
        """Say whether any of the expressions can match in a text."""
        return any(self.open_for(text))


def find_need(expression: re.Pattern[str]) -> Need:
    """Return what every text holds that the expression matches, in small letters when it ignores case."""
    flags = expression.flags & (re.VERBOSE | re.IGNORECASE | re.MULTILINE | re.DOTALL)
    return need_of(_parser.parse(expression.pattern, flags), is_folded=bool(flags & re.IGNORECASE))


def need_of(sequence: Iterable[tuple[Any, Any]], *, is_folded: bool) -> Need:
    """Return what a sequence of marks needs."""
    words: set[str] = set()
    choices: list[tuple[frozenset[str], tuple[Need, ...]]] = []
    run = ""
    for kind, detail in [*sequence, (None, None)]:
        if kind is _constants.LITERAL and (detail < 128 or not is_folded):
            run += chr(detail).lower() if is_folded else chr(detail)
            continue
        if len(run.encode()) >= SHORTEST:
            words.add(run)
        run = ""
        if kind is _constants.BRANCH:
            choices += choose([need_of(option, is_folded=is_folded) for option in detail[1]])
        elif inner := must_match(kind, detail):
            need = need_of(inner, is_folded=is_folded)
            words |= need.words
            choices += need.choices
    return Need(frozenset(words), tuple(choices))


def must_match(kind: Any, detail: Any) -> Any:
    """Return the sequence inside a mark that must match at least once, None when there is none."""
    if kind is _constants.SUBPATTERN:
        _, added, removed, inner = detail
        return None if (added | removed) & re.IGNORECASE else inner
    if kind in REPEATS:
        least, _, inner = detail
        return inner if least else None
    return detail if kind is _constants.ATOMIC_GROUP else None


def choose(options: list[Need]) -> list[tuple[frozenset[str], tuple[Need, ...]]]:
    """Return the choice between several needs; none when one of them asks for nothing."""
    if not all(need.words or need.choices for need in options):
        return []
    plain = [need for need in options if len(need.words) == 1 and not need.choices]
    others = tuple(need for need in options if need not in plain)
    return [(frozenset().union(*(need.words for need in plain)), others)]
