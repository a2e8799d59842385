"""Walks through a pickle's operations and says what it would import; never loads one.

A name it cannot make out counts as the worst.
"""

import io
import pickletools
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from scanners import limits

STRINGS: Final = frozenset(
    ["STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"]
)
PUTS: Final = frozenset(["PUT", "BINPUT", "LONG_BINPUT"])
GETS: Final = frozenset(["GET", "BINGET", "LONG_BINGET"])
UNKNOWN_NAME: Final = "?"
# Modules of which every name that a pickle can reach starts a program or runs code.
RUNNING_MODULES: Final = frozenset(
    ["os", "posix", "nt", "subprocess", "pty", "runpy", "commands", "popen2", "importlib", "code", "_posixsubprocess"]
)
RUNNING_NAMES: Final = frozenset(
    f"{module}.{name}"
    for module in ("builtins", "__builtin__")
    for name in ("eval", "exec", "compile", "__import__", "execfile", "breakpoint")
)
HARMLESS_NAMES: Final = frozenset(
    [
        "copyreg._reconstructor", "copy_reg._reconstructor", "_codecs.encode", "collections.OrderedDict",
        "collections.defaultdict", "collections.Counter", "collections.deque", "decimal.Decimal",
        "fractions.Fraction", "uuid.UUID", "datetime.datetime", "datetime.date", "datetime.time",
        "datetime.timedelta", "datetime.timezone", "zoneinfo.ZoneInfo._unpickle", "array.array",
        "array._array_reconstructor", "pathlib.PurePosixPath", "pathlib.PosixPath", "pathlib.PureWindowsPath",
        "pathlib.WindowsPath", "re._compile", "types.SimpleNamespace", "numpy.ndarray", "numpy.dtype",
        *(
            f"{module}.{name}"
            for module in ("builtins", "__builtin__")
            for name in (
                "set", "frozenset", "list", "dict", "tuple", "int", "long", "float", "complex", "bytearray", "bytes",
                "str", "unicode", "bool", "slice", "range", "xrange", "object",
            )
        ),
    ]
)  # fmt: skip
# Libraries whose pickles are data: their classes, and the functions that rebuild an object from its buffers.
DATA_LIBRARIES: Final = re.compile(r"(?:numpy|scipy|sklearn|pandas|torch|xgboost|lightgbm|joblib)(?:\.\w+)*")
TOOL_MODULES: Final = re.compile(r"\b(?:testing|f2py|distutils|hub|jit|utils\.collect_env|_private|eval)\b")
DATA_NAMES: Final = re.compile(
    r"[A-Z]\w*|_reconstruct\w*|_frombuffer|scalar|_rebuild_\w+|_?unpickle_\w+|__\w+_ctor|device|dtype|float\d+|u?int\d+"
    r"|bfloat16|bool|_new_\w+|new_block|csr_matrix|csc_matrix|coo_matrix|newObj|ndarray"
)


@dataclass(frozen=True, slots=True)
class Import:
    """One name a pickle imports, at a byte of the file."""

    name: str
    position: int

    @property
    def runs_code(self) -> bool:
        """Say whether this name starts a program or runs code."""
        return self.name.split(".", 1)[0] in RUNNING_MODULES or self.name in RUNNING_NAMES

    @property
    def is_harmless(self) -> bool:
        """Say whether loading this name makes nothing but data."""
        module, _, name = self.name.rpartition(".")
        if self.name in HARMLESS_NAMES:
            return True
        if TOOL_MODULES.search(module) or not DATA_NAMES.fullmatch(name):
            return False
        return bool(DATA_LIBRARIES.fullmatch(module))


@dataclass
class PickleWalk:
    """What was found in one file; `is_whole` when every byte belonged to an operation."""

    imports: list[Import] = field(default_factory=list)
    is_whole: bool = False


@dataclass
class Walker:
    """Follows strings through the last operations and the memo: names of imports come from there."""

    recent: list[str | None] = field(default_factory=list)
    memo: dict[int, str | None] = field(default_factory=dict)

    def follow(self, name: str, argument: object) -> str | None:
        """Follow one operation; returns the dotted name it imports, "?" for a computed one, None for no import."""
        if name in ("GLOBAL", "INST"):
            self.recent.append(None)
            return str(argument).replace(" ", ".", 1)
        if name == "STACK_GLOBAL":
            parts = self.recent[-2:]
            self.recent.append(None)
            return (
                ".".join(part or UNKNOWN_NAME for part in parts)
                if None not in parts and len(parts) == 2
                else UNKNOWN_NAME
            )
        if name in ("EXT1", "EXT2", "EXT4"):
            return UNKNOWN_NAME
        self._remember(name, argument)
        return None

    def _remember(self, name: str, argument: object) -> None:
        last = self.recent[-1] if self.recent else None
        if name in STRINGS:
            self.recent.append(str(argument))
        elif name in GETS:
            self.recent.append(self.memo.get(int(str(argument))))
        elif name in PUTS:
            self.memo[int(str(argument))] = last
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = last
        elif name not in ("PROTO", "FRAME"):
            self.recent.append(None)
        del self.recent[:-2]


def walk_pickle(data: bytes) -> PickleWalk:
    """Return the imports of every pickle in the file, in order; a broken one ends the walk."""
    walk = PickleWalk()
    stream = io.BytesIO(data)
    try:
        # An odd escape in a string is a warning of Python's, and nobody's business here.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            while stream.tell() < len(data):
                walk.imports += iterate_imports(stream)
    # What pickletools raises for bytes that are no pickle; OverflowError from sizes above what a read can take.
    except (ValueError, OverflowError, IndexError, KeyError, StopWalk):
        return walk
    walk.is_whole = bool(data)
    return walk


class StopWalk(Exception):
    """The pickle has more operations than are walked."""


def iterate_imports(stream: io.BytesIO) -> Iterator[Import]:
    """Yield what one pickle imports; raises ValueError for bytes that are none, StopWalk for one that is too long."""
    walker = Walker()
    for count, (operation, argument, position) in enumerate(pickletools.genops(stream)):
        if count > limits.PICKLE_OPERATIONS:
            raise StopWalk
        found = walker.follow(operation.name, argument)
        if found is not None:
            yield Import(name=found, position=position or 0)
