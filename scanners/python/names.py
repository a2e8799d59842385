"""The names of Python's standard library and its usual companions that a judgement hangs on.

Lists only: what they mean together is decided by the rules.
"""

from typing import Final

EVALUATORS: Final = frozenset(["builtins.eval", "builtins.exec", "builtins.compile"])

_OS_CALLS = (
    "system popen execl execle execlp execlpe execv execve execvp execvpe posix_spawn posix_spawnp startfile "
    "spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe"
)
_SUBPROCESS_CALLS = "run call check_call check_output Popen getoutput getstatusoutput"

PROCESS_STARTERS: Final = frozenset(
    [
        *(f"os.{name}" for name in _OS_CALLS.split()),
        *(f"posix.{name}" for name in _OS_CALLS.split()),
        *(f"nt.{name}" for name in _OS_CALLS.split()),
        *(f"subprocess.{name}" for name in _SUBPROCESS_CALLS.split()),
        "pty.spawn",
        "asyncio.create_subprocess_shell",
        "asyncio.create_subprocess_exec",
        "commands.getoutput",
    ]
)
DANGEROUS: Final = EVALUATORS | PROCESS_STARTERS

# Passing one of these as a value lets another function make the call.
CALLABLES_TO_WATCH: Final = frozenset(
    ["builtins.eval", "builtins.exec", "os.system", "os.popen", "posix.system", "pty.spawn"]
)

# Asking one of these for an attribute whose name is computed leaves open which of its powers is used.
MODULES_TO_WATCH: Final = frozenset(["os", "posix", "subprocess", "builtins", "builtins.__dict__", "pty", "ctypes"])

_NATIVE_CALLS = (
    "system popen execl execlp execv execve execvp dlopen mprotect memfd_create WinExec ShellExecuteA ShellExecuteW "
    "CreateProcessA CreateProcessW VirtualAlloc VirtualProtect CreateThread CreateRemoteThread "
    "WriteProcessMemory"
)
# Functions of the C library and of Windows that start programs or map executable memory.
NATIVE_CALLS: Final = frozenset(_NATIVE_CALLS.split())

_SPELLED = (
    "os posix subprocess builtins socket base64 binascii codecs zlib marshal pickle ctypes runpy pty shutil requests "
    "httpx urllib http tempfile winreg sqlite3 asyncio importlib sys"
)
# A canonical copy spells these out, so that rules written for plain code match it.
MODULES_TO_SPELL: Final = frozenset(_SPELLED.split())
