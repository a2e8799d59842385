"""What starts programs: command lines with what hides them, what they install, where they persist, code they carry.

A command line is evidence; what it does is for rules to say.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from scanners.facts import Act, Label, Trick
from scanners.javascript.performing import Call, Special, data_marks, perform_plain, result_of, run_callbacks, tricks_of
from scanners.javascript.running import follow_layer
from scanners.javascript.tables.code import SHELL_PROGRAMS
from scanners.javascript.texts import as_text
from scanners.javascript.values import HOLE, NO_MARKS, UNKNOWN, Marks, Shape, Value, deep_marks, spoken, union
from scanners.stores import is_store

if TYPE_CHECKING:
    from scanners.javascript.walker import Walker

INSTALLS = re.compile(
    r"\b(?:npm|pnpm|yarn|bun|cnpm)(?:\.cmd)?\s+(?:i|install|add|ci)\b[^;&|]*|\b(?:pip3?|gem|cargo|brew|apt(?:-get)?|choco|winget)\s+install\b[^;&|]*"
    r"|\bnpx\s+(?:-y|--yes)\b[^;&|]*"
)
PERSISTS = re.compile(
    r"\bcrontab\b|\bschtasks\b.*?/create|\breg(\.exe)?\s+add\b.*?\\run|\blaunchctl\s+(load|bootstrap|submit)|systemctl\s+(--user\s+)?enable"
    r"|CurrentVersion\\+Run|New-ScheduledTask|Register-ScheduledTask|\bsc(\.exe)?\s+create\b|update-rc\.d|chkconfig\s+--add|/etc/cron",
    re.IGNORECASE,
)
COMMAND_CHARACTERS = 10_000  # of a command line that patterns look at
INLINE = re.compile(r"\bnode(?:\.exe)?\s+(?:-e|--eval|-p)\s+(?:\"((?:[^\"\\]|\\.)+)\"|'([^']+)'|(.+))", re.DOTALL)
ENCODED = re.compile(r"-e(?:nc|c|ncodedcommand)?\s+([A-Za-z0-9+/=]{16,})", re.IGNORECASE)
HIDDEN_WORDS = re.compile(
    r"-w(indowstyle)?\s+hid|/b\s|start\s+/min|\bnohup\b.*&\s*$|>\s*/dev/null\s+2>&1\s*&", re.IGNORECASE
)
ANALYSIS_COMMAND = re.compile(
    r"systeminfo.*(vmware|virtual)|wmic\s+(bios|computersystem|diskdrive).*(get|model|serial)|dmidecode|Get-WmiObject.*Win32_(BIOS|ComputerSystem)",
    re.IGNORECASE,
)


# Commands of other programs that print what those programs keep secret.
GIVES_CREDENTIALS = re.compile(
    r"\bgit\s+credential(-\w+)?\s+(fill|get)|\bgh\s+auth\s+token|\bgcloud\s+auth\s+(\S+\s+)?print-(access|identity)-token"
    r"|\baz\s+account\s+get-access-token|\baws\s+(configure\s+(get|export-credentials)|sts\s+get-session-token)"
    r"|\bsecurity\s+(find-(generic|internet)-password|dump-keychain)|\bsecret-tool\s+(lookup|search)"
    r"|\bdocker-credential-\w+\s+get|\bkubectl\s+config\s+view\b.*--raw|\bop\s+(item\s+get|read)\b|\bpass\s+show\b"
    r"|\bnpm\s+(token\s+list|config\s+get\s+\S*_authToken)|\bvault\s+(read|kv\s+get)\b|\bnetsh\s+wlan\s+show\b.*key=clear"
    r"|\bbw\s+get\b|\bheroku\s+auth:token|\bglab\s+auth\s+.*token",
    re.IGNORECASE,
)
RUNNERS = frozenset([*SHELL_PROGRAMS, "node", "python", "python3", "bun", "deno", "npm", "pip", "chmod"])
READS_FILE = re.compile(r"(?:\S*/)?(?:cat|type|head|tail|less|more|strings|base64|xxd|grep)\s", re.IGNORECASE)


def start_shell(walker: Walker, call: Call) -> Value:
    """Read exec: one text for a shell."""
    return record_command(walker, call, as_text(call.arg(0)) or "", {Trick.SHELL}, deep_marks(call.arg(0)))


def start_program(walker: Walker, call: Call) -> Value:
    """Read spawn: a program with its arguments."""
    words = [call.arg(0)]
    listed = call.arg(1).shape
    if listed is not None and listed.items is not None:
        words += listed.items
    marks = union(*[deep_marks(word) for word in words], deep_marks(call.arg(1)) if listed is None else NO_MARKS)
    if listed is not None and listed.items is not None:
        marks = union(marks, listed.rest)
    texts = [as_text(word) for word in words]
    line = " ".join(HOLE if text is None else text for text in texts)
    program = (texts[0] or "").replace("\\", "/").rpartition("/")[2].lower()
    tricks = (
        {Trick.SHELL} if program in SHELL_PROGRAMS or call.is_option("shell") or call.option("shell").text else set()
    )
    return record_command(walker, call, line, tricks, marks)


def open_binding(walker: Walker, call: Call) -> Value:
    """Read process.binding: the inside of a module of the platform, past everything that watches the module."""
    name = as_text(call.arg(0)) or ""
    walker.record(Act.NATIVE_LOAD, call.node, detail=name, marks=deep_marks(call.arg(0)), tricks=tricks_of(call))
    return Value(path=f"binding.{name}", tricks=frozenset({Trick.LOOKED_UP})) if name and HOLE not in name else UNKNOWN


def start_options(walker: Walker, call: Call) -> Value:
    """Read the inside of spawn: a program and all its words in one object."""
    listed = call.option("args").shape
    parts = [call.option("file"), *((listed.items or [UNKNOWN, UNKNOWN])[1:] if listed is not None else [])]
    line = " ".join(HOLE if (text := as_text(part)) is None else text for part in parts)
    marks = union(*[deep_marks(arg) for arg in call.args])
    program = line.partition(" ")[0].replace("\\", "/").rpartition("/")[2].lower()
    return record_command(walker, call, line, {Trick.SHELL} if program in SHELL_PROGRAMS else set(), marks)


def start_fork(walker: Walker, call: Call) -> Value:
    """Read fork: a script of its own process."""
    return record_command(
        walker, call, "node " + (as_text(call.arg(0)) or HOLE), set(), data_marks(call) or deep_marks(call.arg(0))
    )


def record_command(walker: Walker, call: Call, line: str, tricks: set[Trick], marks: Marks) -> Value:
    """Record a program's start and what its command line says beyond that."""
    shown = spoken(line)[:COMMAND_CHARACTERS]
    encoded = ENCODED.search(shown)
    if encoded is not None:
        shown = f"{shown} {decode_command(encoded[1])}"
        tricks = tricks | {Trick.DECODED}
    if is_hidden(call) or HIDDEN_WORDS.search(shown):
        tricks = tricks | {Trick.HIDDEN_WINDOW}
    every = frozenset(tricks) | tricks_of(call, *call.args[:2])
    marks = union(marks, written_marks(walker, shown))
    walker.record(Act.PROCESS_START, call.node, detail=shown, marks=marks, tricks=every)
    for expression, act in (
        (INSTALLS, Act.SOFTWARE_INSTALL),
        (PERSISTS, Act.PERSISTENCE),
        (ANALYSIS_COMMAND, Act.HOST_ANALYSIS),
    ):
        found = expression.search(shown)
        if found is not None:
            walker.record(act, call.node, detail=found[0], tricks=every)
    inline = INLINE.search(shown)
    if inline is not None and HOLE not in line:
        follow_layer(walker, inline[1].replace('\\"', '"') if inline[1] else inline[2] or inline[3], call.node)
    if has_socket_streams(call):
        walker.record(Act.STREAM_TO_SOCKET, call.node, detail=shown, marks=marks)
    extra = NO_MARKS
    if GIVES_CREDENTIALS.search(shown) or (READS_FILE.match(shown) and is_store(shown)):
        walker.record(Act.FILE_READ, call.node, detail=shown)
        extra = walker.marks((Label.CREDENTIALS,), call.node)
    value = result_of(walker, call, place=shown, extra=extra)
    if value.shape is not None:
        # Whoever writes to a shell's input writes commands.
        told = frozenset({Trick.SHELL} & tricks)
        value.shape.props["stdin"] = Value(
            path=f"{value.path}.stdin", tricks=told, shape=Shape({"%place": Value(shown)})
        )
    run_callbacks(walker, call.args, Value(marks=value.marks), first=1)
    return value


