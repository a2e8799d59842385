"""What calls on the log do: who is handed its records, over which network address, and what a configuration calls.

The root of the log and the logs of libraries hold what every other plugin and the host say.
"""

from collections.abc import Callable, Mapping
from typing import Final

from scanners import limits
from scanners.facts import Act, Label
from scanners.python.constants import UNCOMPUTABLE
from scanners.python.domain import UNKNOWN, Instance, Value, constant, elements, mark, plain_of, reference
from scanners.python.effects_hooks import call_back, find_dotted
from scanners.python.effects_network import address_of
from scanners.python.effects_values import from_plain, literal
from scanners.python.invoked import Call
from scanners.python.lookups import LOOKED_UP, Lookups
from scanners.python.shipped import find_shipped, parse_sections

ROOT: Final = "logging.root"
ROOT_CONFIGURED: Final = "root of the log"
# What libraries and hosts of bots call their logs; a plugin has one of its own.
FOREIGN: Final = frozenset(
    [
        "root", "asyncio", "aiohttp", "urllib3", "requests", "httpx", "httpcore", "discord", "telegram", "aiogram",
        "telebot", "slack_sdk", "slack_bolt", "openai", "anthropic", "django", "flask", "uvicorn", "gunicorn",
        "werkzeug",
    ]
)  # fmt: skip


def find_logger(machine: Lookups, call: Call) -> Value:
    """Return a log: the root of all logs, that of a library, or the plugin's own."""
    name = call.argument(0, "name")
    text = plain_of(name)
    is_root = not call.has(0, "name") or (isinstance(text, str) and text.partition(".")[0] in ("", *FOREIGN))
    return reference(ROOT if is_root else "logging.getLogger()")


def attach(machine: Lookups, call: Call) -> Value:
    """Record something that is handed every record of the log from now on."""
    given = [call.argument(99, "handlers")] if call.name == "logging.basicConfig" else call.args
    members = [member for value in given for member in (value, elements(value))]
    if any(isinstance(thing, Instance) for value in members for thing in value.things):
        machine.emit(Act.HOST_PATCH, call.node, detail=f"{ROOT}.addHandler", sources=given)
    elif any(ref.startswith("logging.handlers.") for value in members for ref in value.refs):
        machine.emit(Act.HOST_PATCH, call.node, detail=ROOT_CONFIGURED)
    return UNKNOWN


def make_handler(machine: Lookups, call: Call) -> Value:
    """Record that the log is sent to an address."""
    first = call.argument(0, "host", "mailhost", "address")
    shown = address_of(first)
    if first is not UNKNOWN or call.keywords:
        machine.emit(Act.LOG_SEND, call.node, detail=shown, sources=[first], tricks=call.tricks)
        machine.emit(Act.NETWORK_CONNECT, call.node, detail=shown, sources=[shown], tricks=call.tricks)
    return Value(refs=(f"{call.name}()",), consts=shown.consts)


def replace_records(machine: Lookups, call: Call) -> Value:
    """Record that the log's own classes or functions are replaced, and let the new ones see the records."""
    machine.emit(Act.HOST_PATCH, call.node, detail=call.name, sources=call.args)
    for value in call.args[:1]:
        call_back(machine, value, call.node, Value(marks=frozenset([machine.mark(Label.ARGUMENT, call.node)])))
    return UNKNOWN


def configure(machine: Lookups, call: Call) -> Value:
    """Make the handlers that a configuration of logging names, and call its factories."""
    config = call.argument(0, "config")
    members = config.items if isinstance(config.items, dict) else {}
    loggers = members.get("loggers", UNKNOWN).items
    names = [name for name in loggers if isinstance(name, str)] if isinstance(loggers, dict) else []
    if "root" in members or any(name.partition(".")[0] in ("", *FOREIGN) for name in names):
        machine.emit(Act.HOST_PATCH, call.node, detail=ROOT_CONFIGURED)
    follow_factories(machine, call, config, depth=0)
    return UNKNOWN


def follow_factories(machine: Lookups, call: Call, value: Value, *, depth: int) -> None:
    """Call every factory in a nested configuration with the rest of its table."""
    members = value.items
    if not members or depth > limits.FOLD_LAYERS:
        return
    if isinstance(members, tuple):
        for item in members[:64]:
            follow_factories(machine, call, item, depth=depth + 1)
        return
    factory = members.get("()") or members.get("class")
    named = {str(key): item for key, item in members.items() if key not in ("()", "class", ".")}
    if factory is not None and (factory.things or factory.refs or isinstance(plain_of(factory), str)):
        name = plain_of(factory)
        target = find_dotted(machine, name) if isinstance(name, str) else factory
        if "()" in members and isinstance(name, str) and not name.startswith("logging."):
            machine.emit(Act.CODE_LOAD, call.node, detail=factory, sources=[factory], tricks=LOOKED_UP | factory.tricks)
        machine.call_value(mark(target, tricks=LOOKED_UP), call.node, [], named)
    for item in list(members.values())[:64]:
        follow_factories(machine, call, item, depth=depth + 1)


def configure_by_file(machine: Lookups, call: Call) -> Value:
    """Make the handlers that a shipped file of settings names; their arguments are evaluated as Python."""
    path = call.argument(0, "fname")
    machine.emit(Act.FILE_READ, call.node, detail=path, sources=[path], tricks=call.tricks)
    sections = parse_sections(find_shipped(machine, path))
    if "logger_root" in sections:
        machine.emit(Act.HOST_PATCH, call.node, detail=ROOT_CONFIGURED)
    for name, section in sections.items():
        if name.startswith("handler_") and "class" in section:
            spelled = section["class"].strip()
            is_known = spelled.startswith("logging.") or spelled.partition(".")[0] != "handlers"
            target = find_dotted(machine, spelled if "." in spelled and is_known else f"logging.{spelled}")
            machine.call_value(mark(target, tricks=LOOKED_UP), call.node, read_arguments(machine, call, section), {})
    return UNKNOWN


def read_arguments(machine: Lookups, call: Call, section: Mapping[str, str]) -> list[Value]:
    """Return the arguments a section gives its handler; text that is no literal is run where it is read."""
    text = section.get("args", "()")
    try:
        known = literal(text)
    except UNCOMPUTABLE:
        machine.emit(Act.CODE_EVAL, call.node, detail=text, sources=[Value(marks=call.argument(0).marks)])
        machine.run_layer(text, call.node)
        return []
    parts = known if isinstance(known, tuple) else (known,)
    return [constant(part) if isinstance(part, tuple) else from_plain(part, like=UNKNOWN) for part in parts[:8]]


def listen_for_settings(machine: Lookups, call: Call) -> Value:
    """Record a port over which strangers may configure the log: what they send is evaluated."""
    machine.emit(Act.NETWORK_LISTEN, call.node, detail=call.argument(0, "port"), tricks=call.tricks)
    received = Value(marks=frozenset([machine.mark(Label.NETWORK, call.node)]))
    machine.emit(Act.CODE_EVAL, call.node, sources=[received], tricks=call.tricks)
    return UNKNOWN


LOGGING_EFFECTS: dict[str, Callable[[Lookups, Call], Value]] = {
    "logger": find_logger, "attach": attach, "log_handler": make_handler, "records": replace_records,
    "configure": configure, "configure_file": configure_by_file, "configure_port": listen_for_settings,
}  # fmt: skip
