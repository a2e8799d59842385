"""What an expression may be worth: a constant, a name of the platform, a shape, a function, and where it comes from.

Plain values and how two of them join. Nothing here reads a tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from scanners import limits
from scanners.facts import Label, Trick

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.modules import Module
    from scanners.javascript.scopes import Scope

HOLE: Final = "\ufffc"  # stands in a text for what is not constant
MARKS_KEPT: Final = 24  # origins of one value; above this one of each label is kept
ANY_ITEM: Final = "%item"  # the one property of a collection of unknown size: what any item may be
TRAP: Final = "%trap"  # the function that gives any property of a proxy
GETTER: Final = "%get"  # the name of a function that gives a property when it is asked for
DEPTH: Final = 6  # objects inside objects that are looked into

Mark = tuple[Label, str, int, str]  # label, path and line where it enters, and what a secret is called there
Marks = frozenset[Mark]
NO_MARKS: Final[Marks] = frozenset()
NO_TRICKS: Final[frozenset[Trick]] = frozenset()


@dataclass(slots=True, eq=False)
class Shape:
    """An object, array, class or instance; `rest` marks what lies under names nobody knows."""

    props: dict[str, Value] = field(default_factory=dict)
    items: list[Value] | None = None
    rest: Marks = NO_MARKS
    proto: Shape | None = None
    seen: bool = False  # a canonical instance was built from this class

    def get(self, name: str) -> Value | None:
        """Return what is stored under a name, here or in what it inherits from."""
        shape: Shape | None = self
        for _ in range(DEPTH):
            if shape is None:
                return None
            if name in shape.props:
                return shape.props[name]
            if shape.items is not None and name.isdigit() and int(name) < len(shape.items):
                return shape.items[int(name)]
            shape = shape.proto
        return None


@dataclass(slots=True, eq=False)
class Function:
    """A function of the plugin with the scope it closes over; `name` is dotted as a reviewer would say it."""

    node: Node
    scope: Scope
    module: Module
    name: str
    this: Value | None
    is_arrow: bool
    is_anonymous: bool = False
    shape: Shape = field(default_factory=Shape)


@dataclass(slots=True, eq=False)
class Value:
    """What one expression may be worth. Never changed after it was made; only its shape is.

    `path` is a dotted name of the platform's API, `type#` for an instance, `?name` for a name of unknown worth.
    """

    text: str | None = None
    number: float | None = None
    path: str = ""
    marks: Marks = NO_MARKS
    tricks: frozenset[Trick] = NO_TRICKS
    shape: Shape | None = None
    function: Function | None = None

    def replaced(
        self,
        *,
        path: str | None = None,
        marks: Marks | None = None,
        tricks: frozenset[Trick] | None = None,
    ) -> Value:
        """Return this value with another name, other marks or other tricks."""
        return Value(
            self.text,
            self.number,
            self.path if path is None else path,
            self.marks if marks is None else marks,
            self.tricks if tricks is None else tricks,
            self.shape,
            self.function,
        )


UNKNOWN: Final = Value()
UNDEFINED: Final = Value(path="undefined")
TRUE: Final = Value(number=1, path="true")
FALSE: Final = Value(number=0, path="false")


def union(*parts: AbstractSet[Mark]) -> Marks:
    """Return all marks, at most a bounded number of them."""
    kept = NO_MARKS
    for part in parts:
        if part and part is not kept:
            kept = kept | part if kept else frozenset(part)
    if len(kept) <= MARKS_KEPT:
        return kept
    first: dict[Label, Mark] = {}
    for mark in sorted(kept):
        first.setdefault(mark[0], mark)
    return frozenset(first.values())


def deep_marks(value: Value, *, depth: int = DEPTH) -> Marks:
    """Return the marks of a value and of everything in it."""
    if value.shape is None:
        return value.marks
    found: list[Marks] = [value.marks]
    seen: set[int] = set()
    waiting = [(value.shape, depth)]
    while waiting and len(seen) < limits.SCRIPT_SHAPE_STEPS:
        shape, left = waiting.pop()
        if id(shape) in seen:
            continue
        seen.add(id(shape))
        found.append(shape.rest)
        for part in (*shape.props.values(), *(shape.items or ())):
            found.append(part.marks)
            if part.shape is not None and left and part.function is None:
                waiting.append((part.shape, left - 1))
    return union(*found)


def join(old: Value, new: Value) -> Value:
    """Return what may be either; of two constants or names the later one is kept."""
    if old is new or old is UNKNOWN or old is UNDEFINED:
        return new
    if new is UNKNOWN or new is UNDEFINED:
        return old
    keeps_old_name = not new.path or new.path.startswith(("console", "?", "undefined", "null", "true", "false"))
    text = old.text if new.text is None or (new.text == "" and old.text) else new.text
    return Value(
        text,
        old.number if new.number is None else new.number,
        (old.path or new.path) if keeps_old_name else new.path,
        union(old.marks, new.marks),
        old.tricks | new.tricks,
        join_shapes(old.shape, new.shape),
        new.function or old.function,
    )


def join_shapes(old: Shape | None, new: Shape | None) -> Shape | None:
    """Return one shape for two, without changing either."""
    if old is None or new is None or old is new:
        return new or old
    items = new.items if new.items is not None else old.items
    return Shape({**old.props, **new.props}, items, union(old.rest, new.rest), new.proto or old.proto)


def join_all(values: Iterable[Value]) -> Value:
    """Return what may be any of these."""
    joined = UNDEFINED
    for value in values:
        joined = join(joined, value)
    return joined


def array_of(items: Iterable[Value], *, rest: Marks = NO_MARKS) -> Value:
    """Return an array."""
    return Value(shape=Shape(items=list(items), rest=rest))


def collection_of(item: Value, *, marks: Marks = NO_MARKS) -> Value:
    """Return a collection of unknown size, of which any item may be this."""
    if item.text is None and item.shape is None and item.function is None:
        return Value(marks=union(item.marks, marks))
    return Value(shape=Shape({ANY_ITEM: item}, rest=marks))


def spoken(text: str | None) -> str:
    """Return a text as evidence: holes shown as {}, and nothing at all when it is nothing but holes."""
    if text is None or not text.replace(HOLE, "").strip(" /"):
        return "" if text is None or HOLE in text else text
    return text.replace(HOLE, "{}")
