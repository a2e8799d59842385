"""The forked child: confines itself, then calls one registered function or becomes one tool, and ends.

Everything it needs is open before it is confined. It never returns into the warm process's loop.
"""

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from scanners import limits
from scanners.errors import SandboxMissing, ToolFailed
from scanners.sandbox_identity import Identity
from scanners.sandbox_landlock import Access
from scanners.sandbox_layers import Confinement, confine, name_layers
from scanners.sandbox_syscalls import execute_descriptor
from scanners.warm_messages import Message, MessageInvalid, receive_message, send_message
from scanners.warm_order import Order

Function = Callable[["Message", "Ask"], Message]
Ask = Callable[[Message], Message]
PROJECT_ROOT: Final = Path(__file__).resolve().parent.parent
INTERPRETER: Final = tuple(Path(folder).resolve() for folder in (sys.base_prefix, sys.prefix, sys.base_exec_prefix))
SYSTEM: Final = tuple(map(Path, ("/usr", "/lib", "/lib64", "/bin")))
LIBRARIES: Final = tuple(map(Path, ("/usr/lib", "/usr/share/zoneinfo", "/lib", "/lib64")))
HARMLESS: Final = tuple(
    map(Path, ("/dev/urandom", "/dev/random", "/dev/zero", "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl/certs"))
)
NOTHING: Final = Path("/dev/null")
ELF_MAGIC: Final = b"\x7fELF"
NOT_STARTED: Final = 127
COLLECT_AFTER: Final = 100_000  # objects; a tree of 500,000 nodes is no rubbish, and looking for some costs a third


@dataclass(frozen=True, slots=True)
class Birth:
    """What a child is born with: its order, its own uid or why it has none, and the descriptors that came with it."""

    order: Order
    identity: Identity | None
    why_shared: str
    connection: socket.socket
    descriptors: tuple[int, ...]
    parent_id: int


def live(birth: Birth, *, functions: dict[str, Function]) -> NoReturn:
    """Carry out the order and end; nothing that goes wrong here reaches the warm process."""
    status = NOT_STARTED
    try:
        status = carry_out(birth, functions=functions)
    finally:
        os._exit(status)


def carry_out(birth: Birth, *, functions: dict[str, Function]) -> int:
    """Return the exit status of the child."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    connection = birth.connection
    try:
        argument = receive_message(connection)
        if birth.order.function:
            return answer_call(birth, argument=argument, function=functions[birth.order.function])
        become_tool(birth, argument=argument)
    except SandboxMissing as missing:
        send_message(connection, {"refused": missing.detail})
    except (ToolFailed, OSError) as error:
        send_message(connection, {"failed": f"{type(error).__name__}: {error}"[: limits.TOOL_ERROR_BYTES]})
    return NOT_STARTED


def answer_call(birth: Birth, *, argument: Message, function: Function) -> int:
    """Run the function in a thread with a big stack and send what it returns; returns the exit status."""
    order, connection = birth.order, birth.connection
    os.chdir(order.scratch)
    os.environ.update(HOME=str(order.scratch), TMPDIR=str(order.scratch))
    nothing = os.open(NOTHING, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    close_all_but({0, 1, 2, connection.fileno(), *birth.descriptors})
    argument.update(zip(order.keys, birth.descriptors, strict=True))
    access = Access(
        read=(*INTERPRETER, PROJECT_ROOT / "scanners", *LIBRARIES, *HARMLESS, *order.reads),
        write=(order.scratch, NOTHING),
        listed=(PROJECT_ROOT,),
    )
    memory = measure_address_space() + limits.CHILD_STACK_BYTES + order.memory_bytes
    send_layers(birth, access=access, memory_bytes=memory, may_start_programs=False)
    gc.set_threshold(COLLECT_AFTER, 20, 100)
    outcome = call_with_big_stack(function, argument=argument, ask=make_ask(connection))
    send_message(connection, outcome)
    return 0


def call_with_big_stack(function: Function, *, argument: Message, ask: Ask) -> Message:
    """Return the function's value, or what it raised; a hostile input may nest as deep as the stack is long."""
    outcome: Message = {}

    def work() -> None:
        outcome["value"] = function(argument, ask)

    def remember(failure: "threading.ExceptHookArgs") -> None:
        outcome["failed"] = f"{failure.exc_type.__name__}: {failure.exc_value}"[: limits.TOOL_ERROR_BYTES]

    threading.excepthook = remember
    threading.stack_size(limits.CHILD_STACK_BYTES)
    sys.setrecursionlimit(limits.CHILD_RECURSION)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return outcome


def make_ask(connection: socket.socket) -> Ask:
    """Return the function by which the child asks its owner something and waits for the answer."""
    lock = threading.Lock()

    def ask(question: Message) -> Message:
        with lock:
            send_message(connection, {"ask": question})
            reply = receive_message(connection)["reply"]
        if not isinstance(reply, dict):
            raise MessageInvalid("the owner's reply is not an object")
        return reply

    return ask


def become_tool(birth: Birth, *, argument: Message) -> NoReturn:
    """Become the tool; raises OSError when it cannot be started."""
    order = birth.order
    program = Path(argument["executable"])
    descriptor = os.open(program, os.O_RDONLY | os.O_CLOEXEC)
    is_native = os.pread(descriptor, len(ELF_MAGIC), 0) == ELF_MAGIC
    environment: dict[str, str] = dict(argument["environment"])
    kept: set[int] = set()
    if is_native:
        # Its own libraries may lie beside it, in a home that a stranger cannot walk into.
        beside = os.open(program.resolve().parent, os.O_PATH)
        os.set_inheritable(beside, True)
        environment["LD_LIBRARY_PATH"] = f"/proc/self/fd/{beside}/libs"
        kept.add(beside)
    os.chdir(order.folder)
    nothing = os.open(NOTHING, os.O_RDONLY)
    for source, standard in zip((nothing, *birth.descriptors), (0, 1, 2), strict=True):
        os.dup2(source, standard)
    close_all_but({0, 1, 2, birth.connection.fileno(), descriptor, *kept})
    access = Access(
        read=(*HARMLESS, *order.reads, order.folder),
        write=(order.scratch, NOTHING),
        execute=(*SYSTEM, program.resolve().parent, *order.needs),
        listed=(PROJECT_ROOT,),  # without its names Python finds none of our modules
    )
    send_layers(birth, access=access, memory_bytes=order.memory_bytes, may_start_programs=True)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)  # ignored by Python, and what is ignored stays so in a new program
    if is_native:
        execute_descriptor(descriptor, argument["argv"], environment=environment)
    os.execve(program, argument["argv"], environment)  # noqa: S606 (no shell is the point)


def send_layers(birth: Birth, *, access: Access, memory_bytes: int, may_start_programs: bool) -> None:
    """Confine this process and tell the owner how; raises SandboxMissing."""
    layers = confine(
        Confinement(
            identity=birth.identity,
            why_shared=birth.why_shared,
            access=access,
            cpu_seconds=birth.order.cpu_seconds,
            memory_bytes=memory_bytes,
            parent_id=birth.parent_id,
            may_start_programs=may_start_programs,
        )
    )
    details: list[Any] = [[layer.name, layer.is_in_force, layer.detail] for layer in layers]
    send_message(birth.connection, {"layers": list(name_layers(layers)), "details": details})


def measure_address_space() -> int:
    """Return the bytes of address space that the forked interpreter already has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def close_all_but(kept: Iterable[int]) -> None:
    """Close every descriptor but these."""
    start = 0
    for descriptor in sorted(kept):
        # An empty range would be taken for all of them.
        if start < descriptor:
            os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
