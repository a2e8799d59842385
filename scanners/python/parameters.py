"""Binds the parameters of the plugin's own functions: to arguments, or to what is known when nobody calls them here."""

import ast
from collections.abc import Sequence

from scanners.facts import Label
from scanners.python.conversations import WHOLE, is_handed_over
from scanners.python.domain import (
    UNKNOWN,
    Function,
    Instance,
    Klass,
    Mark,
    Thing,
    Value,
    blend,
    from_names,
    mark,
)
from scanners.python.expressions import Expressions

# Classes whose methods are called with what comes in over a connection.
PROTOCOLS = ("asyncio.", "twisted.", "autobahn.", "uvloop.", "tornado.websocket")
RECEIVERS = ("data_received", "datagram_received", "dataReceived", "lineReceived", "datagramReceived", "onMessage")


TOOL_TEXTS = frozenset(["description", "instructions", "parameters", "schema", "input_schema", "prompt"])


class Parameters(Expressions):
    """The walk, as far as parameters go."""

    def bind_unknown(self, function: Function) -> dict[str, Value]:
        """Return parameters nobody knows; a method knows its instance, an annotation names a class."""
        arguments = function.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        bindings: dict[str, Value] = {}
        line = function.unit.base_line or function.node.lineno
        others = [item for item in (arguments.vararg, arguments.kwarg) if item is not None]
        for argument in (*positional, *arguments.kwonlyargs, *others):
            given = Mark(Label.ARGUMENT, parameter_path(function, argument.arg), line, argument.arg)
            value = mark(function.defaults.get(argument.arg, UNKNOWN), given)
            if value.is_whole:
                value = Value(consts=value.consts, marks=value.marks, tricks=value.tricks)
            annotated = self.annotate(function, argument.annotation, value)
            if is_handed_over(function, argument.arg, annotated):
                annotated = mark(annotated, Mark(Label.MESSAGE, function.unit.path, line, WHOLE))
            bindings[argument.arg] = annotated
        if function.klass is not None and positional and "staticmethod" not in function.kinds:
            is_class = "classmethod" in function.kinds
            receiver: Thing = function.klass if is_class else Instance(function.klass)
            bindings[positional[0].arg] = Value(things=(receiver,))
            self.bind_received(function, [item.arg for item in positional[1:]], bindings)
        return bindings

    def bind_received(self, function: Function, names: list[str], bindings: dict[str, Value]) -> None:
        """Let the methods of a protocol see what comes in over its connection, and the way back."""
        called = function.name.rpartition(".")[2]
        if function.klass is None or called not in (*RECEIVERS, "connection_made"):
            return
        if not any(ref.startswith(PROTOCOLS) for ref in self.foreign_bases(function.klass)):
            return
        line = function.unit.base_line or function.node.lineno
        received = Mark(Label.NETWORK, function.unit.path, line)
        for name in names:
            is_way_back = called == "connection_made"
            bindings[name] = Value(refs=("trio.StreamWriter()",)) if is_way_back else mark(bindings[name], received)

    def annotate(self, function: Function, annotation: ast.expr | None, value: Value) -> Value:
        """Return a parameter that is annotated with a foreign class as an instance of it."""
        if not isinstance(annotation, ast.Name | ast.Attribute):
            return value
        # The annotation means what it means where the function stands, not where it is called.
        saved = self.unit, self.frame
        self.unit, self.frame = function.unit, function.frame
        meant = self.evaluate(annotation)
        self.unit, self.frame = saved
        if meant.refs and not meant.refs[0].startswith(("builtins.", "typing.")):
            return Value(consts=value.consts, refs=(f"{meant.refs[0]}()", *value.refs), marks=value.marks)
        things = tuple(Instance(thing) for thing in meant.things if isinstance(thing, Klass))
        return Value(consts=value.consts, marks=value.marks, things=things) if things else value

    def bind_arguments(self, function: Function, args: Sequence[Value], keywords: dict[str, Value]) -> dict[str, Value]:
        """Return parameters bound to arguments; missing ones to their defaults."""
        arguments = function.node.args
        names = [item.arg for item in (*arguments.posonlyargs, *arguments.args)]
        bindings = dict(zip(names, args, strict=False))
        if arguments.vararg is not None:
            rest = tuple(args[len(names) :])
            blended = blend(rest)
            bindings[arguments.vararg.arg] = Value(items=rest, marks=blended.marks, tricks=blended.tricks)
        names += [item.arg for item in arguments.kwonlyargs]
        extra: dict[str, Value] = {}
        for name, value in keywords.items():
            (bindings if name in names else extra)[name] = value
        if arguments.kwarg is not None:
            blended = blend(extra.values())
            bindings[arguments.kwarg.arg] = Value(items=from_names(extra), marks=blended.marks, tricks=blended.tricks)
        for name in names:
            if name not in bindings:
                bindings[name] = extra.get("**") or function.defaults.get(name, UNKNOWN)
        return bindings


def parameter_path(function: Function, name: str) -> str:
    """Return what tells one parameter of one function from all others, in place of a path."""
    return f"{function.unit.path}\0{function.node.lineno}.{function.node.col_offset}.{name}"
