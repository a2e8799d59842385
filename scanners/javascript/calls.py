"""Reads calls: finds out what is called, and follows it into the plugin, the tables or JavaScript's own functions.

A call of nothing known gives everything that went in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners.facts import Act, Context, Label, Trick
from scanners.javascript.arrays import any_call, flatten, fold_method, item_of, map_items
from scanners.javascript.authenticating import authenticate
from scanners.javascript.builtins import BUILTINS, resolve_promise
from scanners.javascript.choosing import note_carried, picked_marks
from scanners.javascript.commands import COMMANDS
from scanners.javascript.containers import put, say_container, take
from scanners.javascript.conversations import note_recipients, read_told
from scanners.javascript.effects import Effect, words
from scanners.javascript.events import DATA, FUNCTION_CALL, LISTENERS, STREAMS, is_callable, read_emit, read_listener
from scanners.javascript.filing import FILING
from scanners.javascript.functions import construct
from scanners.javascript.members import read_member_of
from scanners.javascript.pages import PAGES, run_in_page, send_command
from scanners.javascript.parameters import spied_arguments, unknown_arguments
from scanners.javascript.performing import Call, Special, perform_plain, run_callbacks
from scanners.javascript.running import RUNNING
from scanners.javascript.sending import SENDING
from scanners.javascript.tables import EFFECTS
from scanners.javascript.tables.host import GLOBALS
from scanners.javascript.tables.network import ANSWERS, SOFT_SENDERS
from scanners.javascript.texts import unescape
from scanners.javascript.values import HOLE, NO_MARKS, UNKNOWN, Marks, Value, array_of, deep_marks, join_all, union

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Reader, Walker

SPECIALS: dict[str, Special] = {**RUNNING, **COMMANDS, **FILING, **SENDING, **PAGES}
AT_ONCE = words(
    "forEach map filter reduce reduceRight some every find findIndex findLast flatMap sort each times then catch",
    "finally call apply tap nextTick parallel series waterfall eachSeries eachLimit mapLimit mapSeries run exec",
    "execute replace replaceAll transaction attempt try from pipe",
)
MAILING = words("sendMail send sendMessage sendEmail")
# What compilers put around require: the module comes out as it went in.
IMPORT_WRAPPER = re.compile(
    r"(__toESM|__importStar|__importDefault|_?_?interop\w*|__toModule|_getRequireWildcard\w*)\d*$"
)
PRIVATE = frozenset(
    {
        Label.SECRET,
        Label.ENVIRONMENT_ALL,
        Label.CREDENTIALS,
        Label.FILE,
        Label.PROCESS,
        Label.CLIPBOARD,
        Label.SCREEN,
        Label.KEYS,
    }
    | {Label.CAMERA, Label.LISTING}
)


def read_call(walker: Walker, node: Node) -> Value:
    """Read `f(...)`."""
    target, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if target is None:
        return walker.read_parts(node)
    while target.type in ("parenthesized_expression", "non_null_expression") and target.named_children:
        target = target.named_children[0]
    if target.type == "sequence_expression" and target.named_children:
        for part in target.named_children[:-1]:
            walker.read(part)
        target = target.named_children[-1]
    base, name = UNKNOWN, None
    if target.type in ("member_expression", "subscript_expression"):
        base, callee, name = read_member_of(walker, target)
    else:
        callee = walker.read(target)
    args = read_arguments(walker, given, is_own=callee.function is not None)
    if callee.path == "?await":
        # The grammar takes `await (a, b)` for a call of a function named await.
        return args[-1] if args else UNKNOWN
    return apply(walker, callee, base, name, args, node)


def read_new(walker: Walker, node: Node) -> Value:
    """Read `new F(...)`."""
    target, given = node.child_by_field_name("constructor"), node.child_by_field_name("arguments")
    callee = walker.read(target) if target is not None else UNKNOWN
    args = read_arguments(walker, given)
    if callee.function is not None or (callee.shape is not None and "prototype" in callee.shape.props):
        return construct(walker, callee, args)
    effect = EFFECTS.get(callee.path)
    if effect is not None:
        return perform(walker, effect, callee, UNKNOWN, args, node)
    if callee.path in BUILTINS:
        return BUILTINS[callee.path](walker, args, node)
    hand_over(walker, args, NO_MARKS, "new")
    path = f"{callee.path}#" if callee.path and not callee.path.startswith("?") else ""
    marks = union(*[deep_marks(arg) for arg in args])
    # A client of a strange library is given a secret to prove who asks.
    return Value(path=path, marks=marks if callee.path in GLOBALS else authenticate(marks))


def read_arguments(walker: Walker, given: Node | None, *, is_own: bool = False) -> list[Value]:
    """Return the arguments of a call, spread arrays laid out."""
    if given is None:
        return []
    if given.type == "template_string":
        return read_tagged(walker, given) if is_own else [walker.read(given)]
    args: list[Value] = []
    for child in given.named_children:
        if child.type == "comment":
            continue
        value = walker.read(child)
        if child.type == "spread_element" and value.shape is not None and value.shape.items is not None:
            args.extend(value.shape.items[:5_000])
        else:
            args.append(value)
    return args


def read_tagged(walker: Walker, template: Node) -> list[Value]:
    """Return the arguments of a tagged template: its texts with their raw forms, and its values."""
    texts, raw, values = [""], [""], []
    for child in template.named_children:
        if child.type == "template_substitution":
            values.append(walker.read(child.named_children[0]) if child.named_children else UNKNOWN)
            texts.append("")
            raw.append("")
        else:
            texts[-1] += unescape(walker.text(child))
            raw[-1] += walker.text(child)
    parts = array_of(Value(text) for text in texts)
    if parts.shape is not None:
        parts.shape.props["raw"] = array_of(Value(text) for text in raw)
    return [parts, *values]


def apply(walker: Walker, callee: Value, base: Value, name: str | None, args: list[Value], node: Node) -> Value:
    """Return what a call of a value is worth."""
    if name in ("call", "apply", "bind") and (base.function is not None or is_callable(base.path)):
        return apply_again(walker, base, name, args, node)
    if callee.path.startswith("%"):
        if callee.path == "%any" and callee.shape is not None:
            choices = callee.shape.items or []
            return join_all([apply(walker, choice, base, name, list(args), node) for choice in choices])
        if callee.path == "%bound" and callee.shape is not None:
            target, *rest = callee.shape.items or [UNKNOWN]
            return apply(walker, target, UNKNOWN, None, [*rest, *args], node)
        return resolve_promise(walker, callee, args)
    if callee.function is not None:
        if args and IMPORT_WRAPPER.match(callee.function.name) and not args[0].path.startswith(("?", "%")):
            return args[0]
        return walker.follow(walker, callee.function, args, this=base if name is not None else None)
    effect = EFFECTS.get(callee.path)
    if effect is not None:
        return perform(walker, effect, callee, base, args, node)
    if callee.path in ("Reflect.apply", "Reflect.construct") and args:
        spread = args[-1].shape.items if args[-1].shape is not None and args[-1].shape.items is not None else args[1:]
        return apply(
            walker, args[0].replaced(tricks=args[0].tricks | {Trick.LOOKED_UP}), UNKNOWN, None, list(spread), node
        )
    if callee.path in BUILTINS:
        return with_tricks(BUILTINS[callee.path](walker, args, node), callee)
    return apply_method(walker, callee, base, name, args, node)


def with_tricks(value: Value, callee: Value) -> Value:
    """Return a value with the detours by which the function that made it was reached."""
    return value.replaced(tricks=value.tricks | callee.tricks) if callee.tricks else value


def apply_again(walker: Walker, function: Value, name: str, args: list[Value], node: Node) -> Value:
    """Read `f.call(this, ...)`, `f.apply(this, [...])` and `f.bind(this, ...)`."""
    this, rest = (args[0] if args else UNKNOWN), args[1:]
    if function.path in FUNCTION_CALL and name == "bind":
        return Value(path="%bound", shape=array_of([this, *rest[1:]]).shape)
    if name == "apply" and rest:
        shape = rest[0].shape
        rest = (
            list(shape.items) if shape is not None and shape.items is not None else [Value(marks=deep_marks(rest[0]))]
        )
    if name == "bind":
        if not rest and function.function is None:
            return function
        bound = array_of([function, *rest]).shape
        return function if not rest else Value(path="%bound", shape=bound)
    if function.function is not None:
        return walker.follow(walker, function.function, rest, this=this)
    return apply(walker, function, UNKNOWN, None, rest, node)


def perform(walker: Walker, effect: Effect, callee: Value, this: Value, args: list[Value], node: Node) -> Value:
    """Do what a row of the tables says."""
    special = SPECIALS.get(effect.special, perform_plain)
    return special(walker, Call(effect, callee, this, args, node))


def apply_method(walker: Walker, callee: Value, base: Value, name: str | None, args: list[Value], node: Node) -> Value:
    """Read a method that no table knows, by its name and what it is called on."""
    if base.path == "document.cookie":
        # Looked through for one of them; sent as a whole they are somebody's session.
        return Value(marks=frozenset({walker.mark(Label.SECRET, node, name="document.cookie")}))
    if name is not None:
        folded = fold_method(walker, base, name, args, node)
        if folded is not None:
            return folded
        reader = METHODS.get(name)
        if reader is not None:
            value = reader(walker, base, args, node)
            if value is not None:
                return value
        # A channel of diagnostics within the process takes the message alone, a broker takes a topic first.
        if name in SOFT_SENDERS and (name != "publish" or len(args) > 1):
            note_sending(walker, base, args, node)
        if name in MAILING:
            note_recipients(walker, node, args)
    note_carried(walker, callee, args, node)
    marks = union(deep_marks(base), callee.marks)
    # A stream tells at once that it has ended; nobody else has to ask for that.
    ends = name in ("close", "end", "destroy") and STREAMS.match(base.path) is not None
    return hand_over(walker, args, marks, "finally" if ends else name or "")


def hand_over(walker: Walker, args: list[Value], marks: Marks, name: str) -> Value:
    """Call the functions among the arguments with what anybody could, and return all marks."""
    given = union(marks, *[deep_marks(arg) for arg in args if arg.function is None])
    results: list[Marks] = []
    at_once = name in AT_ONCE or bool({mark[0] for mark in marks} & DATA)
    for arg in args:
        if arg.function is not None:
            context = None if at_once or walker.frame.context is Context.DEAD else Context.RUNTIME
            labels = unknown_arguments(walker, arg.function, extra=given)
            if at_once:
                labels = [Value(marks=given)] * max(1, len(labels))
            value = walker.follow(walker, arg.function, labels, this=None, context=context)
            results.append(deep_marks(value))
        elif arg.path.startswith("%resolve") and arg.shape is not None:
            resolve_promise(walker, arg, [Value(marks=marks)])
    given = union(given, *results)
    return Value(marks=given) if given else UNKNOWN


def note_sending(walker: Walker, base: Value, args: list[Value], node: Node) -> None:
    """Record a message by a client nobody knows, when something private goes into it."""
    marks = union(*[deep_marks(arg) for arg in args])
    if "ChildProcess#" in base.path or "Worker#" in base.path:
        return
    owner = base.path.lstrip("?").rpartition(".")[2].rstrip("#")
    if owner not in ANSWERS and {mark[0] for mark in marks} & PRIVATE:
        walker.record(Act.NETWORK_SEND, node, marks=marks)


def read_find(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `list.find(f)`: any item."""
    read_each(walker, base, args, node)
    return item_of(base)


