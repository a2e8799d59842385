"""Looks at files that are no source: pickles, and what hangs behind the end of a picture.

Loads and renders nothing.
"""

from collections.abc import Iterator

from scanners import limits
from scanners.archive import Tree
from scanners.content_types import ENDS, EXECUTABLE_TAIL, find_end
from scanners.pickles import walk_pickle
from scanners.report import FileRecord, Finding, Kind
from scanners.rules import load_rules

# Behind these, honest programs leave padding or a second picture.
LOOSE_TYPES = frozenset(["image/jpeg", "application/pdf", "audio/wav"])


def look_at_contents(tree: Tree, *, records: tuple[FileRecord, ...]) -> tuple[Finding, ...]:
    """Return the findings in all files that are data or pickles, in path order."""
    stored = {file.path: file.stored for file in tree.files}
    findings: list[Finding] = []
    for record in records:
        if record.kind is Kind.PICKLE and record.size <= limits.PICKLE_BYTES:
            findings += judge_pickle(stored[record.path].read_bytes(), path=record.path)
        elif record.kind is Kind.PICKLE:
            findings.append(load_rules()["unread-pickle"].make_finding(path=record.path, line=0, snippet="too large"))
        elif record.content_type in ENDS and record.path not in tree.opened:
            findings += judge_tail(stored[record.path].read_bytes(), record=record)
    return tuple(findings)


def judge_pickle(data: bytes, *, path: str) -> Iterator[Finding]:
    """Yield a finding for each import that makes more than data, and one for a pickle that cannot be followed."""
    rules = load_rules()
    walk = walk_pickle(data)
    seen: set[str] = set()
    for item in walk.imports:
        if item.name in seen or item.is_harmless or len(seen) >= limits.PICKLE_FINDINGS:
            continue
        seen.add(item.name)
        rule = rules["pickle-runs-code" if item.runs_code else "pickle-import"]
        yield rule.make_finding(path=path, line=0, snippet=item.name[: limits.SNIPPET_CHARACTERS])
    if not walk.is_whole:
        yield rules["unread-pickle"].make_finding(path=path, line=0)


def judge_tail(data: bytes, *, record: FileRecord) -> Iterator[Finding]:
    """Yield a finding when something hangs behind the end of a picture or document."""
    end = find_end(data, content_type=record.content_type)
    tail = b"" if end is None else data[end:]
    if not tail.strip(b"\0\r\n\t "):
        return
    if EXECUTABLE_TAIL.match(tail):
        rule_id = "trailing-code"
    else:
        rule_id = "trailing-data-loose" if record.content_type in LOOSE_TYPES else "trailing-data"
    snippet = f"{len(tail)} bytes: {tail[:60]!r}"
    yield load_rules()[rule_id].make_finding(path=record.path, line=0, snippet=snippet)
