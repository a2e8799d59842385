"""What JavaScript's own functions and methods give: decoders, arrays, promises, paths, Object and JSON.

It records nothing but where decoding enters; what the platform does is in the tables.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING

from scanners import limits
from scanners.facts import Context, Label, Trick
from scanners.javascript.arrays import map_items
from scanners.javascript.authenticating import sent_marks
from scanners.javascript.binding import note_patch
from scanners.javascript.containers import CLASSES, FORMS, make_container, spell_out
from scanners.javascript.conversations import whole_marks
from scanners.javascript.effects import words
from scanners.javascript.folding import (
    ENCODINGS,
    characters,
    decode_address,
    decode_text,
    number_at,
)
from scanners.javascript.members import member, read_members_of
from scanners.javascript.parameters import unknown_arguments
from scanners.javascript.shipped import read_json
from scanners.javascript.texts import as_number, as_text, parse_int
from scanners.javascript.values import (
    ANY_ITEM,
    HOLE,
    NO_MARKS,
    TRAP,
    UNKNOWN,
    Shape,
    Value,
    array_of,
    deep_marks,
    join,
    union,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

Builtin = Callable[["Walker", list[Value], "Node"], Value]


def decoded(walker: Walker, text: str | None, node: Node, *sources: Value, path: str = "") -> Value:
    """Return a decoded value: labelled as such, with the origins of what it was made from."""
    marks = union({walker.mark(Label.DECODED, node)}, *[deep_marks(source) for source in sources])
    if text is not None and len(text) > limits.FOLD_CHARACTERS:
        text = None
    return Value(text, path=path, marks=marks, tricks=frozenset({Trick.DECODED}))


def read_atob(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return atob(text)."""
    text = as_text(args[0]) if args else None
    return decoded(walker, None if text is None or HOLE in text else decode_text(text, "base64"), node, *args)


def read_unescape(walker: Walker, args: list[Value], node: Node, *, name: str) -> Value:
    """Return unescape(text) and its like; only what changes was hidden."""
    text = as_text(args[0]) if args else None
    if text is None or HOLE in text:
        return Value(marks=union(*[deep_marks(arg) for arg in args]))
    plain = decode_address(text, name)
    return Value(plain, marks=args[0].marks) if plain == text else decoded(walker, plain, node, *args)