def read_filter(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `list.filter(f)`: fewer of the same."""
    if read_each(walker, base, args, node) is None:
        return None
    marks = union(deep_marks(base), picked_marks(walker, args[0], node))
    return base.replaced(marks=marks) if base.shape is not None else Value(marks=marks)


def read_flat_map(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `list.flatMap(f)`."""
    value = read_each(walker, base, args, node)
    return flatten(value) if value is not None else None


def read_interceptor(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `client.interceptors.request.use(f)`: f sees every request with its headers."""
    if not base.path.endswith(("interceptors.request", "interceptors.response")):
        return None
    for arg in args:
        if arg.function is not None:
            given = spied_arguments(walker, arg.function)
            walker.follow(walker, arg.function, given, this=None, context=Context.RUNTIME)
    return UNKNOWN


def read_then(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `promise.then(f)`: f gets what the promise is worth."""
    values = [walker.follow(walker, arg.function, [base], this=None) for arg in args[:1] if arg.function is not None]
    for arg in args[1:]:
        if arg.function is not None:
            walker.follow(walker, arg.function, [UNKNOWN], this=None)
    if not values and args and args[0].path:
        return apply(walker, args[0], UNKNOWN, None, [base], node)
    return values[0] if values else base


def read_catch(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `promise.catch(f)`: the promise is still worth what it was."""
    run_callbacks(walker, args, UNKNOWN, first=9)
    return base


def read_pipe(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `a.pipe(b)`: everything of a is written to b."""
    target = args[0] if args else UNKNOWN
    ends = (base.path, target.path)
    if any("Socket#" in end for end in ends) and any("ChildProcess#" in end for end in ends):
        walker.record(Act.STREAM_TO_SOCKET, node, marks=deep_marks(base))
    effect = EFFECTS.get(f"{target.path}.write") if target.path else None
    if effect is not None:
        perform(walker, effect, Value(path=f"{target.path}.write"), target, [base], node)
    return Value(path=target.path, marks=union(deep_marks(base), target.marks), shape=target.shape)


def read_pipeline(walker: Walker, call: Call) -> Value:
    """Read `pipeline(a, b, c)`: everything of each is written to the next."""
    streams = [arg for arg in call.args if arg.function is None]
    value = streams[0] if streams else UNKNOWN
    for target in streams[1:]:
        value = read_pipe(walker, value, [target], call.node) or UNKNOWN
    run_callbacks(walker, call.args, UNKNOWN, first=9)
    return value


def read_map(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `list.map(f)`."""
    return map_items(walker, base, args[0], node) if args else base


def read_each(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read forEach and its like."""
    if not args or (args[0].function is None and not is_callable(args[0].path)):
        return None
    if args[0].function is None:
        item = base.shape.items[0] if base.shape is not None and base.shape.items else Value(marks=deep_marks(base))
        return apply(walker, args[0], UNKNOWN, None, [item], node)
    return any_call(walker, base, args[0])


def read_reduce(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `list.reduce(f, start)`."""
    if not args or args[0].function is None:
        return None
    marks = union(deep_marks(base), *[deep_marks(arg) for arg in args[1:]])
    items = base.shape.items if base.shape is not None else None
    value = args[1] if len(args) > 1 else UNKNOWN
    if items is not None and len(items) <= 500 and all(i.text is not None or i.number is not None for i in items):
        for position, item in enumerate(items if len(args) > 1 else items[1:]):
            value = items[0] if value is UNKNOWN else value
            value = walker.follow(walker, args[0].function, [value, item, Value(number=position)], this=None)
        return value
    result = walker.follow(
        walker, args[0].function, [Value(path=value.path, marks=marks), Value(marks=marks)], this=None
    )
    return Value(marks=union(marks, deep_marks(result)), path=result.path)


def read_replace(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read `text.replace(pattern, f)`: what f makes of the parts is decoding when they are codes."""
    if len(args) < 2 or args[1].function is None:
        return None
    result = walker.follow(walker, args[1].function, [Value(marks=deep_marks(base))] * 3, this=None)
    return Value(marks=union(deep_marks(base), deep_marks(result)), tricks=base.tricks | result.tricks)


def read_split(walker: Walker, base: Value, args: list[Value], node: Node) -> Value | None:
    """Read a method that takes a text apart that has holes."""
    return Value(marks=deep_marks(base)) if base.text is not None and HOLE in base.text else None


SPECIALS["pipeline"] = read_pipeline
METHODS = {
    **dict.fromkeys(LISTENERS, read_listener),
    **dict.fromkeys(("forEach", "some", "every", "findIndex"), read_each),
    **dict.fromkeys(("find", "findLast"), read_find),
    "filter": read_filter,
    "flatMap": read_flat_map,
    "use": read_interceptor,
    "executeJavaScript": run_in_page,
    **dict.fromkeys(("sendCommand", "send"), send_command),
    **dict.fromkeys(("catch", "finally"), read_catch),
    **dict.fromkeys(("append", "set", "add"), put),
    "get": take,
    "toString": say_container,
    **dict.fromkeys(("toJSON", "toObject"), read_told),
    "emit": read_emit,
    "then": read_then,
    "pipe": read_pipe,
    "pipeThrough": read_pipe,
    "map": read_map,
    "reduce": read_reduce,
    "replace": read_replace,
    "split": read_split,
}
CALLS: dict[str, Reader] = {"call_expression": read_call, "new_expression": read_new}
