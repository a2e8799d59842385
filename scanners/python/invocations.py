"""Follows calls: into the plugin's own functions and classes, and to the effects of foreign ones.

A function is looked at once for arguments nobody knows, and again, within bounds, where its arguments say more.
"""

import ast
import re

from scanners import limits
from scanners.facts import Act, Label, Trick
from scanners.python.authentication import kept_marks, keyed_value
from scanners.python.calls import CRYPTO
from scanners.python.constants import call_constant
from scanners.python.containers import call_container, is_mutator
from scanners.python.conversations import KEEPING_WHOLE, TELLING, narrow
from scanners.python.domain import (
    NO_TRICKS,
    UNKNOWN,
    Bound,
    Frame,
    Function,
    Getter,
    Instance,
    Klass,
    Marks,
    Plain,
    Thing,
    Unit,
    Value,
    blend,
    elements,
    join_all,
    mark,
    plain_of,
    reference,
    sequence_of,
)
from scanners.python.effects import EFFECTS
from scanners.python.effects_files import save
from scanners.python.effects_hooks import TEMPLATES, hand_over, note_handed
from scanners.python.effects_network import call_library, guess_request
from scanners.python.effects_recipients import note_mail_field
from scanners.python.effects_values import note_swap
from scanners.python.favours import is_magic
from scanners.python.invoked import Call, find_kind
from scanners.python.machine import FAVOURED, is_given
from scanners.python.parameters import TOOL_TEXTS, Parameters, parameter_path
from scanners.python.recorder import Entry, Node

NATIVE = re.compile(r"ctypes\.(CDLL\(\)|(windll|cdll|oledll)(\.\w+)?|pythonapi)\.\w+$|cffi\.FFI\(\)\.dlopen\(\)\.\w+$")
KEPT_TRICKS = frozenset([Trick.LOOP, Trick.GUARDED, Trick.FAVOURED])
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
TOOL_MAKERS = frozenset(
    ["tool", "Tool", "StructuredTool", "FunctionTool", "function_tool", "add_tool", "register_tool", "from_function"]
)
DEFAULTING = frozenset(["get", "pop", "setdefault"])
BEGINNING = frozenset(["startswith", "endswith", "removeprefix", "find", "fullmatch"])


class Invocations(Parameters):
    """The walk, as far as calls go."""

    def on_call(self, node: ast.Call) -> Value:
        """Return what a call gives, and record what it does."""
        function = node.func
        base = self.evaluate(function.value) if isinstance(function, ast.Attribute) else None
        if isinstance(function, ast.Attribute) and base is not None:
            callee = self.attribute(base, function.attr, function)
        else:
            callee = self.evaluate(function)
        if base is not None and isinstance(function, ast.Attribute) and function.attr not in TELLING | KEEPING_WHOLE:
            callee = narrow(callee)
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
        results = [self.call_thing(thing, node, args, keywords) for thing in callee.things]
        results += [self.call_foreign(ref, callee, node, args, keywords) for ref in callee.refs]
        if results:
            return join_all(results) if len(results) > 1 else results[0]
        return self.call_unknown(callee, node, args, keywords)

    def call_unknown(self, callee: Value, node: ast.AST, args: list[Value], keywords: dict[str, Value]) -> Value:
        """Return what a call of something unknown gives: it may hold whatever went in."""
        if callee.marks and is_given(callee):
            self.sensitivity = max(self.sensitivity, 1)
        result = blend([callee, *args, *keywords.values()]) if args or keywords or callee.marks else UNKNOWN
        function = node.func if isinstance(node, ast.Call) else None
        if args or keywords:
            result = narrow(result)
        if isinstance(function, ast.Attribute):
            if function.attr.startswith(("decrypt", "decipher")):
                return mark(result, self.mark(Label.DECODED, node), self.mark(Label.OPAQUE, node))
            if function.attr in DEFAULTING and len(args) > 1 and (args[1].refs or args[1].things):
                return join_all([result, mark(args[1], tricks=frozenset([Trick.LOOKED_UP]))])
            if function.attr in BEGINNING and args and any(map(is_magic, words_of(args[0]))):
                return mark(result, tricks=FAVOURED)
            if function.attr == "replace" and len(args) > 1:
                note_swap(self, node, args[1], callee)
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
        leaf = call.name.rpartition(".")[2]
        blended = blend([call.callee, *values])
        if leaf not in KEEPING_WHOLE and (values or leaf not in TELLING):
            blended = narrow(blended)
        is_queue = leaf in QUEUEING and call.name.startswith(QUEUES)
        called = call.node.func if isinstance(call.node, ast.Call) else None
        if (leaf in KEEPING or is_queue) and isinstance(called, ast.Attribute):
            self.keep(called.value, Value(marks=kept_marks(leaf, blend(values).marks)))
            if leaf == "add_header" and len(values) > 1:
                note_mail_field(self, call.node, call.callee, plain_of(values[0]), values[1])
        elif leaf in SAVING and blended.marks:
            save(self, call, blended)
        if call.name.startswith(TEMPLATES):
            note_handed(self, values, call.node)
        if leaf in TOOL_MAKERS:
            for name in TOOL_TEXTS & call.keywords.keys():
                self.emit(Act.TOOL_TEXT, call.node, detail=name, sources=[call.keywords[name]])
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
            self.note_tool_text(function)
        finally:
            if is_given(function.returns) or function.returns.things:
                self.sensitivity = 2
            function.sensitivity, function.effects = self.sensitivity, tuple(self.effects[:64])
            self.sensitivity, self.effects = before

    def note_tool_text(self, function: Function) -> None:
        """Record where a property comes from by which a language model is told of a tool."""
        leaf = function.name.rpartition(".")[2]
        if function.klass is None or leaf not in TOOL_TEXTS or "property" not in function.kinds:
            return
        marks = set((function.returns or UNKNOWN).marks)
        entry = Entry(node_of(function), function.name, is_dead=self.is_dead, marks=marks)
        line = function.unit.base_line or function.node.lineno
        self.recorder.add(Act.TOOL_TEXT, place=(function.unit.path, line, line), detail=leaf, entry=entry)

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


def words_of(value: Value) -> tuple[Plain, ...]:
    """Return the words that a text is compared with: one constant, or several in a sequence."""
    whole = plain_of(value)
    return whole if isinstance(whole, tuple) else (whole,)


def node_of(function: Function) -> Node:
    """Return a function's place in the graph of who calls whom."""
    return (function.unit.path, id(function.node))


def interest_of(value: Value, function: Function) -> int:
    """Return how much an argument says: 0 nothing, 1 a constant, 2 where it comes from or what it can do."""
    if value.refs or any(item.label is not Label.ARGUMENT for item in value.marks):
        return 2
    if value.things:
        is_own = all(isinstance(thing, Instance | Klass | Unit) for thing in value.things)
        if function.klass is None or not is_own:
            return 2
        # Its own receiver tells a method nothing; another object that it is given is worth a second look.
        return int(any(isinstance(thing, Instance) and thing.klass is not function.klass for thing in value.things))
    return 1 if (value.consts and value.consts != (None,)) or value.items else 0


def key_of(value: Value) -> object:
    """Return what two arguments must have in common to be the same to a function."""
    things = tuple(id(thing.klass) if isinstance(thing, Instance) else id(thing) for thing in value.things)
    items: object = None
    if value.items:
        members = value.items.items() if isinstance(value.items, dict) else enumerate(value.items)
        items = tuple((name, item.consts, item.refs, item.marks) for name, item in list(members)[:16])
    return (value.consts, value.is_whole, value.refs, value.marks, things, items)
