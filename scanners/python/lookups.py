"""Says what names, attributes and keys mean: own things, foreign names, settings, messages, the environment.

Every detour to a name (by text, by another name) is kept as a trick of the value.
"""

import ast
import builtins
import sys
from abc import abstractmethod
from collections.abc import Sequence

from scanners import limits
from scanners.facts import Act, Label, Trick
from scanners.python.addresses import NETWORK_CALLS
from scanners.python.calls import CALLS, SPELLINGS
from scanners.python.domain import (
    UNKNOWN,
    Bound,
    Frame,
    Function,
    Instance,
    Klass,
    Thing,
    Unit,
    Value,
    join,
    join_all,
    mark,
    plain_of,
    reference,
    texts_of,
)
from scanners.python.machine import Machine
from scanners.python.names import DANGEROUS
from scanners.python.places import FOLDERS, SETTING_HOLDERS, SETTING_NAMES, is_secret

BUILTIN_VALUES = {name: reference(f"builtins.{name}") for name in dir(builtins)}
BUILTIN_VALUES["__builtins__"] = reference("builtins")
LOOKED_UP = frozenset([Trick.LOOKED_UP])
ALIASED = frozenset([Trick.ALIASED])
NAMESPACE = "builtins.globals()"
# Attributes by which any object leads to the interpreter's own names.
SIDE_DOORS = {
    "__base__": "builtins.object", "__globals__": NAMESPACE, "func_globals": NAMESPACE, "f_globals": NAMESPACE,
    "f_builtins": "builtins", "__mro__": "builtins.object.__mro__", "__bases__": "builtins.object.__mro__",
}  # fmt: skip
MESSAGES = frozenset(
    [
        "message",
        "msg",
        "ctx",
        "context",
        "update",
        "event",
        "interaction",
        "inter",
        "member",
        "call",
        "query",
        "callback_query",
        "payload",
        "m",
    ]
)
TOLD = {
    "content": "message_text", "clean_content": "message_text", "text": "message_text", "caption": "message_text",
    "author": "profile", "from_user": "profile", "effective_user": "profile", "user": "profile", "sender": "profile",
    "email": "contacts", "phone": "contacts", "phone_number": "contacts", "contact": "contacts", "contacts": "contacts",
    "location": "location", "attachments": "files", "document": "files", "photo": "files", "files": "files",
    "effective_message": "message_text", "message": "message_text", "user_id": "profile", "username": "profile",
    "first_name": "profile", "display_name": "profile", "body": "message_text",
}  # fmt: skip
# What belongs to somebody who writes to a bot, however a plugin calls them.
PEOPLE = frozenset(["person", "user", "author", "member", "sender", "customer", "subscriber"])
CONTACTS = frozenset(["email", "phone", "phone_number", "contacts", "birthday"])
# What a stranger sent, where a server answers.
REQUESTS = (
    "flask.request.", "bottle.request.", "quart.request.", "socketserver.BaseRequestHandler().request",
    "socketserver.StreamRequestHandler().rfile", "socketserver.StreamRequestHandler().request",
    "http.server.BaseHTTPRequestHandler().rfile", "http.server.SimpleHTTPRequestHandler().rfile",
)  # fmt: skip
# What a runtime calls the folder that is a plugin's own.
DATA_FOLDERS = frozenset(["data_dir", "data_path", "data_folder", "storage_dir", "plugin_dir", "plugin_path"])
CHATS = ("discord.", "telegram.", "aiogram.", "telebot.", "pyrogram.", "telethon.", "slack_bolt.")


