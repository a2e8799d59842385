"""Writes the sources for the one engine that is a program of its own, under neutral names and in plain UTF-8.

No name, no configuration and no folder of the plugin's reaches it, and only what can matter to it is written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scanners import limits
from scanners.decoding import unescape_script
from scanners.engines import StagedFile
from scanners.facts import Fact
from scanners.python.copies import Copy
from scanners.report import Kind
from scanners.sources import Source

STAGED_SUFFIX = {".ts": ".ts", ".mts": ".ts", ".cts": ".ts", ".tsx": ".tsx", ".jsx": ".jsx"}


@dataclass(frozen=True, slots=True)
class Staged:
    """What was written, and what was not and why, as `path: reason`."""

    files: tuple[StagedFile, ...]
    errors: tuple[str, ...]


class Writer:
    """Writes one file after the other until the limit."""

    def __init__(self, into: Path, *, acts: Mapping[str, frozenset[str]]) -> None:
        self.into = into
        self.acts = acts
        self.bytes = 0
        self.files: list[StagedFile] = []
        self.errors: list[str] = []

    def write(self, source: Source, text: str, *, lines: tuple[int, ...] = (), is_guess: bool = False) -> None:
        """Write one text of a source."""
        # Surrogates come from escapes in decoded layers; no tool could read them.
        data = text.encode("utf-8", "replace")
        self.bytes += len(data)
        if self.bytes > limits.STAGED_BYTES:
            self.errors.append(f"{source.path}: not staged, over {limits.STAGED_BYTES} bytes in all")
            return
        name = f"m{len(self.files) + 1:06}{suffix_of(source)}"
        (self.into / name).write_bytes(data)
        self.files.append(
            StagedFile(
                name=name,
                path=source.path,
                kind=source.kind,
                is_guess=is_guess or source.is_guess,
                lines=lines,
                acts=self.acts.get(source.path, frozenset()),
                is_parsed=source.parse is not None or source.kind is Kind.JAVASCRIPT,
            )
        )


def stage_sources(files: Iterable[Source], *, copies: Iterable[Copy], facts: Iterable[Fact], into: Path) -> Staged:
    """Write every source that is text, its canonical copy if there is one, and JavaScript with its escapes spelled."""
    into.mkdir(mode=0o700)
    by_path: dict[str, set[str]] = {}
    for fact in facts:
        by_path.setdefault(fact.path, set()).update([fact.act, *fact.labels])
    writer = Writer(into, acts={path: frozenset(words) for path, words in by_path.items()})
    sources = [file for file in files if file.text is not None and file.kind in (Kind.PYTHON, Kind.JAVASCRIPT)]
    for source in sources:
        text = source.text or ""
        lines = (source.base_line,) * (text.count("\n") + 1) if source.base_line else ()
        writer.write(source, text, lines=lines)
        if source.kind is Kind.JAVASCRIPT and (spelled := unescape_script(text)) != text:
            writer.write(source, spelled, lines=lines, is_guess=True)
    python = {source.path: source for source in sources if source.kind is Kind.PYTHON and not source.base_line}
    for copy in copies:
        if copy.path in python:
            writer.write(python[copy.path], copy.text, lines=copy.lines)
    return Staged(files=tuple(writer.files), errors=tuple(writer.errors))


def suffix_of(source: Source) -> str:
    """Return the suffix that tells the tool which language it reads."""
    if source.kind is Kind.PYTHON:
        return ".py"
    return STAGED_SUFFIX.get(PurePosixPath(source.path).suffix.casefold(), ".js")
