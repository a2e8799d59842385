"""What calls that start programs do: the command line, who reads it, whether anybody sees it, where its streams go.

Also threads, waiting, and installing at run time.
"""

from collections.abc import Callable
from itertools import pairwise

from scanners.facts import Act, Label, Trick
from scanners.python.constants import concatenate
from scanners.python.domain import (
    NO_TRICKS,
    UNKNOWN,
    Tricks,
    Value,
    blend,
    constant,
    elements,
    mark,
    plain_of,
    sequence_of,
    texts_of,
)
from scanners.python.invoked import Call
from scanners.python.lookups import Lookups
from scanners.python.machine import is_given
from scanners.python.places import (
    CLIPBOARD_READING,
    CLIPBOARD_WRITING,
    HIDDEN,
    INSTALLING,
    PERSISTING,
    SHELL,
    SHELL_LINE,
    is_store,
)

SPACE = constant(" ")
SHELL_FUNCTIONS = frozenset(
    ["os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"]
)
RUNNING = frozenset(
    ["subprocess.Popen", "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "psutil.Popen"]
)
PROMPTS = ("python", "node", "perl", "ruby", "bash", "sh", "cmd", "powershell")
NO_WINDOW = ("CREATE_NO_WINDOW", "DETACHED_PROCESS", "SW_HIDE")
DEVNULL = -3
HIDING_FLAGS = 0x08000000 | 0x00000008  # CREATE_NO_WINDOW, DETACHED_PROCESS
FOREVER_SECONDS = 10**9
LONG_SECONDS = 60
STREAMS = ("stdin", "stdout", "stderr")


def start(machine: Lookups, call: Call) -> Value:
    """Record a program that is started with one command or list."""
    return record(machine, call, call.argument(0, "args", "command", "cmd", "argv", "commandline", "bufsize"))


def start_list(machine: Lookups, call: Call) -> Value:
    """Record a program that is started with its arguments one after the other."""
    args = [value for value in call.args if value.consts or value.marks or value.items]
    if call.name.startswith("os.") and len(args) > 1:
        args = args[1:]  # the first is the file, the second the name it is given
    if len(args) == 1:
        return record(machine, call, args[0])
    return record(machine, call, Value(items=tuple(args), marks=blend(args).marks, tricks=blend(args).tricks))


def start_spawn(machine: Lookups, call: Call) -> Value:
    """Record a program that is started with a mode in front."""
    return start_list(machine, Call(call.node, call.name, call.callee, call.args[1:], call.keywords))


def record(machine: Lookups, call: Call, command: Value) -> Value:
    """Record the start of a program and return what it prints."""
    line = command_line(command)
    sources = [command, call.argument(99, "input"), written_before(machine, command)]
    tricks = call.tricks | window_tricks(call) | shell_tricks(call, line)
    machine.emit(Act.PROCESS_START, call.node, detail=line, sources=sources, tricks=tricks)
    for text in line.consts:
        if isinstance(text, str):
            judge_line(machine, call, text)
            use_clipboard(machine, call, text)
    run_inline(machine, call, command)
    for stream in STREAMS:
        target = call.argument(99, stream)
        if any(ref.startswith("socket.socket()") for ref in target.refs):
            machine.emit(Act.STREAM_TO_SOCKET, call.node, detail=line, tricks=tricks)
            break
    if call.name == "pty.spawn" and machine.has_duplicated:
        machine.emit(Act.STREAM_TO_SOCKET, call.node, detail=line, tricks=tricks)
    reads_clipboard = any(isinstance(text, str) and CLIPBOARD_READING.search(text[:4096]) for text in line.consts)
    printed = machine.mark(Label.CLIPBOARD if reads_clipboard else Label.PROCESS, call.node)
    stores = (
        [machine.mark(Label.CREDENTIALS, call.node)]
        if any(isinstance(text, str) and len(text) < 200 and is_store(text.rpartition(" ")[2]) for text in line.consts)
        else []
    )
    # A program that goes on is known by its command: whoever writes to a shell's input commands it.
    is_running = call.name in RUNNING
    return Value(refs=(f"{call.name}()",), consts=line.consts if is_running else (),
                 marks=command.marks | {printed, *stores})  # fmt: skip


def feed(machine: Lookups, call: Call) -> Value:
    """Record what is written to the input of a shell: every line of it is a command."""
    content = blend([*call.args, *call.keywords.values()])
    texts = [text for text in call.callee.consts if isinstance(text, str)]
    if content.marks and any(SHELL.search(text) or is_prompt(text) for text in texts):
        line = call.argument(0, "input")
        tricks = call.tricks | {Trick.SHELL}
        machine.emit(Act.PROCESS_START, call.node, detail=line, sources=[content], tricks=tricks)
    return Value(marks=call.callee.marks | content.marks)


def is_prompt(command: str) -> bool:
    """Say whether a command starts an interpreter that waits for what it is told."""
    program, _, rest = command.strip().partition(" ")
    name = program.rpartition("/")[2].lower().removesuffix(".exe")
    return name.startswith(PROMPTS) and rest in ("", "-i", "-")


def command_line(command: Value) -> Value:
    """Return a command as one text; the parts of a list are joined by spaces."""
    parts = None if command.consts and isinstance(command.consts[0], str | bytes) else sequence_of(command)
    if parts is None:
        return (
            Value(consts=texts_of(command), marks=command.marks, tricks=command.tricks)
            if command.consts
            else (Value(marks=command.marks, tricks=command.tricks))
        )
    between: list[Value] = []
    for part in parts[:64]:
        between += [SPACE, part] if between else [part]
    return concatenate(between, tricks=NO_TRICKS) if between else UNKNOWN


def window_tricks(call: Call) -> Tricks:
    """Return whether the user is kept from seeing the program."""
    flags = call.argument(99, "creationflags")
    number = plain_of(flags)
    is_hidden = any(ref.endswith(NO_WINDOW) for ref in flags.refs)
    is_hidden |= isinstance(number, int) and bool(number & HIDING_FLAGS)
    is_hidden |= bool(call.argument(99, "startupinfo").refs)
    silent = [
        name
        for name in ("stdout", "stderr")
        if any(ref.endswith("DEVNULL") for ref in call.argument(99, name).refs)
        or plain_of(call.argument(99, name)) == DEVNULL
    ]
    is_apart = plain_of(call.argument(99, "start_new_session")) is True or call.has(99, "preexec_fn")
    return frozenset([Trick.HIDDEN_WINDOW]) if is_hidden or (len(silent) == 2 and is_apart) else NO_TRICKS


def shell_tricks(call: Call, line: Value) -> Tricks:
    """Return whether a shell reads the command line, and whether the line asks to be hidden."""
    tricks: set[Trick] = set()
    shell = call.argument(8, "shell")
    texts = [text for text in line.consts if isinstance(text, str)]
    if call.name in SHELL_FUNCTIONS or plain_of(shell) is True or any(SHELL.search(text) for text in texts):
        tricks.add(Trick.SHELL)
    if any(SHELL_LINE.search(text[:4096]) for text in texts):
        tricks.add(Trick.SHELL)
    if any(HIDDEN.search(text[:4096]) for text in texts):
        tricks.add(Trick.HIDDEN_WINDOW)
    return frozenset(tricks)


def judge_line(machine: Lookups, call: Call, text: str) -> None:
    """Record what a command line says it does: install something, or make itself start again."""
    head = text[:4096]
    if match := INSTALLING.search(head):
        machine.emit(Act.SOFTWARE_INSTALL, call.node, detail=head[match.start() :])
    if match := PERSISTING.search(head):
        machine.emit(Act.PERSISTENCE, call.node, detail=head[match.start() :])


def use_clipboard(machine: Lookups, call: Call, text: str) -> None:
    """Record what a command line reads from the clipboard or puts there."""
    if CLIPBOARD_READING.search(text[:4096]):
        machine.emit(Act.CLIPBOARD_READ, call.node, tricks=call.tricks)
    elif CLIPBOARD_WRITING.search(text[:4096]):
        given = call.argument(99, "input")
        machine.emit(Act.CLIPBOARD_WRITE, call.node, detail=given, sources=[given], tricks=call.tricks)


def run_inline(machine: Lookups, call: Call, command: Value) -> None:
    """Look at Python that is given to an interpreter on its command line."""
    parts = sequence_of(command) if not (command.consts and isinstance(command.consts[0], str)) else None
    if parts is None:
        return
    for option, code in pairwise(parts):
        text = plain_of(code)
        if plain_of(option) == "-c" and isinstance(text, str) and is_interpreter(parts[0]):
            machine.emit(Act.CODE_EVAL, call.node, detail=code, sources=[code], tricks=code.tricks)
            machine.run_layer(text, call.node)


def is_interpreter(program: Value) -> bool:
    """Say whether a program is Python."""
    text = texts_of(program)[0]
    return "python" in text.lower() or "sys.executable" in program.refs


def written_before(machine: Lookups, command: Value) -> Value:
    """Return what was written to any file that a command names."""
    parts = sequence_of(command) if not (command.consts and isinstance(command.consts[0], str)) else None
    results = [machine.read_written(part, None) for part in (command, *(parts or ())[:16])]
    words = [word for text in command.consts if isinstance(text, str) for word in text.split()[:16]]
    results += [machine.read_written(constant(word.strip("'\"")), None) for word in words]
    return blend(results)


def install(machine: Lookups, call: Call) -> Value:
    """Record something that is installed at run time."""
    machine.emit(Act.SOFTWARE_INSTALL, call.node, detail=command_line(call.argument(0)), sources=call.args)
    return UNKNOWN


def wait(machine: Lookups, call: Call) -> Value:
    """Record a wait of at least a minute."""
    seconds = plain_of(call.argument(0, "secs", "delay"))
    if isinstance(seconds, int | float) and seconds >= LONG_SECONDS:
        # A number may have more digits than Python will write out.
        machine.emit(Act.SLEEP, call.node, detail=str(min(seconds, FOREVER_SECONDS)))
    return UNKNOWN


def start_thread(machine: Lookups, call: Call) -> Value:
    """Record work handed to somebody else, and look at it with the arguments it will have."""
    position = 1 if call.name.endswith(("Timer", "call_later", "run_in_executor")) else 0
    target = call.argument(position, "target", "function", "func", "callback")
    if call.name == "threading.Thread" and "target" not in call.keywords and len(call.args) > 1:
        target = call.args[1]
    given = call.argument(99, "args")
    args = list(sequence_of(given) or [elements(given)]) if given is not UNKNOWN else list(call.args[position + 1 :])
    named = call.argument(99, "kwargs").items
    keywords = {str(key): value for key, value in named.items()} if isinstance(named, dict) else {}
    if call.name.endswith(("submit", "to_thread", "spawn", "call_soon_threadsafe")):
        keywords = {**call.keywords}
    if call.name.endswith(("map", "apply_async")) and len(args) == 1:
        args = [elements(args[0])]
    result = UNKNOWN
    if is_given(target):
        machine.sensitivity = max(machine.sensitivity, 1)
    if target.things or target.refs:
        if not any(ref.endswith("()") for ref in target.refs):
            result = machine.call_value(target, call.node, args, keywords)
        shown = target.refs[0] if target.refs else getattr(target.things[0], "name", "")
        if call.name.startswith(("threading", "multiprocessing", "_thread", "atexit")):
            machine.emit(Act.STARTS_THREAD, call.node, detail=shown)
    marked = blend([result, *call.args])
    return mark(result, *marked.marks) if marked.marks else result


def duplicate(machine: Lookups, call: Call) -> Value:
    """Record that a stream of this process becomes a socket."""
    source = call.argument(0, "fd")
    if any(ref.startswith("socket.") and ref.endswith(("fileno()", "detach()", "socket()")) for ref in source.refs):
        machine.emit(Act.STREAM_TO_SOCKET, call.node, detail="dup2")
        machine.has_duplicated = True
    elif not source.consts and plain_of(call.argument(1, "fd2")) in (0, 1, 2):
        machine.has_duplicated = True
    return UNKNOWN


PROGRAM_EFFECTS: dict[str, Callable[[Lookups, Call], Value]] = {
    "process": start, "process_list": start_list, "process_spawn": start_spawn, "install": install, "sleep": wait,
    "thread": start_thread, "duplicate": duplicate, "feed": feed,
}  # fmt: skip
