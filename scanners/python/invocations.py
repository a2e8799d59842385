"""Follows calls: into the plugin's own functions and classes, and to the effects of foreign ones.

A function is looked at once for arguments nobody knows, and again, within bounds, where its arguments say more.
"""

import ast
import re
from collections.abc import Sequence

from scanners import limits
from scanners.facts import Act, Label, Trick
from scanners.python.authentication import kept_marks, keyed_value
from scanners.python.calls import CRYPTO
from scanners.python.constants import call_constant
from scanners.python.containers import call_container, is_mutator
from scanners.python.domain import (
    NO_TRICKS,
    UNKNOWN,
    Bound,
    Frame,
    Function,
    Getter,
    Instance,
    Klass,
    Mark,
    Marks,
    Thing,
    Unit,
    Value,
    blend,
    elements,
    from_names,
    join_all,
    mark,
    reference,
    sequence_of,
)
from scanners.python.effects import EFFECTS
from scanners.python.effects_files import save
from scanners.python.effects_hooks import hand_over
from scanners.python.effects_network import call_library, guess_request
from scanners.python.expressions import Expressions
from scanners.python.invoked import Call, find_kind
from scanners.python.machine import is_given
from scanners.python.recorder import Entry, Node

NATIVE = re.compile(r"ctypes\.(CDLL\(\)|(windll|cdll|oledll)(\.\w+)?|pythonapi)\.\w+$|cffi\.FFI\(\)\.dlopen\(\)\.\w+$")
KEPT_TRICKS = frozenset([Trick.LOOP, Trick.GUARDED])
_KEEPING = (
    "update append add attach add_header set_payload set_content add_field add_file add_embed add_embed_field "
    "set_cookie write writestr putheader extend insert setdefault set_image set_author set_footer add_row putBytes "
    "putData"
)
KEEPING = frozenset(_KEEPING.split())
KEYED = (*CRYPTO, "hmac.", "hashlib.")
QUEUES = ("queue.", "asyncio.Queue", "asyncio.LifoQueue", "multiprocessing.", "collections.deque", "janus.")
QUEUEING = frozenset(["put", "put_nowait", "send", "appendleft"])
SAVING = frozenset(["save", "imwrite", "dump", "to_csv", "to_json", "to_excel", "tofile", "savefig", "shot", "export"])
QUIET = frozenset(["builtins.len", "builtins.isinstance", "builtins.id", "builtins.type", "builtins.hasattr",
                   "builtins.bool", "builtins.print", "builtins.issubclass", "builtins.callable"])  # fmt: skip