class Lookups(Machine):
    """The walk, as far as the meaning of names goes."""

    def look_up_name(self, name: str) -> Value:
        """Return what a bare name means: the plugin's own, what a star import may give, or a builtin."""
        value = self.find(name)
        if value is not None:
            return value
        frame: Frame | None = self.frame
        while frame is not None:
            for star in frame.stars:
                full = f"{star}.{name}"
                if full in CALLS or full in NETWORK_CALLS or full in DANGEROUS or f"{full}()" in STARTS:
                    return reference(full)
            frame = frame.parent
        return BUILTIN_VALUES.get(name, UNKNOWN)

    def mark_alias(self, target: ast.expr, source: ast.expr, value: Value) -> Value:
        """Return a value with the trick of a second name, when a dangerous function is given one."""
        if not value.refs or not isinstance(source, ast.Name | ast.Attribute | ast.Subscript):
            return value
        leaf = target.id if isinstance(target, ast.Name) else getattr(target, "attr", "")
        if any(ref in DANGEROUS and ref.rpartition(".")[2] != leaf for ref in value.refs):
            return mark(value, tricks=ALIASED)
        return value

    def attribute(self, base: Value, name: str, node: ast.AST) -> Value:
        """Return what an attribute of a value is; an instance's subject stays with it."""
        side = SIDE_DOORS.get(name)
        if side is not None and not any(isinstance(thing, Klass | Unit) for thing in base.things):
            return reference(side, tricks=LOOKED_UP | base.tricks)
        if base is UNKNOWN:
            return UNKNOWN if not isinstance(node, ast.Attribute) else self.mark_attribute(node, name, base, UNKNOWN)
        found: Value | None = None
        for thing in base.things:
            member = self.member(thing, name, base, node)
            found = member if found is None else join(found, member)
        refs = tuple(self.spell(ref, name) for ref in base.refs if len(ref) < limits.PYTHON_REFERENCE)
        if refs or found is None:
            consts = base.consts if refs else ()
            own = Value(consts=consts, refs=refs, marks=base.marks, tricks=base.tricks)
            found = own if found is None else join(found, own)
        return self.mark_attribute(node, name, base, found) if isinstance(node, ast.Attribute) else found

    def spell(self, base: str, name: str) -> str:
        """Return the usual spelling of an attribute of a foreign name."""
        if name == "__call__":
            return base
        if name == "__builtins__":
            return "builtins"
        if base == "sys.modules" and name in sys.stdlib_module_names:
            return spell_module(name)
        if base.endswith(".__dict__"):
            base = base.removesuffix(".__dict__")
        full = f"{base}.{name}"
        return SPELLINGS.get(full, full)

    def member(self, thing: Thing, name: str, base: Value, node: ast.AST) -> Value:
        """Return an attribute of one of the plugin's own things."""
        if isinstance(thing, Unit):
            found = thing.frame.names.get(name)
            return found or self.find_module(f"{thing.name}.{name}") or UNKNOWN
        if isinstance(thing, Function):
            is_namespace = name in ("__globals__", "func_globals")
            return reference(NAMESPACE, tricks=LOOKED_UP) if is_namespace else Value(marks=base.marks)
        if isinstance(thing, Instance):
            return self.instance_member(thing, name, node)
        if isinstance(thing, Klass):
            found = self.find_member(thing, name)
            known = join(found, thing.fields.get(name)) if found is not None else thing.fields.get(name)
            return known or join_all([reference(f"{ref}.{name}") for ref in self.foreign_bases(thing)])
        return UNKNOWN

    def instance_member(self, instance: Instance, name: str, node: ast.AST) -> Value:
        """Return an attribute of an instance: a field, a method bound to it, or what a foreign base class has."""
        klass = instance.klass
        if self.running is not None:
            klass.readers.add(self.running)
        receiver = Value(things=(instance,))
        found = klass.fields.get(name)
        member = self.find_member(klass, name)
        if member is not None:
            bound = self.bind_member(member, receiver, node)
            found = bound if found is None else join(found, bound)
        if found is not None:
            return found
        if name == "__class__":
            return Value(things=(klass,))
        bases = [ref for ref in self.foreign_bases(klass) if ref != "builtins.object"]
        return join_all([reference(f"{ref}().{name}") for ref in bases[: limits.PYTHON_ALTERNATIVES]])

    def bind_member(self, member: Value, receiver: Value, node: ast.AST) -> Value:
        """Return a class's member as an instance sees it: functions know their instance, properties are called."""
        values: list[Value] = []
        for thing in member.things:
            if not isinstance(thing, Function) or "staticmethod" in thing.kinds:
                values.append(Value(things=(thing,)))
            elif "property" in thing.kinds:
                values.append(self.call_value(Value(things=(thing,)), node, [receiver], {}))
            else:
                values.append(Value(things=(Bound(Value(things=(thing,)), (receiver,)),)))
        if member.consts or member.refs or member.items or member.marks or not values:
            values.append(
                Value(consts=member.consts, is_whole=member.is_whole, refs=member.refs, marks=member.marks,
                      tricks=member.tricks, items=member.items)
            )  # fmt: skip
        return join_all(values)

    def look_up_item(self, base: Value, key: Value, node: ast.AST) -> Value | None:
        """Return what a key of a foreign mapping stands for: the environment, loaded modules, a namespace."""
        name = base.refs[0]
        if name in ("os.environ", "os.environb"):
            return self.read_variable(key, node)
        if name == "builtins.object.__mro__":
            return reference("builtins.object", tricks=LOOKED_UP)
        text = plain_of(key)
        if not isinstance(text, str):
            return Value(marks=base.marks | key.marks, tricks=base.tricks) if base.marks or key.marks else UNKNOWN
        tricks = LOOKED_UP | base.tricks | key.tricks
        if name == "sys.modules":
            return mark(self.import_value(text), tricks=tricks)
        if name == NAMESPACE:
            found = self.look_up_name(text)
            if found is UNKNOWN and base.tricks:
                found = self.look_up_foreign(text)
            return mark(found, tricks=tricks)
        if name.endswith(".__dict__") or name == "builtins":
            return mark(self.attribute(base, text, node), tricks=tricks)
        return None

    def look_up_foreign(self, name: str) -> Value:
        """Return what a name is in the namespace of somebody else's function."""
        if name in sys.stdlib_module_names:
            return reference(spell_module(name))
        return reference(f"os.{name}") if f"os.{name}" in DANGEROUS else UNKNOWN

    def read_variable(self, key: Value, node: ast.AST) -> Value:
        """Record that one variable of the environment is read, and return its value."""
        names = [name for name in texts_of(key) if name and key.consts]
        self.emit(Act.ENVIRONMENT_READ, node, detail=key if key.consts else "", sources=[key])
        label = Label.SECRET if any(is_secret(name) for name in names) else Label.ENVIRONMENT
        folders = tuple(FOLDERS[name.upper()] for name in names if name.upper() in FOLDERS)
        name = next(iter([name for name in names if is_secret(name)] or names), "")
        return Value(consts=folders, marks=key.marks | {self.mark(label, node, name=name)})

    def read_environment_whole(self, parts: Sequence[Value], node: ast.AST, value: Value) -> Value:
        """Return a value made of these parts, with the whole environment's mark when one of them is the environment."""
        for part in parts:
            if part.refs and part.refs[0] in ("os.environ", "os.environb"):
                self.emit(Act.ENVIRONMENT_READ, node, detail="*")
                return mark(value, self.mark(Label.ENVIRONMENT_ALL, node))
        return value

    def mark_attribute(self, node: ast.Attribute, name: str, base: Value, value: Value) -> Value:
        """Return an attribute, marked when it is a bot's secret or what somebody wrote to it."""
        lowered = name.lower()
        if lowered in DATA_FOLDERS and not value.consts and not value.things and name_of(node.value) in SETTING_HOLDERS:
            return Value(consts=("{data}",), refs=value.refs, marks=value.marks, tricks=value.tricks)
        if lowered in SETTING_NAMES and not value.consts and not value.things:
            is_known = any(item.label is Label.SECRET for item in value.marks)
            if name_of(node.value) in SETTING_HOLDERS and not is_known:
                return mark(value, self.mark(Label.SECRET, node, name=f"{dotted_name(node.value)}.{name}"))
        if any(ref.startswith(REQUESTS) for ref in value.refs) and not value.things:
            return mark(value, self.mark(Label.NETWORK, node))
        if name in CONTACTS and name_of(node.value) in PEOPLE and not value.consts and not value.things:
            value = mark(value, self.mark(Label.MESSAGE, node))
        if name in TOLD and (base.marks or base.refs) and not value.consts:
            is_given = any(item.label is Label.ARGUMENT for item in base.marks)
            if (is_given or any(ref.startswith(CHATS) for ref in base.refs)) and name_of(node.value) in MESSAGES:
                return self.read_message(name, node, value)
        return value

    def mark_setting(self, node: ast.Subscript, key: Value, value: Value, *, base: Value) -> Value:
        """Return an element, marked when it is a setting that is named like a secret, or somebody's message."""
        name = plain_of(key)
        if not isinstance(name, str) or value.consts or value.things:
            return value
        inner = node.value
        while isinstance(inner, ast.Subscript):
            inner = inner.value
        holder = name_of(inner)
        if holder in SETTING_HOLDERS and (name.lower() in SETTING_NAMES or is_secret(name)):
            return mark(value, self.mark(Label.SECRET, node, name=name))
        if holder in MESSAGES and name in TOLD and any(item.label is Label.ARGUMENT for item in base.marks):
            return self.read_message(name, node, value)
        return value

    def read_message(self, name: str, node: ast.AST, value: Value) -> Value:
        """Record that data of a bot's user is read."""
        told = self.mark(Label.MESSAGE, node)
        self.emit(Act.USER_DATA, node, detail=TOLD[name], sources=[Value(marks=frozenset([told]))])
        return mark(value, told)

    def import_value(self, dotted: str) -> Value:
        """Return a module by its full name: the plugin's own, or a foreign one."""
        own = self.find_module(dotted)
        return own if own is not None else reference(spell_module(dotted))

    @abstractmethod
    def find_module(self, dotted: str) -> Value | None:
        """Return one of the plugin's own modules, looked at first if it has not been yet."""

    @property
    def running(self) -> Function | None:
        """Return the function whose frame the walk is in."""
        frame: Frame | None = self.frame
        while frame is not None and frame.owner is None:
            frame = frame.parent
        return frame.owner if frame is not None else None


STARTS = frozenset(
    ".".join(parts[: index + 1]) for name in (*CALLS, *NETWORK_CALLS) for parts in [name.split(".")]
    for index in range(len(parts))
)  # fmt: skip


def name_of(node: ast.expr) -> str:
    """Return the last word of a name or attribute, in lower case."""
    if isinstance(node, ast.Name):
        return node.id.lower()
    return node.attr.lower() if isinstance(node, ast.Attribute) else ""


def dotted_name(node: ast.expr) -> str:
    """Return a name with its attributes as it is written, or what of it is a name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted_name(node.value)}.{node.attr}".removeprefix(".")
    return node.id if isinstance(node, ast.Name) else ""


def spell_module(dotted: str) -> str:
    """Return the usual name of a foreign module."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        head = ".".join(parts[:count])
        if head in SPELLINGS:
            return ".".join([SPELLINGS[head], *parts[count:]])
    return dotted
