"""Engine `bytecode`: says whether compiled Python is what its source beside it compiles to.

Compiles the source and compares; loads and runs neither.
"""

import importlib.util
import marshal
import re
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath
from types import CodeType

from scanners import limits
from scanners.marshalled import MarshalInvalid, digest_marshalled
from scanners.report import Finding, Kind
from scanners.rules import load_rules
from scanners.sources import Reading, Source, Sources

HEADER_BYTES = 16  # PEP 552: magic, flags, then time and size, or a hash
CACHED_NAME = re.compile(r"(?P<stem>.+?)\.(?P<tag>[a-z]+-\d+)(?:\.opt-(?P<level>[12]))?\.pyc$")
CACHE_FOLDER = "__pycache__"


def run_bytecode(sources: Sources) -> Reading:
    """Return a finding for every compiled file that has no source or another one; `read` are those that match."""
    by_path = {source.path: source for source in sources.files if source.base_line == 0 and not source.is_guess}
    findings: list[Finding] = []
    matched: set[str] = set()
    for source in sources.of_kind(Kind.BYTECODE):
        found = list(judge_bytecode(source, sources=by_path))
        findings += found
        if not found:
            matched.add(source.path)
    return Reading(findings=tuple(findings), read=frozenset(matched))


def judge_bytecode(compiled: Source, *, sources: dict[str, Source]) -> Iterator[Finding]:
    """Yield the finding about one compiled file, or nothing when it is exactly what its source compiles to."""
    rules = load_rules()
    path, level = source_of(compiled.path)
    source = sources.get(path)
    unread = rules["unread-bytecode"]
    if source is None or source.stored is None or compiled.stored is None or compiled.size > limits.BYTECODE_BYTES:
        yield unread.make_finding(path=compiled.path, line=0)
        return
    data = compiled.stored.read_bytes()
    if data[:4] != importlib.util.MAGIC_NUMBER:
        yield unread.make_finding(path=compiled.path, line=0, snippet="compiled by another version of Python")
        return
    try:
        expected = digest_marshalled(marshal.dumps(compile_source(source, level=level)))
    except (SyntaxError, ValueError, RecursionError, MemoryError, LookupError):
        yield unread.make_finding(path=compiled.path, line=0, snippet=f"{path} does not compile")
        return
    try:
        is_same = digest_marshalled(data[HEADER_BYTES:]) == expected
    except (MarshalInvalid, RecursionError):
        is_same = False
    if not is_same:
        yield rules["bytecode-unmatched"].make_finding(path=compiled.path, line=0, snippet=f"differs from {path}")


def compile_source(source: Source, *, level: int) -> CodeType:
    """Return the code object of a source; raises what compile raises, OSError when it cannot be read."""
    data = source.stored.read_bytes() if source.stored else b""
    return compile(data, source.path, "exec", dont_inherit=True, optimize=level)


def source_of(path: str) -> tuple[str, int]:
    """Return the path of the source that Python would have compiled to this file, and its optimisation level."""
    place = PurePosixPath(path)
    match = CACHED_NAME.fullmatch(place.name)
    if place.parent.name == CACHE_FOLDER and match and match["tag"] == sys.implementation.cache_tag:
        return str(place.parent.parent / f"{match['stem']}.py"), int(match["level"] or 0)
    return str(place.with_suffix(".py")), 0
