"""Puts a notice's words together: its own text, or its letter with the person's lines in between.
Both are frozen rows, so that what a person was told can be read again for good."""

import re

from governance.notifications.models import Notice

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
MORE = "more"


def render_notice(notice: Notice) -> tuple[str, str]:
    """The subject and body of a notice."""
    letter = notice.letter
    if letter is None:
        return notice.subject, notice.body
    lines = [_fill(letter.lines[shape], values) for shape, *values in notice.items or ()]
    left_out = notice.items_total - len(lines)
    if lines and left_out > 0:
        lines.append(_fill(letter.lines[MORE], [left_out]))
    return letter.subject, letter.opening + "".join(f"{line}\n" for line in lines) + letter.closing


def _fill(line: str, values: list[object]) -> str:
    # A bot's name is its owner's, but a name that breaks the line could pose as our words.
    return line.format(*(CONTROL.sub(" ", str(value)) for value in values))
