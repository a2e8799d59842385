"""The system calls that Python has no words for, as functions that raise OSError.

Loaded before any fork, so that a child only has to make the calls. It decides nothing.
"""

import ctypes
import os
from typing import Final

MACHINE: Final = os.uname().machine
PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_CAPBSET_DROP: Final = 24
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
CAPABILITY_VERSION: Final = 0x20080522
CAPSET_NUMBERS: Final = {"x86_64": 126, "aarch64": 91}
EXECVEAT_NUMBERS: Final = {"x86_64": 322, "aarch64": 281}
AT_EMPTY_PATH: Final = 0x1000

_libc = ctypes.CDLL(None, use_errno=True)


def system_call(number: int, *arguments: object) -> int:
    """Make a system call; integers go as longs, buffers and None as they are. Raises OSError."""
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    _libc.syscall.restype = ctypes.c_long
    result: int = _libc.syscall(ctypes.c_long(number), *words)
    if result == -1:
        number_of_error = ctypes.get_errno()
        raise OSError(number_of_error, os.strerror(number_of_error))
    return result


def control_process(option: int, value: int = 0) -> None:
    """Call prctl with one value; raises OSError."""
    if _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) == -1:
        number_of_error = ctypes.get_errno()
        raise OSError(number_of_error, os.strerror(number_of_error))


def drop_bounding_set() -> None:
    """Make sure that no program started later gains a capability; raises OSError."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as handle:  # noqa: PTH123 (one line of the kernel)
        last = int(handle.read())
    for capability in range(last + 1):
        control_process(PR_CAPBSET_DROP, capability)


def drop_capabilities() -> None:
    """Give up every capability this process holds; raises OSError."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    system_call(CAPSET_NUMBERS[MACHINE], ctypes.byref(header), ctypes.byref(nothing))


def execute_descriptor(descriptor: int, argv: list[str], *, environment: dict[str, str]) -> None:
    """Become the program behind an open file, whatever the folders above it allow; raises OSError."""
    words = (ctypes.c_char_p * (len(argv) + 1))(*(os.fsencode(word) for word in argv), None)
    pairs = [os.fsencode(f"{name}={value}") for name, value in environment.items()]
    settings = (ctypes.c_char_p * (len(pairs) + 1))(*pairs, None)
    system_call(EXECVEAT_NUMBERS[MACHINE], descriptor, ctypes.c_char_p(b""), words, settings, AT_EMPTY_PATH)
