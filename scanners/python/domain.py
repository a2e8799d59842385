"""What a Python expression can stand for: constants, foreign names, own things, and where it comes from.

Values never change once they are made; joining two gives a third. Nothing here looks at a syntax tree.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, TypeVar, overload

from scanners import limits
from scanners.facts import Act, Label, Trick

T = TypeVar("T")
LONGEST = 1 << 12_000  # integers above it have more digits than Python writes
# What iterating a foreign thing gives.
ELEMENTS = {
    "psutil.process_iter()": "psutil.Process()",
    "sys.modules.items()": "sys.modules.any",
    "sys.modules.values()": "sys.modules.any",
    "sys.modules.copy().items()": "sys.modules.any",
    "sys.modules.any": "sys.modules.any",
}
HOLE = "{}"  # stands in a text for a part that is not known
Plain: TypeAlias = "str | bytes | int | float | tuple[Plain, ...] | None"
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Mark(NamedTuple):
    """One source that went into a value, and where it did; a parameter's path ends in NUL and which one it is.

    `name` is the variable, setting or attribute that a secret was read from.
    """

    label: Label
    path: str
    line: int
    name: str = ""


Marks = frozenset[Mark]
Tricks = frozenset[Trick]
NO_MARKS: Marks = frozenset()
NO_TRICKS: Tricks = frozenset()


@dataclass(slots=True, eq=False)
class Value:
    """What is known of an expression; treated as immutable (frozen would double the time of a scan).

    `consts` are the constants it can be; texts may have holes. `is_whole` says that there are no others and no holes.
    `refs` are dotted names outside the plugin, with "()" where a call made an instance; then `consts` are what the
    instance is about: a file's path, a request's address.
    """

    consts: tuple[Plain, ...] = ()
    is_whole: bool = False
    refs: tuple[str, ...] = ()
    marks: Marks = NO_MARKS
    tricks: Tricks = NO_TRICKS
    things: "tuple[Thing, ...]" = ()
    items: "tuple[Value, ...] | dict[Plain, Value] | None" = None


UNKNOWN = Value()
NOTHING = Value(consts=(None,), is_whole=True)


@dataclass(slots=True, eq=False)
class Unit:
    """One module, or one layer of decoded code inside it; a layer's lines are all `base_line`."""

    path: str
    name: str
    tree: ast.Module
    frame: "Frame"
    base_line: int = 0
    is_started: bool = False


@dataclass(slots=True, eq=False)
class Frame:
    """The names of one function call, class body or module; `log` keeps what a branch overwrote."""

    unit: Unit | None
    parent: "Frame | None" = None
    owner: "Function | None" = None
    is_class: bool = False
    names: dict[str, Value] = field(default_factory=dict)
    log: dict[str, Value | None] | None = None
    outer: dict[str, "Frame"] = field(default_factory=dict)  # names declared global or nonlocal
    stars: list[str] = field(default_factory=list)
    inner: "list[Function]" = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Function:
    """A function, method or lambda of the plugin, with the frame it was defined in."""

    node: FunctionNode
    name: str
    unit: Unit
    frame: Frame
    klass: "Klass | None" = None
    defaults: dict[str, Value] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()  # property, staticmethod, classmethod
    returns: Value | None = None  # for arguments nobody knows; None until looked at
    is_busy: bool = False
    sensitivity: int = 0  # 1: calls on its arguments, 2: acts on them or returns them
    effects: tuple[tuple[Act, tuple[str, int, int], str, Marks], ...] = ()
    known: dict[object, Value] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Klass:
    """A class of the plugin; `fields` is what any of its instances holds."""

    name: str
    frame: Frame
    bases: tuple[Value, ...]
    body: list[ast.stmt]
    fields: dict[str, Value] = field(default_factory=dict)
    readers: set[Function] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class Instance:
    """An object of one of the plugin's classes."""

    klass: Klass


