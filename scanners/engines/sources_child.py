"""Runs in a sandboxed process: decodes, parses and stages every source, and looks at its tree and text.

Parses hostile input and runs none of it. Whatever it cannot read it names as an error.
"""

import ast
import json
import re
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from scanners import limits
from scanners.decoding import (
    Decoded,
    decode_python,
    decode_script,
    decode_text,
    extract_notebook,
    extract_startup_lines,
    unescape_script,
)
from scanners.engines import quote_line
from scanners.engines.hits import Hit
from scanners.engines.stores import search_script, search_tree
from scanners.engines.texts import search_text
from scanners.python.copies import is_spelled_oddly, map_lines
from scanners.python.indirection import Analysis, analyse, parse_layer, rewrite
from scanners.report import Kind

CANARY = 'import os\ngetattr(os, "sys" + "tem")("true")\n'
CODE_HINT = re.compile(r"\(|\bimport\b")
SCRIPT_HINTS = re.compile(
    r"\brequire\(|\bmodule\.exports\b|\bprocess\.env\b|=>\s*[{(]|\bfunction\s*\w*\(|\b(?:const|let|var)\s+\w+\s*="
    r"|\beval\(|\bawait\s+\w|^import\s.+\sfrom\s|^export\s"
)
# Prose and data formats quote code without being code.
PROSE = frozenset(
    [".md", ".rst", ".markdown", ".html", ".htm", ".css", ".json", ".toml", ".yaml", ".yml", ".svg", ".xml", ".csv"]
)
STAGED_SUFFIX = {".ts": ".ts", ".mts": ".ts", ".cts": ".ts", ".tsx": ".tsx", ".jsx": ".jsx"}


@dataclass
class Output:
    """What the parent reads from standard output."""

    kinds: dict[str, str] = field(default_factory=dict)
    staged: list[dict[str, Any]] = field(default_factory=list)
    hits: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    is_canary_seen: bool = False


