"""Evaluates expressions that call nothing: names, attributes, containers, operators, comprehensions.

Whatever it does not know keeps the marks of everything inside it.
"""

import ast
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from scanners import limits
from scanners.facts import Act, Label, Trick
from scanners.python.calls import ATTRIBUTES
from scanners.python.conditions import Conditions
from scanners.python.constants import concatenate, operate, parent_of, take_item, take_slice
from scanners.python.conversations import WHOLE, is_told_whole, narrow
from scanners.python.domain import (
    NO_TRICKS,
    NOTHING,
    UNKNOWN,
    Frame,
    Function,
    Instance,
    Plain,
    Value,
    blend,
    constant,
    elements,
    join,
    join_all,
    mark,
    plain_of,
    sequence_of,
    weigh,
)
from scanners.python.machine import TooComplex, is_given
from scanners.python.places import ANY_SECRET, SECRET, names_analysts

DECODING = frozenset([Trick.DECODED])
ANALYSIS_WORDS = 3
ITEM = "[]"  # the field that stands for every element of an own container
# Attributes of these still name what the instance is about: a path.
SUBJECTS = (
    "pathlib.", "os.DirEntry", "tempfile.", "builtins.open().name", "subprocess.Popen().stdin",
    "asyncio.create_subprocess_exec().stdin", "asyncio.create_subprocess_shell().stdin",
)  # fmt: skip