class Invocations(Expressions):
    """The walk, as far as calls go."""

    def on_call(self, node: ast.Call) -> Value:
        """Return what a call gives, and record what it does."""
        function = node.func
        base = self.evaluate(function.value) if isinstance(function, ast.Attribute) else None
        if isinstance(function, ast.Attribute) and base is not None:
            callee = self.attribute(base, function.attr, function)
        else:
            callee = self.evaluate(function)
        args = self.read_args(node)
        keywords = self.read_keywords(node)
        if base is None or callee.refs or callee.things or not isinstance(function, ast.Attribute):
            return self.call_value(callee, node, args, keywords)
        if base.items is not None or is_mutator(function.attr):
            found = call_container(self, function, base, args, keywords)
            if found is not None:
                return found
        if base.consts and not base.refs:
            value = call_constant(base, function.attr, args, keywords)
            if value.consts and isinstance(value.consts[0], str | bytes):
                self.charge(len(value.consts[0]))
            return mark(value, self.mark(Label.DECODED, node)) if Trick.DECODED in value.tricks else value
        return self.call_unknown(callee, node, args, keywords)

    def read_args(self, node: ast.Call) -> list[Value]:
        """Return the positional arguments, spread ones one by one where they are known."""
        args: list[Value] = []
        for argument in node.args:
            value = self.evaluate(argument)
            if isinstance(argument, ast.Starred):
                members = sequence_of(value)
                args += members[:16] if members is not None else [elements(value)]
            else:
                args.append(value)
        return args

    def read_keywords(self, node: ast.Call) -> dict[str, Value]:
        """Return the named arguments; a spread mapping is spelled out or kept under "**"."""
        keywords: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.evaluate(keyword.value)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
            elif isinstance(value.items, dict):
                keywords.update({key: item for key, item in value.items.items() if isinstance(key, str)})
            else:
                keywords["**"] = self.read_environment_whole([value], node, value)
        return keywords

    def call_value(self, callee: Value, node: ast.AST, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what any of the things a value stands for gives when it is called."""
        if callee.things or callee.refs:
            results = [self.call_thing(thing, node, args, keywords) for thing in callee.things]
            results += [self.call_foreign(ref, callee, node, args, keywords) for ref in callee.refs]
            return join_all(results) if len(results) > 1 else results[0]
        return self.call_unknown(callee, node, args, keywords)

    def call_unknown(self, callee: Value, node: ast.AST, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what a call of something unknown gives: it may hold whatever went in."""
        if callee.marks and is_given(callee):
            self.sensitivity = max(self.sensitivity, 1)
        result = blend([callee, *args, *keywords.values()]) if args or keywords or callee.marks else UNKNOWN
        function = node.func if isinstance(node, ast.Call) else None
        if isinstance(function, ast.Attribute):
            if function.attr.startswith(("decrypt", "decipher")):
                return mark(result, self.mark(Label.DECODED, node), self.mark(Label.OPAQUE, node))
            call = Call(node=node, name=function.attr, callee=callee, args=args, keywords=keywords)
            return guess_request(self, call, result)
        return result

    def call_foreign(
        self, name: str, callee: Value, node: ast.AST, args: list[Value], keywords: dict[str, Value]
    ) -> Value:
        """Return what a foreign function gives, and record what it does."""
        call = Call(node=node, name=name, callee=callee, args=args, keywords=keywords)
        kind = find_kind(name)
        if kind is not None:
            return EFFECTS[kind](self, call)
        result = self.make_instance(call)
        if name.startswith(KEYED) and result.marks:
            result = keyed_value(name, callee, args, result)
        if name.startswith(CRYPTO):
            return self.call_cipher(call, result)
        if NATIVE.match(name):
            self.emit(Act.NATIVE_CALL, node, detail=name.rpartition(".")[2], sources=args, tricks=callee.tricks)
            return result
        received = hand_over(self, call)
        return call_library(self, call, mark(result, *received) if received else result)

    def make_instance(self, call: Call) -> Value:
        """Return what a foreign call gives when nothing else is known: something of what went in."""
        values = [*call.args, *call.keywords.values()]
        blended = blend([call.callee, *values])
        leaf = call.name.rpartition(".")[2]
        is_queue = leaf in QUEUEING and call.name.startswith(QUEUES)
        called = call.node.func if isinstance(call.node, ast.Call) else None
        if (leaf in KEEPING or is_queue) and isinstance(called, ast.Attribute):
            self.keep(called.value, Value(marks=kept_marks(leaf, blend(values).marks)))
        elif leaf in SAVING and blended.marks:
            save(self, call, blended)
        if call.name not in QUIET:
            blended = self.read_environment_whole(values, call.node, blended)
        if len(call.name) > limits.PYTHON_REFERENCE:
            return blended
        consts = call.callee.consts if "()" in call.name else ()
        return Value(consts=consts, refs=(f"{call.name}()",), marks=blended.marks, tricks=blended.tricks - call.tricks)

    def keep(self, owner: ast.expr, content: Value) -> None:
        """Let a foreign thing keep what is put into it: a header, an attachment, a field of a form."""
        before = self.evaluate(owner)
        if content.marks - before.marks:
            self.assign_owner(owner, mark(before, *content.marks))

    def call_cipher(self, call: Call, result: Value) -> Value:
        """Record encryption; what was decrypted can be read by nobody before."""
        leaf = call.name.rpartition(".")[2]
        if leaf.startswith("encrypt"):
            self.emit(Act.ENCRYPT, call.node, detail=call.name, sources=call.args)
        elif leaf.startswith(("decrypt", "finalize", "update")) and ("decrypt" in call.name):
            return mark(result, self.mark(Label.DECODED, call.node), self.mark(Label.OPAQUE, call.node))
        return result

    def call_thing(self, thing: Thing, node: ast.AST, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what calling one of the plugin's own things gives."""
        if isinstance(thing, Function):
            return self.call_function(thing, args, keywords)
        if isinstance(thing, Bound):
            return self.call_value(thing.target, node, [*thing.args, *args], {**dict(thing.keywords), **keywords})
        if isinstance(thing, Klass):
            return self.make_own(thing, node, args, keywords)
        if isinstance(thing, Instance):
            member = self.instance_member(thing, "__call__", node)
            return self.call_value(member, node, args, keywords) if member.things else blend([*args])
        if isinstance(thing, Getter):
            return self.call_getter(thing, node, args)
        return UNKNOWN

    def call_getter(self, getter: Getter, node: ast.AST, args: list[Value]) -> Value:
        """Return what an attrgetter or methodcaller gives."""
        value = args[0] if args else UNKNOWN
        for name in getter.names:
            value = mark(self.attribute(value, name, node), tricks=frozenset([Trick.LOOKED_UP]))
        return self.call_value(value, node, list(getter.args), {}) if getter.is_call else value

    def make_own(self, klass: Klass, node: ast.AST, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return a new instance of one of the plugin's classes."""
        receiver = Value(things=(Instance(klass),))
        start = self.find_member(klass, "__init__")
        if start is not None and start.things:
            self.call_value(start, node, [receiver, *args], keywords)
        else:
            self.call_value(join_all(list(map(reference, self.foreign_bases(klass)))), node, args, keywords)
            names = [name for name in klass.frame.names if not name.startswith("__")]
            for name, value in [*zip(names, args, strict=False), *keywords.items()]:
                self.write_field(klass, name, value)
        new = self.find_member(klass, "__new__")
        if new is not None and new.things:
            self.call_value(new, node, [Value(things=(klass,)), *args], keywords)
        return receiver

    # The plugin's own functions.

    def call_function(self, function: Function, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what one of the plugin's own functions gives."""
        if not self.is_dead:
            self.recorder.connect(self.owner, node_of(function))
        if function.is_busy or self.depth >= limits.PYTHON_CALL_DEPTH:
            return blend([*args, *keywords.values()])
        if function.returns is None:
            self.look_at(function)
        if not function.sensitivity:
            return function.returns or UNKNOWN
        values = [*args, *keywords.values()]
        if any(is_given(value) for value in values):
            self.sensitivity = max(self.sensitivity, function.sensitivity)
        interest = max((interest_of(value, function) for value in values), default=0)
        if interest + function.sensitivity < 3:
            return self.fill_in(function, args, keywords)
        return self.follow(function, args, keywords)

    def follow(self, function: Function, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Look at a function again with what is known of its arguments, within bounds."""
        names = tuple(sorted(keywords))
        key = (tuple(key_of(value) for value in args), names, tuple(key_of(keywords[name]) for name in names))
        known = function.known.get(key)
        if known is not None:
            return known
        if len(function.known) >= limits.PYTHON_VARIANTS or self.followed > self.follow_limit:
            return self.fall_back(function, args, keywords)
        before, spent = self.steps, self.followed
        bindings = self.bind_arguments(function, args, keywords)
        result = self.enter(function, bindings, tricks=self.tricks & KEPT_TRICKS)
        self.followed = spent + self.steps - before
        function.known[key] = result
        return result

    def fall_back(self, function: Function, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Let what a function does with its arguments be done with these, when it was followed often enough."""
        given = self.given_marks(function, args, keywords)
        for act, place, detail, marks in function.effects:
            passed = {item for name in marks if name.path in given for item in given[name.path]}
            known = {item for item in passed if item.label is not Label.ARGUMENT}
            if known:
                entry = Entry(owner=node_of(function), scope=function.name, is_dead=self.is_dead, marks=known)
                self.recorder.add(act, place=place, detail=detail, entry=entry)
        return self.fill_in(function, args, keywords)

    def given_marks(self, function: Function, args: list[Value], keywords: dict[str, Value]) -> dict[str, Marks]:
        """Return where the arguments of a call come from, by the parameter they are given for."""
        bindings = self.bind_arguments(function, args, keywords)
        return {parameter_path(function, name): value.marks for name, value in bindings.items()}

    def fill_in(self, function: Function, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return a function's result with the arguments' origins in place of its parameters."""
        result = function.returns or UNKNOWN
        if not is_given(result):
            return result
        given = self.given_marks(function, args, keywords)
        marks = {item for item in result.marks if item.path not in given}
        marks = marks.union(*(given[item.path] for item in result.marks if item.path in given))
        return Value(consts=result.consts, refs=result.refs, marks=frozenset(marks), tricks=result.tricks,
                     things=result.things, items=result.items)  # fmt: skip

    def look_at(self, function: Function) -> None:
        """Look at a function by itself, with arguments nobody knows."""
        bindings = self.bind_unknown(function)
        before = self.sensitivity, self.effects
        self.sensitivity, self.effects = 0, []
        function.returns = UNKNOWN
        try:
            function.returns = self.enter(function, bindings, tricks=NO_TRICKS)
        finally:
            if is_given(function.returns) or function.returns.things:
                self.sensitivity = 2
            function.sensitivity, function.effects = self.sensitivity, tuple(self.effects[:64])
            self.sensitivity, self.effects = before

    def enter(self, function: Function, bindings: dict[str, Value], *, tricks: frozenset[Trick]) -> Value:
        """Run a function's body in a frame of its own and return what it returns."""
        saved = (self.unit, self.frame, self.owner, self.scope, self.tricks, self.results, self.loops, self.is_dead)
        self.unit, self.owner, self.scope = function.unit, node_of(function), function.name
        self.frame = Frame(unit=function.unit, parent=function.frame, owner=function, names=bindings)
        self.tricks, self.results, self.loops, self.is_dead = tricks, [], 0, False
        self.depth += 1
        function.is_busy = True
        try:
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body)
            self.run_block(function.node.body)
            return join_all(self.results)
        finally:
            function.is_busy = False
            self.depth -= 1
            (self.unit, self.frame, self.owner, self.scope, self.tricks, self.results, self.loops, self.is_dead) = saved

    def bind_unknown(self, function: Function) -> dict[str, Value]:
        """Return parameters nobody knows; a method knows its instance, an annotation names a class."""
        arguments = function.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        bindings: dict[str, Value] = {}
        line = function.unit.base_line or function.node.lineno
        others = [item for item in (arguments.vararg, arguments.kwarg) if item is not None]
        for argument in (*positional, *arguments.kwonlyargs, *others):
            given = Mark(Label.ARGUMENT, parameter_path(function, argument.arg), line)
            value = mark(function.defaults.get(argument.arg, UNKNOWN), given)
            if value.is_whole:
                value = Value(consts=value.consts, marks=value.marks, tricks=value.tricks)
            bindings[argument.arg] = self.annotate(argument.annotation, value)
        if function.klass is not None and positional and "staticmethod" not in function.kinds:
            is_class = "classmethod" in function.kinds
            receiver: Thing = function.klass if is_class else Instance(function.klass)
            bindings[positional[0].arg] = Value(things=(receiver,))
        return bindings

    def annotate(self, annotation: ast.expr | None, value: Value) -> Value:
        """Return a parameter that is annotated with a foreign class as an instance of it."""
        if not isinstance(annotation, ast.Name | ast.Attribute):
            return value
        meant = self.evaluate(annotation)
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


def node_of(function: Function) -> Node:
    """Return a function's place in the graph of who calls whom."""
    return (function.unit.path, id(function.node))


def interest_of(value: Value, function: Function) -> int:
    """Return how much an argument says: 0 nothing, 1 a constant, 2 where it comes from or what it can do."""
    if value.refs or any(item.label is not Label.ARGUMENT for item in value.marks):
        return 2
    if value.things:
        is_own = all(isinstance(thing, Instance | Klass | Unit) for thing in value.things)
        is_receiver = function.klass is not None and is_own
        return 0 if is_receiver else 2
    return 1 if (value.consts and value.consts != (None,)) or value.items else 0


def key_of(value: Value) -> object:
    """Return what two arguments must have in common to be the same to a function."""
    things = tuple(id(thing.klass) if isinstance(thing, Instance) else id(thing) for thing in value.things)
    items: object = None
    if value.items:
        members = value.items.items() if isinstance(value.items, dict) else enumerate(value.items)
        items = tuple((name, item.consts, item.refs, item.marks) for name, item in list(members)[:16])
    return (value.consts, value.is_whole, value.refs, value.marks, things, items)


def parameter_path(function: Function, name: str) -> str:
    """Return what tells one parameter of one function from all others, in place of a path."""
    return f"{function.unit.path}\0{function.node.lineno}.{function.node.col_offset}.{name}"