class Reader:
    """Reads one file after the other into the staging folder."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._count = 0
        self._bytes = 0
        self.output = Output()

    def read_file(self, *, path: str, stored: Path, kind: Kind, size: int) -> None:
        """Stage one file and look at it; a file that is not understood becomes an error."""
        is_code = kind in (Kind.PYTHON, Kind.JAVASCRIPT)
        if size > limits.SOURCE_BYTES:
            if is_code:
                self.output.errors.append(f"{path}: source over {limits.SOURCE_BYTES} bytes")
            return
        data = stored.read_bytes()
        if kind is Kind.PYTHON:
            self._read_python(path, data)
        elif kind is Kind.JAVASCRIPT:
            self._read_script(path, decode_script(data))
        else:
            self._read_text(path, data, kind=kind)
        self.output.read.append(path)

    def _read_python(self, path: str, data: bytes) -> None:
        suffix = PurePosixPath(path).suffix.casefold()
        try:
            decoded = decode_python(data)
            if suffix == ".pth":
                decoded = Decoded(extract_startup_lines(decoded.text), decoded.encoding, decoded.is_odd)
            elif suffix == ".ipynb":
                decoded = Decoded(extract_notebook(decoded.text), decoded.encoding, decoded.is_odd)
            tree = ast.parse(decoded.text)
        except (SyntaxError, LookupError, ValueError, TypeError, RecursionError, MemoryError) as error:
            self._fail(path, error)
            return
        if decoded.is_odd:
            self._add_hits(path, [Hit("odd-encoding", 1, 1)], decoded.text)
        self._look_at_python(path, decoded.text, tree)

    def _look_at_python(self, path: str, text: str, tree: ast.Module) -> None:
        self.output.kinds[path] = Kind.PYTHON
        self._stage(path, text, kind=Kind.PYTHON, suffix=".py")
        hits = search_text(text, path=path, kind=Kind.PYTHON)
        try:
            analysis = analyse(tree)
            hits += analysis.hits + judge_place(path, tree=tree, analysis=analysis)
            hits += search_tree(tree, folded=analysis.replacements.values())
            self._stage_copy(path, text, tree, analysis)
        except (RecursionError, MemoryError, ValueError) as error:
            self._fail(path, error)
        else:
            hits += self._look_at_layers(path, analysis)
        self._add_hits(path, hits, text)

    def _look_at_layers(self, path: str, analysis: Analysis) -> list[Hit]:
        """Look at code that was hidden in strings, layer by layer, as if it stood where it is run."""
        hits: list[Hit] = []
        pending = [(line, text, 1) for line, text in analysis.layers]
        followed = 0
        while pending:
            line, text, depth = pending.pop()
            followed += 1
            if followed > limits.LAYERS_PER_FILE:
                self.output.errors.append(f"{path}: runs over {limits.LAYERS_PER_FILE} texts as code")
                break
            tree = parse_layer(text) if depth <= limits.FOLD_LAYERS else None
            if tree is None:
                continue
            inner = analyse(tree)
            hits += [Hit(hit.rule_id, line, line) for hit in inner.hits]
            lines = [line] * (text.count("\n") + 1)
            self._stage(path, text, kind=Kind.PYTHON, suffix=".py", lines=lines)
            self._stage_copy(path, text, tree, inner, fixed_line=line)
            pending += [(line, layer, depth + 1) for _, layer in inner.layers]
        return hits

    def _stage_copy(
        self, path: str, text: str, tree: ast.Module, analysis: Analysis, *, fixed_line: int | None = None
    ) -> None:
        """Stage the canonical copy when it says something the text hides from a pattern."""
        if not analysis.has_detour and not is_spelled_oddly(text, tree):
            return
        copy = ast.unparse(rewrite(tree, analysis=analysis))
        lines = map_lines(tree, ast.parse(copy), count=copy.count("\n") + 1)
        if fixed_line is not None:
            lines = [fixed_line] * len(lines)
        self._stage(path, copy + "\n", kind=Kind.PYTHON, suffix=".py", lines=lines)

    def _read_script(self, path: str, decoded: Decoded, *, is_guess: bool = False) -> None:
        suffix = PurePosixPath(path).suffix.casefold()
        staged_suffix = STAGED_SUFFIX.get(suffix, ".js")
        self.output.kinds[path] = Kind.TEXT if is_guess else Kind.JAVASCRIPT
        self._stage(path, decoded.text, kind=Kind.JAVASCRIPT, suffix=staged_suffix, is_guess=is_guess)
        spelled = unescape_script(decoded.text)
        if spelled != decoded.text:
            self._stage(path, spelled, kind=Kind.JAVASCRIPT, suffix=staged_suffix, lines=[], is_guess=True)
        hits = search_text(decoded.text, path=path, kind=Kind.JAVASCRIPT) + search_script(spelled)
        if decoded.is_odd:
            hits.append(Hit("odd-encoding", 1, 1))
        self._add_hits(path, hits, decoded.text)

    def _read_text(self, path: str, data: bytes, *, kind: Kind) -> None:
        text = decode_text(data)
        if text is None:
            return
        tree = parse_code(text) if kind is Kind.TEXT else None
        if tree is not None:
            self._look_at_python(path, text, tree)
        elif kind is Kind.TEXT and looks_like_script(text, path=path):
            self._read_script(path, decode_script(data), is_guess=True)
        else:
            self._add_hits(path, search_text(text, path=path, kind=kind), text)

    def _stage(
        self, path: str, text: str, *, kind: Kind, suffix: str, lines: list[int] | None = None, is_guess: bool = False
    ) -> None:
        # Surrogates come from escapes in decoded layers; no tool could read them.
        data = text.encode("utf-8", "replace")
        self._bytes += len(data)
        if self._bytes > limits.STAGED_BYTES:
            self.output.errors.append(f"{path}: not staged, over {limits.STAGED_BYTES} bytes in all")
            return
        self._count += 1
        name = f"m{self._count:06}{suffix}"
        (self._out / name).write_bytes(data)
        self.output.staged.append(
            {"name": name, "path": path, "kind": kind, "is_guess": is_guess, "lines": lines or []}
        )

    def _fail(self, path: str, error: BaseException) -> None:
        self.output.errors.append(f"{path}: not readable as Python ({type(error).__name__})")

    def _add_hits(self, path: str, hits: list[Hit], text: str) -> None:
        lines = text.split("\n")
        self.output.hits += [
            {"rule_id": hit.rule_id, "path": path, "line": hit.line, "end_line": hit.end_line,
             "snippet": quote_line(lines, hit.line)}
            for hit in hits
        ]  # fmt: skip


def judge_place(path: str, *, tree: ast.Module, analysis: Analysis) -> list[Hit]:
    """Return what is only wrong because of where it stands: code that runs when a plugin is installed or started."""
    name = PurePosixPath(path).name.casefold()
    is_hidden = any(hit.rule_id.startswith(("decoded-", "indirect-assembled")) for hit in analysis.hits)
    if name.endswith(".pth") and tree.body:
        is_active = analysis.has_process or analysis.has_network or is_hidden or bool(analysis.layers)
        return [Hit("startup-path-active" if is_active else "startup-path", tree.body[0].lineno, tree.body[0].lineno)]
    if name != "setup.py":
        return []
    hits = []
    if analysis.has_network and analysis.has_process:
        hits.append(Hit("install-hook-active", 1, 1))
    elif analysis.has_network:
        hits.append(Hit("install-hook-network", 1, 1))
    elif any(has_install_class(node) for node in tree.body) and analysis.has_process:
        hits.append(Hit("install-hook-process", 1, 1))
    return hits


def has_install_class(node: ast.stmt) -> bool:
    """Say whether a statement defines a command class, as setup.py does to take part in an installation."""
    names = ("install", "develop", "build_py", "egg_info", "sdist")
    if not isinstance(node, ast.ClassDef):
        return False
    return any(isinstance(base, ast.Name | ast.Attribute) and ast.unparse(base).endswith(names) for base in node.bases)


def parse_code(text: str) -> ast.Module | None:
    """Return the tree of a text that is Python in all but name: it parses, and it would do something."""
    if not CODE_HINT.search(text):
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # Not Python, and nothing claims that it is.
        return None
    active = (ast.Call, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return tree if any(isinstance(node, active) for node in ast.walk(tree)) else None


def looks_like_script(text: str, *, path: str) -> bool:
    """Say whether a text reads as JavaScript: several different marks of it, and not a format that quotes code."""
    if PurePosixPath(path).suffix.casefold() in PROSE:
        return False
    return len({match[0] for match in SCRIPT_HINTS.finditer(text)}) >= 2


def run(spec_path: Path, out: Path) -> None:
    """Read every file the specification lists and print the outcome as JSON."""
    reader = Reader(out)
    for item in json.loads(spec_path.read_text(encoding="utf-8")):
        reader.read_file(path=item["path"], stored=Path(item["stored"]), kind=Kind(item["kind"]), size=item["size"])
    canary = analyse(ast.parse(CANARY))
    reader.output.is_canary_seen = any(hit.rule_id == "indirect-assembled" for hit in canary.hits)
    json.dump(vars(reader.output), sys.stdout)
    sys.stdout.flush()


def main() -> None:
    """Run on a big stack: deep nesting is a way to blind a scanner, so it must not be one for ours."""
    sys.setrecursionlimit(limits.CHILD_RECURSION)
    threading.stack_size(limits.CHILD_STACK_BYTES)
    worker = threading.Thread(target=run, args=(Path(sys.argv[1]), Path(sys.argv[2])))
    worker.start()
    worker.join()


if __name__ == "__main__":
    main()
