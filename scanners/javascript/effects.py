"""What a call of the platform or of a well-known library does, as a row of a table.

Only the shape of a row. The rows are in `tables/`, what they lead to is in `performing.py` and beside it.
"""

from dataclasses import dataclass
from typing import Final

from scanners.facts import Act, Label, Trick

ALL: Final = (0, 1, 2, 3, 4, 5, 6, 7)
REST: Final = ALL[1:]


@dataclass(frozen=True, slots=True)
class Effect:
    """One row.

    `detail` is the number of an argument, "this" for where the receiver leads to, or the words themselves.
    `data` are the arguments whose origins a fact carries; `gives` labels the result, `becomes` names what it is.
    `special` names a reader for what rows cannot say; `callback` is the first parameter of a callback that gets the
    result, below it are errors.
    """

    act: Act | None = None
    detail: int | str = ""
    data: tuple[int, ...] = ()
    gives: tuple[Label, ...] = ()
    becomes: str = ""
    special: str = ""
    callback: int = 1
    keeps: bool = False  # the result also carries what went in
    tricks: tuple[Trick, ...] = ()


Table = dict[str, Effect]


def same(effect: Effect, *names: str) -> Table:
    """Return a table in which every name has the same effect; a name may hold several separated by blanks."""
    return {name: effect for group in names for name in group.split()}


def under(prefix: str, effect: Effect, names: str) -> Table:
    """Return a table of names below one name."""
    return {f"{prefix}.{name}": effect for name in names.split()}


def words(*lines: str) -> frozenset[str]:
    """Return the words of some lines; rows read better without a quotation mark around each."""
    return frozenset(word for line in lines for word in line.split())
