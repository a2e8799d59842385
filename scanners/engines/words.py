"""Looks for the words a rule needs, by plain text first: an expression is tried only where its own letters occur.

Only a filter: it may let a file through that holds no match, and never keeps one back that does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

IGNORE_CASE = "(?i)"
QUANTIFIERS = frozenset("*?{")
OPENING, CLOSING = "([", ")]"
# Escapes that stand for nothing or for a class; every other escaped mark stands for itself.
CLASSES = re.compile(r"\\[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Word:
    """One alternative: letters that must be there, in lower case when `is_folded`, and what must match around them."""

    letters: bytes
    is_folded: bool
    expression: re.Pattern[bytes] | None


class Text:
    """The bytes of one file, which remember what was found in them, since rules share most of their words."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._folded: bytes | None = None
        self._known: dict[Word, bool] = {}

    def has_any(self, words: tuple[Word, ...]) -> bool:
        """Say whether one of the words is there."""
        return any(self._has(word) for word in words)

    def _has(self, word: Word) -> bool:
        known = self._known.get(word)
        if known is None:
            known = word.letters in self._view(word) and (
                word.expression is None or word.expression.search(self._data) is not None
            )
            self._known[word] = known
        return known

    def _view(self, word: Word) -> bytes:
        if not word.is_folded:
            return self._data
        if self._folded is None:
            self._folded = self._data.lower()
        return self._folded


def split_need(need: str) -> tuple[Word, ...]:
    """Return an expression's alternatives; raises re.error when it is none."""
    is_folded = need.startswith(IGNORE_CASE)
    body = strip_group(need.removeprefix(IGNORE_CASE))
    return tuple(make_word(part, is_folded=is_folded) for part in split_alternatives(body))


def make_word(part: str, *, is_folded: bool) -> Word:
    """Return one alternative as a word."""
    runs = list(literal_runs(part))
    letters = max(runs, key=len, default="")
    flags = re.IGNORECASE if is_folded else 0
    letters = letters.lower() if is_folded else letters
    is_plain = re.sub(r"\\([^\w\s])", r"\1", part).lower() == letters.lower() and len(runs) == 1
    return Word(letters.encode(), is_folded, None if is_plain else re.compile(part.encode(), flags))


def split_alternatives(body: str) -> list[str]:
    """Return the parts between the bars that stand outside of every group and class."""
    parts, start, depth, position = [], 0, 0, 0
    for position, mark in tokens(body):
        depth += (mark in OPENING) - (mark in CLOSING)
        if mark == "|" and depth == 0:
            parts.append(body[start:position])
            start = position + 1
    return [*parts, body[start:]]


def strip_group(body: str) -> str:
    """Return what is inside of a group that is around everything."""
    if not body.startswith("(") or body.startswith("(?"):
        return body
    depth = 0
    for position, mark in tokens(body):
        depth += (mark in OPENING) - (mark in CLOSING)
        if depth == 0:
            return body[1:-1] if position == len(body) - 1 else body
    return body


def literal_runs(part: str) -> Iterator[str]:
    """Yield the stretches of plain text that every match holds."""
    run, depth = "", 0
    marks = [mark for _, mark in tokens(part)]
    for mark, following in zip(marks, [*marks[1:], ""], strict=True):
        depth += (mark in OPENING) - (mark in CLOSING)
        is_letter = depth == 0 and mark not in ".^$*+?{}|)]" and not CLASSES.match(mark)
        if is_letter and following not in QUANTIFIERS:
            run += mark[-1]
        if not is_letter or following in QUANTIFIERS or following == "+":
            if run:
                yield run
            run = ""
    if run:
        yield run


def tokens(body: str) -> Iterator[tuple[int, str]]:
    """Yield each mark of an expression with its place: an escape and a repeat count are one, so is all of a class."""
    for match in re.finditer(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[^}]*\}|.", body, re.DOTALL):
        mark = match[0]
        yield match.start(), "." if mark.startswith("[") else "{" if mark.startswith("{") and len(mark) > 1 else mark
