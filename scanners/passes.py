"""Runs the language passes over all sources of one plugin: facts, detours, decoded layers, and what was not followed.

Knows which files an installation starts. It reads no file and judges nothing.
"""

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from scanners.declared import Declared
from scanners.engines import quote_line, select_rules
from scanners.engines.texts import LIFECYCLE
from scanners.facts import Fact
from scanners.javascript import ScriptPass, read_scripts
from scanners.python.copies import Copy
from scanners.python.passes import PlacedHit, read_modules
from scanners.report import Finding, Kind
from scanners.sources import Source, hold_tree

NAME: Final = "sources"


@dataclass(frozen=True, slots=True)
class Passes:
    """What the passes say; `layers` are the texts that are run as code."""

    layers: tuple[Source, ...]
    facts: tuple[Fact, ...]
    findings: tuple[Finding, ...]
    copies: tuple[Copy, ...]
    errors: tuple[str, ...]


def follow_sources(files: tuple[Source, ...], *, declared: Declared | None) -> Passes:
    """Follow everything that is code through all files together."""
    entry_points = tuple(node.entry_point for node in declared.nodes) if declared is not None else ()
    modules = [file for file in files if file.kind is Kind.PYTHON and file.parse is not None]
    scripts = [file for file in files if file.kind is Kind.JAVASCRIPT and file.text is not None]
    shipped = [file for file in files if file.text is not None]
    python = read_modules(modules, entry_points=entry_points, shipped=shipped)
    javascript = (
        read_scripts(
            scripts,
            entry_points=entry_points,
            install_files=find_install_files(files),
            shipped={file.path: file.text for file in files if file.text is not None},
        )
        if scripts
        else ScriptPass((), (), ())
    )
    layers = [make_layer(layer.path, layer.line, layer.text, kind=Kind.PYTHON) for layer in python.layers]
    layers += [make_layer(path, line, text, kind=Kind.JAVASCRIPT) for path, line, text in javascript.layers]
    facts = (*python.facts, *javascript.facts)
    return Passes(
        layers=tuple(layers),
        facts=tuple(sorted(facts, key=place_of)),
        findings=tuple(make_findings(python.findings, files=files)),
        copies=python.copies,
        errors=(*python.errors, *javascript.errors),
    )


def place_of(fact: Fact) -> tuple[str, int, str, str]:
    """Return where a fact stands, for a stable order."""
    return fact.path, fact.line, fact.act, fact.detail


def make_layer(path: str, line: int, text: str, *, kind: Kind) -> Source:
    """Return a text that is run as code as a source of its own; what does not parse is text."""
    parse = None
    if kind is Kind.PYTHON:
        try:
            parse = hold_tree(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            # Not Python after all: it would raise where it is run.
            kind = Kind.TEXT
    data = text.encode("utf-8", "replace")
    digest = hashlib.sha256(data).hexdigest()
    return Source(
        path=path, kind=kind, sha256=digest, size=len(data), stored=None, text=text, parse=parse,
        is_guess=kind is Kind.JAVASCRIPT, base_line=line,
    )  # fmt: skip


def make_findings(hits: Iterable[PlacedHit], *, files: Iterable[Source]) -> Iterable[Finding]:
    """Yield the findings of the detours that the Python pass met."""
    lines: dict[str, list[str]] = {}
    texts = {file.path: file.text or "" for file in files}
    rules = select_rules(NAME)
    for hit in hits:
        if hit.path not in lines:
            lines[hit.path] = texts.get(hit.path, "").split("\n")
        yield rules[hit.rule_id].make_finding(
            path=hit.path, line=hit.line, end_line=hit.end_line, snippet=quote_line(lines[hit.path], hit.line)
        )


def find_install_files(files: Iterable[Source]) -> frozenset[str]:
    """Return the scripts that npm would start while it installs the plugin."""
    found: set[str] = set()
    for file in files:
        folder, _, name = file.path.rpartition("/")
        if name != "package.json" or file.text is None:
            continue
        for command in read_lifecycle(file.text):
            for word in command.replace(";", " ").replace("&", " ").split():
                path = f"{folder}/{word.removeprefix('./')}" if folder else word.removeprefix("./")
                found |= {path, f"{path}.js", f"{path}/index.js"}
    return frozenset(found)


def read_lifecycle(text: str) -> list[str]:
    """Return the commands npm runs by itself; none when npm would refuse the file."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    scripts = document.get("scripts") if isinstance(document, dict) else None
    if not isinstance(scripts, dict):
        return []
    return [command for name in LIFECYCLE if isinstance(command := scripts.get(name), str)]