def read_percent(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return decodeURIComponent(text)."""
    return read_unescape(walker, args, node, name="decodeURIComponent")


def read_percent_unicode(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return unescape(text)."""
    return read_unescape(walker, args, node, name="unescape")


def read_buffer(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Buffer.from(x, encoding): its bytes, one character each."""
    source = args[0] if args else UNKNOWN
    encoding = (as_text(args[1]) or "").lower() if len(args) > 1 else ""
    if source.shape is not None and source.shape.items is not None and not encoding:
        return decoded(
            walker,
            characters(source.shape.items) if len(source.shape.items) > 3 else None,
            node,
            source,
            path="Buffer#",
        )
    text = as_text(source)
    whole = text is not None and HOLE not in text
    content = decode_text(text or "", encoding) if whole and (encoding in ENCODINGS or not encoding) else None
    if encoding in ("base64", "hex", "base64url"):
        return decoded(walker, content, node, source, path="Buffer#")
    if source.path == "Buffer#" and source.text is not None:
        content = source.text
    return Value(content, path="Buffer#", marks=deep_marks(source), tricks=source.tricks)


def read_characters(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return String.fromCharCode(...)."""
    text = characters(args) if args else None
    if text is not None and len(args) == 1 and not args[0].marks:
        return Value(text, tricks=frozenset({Trick.DECODED}))
    return decoded(walker, text, node, *args)


def read_parse_int(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return parseInt(text, base)."""
    text = as_text(args[0]) if args else None
    number = parse_int(text, base=number_at(args, 1, default=10)) if text is not None and HOLE not in text else None
    return Value(number=number, marks=union(*[arg.marks for arg in args]))


def read_join_path(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return path.join(...), unknown parts as holes."""
    texts = [as_text(arg) for arg in args]
    marks = union(*[deep_marks(arg) for arg in args])
    tricks = frozenset[Trick]().union(*[arg.tricks for arg in args]) - {Trick.JOINED}
    if not args or all(text is None for text in texts):
        return Value(HOLE if marks else None, marks=marks)
    joined = "/".join(HOLE if text is None else text.replace("\\", "/") for text in texts if text != "")
    return Value(
        posixpath.normpath(joined) if not joined.startswith("./") else "./" + posixpath.normpath(joined),
        marks=marks,
        tricks=tricks,
    )


def read_assign(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Object.assign(target, ...sources)."""
    target = args[0] if args else UNKNOWN
    for source in args[1:]:
        if target.shape is None:
            break
        if source.shape is not None:
            target.shape.props.update(source.shape.props)
            target.shape.rest = union(target.shape.rest, source.shape.rest)
        target.shape.rest = union(target.shape.rest, source.marks)
    copied = next((arg.path for arg in args[1:] if arg.path and arg.shape is None and arg.path[0].isalpha()), "")
    if copied and copied != "process.env" and target.shape is not None and not target.path:
        return Value(path=copied, marks=target.marks, shape=target.shape)
    return (
        target if target.shape is not None else Value(path=target.path, marks=union(*[deep_marks(arg) for arg in args]))
    )


def read_define(walker: Walker, args: list[Value], node: Node) -> Value:
    """Read Object.defineProperty(target, name, {value|get})."""
    if len(args) < 3:
        return UNKNOWN
    target, name, described = args[0], as_text(args[1]), args[2].shape
    value = described.get("value") or described.get("get") if described is not None else None
    if target.shape is not None and name and value is not None:
        if described is not None and described.get("value") is None and value.function is not None:
            value = walker.follow(walker, value.function, [], this=target)
        target.shape.props[name] = value
    elif value is not None:
        note_patch(walker, node, target, value, name=name)
    return target


def read_keys(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Object.keys, values and entries: of unknown order and number."""
    source = args[0] if args else UNKNOWN
    if source.path == "process.env":
        read_members_of(walker, source, node)
    shape = source.shape
    if shape is not None and ANY_ITEM in shape.props:
        return source
    if shape is not None and shape.items is None and not shape.rest and len(shape.props) < 200:
        values = [value for name, value in shape.props.items() if not name.startswith("%")]
        return array_of(values, rest=source.marks)
    return Value(marks=deep_marks(source))


def read_entries(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Object.entries(x): pairs of a name and what it stands for."""
    source = args[0] if args else UNKNOWN
    shape = source.shape
    if shape is None or shape.items is not None or shape.rest or ANY_ITEM in shape.props or len(shape.props) >= 200:
        return read_keys(walker, args, node)
    pairs = [array_of([Value(name), value]) for name, value in shape.props.items() if not name.startswith("%")]
    return array_of(pairs, rest=source.marks)


def read_from_entries(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Object.fromEntries(pairs) as the object they make."""
    source = args[0] if args else UNKNOWN
    pairs = source.shape.items if source.shape is not None else None
    props: dict[str, Value] = {}
    for pair in pairs or ():
        parts = pair.shape.items if pair.shape is not None else None
        name = as_text(parts[0]) if parts is not None and len(parts) == 2 else None
        if parts is None or name is None or HOLE in name:
            return source
        props[name] = parts[1]
    return Value(marks=source.marks, shape=Shape(props)) if props else source


def read_names(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Object.keys(x)."""
    source = args[0] if args else UNKNOWN
    if source.path == "process.env":
        return read_keys(walker, args, node)
    shape = source.shape
    if shape is not None and shape.items is None:
        return array_of([Value(name) for name in shape.props if not name.startswith("%")], rest=source.marks)
    return Value(marks=source.marks)


def read_joined(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return one value with everything the arguments carry."""
    for arg in args:
        read_members_of(walker, arg, node)
    marks = union(*[sent_marks(arg) for arg in args], *[whole_marks(walker, arg, node) for arg in args])
    return Value(marks=marks) if marks else UNKNOWN


def read_string_of(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return String(x)."""
    if args and (args[0].path in FORMS or args[0].path == "URL#"):
        return spell_out(args[0])
    return Value(as_text(args[0]), marks=deep_marks(args[0]), tricks=args[0].tricks) if args else Value("")


def read_number_of(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Number(x)."""
    return Value(number=as_number(args[0]), marks=args[0].marks) if args else Value(number=0)


def read_first(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return what a function hands through: promisify, Promise.resolve, Object.freeze."""
    return args[0] if args else UNKNOWN


def read_promise(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return `new Promise(executor)`: whatever `resolve` is called with."""
    cell = Shape()
    if args and args[0].function is not None:
        resolve = Value(path="%resolve", shape=cell)
        walker.follow(walker, args[0].function, [resolve, UNKNOWN], this=None)
        walker.frame.callbacks.append((args[0].function, [resolve, UNKNOWN]))
    return cell.props.get("value", UNKNOWN)


def read_all(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Promise.all(list), or the one that wins."""
    return args[0] if args else UNKNOWN


def read_array_from(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Array.from(x, map)."""
    source = args[0] if args else UNKNOWN
    text = as_text(source) if source.text is not None else None
    if text is not None and HOLE not in text and len(text) <= limits.FOLD_CHARACTERS // 10:
        source = array_of([Value(part, marks=source.marks) for part in text])
    if len(args) > 1:
        return map_items(walker, source, args[1], node)
    return source


def read_reflect_get(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Reflect.get(target, name)."""
    name = as_text(args[1]) if len(args) > 1 else None
    if name is None or HOLE in name:
        return read_joined(walker, args, node)
    value = member(walker, args[0], name, node)
    return value.replaced(tricks=value.tricks | {Trick.LOOKED_UP}) if value.path or value.function else value


def read_url(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return `new URL(address, base)` as the address it is."""
    first = args[0] if args else UNKNOWN
    text, base = as_text(first), as_text(args[1]) if len(args) > 1 else None
    if base and text is not None and "://" not in text:
        text = base.rstrip("/") + "/" + text.lstrip("/")
    shape = Shape({"searchParams": Value(path="URLSearchParams#", shape=Shape())})
    return Value(text, path="URL#", marks=union(*[arg.marks for arg in args]), tricks=first.tricks, shape=shape)


def read_home(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return the home folder."""
    return Value("~")


def read_temporary(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return the folder for temporary files."""
    return Value("%TEMP%")


def read_here(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return the working folder."""
    return Value(".")


def read_folder(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return a folder of the user."""
    known = {"appData": "%APPDATA%", "userData": "%APPDATA%", "home": "~", "temp": "%TEMP%"}
    return Value(known.get(as_text(args[0]) or "") if args else "~")


def read_create(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return Object.create(prototype): an object of its own."""
    proto = args[0].shape if args else None
    return Value(marks=args[0].marks if args else NO_MARKS, shape=Shape(proto=proto))


def resolve_promise(walker: Walker, callee: Value, args: list[Value]) -> Value:
    """Keep what a promise is resolved with."""
    if callee.shape is not None and args:
        old = callee.shape.props.get("value", UNKNOWN)
        callee.shape.props["value"] = join(old, args[0])
    return UNKNOWN


def read_proxy(walker: Walker, args: list[Value], node: Node) -> Value:
    """Return `new Proxy(target, traps)` as the target; its traps see everything that passes."""
    target = args[0] if args else UNKNOWN
    read_members_of(walker, target, node)
    traps = args[1].shape if len(args) > 1 else None
    giver = traps.get("get") if traps is not None else None
    if giver is not None and giver.function is not None and target.shape is not None and not target.path:
        target.shape.props[TRAP] = giver
    seen = Value(marks=deep_marks(target)) if target.path == "process.env" else target
    for trap in traps.props.values() if traps is not None else ():
        if trap.function is not None:
            given = unknown_arguments(walker, trap.function)
            walker.follow(walker, trap.function, [seen, *given[1:]], this=None, context=Context.RUNTIME)
    return target


def make_class(path: str) -> Builtin:
    """Return the reader of a container's constructor."""

    def read(_walker: Walker, args: list[Value], _node: Node) -> Value:
        return make_container(path, args)

    return read


HANDS_THROUGH = words(
    "util.promisify util.callbackify Promise.resolve Object.freeze Object.seal structuredClone",
    "Object Promise.race Promise.any Promise.allSettled Promise.all events.once util.deprecate bluebird.promisify",
    "bluebird.promisifyAll url.fileURLToPath url.pathToFileURL pify",
    "util.types.isPromise Array.of Object.getPrototypeOf Reflect.getPrototypeOf Object.setPrototypeOf",
)
BUILTINS: dict[str, Builtin] = {
    **dict.fromkeys(HANDS_THROUGH, read_first),
    **dict.fromkeys(("atob", "base-64.decode", "js-base64.Base64.decode", "abab.atob"), read_atob),
    **dict.fromkeys(("Buffer.from", "Buffer", "Buffer.alloc", "Uint8Array.from", "Uint8Array"), read_buffer),
    **dict.fromkeys(("String.fromCharCode", "String.fromCodePoint"), read_characters),
    **dict.fromkeys(("parseInt", "Number.parseInt"), read_parse_int),
    **dict.fromkeys(("path.join", "path.resolve", "path.normalize"), read_join_path),
    "Object.values": read_keys,
    "Object.entries": read_entries,
    "Object.fromEntries": read_from_entries,
    **dict.fromkeys(
        ("JSON.stringify", "querystring.stringify", "qs.stringify", "util.inspect", "util.format"), read_joined
    ),
    **{name: make_class(path) for name, path in CLASSES.items()},
    "Proxy": read_proxy,
    "unescape": read_percent_unicode,
    **dict.fromkeys(("decodeURIComponent", "decodeURI"), read_percent),
    "os.homedir": read_home,
    "os.tmpdir": read_temporary,
    "process.cwd": read_here,
    "Object.keys": read_names,
    "Object.assign": read_assign,
    "Object.defineProperty": read_define,
    "String": read_string_of,
    "Number": read_number_of,
    "parseFloat": read_number_of,
    "JSON.parse": read_json,
    "Promise": read_promise,
    "Array.from": read_array_from,
    "Reflect.get": read_reflect_get,
    "URL": read_url,
    "Object.create": read_create,
    "electron.app.getPath": read_folder,
    "app.getPath": read_folder,
}