@dataclass(slots=True, eq=False)
class Bound:
    """A callable with some of its arguments given already: a bound method, a partial."""

    target: Value
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()


@dataclass(slots=True, eq=False)
class Getter:
    """What operator.attrgetter and methodcaller return."""

    names: tuple[str, ...]
    is_call: bool
    args: tuple[Value, ...] = ()


Thing = Function | Klass | Instance | Bound | Getter | Unit


def constant(value: Plain, *, tricks: Tricks = NO_TRICKS, marks: Marks = NO_MARKS) -> Value:
    """Return a known constant, or what is left of it when it is too large to keep."""
    if isinstance(value, str | bytes | tuple) and len(value) > limits.FOLD_CHARACTERS:
        return Value(tricks=tricks, marks=marks)
    return Value(consts=(value,), is_whole=True, tricks=tricks, marks=marks)


def reference(name: str, *, tricks: Tricks = NO_TRICKS, marks: Marks = NO_MARKS) -> Value:
    """Return a name outside the plugin."""
    return Value(refs=(name,), tricks=tricks, marks=marks)


def plain_of(value: Value) -> Plain:
    """Return the only constant a value can be, or None."""
    return value.consts[0] if value.is_whole and len(value.consts) == 1 and not value.refs else None


def join(first: Value | None, second: Value | None) -> Value:
    """Return what is either of two values."""
    if first is second or second is None or second is NOTHING:
        return first or UNKNOWN
    if first is None or first is NOTHING:
        return second
    consts = merge(first.consts, second.consts)
    return Value(
        consts=consts,
        is_whole=first.is_whole and second.is_whole and len(consts) <= limits.PYTHON_ALTERNATIVES,
        refs=merge(first.refs, second.refs),
        marks=first.marks | second.marks if first.marks is not second.marks else first.marks,
        tricks=first.tricks | second.tricks,
        things=merge(first.things, second.things),
        items=join_items(first.items, second.items),
    )


