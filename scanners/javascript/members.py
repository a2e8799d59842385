"""Reads what lies behind a dot or in brackets: own properties, names of the platform, the environment, what is secret.

Calls are read elsewhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scanners import limits
from scanners.facts import Act, Label, Trick
from scanners.javascript.containers import spell_out
from scanners.javascript.effects import words
from scanners.javascript.tables.host import (
    FOLDERS,
    HARMLESS_VARIABLE,
    RENAMED,
    SECRET_ATTRIBUTE,
    SECRET_VARIABLE,
    WHOLE,
)
from scanners.javascript.tables.pages import STORAGES
from scanners.javascript.texts import as_text
from scanners.javascript.values import (
    GETTER,
    HOLE,
    NO_MARKS,
    NO_TRICKS,
    TRAP,
    UNDEFINED,
    UNKNOWN,
    Shape,
    Value,
    deep_marks,
    join_all,
    union,
)

if TYPE_CHECKING:
    from tree_sitter import Node

    from scanners.javascript.walker import Walker

# Modules whose functions all do the same to a text, whichever is meant.
RUNNERS = {"child_process": "child_process.exec", "vm": "vm.runInThisContext"}
FEW = 8  # entries of a table whose key is unknown
PLATFORM = words("process.platform process.arch")
MESSAGES = re.compile(
    r"^\?(msg|message|m|newmessage|oldmessage|ctx|context|interaction|event|update|callbackquery|callback_query|i|inter)"
    r"(\.(message|msg|update|callbackquery|callback_query|editedmessage|channelpost))*$",
    re.IGNORECASE,
)
MESSAGE_PARTS = {
    **dict.fromkeys(("content", "cleanContent", "text", "caption", "body", "customId", "data"), "message_text"),
    **dict.fromkeys(("author", "user", "member", "from", "sender", "username", "options"), "profile"),
    **dict.fromkeys(("contact", "phone_number"), "contacts"),
    **dict.fromkeys(("location",), "location"),
    **dict.fromkeys(("attachments", "document", "photo", "file", "files"), "files"),
}
WEB_REQUEST = re.compile(r"^\?(req|request|ctx\.request)$")
WEB_PARTS = words("body query params headers cookies rawBody url")
STORAGE_METHODS = words("getItem setItem removeItem clear key length")
VARIABLE = re.compile(r"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")
SECRET_OWNERS = re.compile(r"^\?(?!lexer|parser|tokenizer|scanner|state|node|match|tokens)")
BUILTIN_METHODS = words(
    "at concat copyWithin entries every fill filter find flat flatMap forEach includes indexOf join keys map pop",
    "push reduce reverse shift slice some sort splice unshift values charAt charCodeAt split replace repeat",
    "toString valueOf trim substring substr link fontcolor italics bold constructor",
)


def read_member(walker: Walker, node: Node) -> Value:
    """Return what `a.b` or `a[b]` is worth."""
    return read_member_of(walker, node)[1]


def read_member_of(walker: Walker, node: Node) -> tuple[Value, Value, str | None]:
    """Return the object, the value behind it, and the name that leads there when it is constant."""
    target = node.child_by_field_name("object")
    base = walker.read(target) if target is not None else UNKNOWN
    index = node.child_by_field_name("index")
    if index is None:
        part = node.child_by_field_name("property")
        name = walker.text(part) if part is not None else ""
        return base, member(walker, base, name, node), name
    key = walker.read(index)
    found = as_text(key)
    if found is None or HOLE in found:
        return base, unknown_member(walker, base, key, node), None
    value = member(walker, base, found, node)
    tricks = key.tricks
    if (value.path and not value.path.startswith("?")) or value.function is not None:
        tricks = tricks | ({Trick.LOOKED_UP} if index.type != "string" or base.path in ("global", "module") else set())
        tricks = tricks | ({Trick.NAMED_IN_DATA} if any(mark[0] is Label.FILE for mark in key.marks) else set())
        value = value.replaced(tricks=value.tricks | tricks)
    return base, value, found


def unknown_member(walker: Walker, base: Value, key: Value, node: Node) -> Value:
    """Return any property: its name is not constant."""
    marks = union(deep_marks(base), key.marks)
    if base.path == "process.env":
        return Value(marks=union(key.marks, {walker.mark(Label.ENVIRONMENT, node)}))
    if base.path in RUNNERS:
        return Value(path=RUNNERS[base.path], marks=key.marks, tricks=frozenset({Trick.LOOKED_UP}))
    if base.path in ("global", "require.cache", "module.children"):
        return Value(path="?" + base.path, marks=marks, tricks=frozenset({Trick.LOOKED_UP}))
    if base.shape is not None:
        parts = [*base.shape.props.values(), *(base.shape.items or ())]
        # In a large table any entry may be meant, and to pick one would be a guess.
        parts = parts if len(parts) <= FEW else []
        functions = [part for part in parts if part.function is not None]
        if len(functions) > 1:
            return Value(path="%any", marks=marks, shape=Shape(items=functions), tricks=frozenset({Trick.LOOKED_UP}))
        named = next((part for part in parts if part.function is not None or part.path), None)
        if named is not None:
            return Value(
                path=named.path,
                marks=marks,
                function=named.function,
                shape=named.shape,
                tricks=frozenset({Trick.LOOKED_UP}),
            )
        held = [part for part in parts if part.shape is not None and part.shape.items is None]
        if held:
            return Value(marks=marks, shape=join_all(held).shape)
    return Value(marks=marks) if marks else UNKNOWN


def member(walker: Walker, base: Value, name: str, node: Node) -> Value:
    """Return the property of a value by its name."""
    found = own_member(walker, base, base.shape, name) if base.shape is not None else None
    if found is not None:
        return found
    if name == "constructor":
        return constructor_of(base)
    if name == "__proto__":
        return base
    if base.path.startswith("process.env"):
        return variable(walker, base, name, node)
    value = platform_member(walker, base, name, node)
    if value is not None:
        return value
    if base.text is not None or base.number is not None or (base.shape is not None and base.shape.items is not None):
        return constant_member(base, name)
    return labelled_member(walker, base, name, node)


def own_member(walker: Walker, base: Value, shape: Shape, name: str) -> Value | None:
    """Return what an object holds under a name, or what it gives when it is asked; None when it holds nothing."""
    found = shape.get(name)
    if found is not None and found.path == GETTER and found.function is not None:
        return walker.follow(walker, found.function, [], this=base)
    if found is not None:
        return found
    trap = shape.props.get(TRAP)
    if trap is not None and trap.function is not None:
        return walker.follow(walker, trap.function, [base, Value(name)], this=None)
    if name == "prototype" and base.function is not None:
        found = shape.props["prototype"] = Value(shape=Shape())
    return found


def constructor_of(base: Value) -> Value:
    """Return the constructor of a value: of every function it is Function, which runs text."""
    if base.function is not None or base.path.startswith("native:") or base.path in ("constructor", "Function", "eval"):
        return Value(path="Function", tricks=frozenset({Trick.LOOKED_UP}))
    if base.path == "module" or base.path.startswith("module."):
        return Value(path="module")
    if base.path and not base.path.startswith("?") and base.path[0].islower() and "#" not in base.path:
        return Value(path="Function", tricks=frozenset({Trick.LOOKED_UP}))
    return Value(path="constructor")


def constant_member(base: Value, name: str) -> Value:
    """Return the length, a character or a method of a constant."""
    if base.text is not None:
        if name == "length":
            return Value(number=len(base.text), marks=base.marks) if HOLE not in base.text else Value(marks=base.marks)
        if name.isdigit() and HOLE not in base.text:
            return Value(base.text[int(name) : int(name) + 1] or None, marks=base.marks, tricks=base.tricks)
    items = base.shape.items if base.shape is not None else None
    if items is not None and name == "length" and base.shape is not None and not base.shape.rest:
        return Value(number=len(items))
    if name in BUILTIN_METHODS:
        return Value(path="native:" + name, marks=base.marks)
    return Value(marks=union(base.marks, base.shape.rest if base.shape else NO_MARKS))


def platform_member(walker: Walker, base: Value, name: str, node: Node) -> Value | None:
    """Return the name of the platform behind a name of the platform."""
    path = base.path
    if not path or path.startswith(("?", "native:")) or path in ("true", "false", "undefined", "null"):
        return None
    if path == "global":
        return global_named(walker, name, node, tricks=base.tricks)
    if path == "Buffer#" and base.text is not None and (name == "length" or name.isdigit()):
        return byte_of(base, name)
    if path in STORAGES and name not in STORAGE_METHODS:
        is_secret = SECRET_ATTRIBUTE.match(name) is not None
        return Value(marks=frozenset({walker.mark(Label.SECRET, node, name=name)}) if is_secret else NO_MARKS)
    if name == "default" and base.shape is None:
        return base
    longer = f"{path}.{name}"
    longer = RENAMED.get(longer, longer)
    known = known_member(walker, base, longer, node)
    if known is not None:
        return known
    return Value(base.text if path.startswith("path:") else None, None, longer, base.marks, base.tricks)


def byte_of(base: Value, name: str) -> Value:
    """Return the length or one byte of constant bytes."""
    text = base.text or ""
    if name == "length":
        return Value(number=len(text), marks=base.marks)
    at = int(name)
    return Value(number=ord(text[at]), marks=base.marks, tricks=base.tricks) if at < len(text) else UNDEFINED


def known_member(walker: Walker, base: Value, longer: str, node: Node) -> Value | None:
    """Return what a name of the platform is worth that says more than its name; None for all others."""
    if longer == "process.env":
        return environment(walker, node)
    if longer == "document.cookie":
        return Value(path=longer, marks=walker.marks((Label.CREDENTIALS,), node))
    if longer == "URL#.href":
        return spell_out(base)
    name = longer.rpartition(".")[2]
    if longer in PLATFORM:
        walker.record(Act.HOST_INSPECT, node, detail=name)
        return Value(path=longer, marks=frozenset({walker.mark(Label.HOST, node)}))
    if longer in ("process.argv", "process.stdin"):
        return Value(path=longer, marks=frozenset({walker.mark(Label.INPUT, node)}))
    if "#" in base.path and SECRET_ATTRIBUTE.match(name):
        secret = walker.mark(Label.SECRET, node, name=longer.replace("#", ""))
        return Value(path=longer, marks=frozenset({secret}))
    if longer in ("os.EOL", "path.sep", "path.delimiter"):
        return Value({"os.EOL": "\n", "path.sep": "/", "path.delimiter": ":"}[longer])
    return None


def global_named(walker: Walker, name: str, node: Node, *, tricks: frozenset[Trick] = NO_TRICKS) -> Value:
    """Return what a name of the platform means."""
    if name in WHOLE:
        return Value(path="global", tricks=tricks)
    # Whatever a page has stored is its user's.
    marks = walker.marks((Label.CREDENTIALS,), node) if name in STORAGES else NO_MARKS
    return Value(path=name, marks=marks, tricks=tricks)


def environment(walker: Walker, node: Node) -> Value:
    """Return the whole environment; used as a whole it is a fact of its own."""
    value = Value(path="process.env", marks=frozenset({walker.mark(Label.ENVIRONMENT_ALL, node)}))
    parent = node.parent
    if parent is None or parent.type not in (
        "arguments",
        "spread_element",
        "pair",
        "template_substitution",
        "array",
        "for_in_statement",
    ):
        return value
    around: Node | None = parent
    for _ in range(4):
        if around is not None and around.type == "pair":
            key = around.child_by_field_name("key")
            if key is not None and walker.text(key) in ("env", "environment"):
                return value
        around = around.parent if around is not None else None
    read_members_of(walker, value, node)
    return value


def read_members_of(walker: Walker, value: Value, node: Node) -> None:
    """Record that the environment is read as a whole."""
    if value.path == "process.env":
        walker.record(Act.ENVIRONMENT_READ, node, detail="*", marks=value.marks)


def variable(walker: Walker, base: Value, name: str, node: Node) -> Value:
    """Return one variable of the environment."""
    if base.path != "process.env":
        return Value(marks=base.marks)
    is_secret = SECRET_VARIABLE.search(name) is not None and HARMLESS_VARIABLE.match(name) is None
    marks = frozenset({walker.mark(Label.SECRET if is_secret else Label.ENVIRONMENT, node, name=name)})
    walker.record(Act.ENVIRONMENT_READ, node, detail=name, marks=marks)
    folder = FOLDERS.get(name)
    return Value(folder, marks=NO_MARKS if folder else marks)


def labelled_member(walker: Walker, base: Value, name: str, node: Node) -> Value:
    """Return a property of something unknown, labelled by what its name says."""
    path = f"{base.path}.{name}" if base.path.startswith("?") else ""
    marks = base.marks
    if VARIABLE.match(name) and any(mark[0] is Label.ENVIRONMENT_ALL for mark in marks):
        # Settings read from the environment are checked or copied as a whole, and used one by one.
        return variable(walker, Value(path="process.env"), name, node)
    if path:
        if name in MESSAGE_PARTS and MESSAGES.match(base.path):
            walker.record(Act.USER_DATA, node, detail=MESSAGE_PARTS[name])
            marks = union(marks, {walker.mark(Label.MESSAGE, node)})
        elif name in WEB_PARTS and WEB_REQUEST.match(base.path):
            marks = union(marks, {walker.mark(Label.NETWORK, node)})
    if SECRET_ATTRIBUTE.match(name) and (not path or SECRET_OWNERS.match(path)):
        marks = union(marks, {walker.mark(Label.SECRET, node, name=spell(walker, path, name, node))})
    if len(path) > 80:
        path = ""
    return Value(path=path, marks=marks) if path or marks else UNKNOWN


def spell(walker: Walker, path: str, name: str, node: Node) -> str:
    """Return what a secret attribute is called: by the value it belongs to, or as it is written."""
    if path:
        return path[1:]
    written = walker.text(node) if node.type == "member_expression" else name
    return written if len(written) <= limits.SCRIPT_NAME_CHARACTERS else name


def name_of_key(walker: Walker, key: Node | None) -> str | None:
    """Return the name of a property in an object, class or pattern; None when it is computed and not constant."""
    if key is None:
        return None
    if key.type == "computed_property_name":
        found = as_text(walker.read(key.named_children[0])) if key.named_children else None
        return None if found is None or HOLE in found else found
    if key.type in ("string", "number"):
        return as_text(walker.read(key))
    return walker.text(key)
