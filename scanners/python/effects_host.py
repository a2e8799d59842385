"""What calls that look at the machine and its user do: environment, screen, keys, clipboard, clocks, native code.

Each is one fact and one mark; none is a judgement.
"""

from collections.abc import Callable

from scanners.facts import Act, Label
from scanners.python.domain import HOLE, UNKNOWN, Value, blend, mark, plain_of, texts_of
from scanners.python.invoked import Call
from scanners.python.lookups import Lookups

ANALYSING = ("IsDebuggerPresent", "CheckRemoteDebuggerPresent", "NtQueryInformationProcess", "OutputDebugStringA")
INJECTING = ("CryptUnprotectData",)


def source(
    act: Act | None, label: Label | None, *, shows_name: bool = True, name: str = ""
) -> Callable[[Lookups, Call], Value]:
    """Return an effect that records one act and marks what it returns."""

    def apply(machine: Lookups, call: Call) -> Value:
        if act is not None:
            detail = call.name.removesuffix("()") if shows_name else ""
            machine.emit(act, call.node, detail=detail, sources=call.args, tricks=call.tricks)
        blended = blend([call.callee, *call.args])
        value = Value(refs=(f"{call.name}()",), marks=blended.marks)
        return mark(value, machine.mark(label, call.node, name=name)) if label is not None else value

    return apply


def get_variable(machine: Lookups, call: Call) -> Value:
    """Record one variable of the environment that is read by its name."""
    if not call.args and not call.keywords:
        return Value(refs=(f"{call.name}()",))
    value = machine.read_variable(call.argument(0, "key", "varname", "option"), call.node)
    default = call.argument(1, "default")
    if default.consts and default.consts != (None,) and not value.consts:
        return Value(consts=default.consts, refs=default.refs, marks=value.marks | default.marks)
    return value


def get_variables(machine: Lookups, call: Call) -> Value:
    """Record that the whole environment is read."""
    machine.emit(Act.ENVIRONMENT_READ, call.node, detail="*", tricks=call.tricks)
    return Value(marks=frozenset([machine.mark(Label.ENVIRONMENT_ALL, call.node)]))


def write_clipboard(machine: Lookups, call: Call) -> Value:
    """Record what is put on the clipboard."""
    text = call.argument(1 if call.name.endswith("SetClipboardData") else 0, "text")
    machine.emit(Act.CLIPBOARD_WRITE, call.node, detail=text, sources=call.args, tricks=call.tricks)
    return UNKNOWN


def record_input(machine: Lookups, call: Call) -> Value:
    """Record that keys or the mouse are listened to, and let the listeners see keys."""
    machine.emit(Act.INPUT_RECORD, call.node, detail=call.name.split(".")[0], tricks=call.tricks)
    pressed = Value(marks=frozenset([machine.mark(Label.KEYS, call.node)]))
    for listener in (*call.args, *call.keywords.values()):
        if listener.things:
            machine.call_value(Value(things=listener.things), call.node, [pressed], {})
    return Value(refs=(f"{call.name}()",), marks=pressed.marks)


def analyse(machine: Lookups, call: Call) -> Value:
    """Record that a debugger is looked for."""
    machine.emit(Act.HOST_ANALYSIS, call.node, detail=call.name.rpartition(".")[2], tricks=call.tricks)
    return Value(marks=frozenset([machine.mark(Label.HOST, call.node)]))


def load_native(machine: Lookups, call: Call) -> Value:
    """Record a native library that is loaded."""
    name = call.argument(0, "name")
    if not call.name.endswith("find_library"):
        sources = [name, machine.read_written(name, call.argument_node(0))]
        machine.emit(Act.NATIVE_LOAD, call.node, detail=name, sources=sources, tricks=call.tricks)
    return Value(refs=("ctypes.CDLL()",), consts=name.consts, marks=name.marks)


def persist(machine: Lookups, call: Call) -> Value:
    """Record an entry among the things that start again."""
    if call.name == "plistlib.dump":
        return UNKNOWN
    machine.emit(Act.PERSISTENCE, call.node, detail=call.name, sources=[*call.args, *call.keywords.values()])
    return Value(refs=(f"{call.name}()",))


def read_keyring(machine: Lookups, call: Call) -> Value:
    """Record passwords, cookies or keys taken from where the system or a browser keeps them."""
    own = plain_of(call.argument(0, "service_name"))
    is_own = call.name == "keyring.get_password" and len(call.argument(0, "service_name").consts) < 2
    label = Label.SECRET if is_own else Label.CREDENTIALS
    taken = machine.mark(label, call.node, name=texts_of(call.argument(1, "username"))[0].replace(HOLE, ""))
    if label is Label.CREDENTIALS:
        machine.emit(Act.FILE_READ, call.node, detail=call.name, sources=[Value(marks=frozenset([taken]))])
    elif own is None:
        machine.emit(Act.FILE_READ, call.node, detail="keyring", sources=[Value(marks=frozenset([taken]))])
    return Value(marks=blend(call.args).marks | {taken})


def inspect_where(machine: Lookups, call: Call) -> Value:
    """Record what of the machine is looked at."""
    detail = call.name.removesuffix("()")
    machine.emit(Act.HOST_INSPECT, call.node, detail=detail, tricks=call.tricks)
    here = machine.mark(Label.HOST, call.node)
    return Value(refs=(f"{call.name}()",), marks=blend(call.args).marks | {here})


HOST_EFFECTS: dict[str, Callable[[Lookups, Call], Value]] = {
    "environ_get": get_variable,
    "environ_all": get_variables,
    "native_load": load_native,
    "clipboard_read": source(Act.CLIPBOARD_READ, Label.CLIPBOARD, shows_name=False),
    "clipboard_write": write_clipboard,
    "record": record_input,
    "screen": source(Act.SCREEN_CAPTURE, Label.SCREEN),
    "camera": source(Act.CAMERA_CAPTURE, Label.CAMERA),
    "inspect": inspect_where,
    "inspect_quietly": source(None, Label.HOST),
    "analyse": analyse,
    "persist": persist,
    "clock": source(None, Label.TIME),
    "chance": source(None, Label.RANDOM),
    "ask": source(None, Label.INPUT),
    "keyring": read_keyring,
    "pixels": source(None, Label.OPAQUE, name="pixels"),
}
