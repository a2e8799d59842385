"""Collects the texts a bot would hand to a language model: descriptions, help, docstrings, prompts, the readme.

Everything else in a plugin is code or data and none of these rules' business. Judges nothing.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from scanners import limits
from scanners.declared import MANIFEST_NAME, Declared
from scanners.engines.gates import Gates
from scanners.engines.places import Lines
from scanners.report import Kind
from scanners.sources import Source, Sources
from scanners.tree_index import Definition, Naming

TOOL_KEYS = re.compile(
    r"(?:\w+[_-])?(?:description|help|help_?text|placeholder|tooltip|summary|instructions?_for_\w+|doc|title|hint"
    r"|when_to_use|usage)(?:[_-][a-z]{2}(?:[_-][A-Za-z]{2})?)?$",
    re.IGNORECASE,
)
OWN_KEYS = re.compile(
    r"(?:\w+[_-]?)?(?:system_?prompt|prompt(?:_?template)?|system|system_?message|instructions?|persona|template)$",
    re.IGNORECASE,
)
TOOL_MARKS = re.compile(
    r"(?:^|\.|_)(?:tool|node|action|skill|function_?tool|ai_function|kernel_function|resource)s?$", re.IGNORECASE
)
TOOL_BASES = re.compile(r"(?:Tool|Node|Action|Skill|Plugin|Block|Component)(?:Base|Mixin)?$")
SCHEMA_KEYS = frozenset(["properties", "inputschema", "input_schema", "parameters", "args", "inputs"])
CONTEXT_NAMES = re.compile(
    r"(?:full_?|entire_?|whole_?)?(?:conversation|chat)(?:_?history|_?log)?|system_?prompt|message_?history|api_?keys?"
    r"|(?:user_?)?(?:password|credentials?)|previous_?messages|session_?token",
    re.IGNORECASE,
)
CONTEXT_GATES = Gates([CONTEXT_NAMES])
README = re.compile(
    r"(?:readme|index|skill|agents|claude|about)(?:[._-].*)?\.?(?:md|rst|txt|markdown)?$", re.IGNORECASE
)
PROMPT_FOLDERS = frozenset(["prompts", "prompt", "system_prompts"])
SCRIPT_TEXT = re.compile(
    r"""["']?([A-Za-z_][\w\-]{1,40})["']?\s*[:=]\s*((?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)"""
    r"""(?:\s*\+\s*(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`))*)"""
)
SCRIPT_PIECE = re.compile(r""""((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'|`((?:\\.|[^`\\])*)`""")
SCRIPT_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([ntr\"'`\\]))")
YAML_TEXT = re.compile(
    r"^([ \t]*)(?:- )?([\w-]{2,40}):[ \t]*(?:([|>][-+]?\d?)[ \t]*\n((?:\1[ \t]+[^\n]*\n|[ \t]*\n)+)|(\S[^\n]*))",
    re.MULTILINE,
)


class Channel(StrEnum):
    """Who reads a text beside the model, and how it gets there."""

    TOOL = "tool"  # descriptions of nodes and parameters: handed over as they are
    README = "readme"  # read by people, and by models that look a plugin up
    OWN = "own"  # a bot's own prompt: it may order its model about
    DOCUMENT = "document"  # docstrings of other code


@dataclass(frozen=True, slots=True)
class Visible:
    """One text a model may be given, where it begins, and how it gets there."""

    text: str
    path: str
    line: int
    channel: Channel


def find_declared(declared: Declared | None) -> Iterator[Visible]:
    """Yield the texts of the manifest."""
    if declared is None:
        return
    texts = [declared.title, declared.description]
    texts += [text for node in declared.nodes for text in (node.title, node.description)]
    for text in texts:
        if text:
            yield Visible(text, MANIFEST_NAME, 0, Channel.TOOL)


def find_visible(source: Source, *, entries: frozenset[str]) -> Iterator[Visible]:
    """Yield the texts of one file; `entries` are the names of classes and functions that are nodes."""
    text = source.text or ""
    path = PurePosixPath(source.path)
    suffix = path.suffix.casefold()
    if source.tree is not None:
        yield from find_in_tree(source, entries=entries)
    elif source.kind is Kind.JAVASCRIPT:
        yield from find_in_script(source, text=text)
    elif suffix == ".json" or (suffix == ".toml" and path.name != MANIFEST_NAME):
        yield from find_in_document(source, text=text, suffix=suffix)
    elif suffix in (".yaml", ".yml"):
        yield from find_in_yaml(source, text=text)
    elif suffix in (".prompt", ".jinja", ".j2") or PROMPT_FOLDERS & {part.casefold() for part in path.parts[:-1]}:
        yield Visible(text, source.path, 1, Channel.OWN)
    elif README.match(path.name) and source.kind is Kind.TEXT:
        yield Visible(text, source.path, 1, Channel.README)


def entry_names(sources: Sources) -> frozenset[str]:
    """Return the names of the classes and functions that are declared as nodes."""
    nodes = sources.declared.nodes if sources.declared else ()
    return frozenset(re.split(r"[:#.]", node.entry_point)[-1] for node in nodes if node.entry_point)


def find_in_tree(source: Source, *, entries: frozenset[str]) -> Iterator[Visible]:
    """Yield the texts of a Python file."""
    for definition in source.index.definitions:
        yield from find_docstring(definition, source=source, entries=entries)
    for node in source.index.namings:
        for key, value in named_values(node):
            channel = channel_of(key)
            text = fold(value) if channel else None
            if channel and text:
                yield Visible(text, source.path, value.lineno, channel)


def find_docstring(node: Definition, *, source: Source, entries: frozenset[str]) -> Iterator[Visible]:
    """Yield the docstring of a module, class or function."""
    text = ast.get_docstring(node, clean=False)
    if not text:
        return
    is_tool = not isinstance(node, ast.Module) and (node.name in entries or is_marked(node))
    yield Visible(text, source.path, node.body[0].lineno, Channel.TOOL if is_tool else Channel.DOCUMENT)


def is_marked(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a decorator or base class makes this a tool of a model."""
    marks = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    if any(isinstance(mark, ast.Name | ast.Attribute) and TOOL_MARKS.search(ast.unparse(mark)) for mark in marks):
        return True
    bases = node.bases if isinstance(node, ast.ClassDef) else []
    return any(isinstance(base, ast.Name | ast.Attribute) and TOOL_BASES.search(ast.unparse(base)) for base in bases)


def named_values(node: Naming) -> Iterator[tuple[str, ast.expr]]:
    """Yield every (name, value) that a node gives a name: dictionary, argument, assignment, default."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value
    elif isinstance(node, ast.keyword):
        if node.arg:
            yield node.arg, node.value
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name | ast.Attribute):
                yield target.id if isinstance(target, ast.Name) else target.attr, node.value
    elif isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, node.value


def channel_of(key: str) -> Channel | None:
    """Return the channel of a text under this name, None when no model sees it."""
    if OWN_KEYS.match(key):
        return Channel.OWN
    return Channel.TOOL if TOOL_KEYS.match(key) else None


def fold(node: ast.expr, *, depth: int = 0) -> str | None:
    """Return a text that is constant but for what is put into it, None when it is no text."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if depth > limits.FOLD_LAYERS:
        return None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            (fold(item, depth=depth + 1) or "{}") if isinstance(item, ast.Constant) else "{}" for item in node.values
        )
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return fold_sum(node)
    if isinstance(node, ast.Call) and node.args:
        # Whatever trims, translates or joins a text: the text is its first argument.
        return fold(node.args[0], depth=depth + 1)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return fold(node.func.value, depth=depth + 1)
    if isinstance(node, ast.List | ast.Tuple):
        parts = [fold(item, depth=depth + 1) for item in node.elts]
        return " ".join(part for part in parts if part) or None
    return None


def fold_sum(node: ast.BinOp) -> str | None:
    """Return a sum of texts; walks to the left, because long sums are deep."""
    parts: list[str] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
        parts.append(fold(left.right, depth=limits.FOLD_LAYERS) or "{}")
        left = left.left
    parts.append(fold(left, depth=limits.FOLD_LAYERS) or "{}")
    return "".join(reversed(parts))


def find_in_script(source: Source, *, text: str) -> Iterator[Visible]:
    """Yield the named texts of a JavaScript file."""
    lines = Lines(text)
    for match in SCRIPT_TEXT.finditer(text):
        if channel := channel_of(match[1]):
            pieces = [piece[1] or piece[2] or piece[3] or "" for piece in SCRIPT_PIECE.finditer(match[2])]
            spelled = SCRIPT_ESCAPE.sub(spell, "".join(pieces))
            yield Visible(spelled, source.path, lines.line_at(match.start()), channel)


def spell(match: re.Match[str]) -> str:
    """Return what an escape of JavaScript stands for."""
    number = match[1] or match[2] or match[3]
    if not number:
        return {"n": "\n", "t": "\t", "r": "\n"}.get(match[4], match[4])
    code = int(number, 16)
    return chr(code) if code <= 0x10FFFF else ""


def find_in_document(source: Source, *, text: str, suffix: str) -> Iterator[Visible]:
    """Yield the named texts of a JSON or TOML file; one that does not parse is given to nobody."""
    try:
        document = json.loads(text) if suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    lines = Lines(text)
    for key, value in walk(document):
        if isinstance(value, str) and (channel := channel_of(key)):
            offset = text.find(json.dumps(value, ensure_ascii=False)[1:40].rstrip('"'))
            yield Visible(value, source.path, lines.line_at(offset) if offset >= 0 else 1, channel)


def walk(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield every (key, value) of nested tables and lists, within the limit for one file."""
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        key, value = pending.pop()
        if isinstance(value, dict):
            pending += reversed(value.items())
        elif isinstance(value, list):
            pending += [(key, item) for item in reversed(value)]
        yield key, value


def find_in_yaml(source: Source, *, text: str) -> Iterator[Visible]:
    """Yield the named texts of a YAML file, on one line or as blocks."""
    lines = Lines(text)
    for match in YAML_TEXT.finditer(text + "\n"):
        if channel := channel_of(match[2]):
            value = match[4] or (match[5] or "").strip("\"'")
            yield Visible(value, source.path, lines.line_at(match.start()), channel)


def find_context_parameters(source: Source) -> Iterator[tuple[str, int]]:
    """Yield (name, line) of every schema's parameter that asks for what the model knows."""
    text = source.text or ""
    if not CONTEXT_GATES.is_open(text):
        return
    found = list(find_schema_parameters(source))
    # Last, because the search is slow and hardly any file has such a parameter.
    if found and CONTEXT_NAMES.search(text):
        yield from found


def find_schema_parameters(source: Source) -> Iterator[tuple[str, int]]:
    """Yield (name, line) of every parameter in a schema that is named like something the model knows."""
    if source.tree is not None:
        for node in source.index.namings:
            for key, value in named_values(node):
                if isinstance(value, ast.Dict) and key.casefold() in SCHEMA_KEYS:
                    yield from find_in_schema(value)
        return
    if PurePosixPath(source.path).suffix.casefold() == ".json":
        try:
            document = json.loads(source.text or "")
        except (ValueError, RecursionError):
            return
        for key, value in walk(document):
            if key.casefold() in SCHEMA_KEYS and isinstance(value, dict):
                yield from ((name, 1) for name in value if CONTEXT_NAMES.fullmatch(str(name)))


def find_in_schema(schema: ast.Dict) -> Iterator[tuple[str, int]]:
    """Yield the parameters of one schema that ask for what the model knows."""
    for key, value in zip(schema.keys, schema.values, strict=True):
        is_named = isinstance(key, ast.Constant) and isinstance(key.value, str)
        if is_named and isinstance(value, ast.Dict) and CONTEXT_NAMES.fullmatch(str(getattr(key, "value", ""))):
            yield str(getattr(key, "value", "")), value.lineno
