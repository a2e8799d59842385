"""Landlock: which folders a process may still read, write or run from; and no TCP, foreign signal or abstract socket.

Takes from a process, never gives. Everything the kernel's version knows and nobody asked for is denied.
"""

import ctypes
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scanners.sandbox_syscalls import system_call

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every machine
EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_FOLDER, REMOVE_FILE, MAKE_FOLDER, MAKE_FILE = 1 << 4, 1 << 5, 1 << 7, 1 << 8
REFER, TRUNCATE, IOCTL = 1 << 13, 1 << 14, 1 << 15
READ: Final = READ_FILE | READ_FOLDER
# No symbolic links, devices, sockets or pipes: nobody who cleans up after a scan should meet one.
WRITE: Final = (
    READ | WRITE_FILE | TRUNCATE | REMOVE_FOLDER | REMOVE_FILE | MAKE_FOLDER | MAKE_FILE | REFER
)  # fmt: skip
ON_A_FILE: Final = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL
RIGHTS_BITS: Final = {1: 13, 2: 14, 3: 15, 4: 15}  # rights on files that each version knows; 16 since version 5
TCP: Final = 0b11  # bind, connect
SCOPES: Final = 0b11  # abstract sockets, signals
RULE_BENEATH: Final = 1


@dataclass(frozen=True, slots=True)
class Access:
    """What stays allowed below which files and folders; of listed ones only the names are seen.

    Those that do not exist are left out.
    """

    read: tuple[Path, ...] = ()
    write: tuple[Path, ...] = ()
    execute: tuple[Path, ...] = ()
    listed: tuple[Path, ...] = ()


def find_version() -> int:
    """Return the kernel's version of Landlock; raises OSError where there is none."""
    return system_call(CREATE_RULESET, None, 0, 1)


def make_ruleset(access: Access) -> int:
    """Return a descriptor of the rules, made while the paths can still be opened; raises OSError."""
    version = find_version()
    handled = (1 << RIGHTS_BITS.get(version, 16)) - 1
    fields = [handled]
    if version >= 4:
        fields.append(TCP)
    if version >= 6:
        fields.append(SCOPES)
    attributes = (ctypes.c_uint64 * len(fields))(*fields)
    ruleset = system_call(CREATE_RULESET, ctypes.byref(attributes), 8 * len(fields), 0)
    allow(ruleset, paths=access.read, rights=READ & handled)
    allow(ruleset, paths=access.write, rights=WRITE & handled)
    allow(ruleset, paths=access.execute, rights=(READ | EXECUTE) & handled)
    allow(ruleset, paths=access.listed, rights=READ_FOLDER)
    return ruleset


def allow(ruleset: int, *, paths: Sequence[Path], rights: int) -> None:
    """Add one rule a path; raises OSError."""
    for path in paths:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            packed = (rights if is_folder else rights & ON_A_FILE).to_bytes(8, "little")
            rule = ctypes.create_string_buffer(packed + descriptor.to_bytes(4, "little"), 12)
            system_call(ADD_RULE, ruleset, RULE_BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(descriptor)


def restrict_to(ruleset: int) -> None:
    """Put the rules in force for the calling thread and all it starts; needs no_new_privs. Raises OSError."""
    system_call(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
