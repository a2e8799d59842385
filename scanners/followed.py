"""What reading and following one tree says, before any rule is asked: made once, then kept under the tree's own name.

A kept word on a tree is used only for the very same files; their code is then parsed only where an engine looks.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from scanners import limits
from scanners.archive import Tree
from scanners.declared import Declared
from scanners.facts import Act, Context, Fact, Label, Origin, Trick
from scanners.passes import Passes, follow_sources, make_layer
from scanners.python.copies import Copy
from scanners.reading import Mark, Read, read_marked, read_tree
from scanners.report import FileRecord, Kind, finding_from_dict

UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError, RecursionError, zlib.error)


@dataclass(frozen=True, slots=True)
class Followed:
    """The files as they are read, and what the language passes say of them."""

    read: Read
    passes: Passes

    @property
    def errors(self) -> tuple[str, ...]:
        """Return everything that could not be read or followed."""
        return (*self.read.errors, *self.passes.errors)


def name_tree(records: Sequence[FileRecord], *, needs_manifest: bool) -> str:
    """Return what decides the word on a tree: every path, what is there, and whether a manifest names its starts."""
    digest = hashlib.sha256(b"with manifest" if needs_manifest else b"alone")
    for record in records:
        for part in (record.path, record.sha256, record.kind):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(b"%d:%b" % (len(data), data))
    return digest.hexdigest()


def follow_tree(tree: Tree, *, records: tuple[FileRecord, ...], declared: Declared | None) -> Followed:
    """Read and follow every file of a tree."""
    read = read_tree(tree, records=records)
    return Followed(read=read, passes=follow_sources(read.files, declared=declared))


def keep_followed(followed: Followed) -> str | None:
    """Return the word on a tree as text to be kept; None for one that is too long, or not whole because of an error."""
    if followed.errors:
        return None
    passes = followed.passes
    item = {
        "files": [None if file.text is None else [file.kind, int(file.is_guess)] for file in followed.read.files],
        "odd": [asdict(finding) for finding in followed.read.findings],
        "layers": [[layer.path, layer.base_line, layer.text, layer.kind] for layer in passes.layers],
        "facts": [keep_fact(fact) for fact in passes.facts],
        "findings": [asdict(finding) for finding in passes.findings],
        "copies": [[copy.path, copy.text, copy.lines] for copy in passes.copies],
    }
    data = json.dumps(item, separators=(",", ":")).encode()
    packed = base64.b64encode(zlib.compress(data, level=1)).decode()
    return packed if len(data) <= limits.KEPT_TREE_BYTES and len(packed) < limits.CACHE_ENTRY_BYTES // 2 else None


def recall_followed(packed: str, *, tree: Tree, records: tuple[FileRecord, ...]) -> Followed:
    """Return the word on a tree that was kept; raises one of `UNREADABLE` for one that is damaged."""
    opener = zlib.decompressobj()
    item = json.loads(opener.decompress(base64.b64decode(packed, validate=True), limits.KEPT_TREE_BYTES))
    marks = [None if mark is None else Mark(Kind(mark[0]), is_guess=bool(mark[1])) for mark in item["files"]]
    odd = tuple(finding_from_dict(finding) for finding in item["odd"])
    passes = Passes(
        layers=tuple(
            make_layer(str(path), int(line), str(text), kind=Kind(kind)) for path, line, text, kind in item["layers"]
        ),
        facts=tuple(recall_fact(fact) for fact in item["facts"]),
        findings=tuple(finding_from_dict(finding) for finding in item["findings"]),
        copies=tuple(Copy(str(path), str(text), tuple(map(int, lines))) for path, text, lines in item["copies"]),
        errors=(),
    )
    return Followed(read=Read(read_marked(tree, records=records, marks=marks), odd, ()), passes=passes)


def keep_fact(fact: Fact) -> list[Any]:
    """Return one fact as JSON-ready values."""
    return [
        fact.act, fact.path, fact.line, fact.end_line, fact.context, fact.scope, fact.detail,
        [[origin.label, origin.line, origin.name] for origin in fact.origins], sorted(fact.tricks), fact.snippet,
    ]  # fmt: skip


def recall_fact(item: Sequence[Any]) -> Fact:
    """Return one kept fact; raises ValueError or TypeError for one that is none."""
    act, path, line, end_line, context, scope, detail, origins, tricks, snippet = item
    return Fact(
        act=Act(act),
        path=str(path),
        line=int(line),
        end_line=int(end_line),
        context=Context(context),
        scope=str(scope),
        detail=str(detail),
        origins=tuple(Origin(Label(label), int(at), str(name)) for label, at, name in origins),
        tricks=frozenset(map(Trick, tricks)),
        snippet=str(snippet),
    )