class Expressions(Conditions):
    """The walk, as far as expressions go."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[type[ast.AST], Callable[[Any], Value]] = {
            ast.Constant: self.on_constant,
            ast.Name: self.on_name,
            ast.Attribute: self.on_attribute,
            ast.Subscript: self.on_subscript,
            ast.Call: self.on_call,
            ast.BinOp: self.on_binop,
            ast.JoinedStr: self.on_joinedstr,
            ast.FormattedValue: self.on_formatted,
            ast.List: self.on_sequence,
            ast.Tuple: self.on_sequence,
            ast.Set: self.on_sequence,
            ast.Dict: self.on_dict,
            ast.Lambda: self.on_lambda,
            ast.IfExp: self.on_ifexp,
            ast.BoolOp: self.on_boolop,
            ast.Compare: self.on_compare,
            ast.UnaryOp: self.on_unaryop,
            ast.NamedExpr: self.on_namedexpr,
            ast.Await: self.on_inner,
            ast.Yield: self.on_yield,
            ast.YieldFrom: self.on_yield,
            ast.Starred: self.on_inner,
            ast.ListComp: self.on_comprehension,
            ast.SetComp: self.on_comprehension,
            ast.GeneratorExp: self.on_comprehension,
            ast.DictComp: self.on_comprehension,
            ast.Slice: self.on_slice,
        }

    def evaluate(self, node: ast.expr | None) -> Value:
        """Return what an expression stands for; raises TooComplex beyond the budget."""
        if node is None:
            return NOTHING
        self.steps += 1
        if self.steps > self.step_limit:
            raise TooComplex
        handler = self.handlers.get(type(node))
        return handler(node) if handler is not None else UNKNOWN

    @abstractmethod
    def on_call(self, node: ast.Call) -> Value:
        """Return what a call gives."""

    def on_constant(self, node: ast.Constant) -> Value:
        """Return a literal."""
        value = node.value
        if value is None:
            return NOTHING
        return Value(consts=(value,), is_whole=True) if isinstance(value, str | bytes | int | float) else UNKNOWN

    def on_name(self, node: ast.Name) -> Value:
        """Return what a bare name means here."""
        return self.look_up_name(node.id)

    def on_attribute(self, node: ast.Attribute) -> Value:
        """Return an attribute that is not being called."""
        base = self.evaluate(node.value)
        if node.attr == "parent" and "pathlib.Path()" in base.refs:
            return parent_of(base)
        if node.attr == "parents" and "pathlib.Path()" in base.refs:
            return Value(items=(parent_of(base), parent_of(parent_of(base)), parent_of(parent_of(parent_of(base)))))
        value = self.attribute(base, node.attr, node)
        if node.attr == "f_locals":
            value = mark(value, self.mark(Label.SECRET, node, name="frame.f_locals"))
        elif node.attr != "__dict__":
            value = narrow(value)
        elif is_told_whole(node.value, value):
            value = mark(value, self.mark(Label.MESSAGE, node, name=WHOLE))
        if value.refs:
            label = ATTRIBUTES.get(value.refs[0])
            if label is not None:
                return mark(value, self.mark(Label(label), node))
            if value.consts and not value.refs[0].startswith(SUBJECTS):
                return Value(refs=value.refs, marks=value.marks, tricks=value.tricks, things=value.things)
        return value

    def on_subscript(self, node: ast.Subscript) -> Value:
        """Return an element or slice."""
        base = narrow(self.evaluate(node.value))
        if isinstance(node.slice, ast.Slice):
            part = node.slice
            bounds = [self.evaluate(item) for item in (part.lower, part.upper, part.step)]
            if isinstance(base.items, tuple):
                return base
            if base.consts and not base.refs and all(bound.is_whole for bound in bounds):
                return take_slice(base, *(plain_of(bound) for bound in bounds))
            return blend([base])
        key = self.evaluate(node.slice)
        if base.refs:
            found = self.look_up_item(base, key, node)
            if found is not None:
                return found
        own = [self.own_item(thing, key, node) for thing in base.things if isinstance(thing, Instance)]
        if own:
            return join_all([*own, blend([base])])
        value = take_item(base, key)
        return self.mark_setting(node, key, value, base=base)

    def own_item(self, instance: Instance, key: Value, node: ast.AST) -> Value:
        """Return an element of an instance of an own class: what was put there, and what its methods make up."""
        results = [instance.klass.fields.get(ITEM) or UNKNOWN]
        for name in ("__getitem__", "__missing__"):
            member = self.find_member(instance.klass, name)
            if member is not None and member.things:
                results.append(self.call_value(member, node, [Value(things=(instance,)), key], {}))
        return join_all(results)

    def on_binop(self, node: ast.BinOp) -> Value:
        """Return the result of an operator."""
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        value = operate(node.op, left, right)
        if value.consts and isinstance(value.consts[0], str | bytes):
            self.charge(len(value.consts[0]))
        if isinstance(node.op, ast.BitXor):
            return mark(value, self.mark(Label.DECODED, node), tricks=DECODING)
        return value

    def on_joinedstr(self, node: ast.JoinedStr) -> Value:
        """Return an f-string."""
        parts = [self.evaluate(part) for part in node.values]
        if not parts:
            return constant("")
        value = concatenate(parts, **({} if len(parts) > 1 else {"tricks": NO_TRICKS}))
        return self.read_environment_whole(parts, node, value)

    def on_formatted(self, node: ast.FormattedValue) -> Value:
        """Return the part of an f-string between braces; with a format it is another text."""
        value = self.evaluate(node.value)
        if node.format_spec is not None:
            return blend([value])
        return value

    def on_sequence(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        """Return a list, tuple or set, as a constant when all of it is."""
        if all(type(element) is ast.Constant for element in node.elts):
            whole: tuple[Any, ...] = tuple(element.value for element in node.elts if isinstance(element, ast.Constant))
            self.steps += len(whole) >> 2
            self.note_analysts(whole, node)
            return constant(whole)
        values = [self.evaluate(element) for element in node.elts]
        if any(isinstance(element, ast.Starred) for element in node.elts):
            joined = join_all(
                elements(value) if isinstance(element, ast.Starred) else value
                for element, value in zip(node.elts, values, strict=True)
            )
            return Value(items=(joined,), marks=joined.marks, tricks=joined.tricks)
        return self.make_sequence(values, node)

    def make_sequence(self, values: Sequence[Value], node: ast.AST) -> Value:
        """Return a sequence of known members."""
        blended = blend(values)
        if all(value.is_whole and len(value.consts) == 1 and not value.refs for value in values):
            whole = tuple(value.consts[0] for value in values)
            weight = weigh(whole, most=limits.FOLD_CHARACTERS)
            self.charge(weight)
            if weight > limits.FOLD_CHARACTERS:
                return blended
            self.note_analysts(whole, node)
            return Value(consts=(whole,), is_whole=True, marks=blended.marks, tricks=blended.tricks)
        if len(values) > limits.PYTHON_ITEMS:
            joined = join_all(values[: limits.PYTHON_ITEMS])
            return Value(items=(joined,), marks=blended.marks, tricks=blended.tricks)
        return Value(items=tuple(values), marks=blended.marks, tricks=blended.tricks)

    def note_analysts(self, words: tuple[Plain, ...], node: ast.AST) -> None:
        """Record a list of debuggers, sandboxes or their network cards."""
        if len(words) >= ANALYSIS_WORDS and isinstance(words[0], str):
            named = names_analysts(words)
            if named:
                self.emit(Act.HOST_ANALYSIS, node, detail=named)

    def on_dict(self, node: ast.Dict) -> Value:
        """Return a dictionary, its values by key where the key is known."""
        members: dict[Plain, Value] = {}
        others: list[Value] = []
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item)
            if key is None:
                others.append(self.read_environment_whole([value], node, value))
                if isinstance(value.items, dict):
                    members.update(value.items)
                continue
            name = plain_of(self.evaluate(key))
            if name is not None and len(members) < limits.PYTHON_ITEMS:
                members[name] = value
            else:
                others.append(value)
        self.note_analysts(tuple(members), node)
        blended = blend([*members.values(), *others])
        return Value(items=members, marks=blended.marks, tricks=blended.tricks)

    def on_lambda(self, node: ast.Lambda) -> Value:
        """Return a function without a name."""
        return Value(things=(self.make_function(node, "<lambda>"),))

    def make_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str) -> Function:
        """Return a function defined here; it is looked at by itself when the walk has come to its end."""
        scope = self.scope if name == "<lambda>" else f"{self.scope}.{name}" if self.scope else name
        function = Function(node=node, name=scope, unit=self.here, frame=self.frame)
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        for argument, default in zip(reversed(positional), reversed(arguments.defaults), strict=False):
            function.defaults[argument.arg] = self.evaluate(default)
        for argument, keyword in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if keyword is not None:
                function.defaults[argument.arg] = self.evaluate(keyword)
        self.pending.append(function)
        self.note_closure(node)
        return function

    def note_closure(self, node: ast.AST) -> None:
        """Have the running function looked at again for other arguments when a function inside it works on them."""
        if self.frame.owner is None or self.sensitivity:
            return
        given = {name for name, value in self.frame.names.items() if is_given(value)}
        if given and any(isinstance(part, ast.Name) and part.id in given for part in ast.walk(node)):
            self.sensitivity = 1

    def on_unaryop(self, node: ast.UnaryOp) -> Value:
        """Return a negated or inverted number."""
        value = self.evaluate(node.operand)
        whole = plain_of(value)
        if isinstance(whole, int) and not isinstance(node.op, ast.Not):
            results = {ast.USub: -whole, ast.UAdd: +whole, ast.Invert: ~whole}
            return Value(consts=(results[type(node.op)],), is_whole=True, marks=value.marks, tricks=value.tricks)
        return blend([value])

    def on_namedexpr(self, node: ast.NamedExpr) -> Value:
        """Bind a name and return its value."""
        value = self.evaluate(node.value)
        self.assign(node.target, self.mark_alias(node.target, node.value, value))
        return value

    def on_inner(self, node: ast.Await | ast.Starred) -> Value:
        """Return what is awaited or spread."""
        return self.evaluate(node.value)

    def on_yield(self, node: ast.Yield | ast.YieldFrom) -> Value:
        """Hand a value to whoever iterates the running function."""
        value = self.evaluate(node.value)
        if isinstance(node, ast.YieldFrom):
            self.results.append(value)
            return UNKNOWN
        self.results.append(Value(items=(value,), marks=value.marks, tricks=value.tricks))
        return UNKNOWN

    def on_slice(self, node: ast.Slice) -> Value:
        """Look at the bounds of a slice that is part of a tuple of them."""
        for part in (node.lower, node.upper, node.step):
            self.evaluate(part)
        return UNKNOWN

    def on_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        """Return the sequence or dictionary a comprehension makes; over known elements it is computed."""
        outer = self.begin_branch()
        try:
            return self.unroll(node) or self.summarise(node)
        finally:
            self.end_branch(outer)

    def unroll(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value | None:
        """Return a comprehension over known elements, computed one by one, or None."""
        loop = node.generators[0]
        if len(node.generators) > 1 or loop.ifs or isinstance(node, ast.DictComp):
            return None
        members = sequence_of(self.evaluate(loop.iter))
        if members is None:
            return None
        values: list[Value] = []
        for member in members:
            self.assign(loop.target, member)
            value = self.evaluate(node.elt)
            if not value.is_whole and len(members) > limits.PYTHON_ALTERNATIVES:
                return None
            values.append(value)
        return self.make_sequence(values, node)

    def summarise(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Value:
        """Return a comprehension's element as any of its elements."""
        is_filtered = False
        for loop in node.generators:
            source = self.evaluate(loop.iter)
            self.assign(loop.target, elements(self.read_environment_whole([source], loop.iter, source)))
            for test in loop.ifs:
                self.evaluate(test)
                is_filtered = True
        if isinstance(node, ast.DictComp):
            key, value = self.evaluate(node.key), self.evaluate(node.value)
            value = join(value, blend([key]))
        else:
            value = self.evaluate(node.elt)
        if is_filtered:
            value = self.narrow_environment(node, value)
        items: tuple[Value, ...] | dict[Plain, Value] = (value,)
        return Value(items=items if value.consts or value.refs or value.things or value.items else None,
                     marks=value.marks, tricks=value.tricks)  # fmt: skip

    def chooses(self, node: ast.AST, tests: Sequence[ast.expr]) -> bool:
        """Say whether a filter asks for anything but how an element is spelled or whether it is empty."""
        targets = [loop.target for loop in getattr(node, "generators", ())]
        own = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        return any(isinstance(part, ast.Name) and part.id not in own for test in tests for part in ast.walk(test))

    def narrow_environment(self, node: ast.AST, value: Value) -> Value:
        """Return a choice from the environment: all of it is no longer meant, but its secrets may be."""
        if not any(item.label is Label.ENVIRONMENT_ALL for item in value.marks):
            return value
        tests = [test for loop in getattr(node, "generators", ()) for test in loop.ifs]
        words = [
            part.value
            for test in tests
            for part in ast.walk(test)
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        ]
        is_left_out = any(isinstance(part, ast.Not | ast.NotIn) for test in tests for part in ast.walk(test))
        if not is_left_out and any(ANY_SECRET.fullmatch(word) for word in words):
            # Whatever is named like a secret, whoever it belongs to: as good as all of it.
            return mark(value, self.mark(Label.SECRET, node))
        if not words and not self.chooses(node, tests):
            return value
        label = Label.SECRET if any(SECRET.search(word) for word in words) else Label.ENVIRONMENT
        marks = frozenset(
            item._replace(label=label) if item.label is Label.ENVIRONMENT_ALL else item for item in value.marks
        )
        return Value(consts=value.consts, is_whole=value.is_whole, refs=value.refs, marks=marks, tricks=value.tricks)


def module_frame(frame: Frame) -> Frame:
    """Return the frame of the module that a frame belongs to."""
    while frame.parent is not None:
        frame = frame.parent
    return frame