def written_marks(walker: Walker, line: str) -> Marks:
    """Return where the content of a file comes from that a command line names, when it came over the network."""
    words = [word.strip("'\"") for word in line.split()[:3]]
    words = words[1:] if words and words[0].rpartition("/")[2] in RUNNERS else words[:1]
    found = [walker.written[word] for word in words if len(word) > 3 and word in walker.written]
    return frozenset(mark for marks in found for mark in marks if mark[0] is Label.NETWORK)


def is_hidden(call: Call) -> bool:
    """Return whether nobody is to see the program: no window, or detached without streams."""
    if call.is_option("windowsHide"):
        return True
    streams = call.option("stdio")
    silent = streams.text == "ignore" or (
        streams.shape is not None
        and bool(streams.shape.items)
        and all(i.text == "ignore" for i in streams.shape.items or ())
    )
    return silent and call.is_option("detached")


def has_socket_streams(call: Call) -> bool:
    """Return whether a program's streams are a socket."""
    streams = call.option("stdio").shape
    return streams is not None and any("Socket#" in item.path for item in streams.items or ())


def decode_command(text: str) -> str:
    """Return what an encoded command line says."""
    try:
        return base64.b64decode(text + "==").decode("utf-16-le", "replace")
    except (binascii.Error, ValueError):
        return ""


def write_place(walker: Walker, call: Call) -> Value:
    """Read a call of a named library that makes something start again."""
    if call.effect.act is not None:
        walker.record(call.effect.act, call.node, detail=call.callee.path, tricks=tricks_of(call))
    value = result_of(walker, call)
    run_callbacks(walker, call.args, value, first=call.effect.callback)
    return value


COMMANDS: dict[str, Special] = {
    "shell": start_shell,
    "program": start_program,
    "fork": start_fork,
    "binding": open_binding,
    "options": start_options,
    "named": write_place,
    "": perform_plain,
}
