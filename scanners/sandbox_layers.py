"""Confines the calling process for good, one layer on another, and says which of them the kernel took.

Runs in a fresh child before it reads a hostile byte or becomes a tool. Refuses when nothing holds the file system.
"""

import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from scanners import limits
from scanners.errors import SandboxMissing
from scanners.sandbox_identity import Identity
from scanners.sandbox_landlock import Access, find_version, make_ruleset, restrict_to
from scanners.sandbox_seccomp import install_filter
from scanners.sandbox_syscalls import (
    PR_CAP_AMBIENT,
    PR_CAP_AMBIENT_CLEAR_ALL,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    PR_SET_PDEATHSIG,
    control_process,
    drop_bounding_set,
    drop_capabilities,
)

UID, CAPABILITIES, PARENT_DEATH, NOT_DUMPABLE = "uid", "capabilities", "parent-death", "not-dumpable"
RLIMITS, NO_NEW_PRIVILEGES, LANDLOCK, SECCOMP = "rlimits", "no_new_privs", "landlock", "seccomp"
REFUSAL: Final = "the kernel offers neither Landlock nor seccomp, so hostile input is not read on this machine"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: its name, whether it is in force, and its version or why it is not."""

    name: str
    is_in_force: bool
    detail: str = ""

    @property
    def label(self) -> str:
        """The name and, where the kernel counts, its version."""
        return f"{self.name}-{self.detail}" if self.name == LANDLOCK and self.is_in_force else self.name


@dataclass(frozen=True, slots=True)
class Confinement:
    """What the process about to be confined keeps.

    `why_shared` says why there is no identity. `cpu_seconds` and `memory_bytes` are the kernel's own limits.
    """

    identity: Identity | None
    why_shared: str
    access: Access
    cpu_seconds: int
    memory_bytes: int
    parent_id: int
    may_start_programs: bool


def confine(confinement: Confinement) -> tuple[Layer, ...]:
    """Put every layer in force that the kernel has, and return them all; raises SandboxMissing."""
    os.umask(0o077)
    ruleset, why_not = open_ruleset(confinement.access)
    layers = [
        take_identity(confinement),
        attempt(CAPABILITIES, drop_every_capability),
        attempt(PARENT_DEATH, lambda: die_with_parent(confinement.parent_id)),
        attempt(NOT_DUMPABLE, lambda: control_process(PR_SET_DUMPABLE, 0)),
        attempt(RLIMITS, lambda: lower_limits(confinement)),
        attempt(NO_NEW_PRIVILEGES, lambda: control_process(PR_SET_NO_NEW_PRIVS, 1)),
        restrict_files(ruleset, why_not=why_not),
        attempt(SECCOMP, lambda: install_filter(may_start_programs=confinement.may_start_programs)),
    ]
    if not any(layer.is_in_force for layer in layers if layer.name in {LANDLOCK, SECCOMP}):
        raise SandboxMissing(REFUSAL)
    return tuple(layers)


def name_layers(layers: tuple[Layer, ...]) -> tuple[str, ...]:
    """Return the labels of the layers in force, in order, as a report records them."""
    return tuple(layer.label for layer in layers if layer.is_in_force)


def attempt(name: str, apply: Callable[[], None]) -> Layer:
    """Put one layer in force; a kernel that refuses is an answer, not an error."""
    try:
        apply()
    except (OSError, ValueError, KeyError) as error:
        return Layer(name=name, is_in_force=False, detail=str(error))
    return Layer(name=name, is_in_force=True)


def open_ruleset(access: Access) -> tuple[int | None, str]:
    """Return Landlock's rules, or why there are none; the paths are opened while we still may."""
    try:
        return make_ruleset(access), str(find_version())
    except OSError as error:
        return None, str(error)


def restrict_files(ruleset: int | None, *, why_not: str) -> Layer:
    """Put Landlock in force."""
    if ruleset is None:
        return Layer(name=LANDLOCK, is_in_force=False, detail=why_not)
    layer = attempt(LANDLOCK, lambda: restrict_to(ruleset))
    return Layer(name=LANDLOCK, is_in_force=True, detail=why_not) if layer.is_in_force else layer


def take_identity(confinement: Confinement) -> Layer:
    """Become the uid on loan; the bounding set goes first, while we still may."""
    identity = confinement.identity
    if os.geteuid() == 0:
        attempt(CAPABILITIES, drop_bounding_set)
    if identity is None:
        return Layer(name=UID, is_in_force=False, detail=confinement.why_shared)

    def become() -> None:
        os.setgroups([])
        os.setresgid(identity.uid, identity.uid, identity.uid)
        os.setresuid(identity.uid, identity.uid, identity.uid)

    return attempt(UID, become)


def drop_every_capability() -> None:
    """Hold no capability, also where the uid stays root's."""
    control_process(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    drop_capabilities()


def die_with_parent(parent_id: int) -> None:
    """Let the kernel kill this process when its parent ends; after the uid, because a change of uid undoes it."""
    control_process(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_id:
        os.kill(os.getpid(), signal.SIGKILL)


def lower_limits(confinement: Confinement) -> None:
    """Set the kernel's limits; the number of processes only binds where the uid is not root's."""
    has_own_uid = confinement.identity is not None
    for name, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, confinement.cpu_seconds),
        (resource.RLIMIT_FSIZE, limits.TOOL_FILE_BYTES),
        (resource.RLIMIT_NOFILE, limits.TOOL_OPEN_FILES),
        (resource.RLIMIT_NPROC, limits.STRANGER_PROCESSES if has_own_uid else limits.TOOL_PROCESSES),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_AS, confinement.memory_bytes),
    ):
        lower_limit(name, value)


def lower_limit(name: int, value: int) -> None:
    """Set a limit, never above what the caller itself has."""
    hard = resource.getrlimit(name)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(name, (value, value))