def merge(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    """Return both without doubles, up to the number of alternatives that are followed."""
    if not second or first == second:
        return first
    if not first:
        return second
    return tuple(dict.fromkeys([*first, *second]))[: limits.PYTHON_ALTERNATIVES]


def join_all(values: Iterable[Value]) -> Value:
    """Return what is any of several values."""
    result: Value | None = None
    for value in values:
        result = value if result is None else join(result, value)
    return result or UNKNOWN


def join_items(
    first: tuple[Value, ...] | dict[Plain, Value] | None, second: tuple[Value, ...] | dict[Plain, Value] | None
) -> tuple[Value, ...] | dict[Plain, Value] | None:
    """Return the contents of a container that is either of two."""
    if second is None or first is second:
        return first
    if first is None:
        return second
    if isinstance(first, dict) and isinstance(second, dict):
        if len(first) + len(second) > limits.PYTHON_ITEMS:
            return first
        return {**first, **{key: join(first.get(key), value) for key, value in second.items()}}
    if isinstance(first, dict) or isinstance(second, dict):
        return first
    return tuple(dict.fromkeys([*first, *second]))[: limits.PYTHON_ITEMS]


def blend(values: Iterable[Value]) -> Value:
    """Return something made of several values in an unknown way: it keeps only where they come from."""
    marks, tricks = NO_MARKS, NO_TRICKS
    for value in values:
        if value.marks:
            marks = marks | value.marks if marks else value.marks
        if value.tricks:
            tricks = tricks | value.tricks if tricks else value.tricks
    return Value(marks=marks, tricks=tricks) if marks or tricks else UNKNOWN


def mark(value: Value, *marks: Mark, tricks: Tricks = NO_TRICKS) -> Value:
    """Return a value with more places it comes from."""
    return Value(
        consts=value.consts,
        is_whole=value.is_whole,
        refs=value.refs,
        marks=value.marks.union(marks),
        tricks=value.tricks | tricks,
        things=value.things,
        items=value.items,
    )


def setter_of(name: str) -> str:
    """Return the name under which a class keeps what is called when this attribute is set; no identifier has it."""
    return f"{name}="


def elements(value: Value) -> Value:
    """Return what one element of a value can be, when it is iterated."""
    if value.items:
        members = list(value.items) if isinstance(value.items, tuple) else [constant(key) for key in value.items]
        members += [constant(part, marks=value.marks) for whole in value.consts if isinstance(whole, tuple)
                    for part in whole[: limits.PYTHON_ALTERNATIVES]]  # fmt: skip
        return join_all(members)
    if value.is_whole and len(value.consts) == 1 and not value.refs:
        whole = value.consts[0]
        if isinstance(whole, tuple | str | bytes):
            kept = tuple(dict.fromkeys(whole[: limits.PYTHON_ALTERNATIVES + 1]))[: limits.PYTHON_ALTERNATIVES]
            is_whole = bool(kept) and len(whole) <= limits.PYTHON_ALTERNATIVES
            return Value(consts=kept, is_whole=is_whole, marks=value.marks, tricks=value.tricks)
    if value.refs and value.refs[0] in ELEMENTS:
        return Value(refs=(ELEMENTS[value.refs[0]],), marks=value.marks, tricks=value.tricks)
    return blend([value])


class Spread(Sequence[Value]):
    """The elements of a constant, made when they are asked for: most loops over them stop after the first."""

    def __init__(self, whole: "tuple[Plain, ...] | str | bytes", like: Value) -> None:
        self._whole, self._like = whole, like

    def __len__(self) -> int:
        return len(self._whole)

    @overload
    def __getitem__(self, index: int) -> Value: ...
    @overload
    def __getitem__(self, index: slice) -> "Spread": ...
    def __getitem__(self, index: int | slice) -> "Value | Spread":
        if isinstance(index, slice):
            return Spread(self._whole[index], self._like)
        return Value(consts=(self._whole[index],), is_whole=True, marks=self._like.marks, tricks=self._like.tricks)


def sequence_of(value: Value) -> Sequence[Value] | None:
    """Return the elements of a value in order, or None when they are not all known."""
    if isinstance(value.items, tuple):
        return value.items if not any(isinstance(item, tuple) and item for item in value.consts) else None
    whole = plain_of(value)
    if isinstance(whole, tuple | str | bytes) and len(whole) <= limits.PYTHON_UNROLLED:
        return Spread(whole, value)
    return None


def texts_of(value: Value) -> tuple[str, ...]:
    """Return what a value reads as when it is put into a text; a hole where that is not known."""
    if not value.consts:
        return (HOLE,)
    return tuple(text_of(item) for item in value.consts)


def text_of(item: Plain) -> str:
    """Return one constant as text."""
    if item is None:
        return HOLE
    if isinstance(item, bytes):
        return item.decode("utf-8", "replace")
    if isinstance(item, int) and not -LONGEST < item < LONGEST:
        return HOLE  # Python refuses to write it out as well
    if isinstance(item, tuple):
        return text_of_sequence(item)
    return item if isinstance(item, str) else str(item)


def text_of_sequence(items: tuple[Plain, ...]) -> str:
    """Return a sequence as text; a hole when it holds what cannot be written out."""
    try:
        return str(items)
    except ValueError:
        return HOLE


def weigh(item: Plain, *, most: int) -> int:
    """Return how many characters and members a constant has at every depth, counted no further than `most`."""
    if not isinstance(item, tuple):
        return len(item) if isinstance(item, str | bytes) else 1
    total = len(item)
    for part in item if total <= most else ():
        total += weigh(part, most=most - total)
        if total > most:
            break
    return total


def from_names(named: dict[str, Value]) -> dict[Plain, Value]:
    """Return named arguments as what a dictionary holds."""
    members: dict[Plain, Value] = {}
    members.update(named.items())
    return members
