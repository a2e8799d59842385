"""Turns a row of the tables into facts, a result and calls of callbacks.

What rows cannot say is read by the special readers beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scanners.facts import Context, Label, Trick
from scanners.javascript.effects import Effect
from scanners.javascript.texts import as_text, is_true
from scanners.javascript.values import NO_MARKS, UNKNOWN, Marks, Shape, Value, deep_marks, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker


@dataclass(frozen=True, slots=True)
class Call:
    """One call of something the tables know."""

    effect: Effect
    callee: Value
    this: Value
    args: list[Value]
    node: Node
    is_new: bool = False

    def arg(self, number: int) -> Value:
        """Return an argument, or UNKNOWN when it was not given."""
        return self.args[number] if number < len(self.args) else UNKNOWN

    def option(self, name: str) -> Value:
        """Return an option from the first object among the arguments that has it."""
        for arg in self.args:
            found = arg.shape.get(name) if arg.shape is not None and arg.function is None else None
            if found is not None:
                return found
        return UNKNOWN

    def is_option(self, name: str) -> bool:
        """Return whether an option is certainly true."""
        found = self.option(name)
        return found is not UNKNOWN and is_true(found) is True

    @property
    def name(self) -> str:
        """Return the last part of the callee's name."""
        return self.callee.path.rpartition(".")[2]


Special = Callable[["Walker", Call], Value]


def perform_plain(walker: Walker, call: Call) -> Value:
    """Record the row's fact and return its result."""
    marks = data_marks(call)
    if call.effect.act is not None:
        walker.record(call.effect.act, call.node, detail=detail_of(call), marks=marks, tricks=tricks_of(call))
    value = result_of(walker, call)
    run_callbacks(walker, call.args, value, first=call.effect.callback)
    return value


def data_marks(call: Call) -> Marks:
    """Return the origins of what the row calls data."""
    return union(*[deep_marks(call.args[number]) for number in call.effect.data if number < len(call.args)])


def tricks_of(call: Call, *decoded: Value) -> frozenset[Trick]:
    """Return the detours by which the callee was reached, and whether an argument was decoded."""
    tricks = call.callee.tricks | frozenset(call.effect.tricks)
    return tricks | {Trick.DECODED} if any(Trick.DECODED in value.tricks for value in decoded) else tricks


def detail_of(call: Call) -> str:
    """Return the constant evidence a row asks for."""
    wanted = call.effect.detail
    if wanted == "this":
        return place_of(call.this)
    if isinstance(wanted, int):
        return evidence(call.arg(wanted))
    return wanted


def evidence(value: Value) -> str:
    """Return a constant as evidence; null and its like are none."""
    return "" if value.path in ("null", "undefined", "true", "false") else as_text(value) or ""


def place_of(value: Value) -> str:
    """Return where a client, socket, stream or process leads to."""
    held = value.shape.get("%place") if value.shape is not None else None
    return (held.text or "") if held is not None else ""


def place_marks(value: Value) -> Marks:
    """Return the origins of where a client leads to."""
    held = value.shape.get("%place") if value.shape is not None else None
    return held.marks if held is not None else NO_MARKS


def result_of(walker: Walker, call: Call, *, place: str | None = None, extra: Marks = NO_MARKS) -> Value:
    """Return what the call gives back, labelled, named and leading to a place."""
    effect = call.effect
    marks = union(walker.marks(effect.gives, call.node), extra)
    if effect.keeps:
        marks = union(marks, deep_marks(call.this), *[deep_marks(arg) for arg in call.args if arg.function is None])
    shape = Shape({"%place": Value(place)}) if place is not None else None
    tricks = frozenset({Trick.DECODED}) if Label.DECODED in effect.gives else frozenset()
    return Value(path=effect.becomes, marks=marks, shape=shape, tricks=tricks)


def run_callbacks(
    walker: Walker, args: list[Value], result: Value, *, first: int, context: Context | None = None, loop: bool = False
) -> Value:
    """Call every function among the arguments with the result, after as many errors as it expects."""
    value = UNKNOWN
    for arg in args:
        if arg.function is not None:
            given = [UNKNOWN] * min(first, 3) + ([result] * 3 if first < 9 else [])
            value = walker.follow(walker, arg.function, given, this=None, context=context, loop=loop)
            walker.frame.callbacks.append((arg.function, given))
        elif arg.path.startswith("%") and arg.shape is not None:
            arg.shape.props["value"] = result
    return value
