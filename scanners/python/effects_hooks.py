"""What calls do that let others call, or that reach code by a side door: callbacks, consoles, factories, hooks, pages.

One function a kind of `calls.CALLS`. A function handed to a broker sees what comes in over the network.
"""

import ast
import pickletools
import re
from collections.abc import Callable, Iterable

from scanners import limits
from scanners.facts import Act, Label, Trick
from scanners.python.constants import UNCOMPUTABLE
from scanners.python.domain import (
    NO_MARKS,
    UNKNOWN,
    Bound,
    Function,
    Instance,
    Klass,
    Marks,
    Value,
    blend,
    constant,
    elements,
    mark,
    plain_of,
    reference,
    texts_of,
)
from scanners.python.invoked import Call
from scanners.python.lookups import LOOKED_UP, Lookups, spell_module
from scanners.python.names import DANGEROUS

ARCHIVES = re.compile(r"(?i)\.(?:zip|whl|egg|pyz|jar|dat|bin|tar|gz|pack|res)$")
# Libraries whose callbacks are given what strangers send; those that bots are made with are not among them.
_BROKERS = (
    "paho pika nats redis aioredis websocket websockets socketio zmq kafka aiokafka confluent_kafka aio_pika "
    "aiomqtt gmqtt asyncio_mqtt stomp irc twisted autobahn pusher ably picows pysher hbmqtt amqp rabbitpy "
    "pulsar sseclient rpyc xmlrpc jsonrpclib Pyro4 flask bottle quart fastapi sanic"
)
BROKERS = frozenset(_BROKERS.split())

# Engines whose templates call whatever they are handed.
TEMPLATES = ("jinja2.", "mako.", "chevron.", "pystache.", "string.Template", "tornado.template.", "Cheetah.")
RECEIVED = re.compile(r"^(listen|get_message|parse_response|xread\w*|b[lr]pop\w*|consume|poll|recv\w*|iter_\w+)$")
STREAMS = ("websockets.", "websocket.", "trio.Stream", "socketio.", "aiohttp.ClientSession().ws_connect()", "nats.")
LOADERS = ("Loader", "Finder", "MetaPathFinder")
SOURCES = ("get_data", "get_source", "get_code")
# A call in an annotation that makes no type.
CALLING = re.compile(r"\b(__import__|exec|eval|system|popen|open|getattr|run|Popen|compile)\s*\(")
YAML_TAG = re.compile(r"!!python/(?:object/)?(?:apply|new|name|module):([\w.]+)[\s\[:]*([^\]\n]*)")


def hand_over(machine: Lookups, call: Call) -> Marks:
    """Let functions that are given to a broker see what it receives; return the mark of what was received."""
    root = call.name.split(".")[0].removesuffix("()")
    if root not in BROKERS:
        return NO_MARKS
    received = machine.mark(Label.NETWORK, call.node)
    for value in (*call.args, *call.keywords.values()):
        call_back(machine, value, call.node, Value(marks=frozenset([received])))
    leaf = call.name.rpartition(".")[2]
    return frozenset([received]) if "(" in call.name and RECEIVED.match(leaf) else NO_MARKS


def call_back(machine: Lookups, value: Value, node: ast.AST, received: Value) -> None:
    """Call every function of the plugin in a value with what was received in each place."""
    for ref in value.refs:
        if ref in DANGEROUS:
            machine.call_value(Value(refs=(ref,), tricks=value.tricks), node, [received], {})
    for thing in value.things:
        given = len(thing.args) if isinstance(thing, Bound) else 0
        target = thing.target.things[0] if isinstance(thing, Bound) and thing.target.things else thing
        if isinstance(target, Function):
            arguments = target.node.args
            count = len(arguments.posonlyargs) + len(arguments.args) - given
            machine.call_value(Value(things=(thing,)), node, [received] * min(max(count, 0), 8), {})


def note_callback(machine: Lookups, base: Value, value: Value, node: ast.AST) -> None:
    """Let a function that is set as a broker's attribute see what it receives."""
    if value.things and any(ref.split(".")[0] in BROKERS for ref in base.refs):
        received = frozenset([machine.mark(Label.NETWORK, node)])
        call_back(machine, value, node, Value(marks=received))


def note_handed(machine: Lookups, values: Iterable[Value], node: ast.AST) -> None:
    """Record a function that runs programs or code when it is handed to templates, which others write."""
    for value in values:
        held = list(value.items.values()) if isinstance(value.items, dict) else list(value.items or ())
        for ref in sorted({ref for part in (value, *held[:64]) for ref in part.refs if ref in DANGEROUS}):
            machine.emit(Act.CODE_LOAD, node, detail=f"template: {ref}", tricks=LOOKED_UP)


def read_stream(machine: Lookups, source: Value, node: ast.AST) -> Value:
    """Return a connection that is iterated as what comes in over it."""
    if any(ref.startswith(STREAMS) for ref in source.refs):
        return mark(source, machine.mark(Label.NETWORK, node))
    return source


def note_stream(machine: Lookups, base: Value, name: str, value: Value, node: ast.AST) -> None:
    """Record that one of this process's own streams becomes a socket."""
    if "sys" in base.refs and name in ("stdin", "stdout", "stderr"):
        is_socket = any(ref.startswith("socket.") for ref in value.refs)
        if is_socket or any(item.label is Label.NETWORK for item in value.marks):
            machine.emit(Act.STREAM_TO_SOCKET, node, detail=f"sys.{name}")
            machine.has_duplicated = True


def run_console(machine: Lookups, call: Call) -> Value:
    """Record an interpreter that somebody types into; over a socket, that is anybody."""
    sources = [call.callee, *call.args, *call.keywords.values()]
    if any(ref.startswith("socket.") for value in sources for ref in value.refs):
        machine.emit(Act.STREAM_TO_SOCKET, call.node, detail=call.name)
    blended = blend(sources)
    if machine.has_duplicated:
        blended = mark(blended, machine.mark(Label.NETWORK, call.node))
    machine.emit(Act.CODE_EVAL, call.node, sources=[blended], tricks=call.tricks)
    return UNKNOWN


def time_code(machine: Lookups, call: Call) -> Value:
    """Record the texts that a stopwatch or profiler runs."""
    for code in (call.argument(0, "stmt", "cmd", "statement"), call.argument(1, "setup")):
        if code.consts or code.marks:
            machine.emit(Act.CODE_EVAL, call.node, detail=code, sources=[code], tricks=call.tricks)
            text = plain_of(code)
            if isinstance(text, str | bytes):
                machine.run_layer(texts_of(code)[0], call.node)
        if code.things or code.refs:
            machine.call_value(Value(things=code.things, refs=code.refs), call.node, [], {})
    return UNKNOWN


def find_dotted(machine: Lookups, dotted: str) -> Value:
    """Return what a dotted text names: the plugin's own thing, or a foreign one."""
    module, _, name = dotted.removeprefix("ext://").rpartition(".")
    own = machine.find_module(module) if module else None
    if own is not None:
        return machine.member(own.things[0], name, own, ast.Pass())
    return reference(machine.spell(spell_module(module), name) if module else f"builtins.{name}")


def watch_calls(machine: Lookups, call: Call) -> Value:
    """Record a function that sees every call in the process, with what is passed there."""
    machine.emit(Act.HOST_PATCH, call.node, detail=call.name, sources=call.args)
    seen = Value(marks=frozenset([machine.mark(Label.SECRET, call.node, name="frame.f_locals")]))
    is_audit = call.name.endswith("addaudithook")
    for value in call.args[:1]:
        call_back(machine, value, call.node, UNKNOWN if is_audit else seen)
    return UNKNOWN


def walk_memory(machine: Lookups, call: Call) -> Value:
    """Return every object of the process: the secrets of the host and of all other plugins are among them."""
    return Value(marks=frozenset([machine.mark(Label.SECRET, call.node, name=call.name)]))


def read_hints(machine: Lookups, call: Call) -> Value:
    """Run the annotations of the plugin's own classes and functions that are texts: so does whoever asks for them."""
    for thing in call.argument(0).things:
        body = thing.body if isinstance(thing, Klass) else [thing.node] if isinstance(thing, Function) else []
        for part in (part for statement in body for part in ast.walk(statement)):
            annotation = getattr(part, "annotation", None) or getattr(part, "returns", None)
            text = annotation.value if isinstance(annotation, ast.Constant) else None
            if isinstance(text, str) and CALLING.search(text):
                machine.emit(Act.CODE_EVAL, call.node, detail=text, tricks=call.tricks)
                machine.run_layer(text, call.node)
    return UNKNOWN


def hook_imports(machine: Lookups, call: Call) -> Value:
    """Record a finder or loader that is put among those that import asks, with where its code comes from."""
    for value in call.args[-1:]:
        results = [value_of for thing in value.things for value_of in loaded(machine, thing, call.node)]
        machine.emit(Act.HOST_PATCH, call.node, detail=call.name.rpartition(".")[0], sources=results)
        if results and blend(results).marks:
            machine.emit(Act.CODE_LOAD, call.node, sources=results, tricks=LOOKED_UP)
    return UNKNOWN


def extend_path(machine: Lookups, call: Call) -> Value:
    """Record an archive from which modules can be imported from now on."""
    path = call.argument(1 if call.name.endswith("insert") else 0)
    if any(ARCHIVES.search(text) for text in texts_of(path)):
        machine.emit(Act.CODE_LOAD, call.node, detail=path, sources=[path])
    return UNKNOWN


def loaded(machine: Lookups, thing: object, node: ast.AST) -> Iterable[Value]:
    """Return what the methods of a loader give as code."""
    klass = thing.klass if isinstance(thing, Instance) else thing if isinstance(thing, Klass) else None
    if klass is None:
        return
    for name in SOURCES:
        member = machine.find_member(klass, name)
        if member is not None and member.things:
            yield machine.call_value(member, node, [Value(things=(Instance(klass),)), UNKNOWN], {})


def walk_classes(machine: Lookups, call: Call) -> Value:
    """Record a walk over every class of the interpreter, which finds what was never imported."""
    machine.emit(Act.CODE_LOAD, call.node, detail="object.__subclasses__", tricks=LOOKED_UP | call.tricks)
    return Value(items=(reference("subprocess.Popen", tricks=LOOKED_UP),))


def map_page(machine: Lookups, call: Call) -> Value:
    """Return memory that is mapped; pages that may run are a way to native code."""
    node = call.node
    keywords = node.keywords if isinstance(node, ast.Call) else []
    words = {part.attr for keyword in keywords for part in ast.walk(keyword.value) if isinstance(part, ast.Attribute)}
    protection = plain_of(call.argument(3, "prot"))
    if "PROT_EXEC" in words or (isinstance(protection, int) and protection & 4):
        machine.emit(Act.NATIVE_CALL, node, detail="mmap", tricks=call.tricks)
        return Value(refs=("mmap.mmap().page",))
    return Value(refs=("mmap.mmap()",), marks=call.argument(0).marks)


def call_native(machine: Lookups, call: Call) -> Value:
    """Record bytes that are called as native code."""
    code = blend(call.args)
    if code.marks and not any(value.things for value in call.args):
        machine.emit(Act.CODE_EVAL, call.node, sources=[code], tricks=call.tricks)
    return UNKNOWN


def load_library(machine: Lookups, call: Call) -> Value:
    """Record a native library that a database is told to load."""
    path = call.argument(0, "path", "name")
    sources = [path, machine.read_written(path, call.argument_node(0))]
    machine.emit(Act.NATIVE_LOAD, call.node, detail=path, sources=sources, tricks=call.tricks)
    return UNKNOWN


def run_query(machine: Lookups, call: Call) -> Value:
    """Record a query that loads a native library; any other returns what the database holds."""
    query = call.argument(0, "sql")
    if any("load_extension" in text.lower() for text in texts_of(query)):
        given = elements(call.argument(1, "parameters"))
        sources = [query, given, machine.read_written(given, None)]
        machine.emit(Act.NATIVE_LOAD, call.node, detail=given if given.consts else query, sources=sources)
    blended = blend([call.callee, *call.args, *call.keywords.values()])
    return Value(refs=(f"{call.name}()",), consts=call.callee.consts, marks=blended.marks, tricks=blended.tricks)


def fork(machine: Lookups, call: Call) -> Value:
    """Record a copy of this process."""
    machine.emit(Act.PROCESS_START, call.node, detail="fork", tricks=call.tricks)
    return UNKNOWN


def follow_packed(machine: Lookups, call: Call, data: Value) -> None:
    """Call what constant data names when it is unpacked: a pickle's globals, the tags of an unsafe YAML text."""
    whole = plain_of(data)
    if isinstance(whole, str) and not call.name.startswith("yaml"):
        whole = whole.encode("utf-8", "surrogateescape")  # a shipped pickle of the first protocol reads as text
    if isinstance(whole, bytes) and len(whole) <= limits.SOURCE_BYTES:
        machine.charge(len(whole) * 64)
        found = read_pickle(whole)
    elif isinstance(whole, str) and "!!python/" in whole:
        found = [(match[1], match[2].strip(" '\"")) for match in YAML_TAG.finditer(whole)]
    else:
        return
    for name, argument in found[: limits.PYTHON_ALTERNATIVES]:
        target = mark(find_dotted(machine, name), tricks=LOOKED_UP | frozenset([Trick.DECODED]))
        machine.call_value(target, call.node, [constant(argument, marks=data.marks)], {})


def read_pickle(data: bytes) -> list[tuple[str, str]]:
    """Return the globals that a pickle names, each with the text that follows it; nothing of it is run."""
    found: list[tuple[str, str]] = []
    texts: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "GLOBAL":
                found.append((str(argument).replace(" ", "."), ""))
            elif opcode.name == "STACK_GLOBAL" and len(texts) > 1:
                found.append((".".join(texts[-2:]), ""))
            elif isinstance(argument, str):
                texts.append(argument)
                if found and not found[-1][1]:
                    found[-1] = (found[-1][0], argument)
    except UNCOMPUTABLE:
        # Damaged from here on: unpickling would run what stands before it.
        return found
    return found


def write_data(machine: Lookups, call: Call) -> Value:
    """Record data that a library writes to a path given first."""
    path = call.argument(0, "file", "filename", "uri")
    content = blend([*call.args[1:], *call.keywords.values()])
    machine.emit(Act.FILE_WRITE, call.node, detail=path, sources=[content], tricks=call.tricks)
    machine.write_path(path, content, call.argument_node(0))
    return UNKNOWN


HOOK_EFFECTS: dict[str, Callable[[Lookups, Call], Value]] = {
    "console": run_console, "time_code": time_code, "watch_calls": watch_calls,
    "walk_memory": walk_memory, "hints": read_hints, "hook_imports": hook_imports, "extend_path": extend_path,
    "subclasses": walk_classes, "page": map_page, "call_native": call_native,
    "load_library": load_library, "query": run_query, "fork": fork, "write_data": write_data,
}  # fmt: skip
