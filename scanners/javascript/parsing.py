"""Turns script text into a syntax tree with the grammar that fits it best, and says what does not parse.

Bounded: a parser that works too long gives up. It never looks at what the code means.
"""

import re
from dataclasses import dataclass

import tree_sitter
import tree_sitter_javascript
import tree_sitter_typescript
from tree_sitter import Node

from scanners import limits

JAVASCRIPT = tree_sitter.Language(tree_sitter_javascript.language())
TYPESCRIPT = tree_sitter.Language(tree_sitter_typescript.language_typescript())
TSX = tree_sitter.Language(tree_sitter_typescript.language_tsx())
GRAMMARS = {".ts": (TYPESCRIPT,), ".mts": (TYPESCRIPT,), ".cts": (TYPESCRIPT,), ".tsx": (TSX,)}
CHUNK = 65_536
TYPE_EXPORT = re.compile(rb"^export type \*(?: as \w+)? from (?:'[^'\n]*'|\"[^\"\n]*\")", re.MULTILINE)


DECLARATIONS = re.compile(r"\.d\.[cm]?ts$", re.IGNORECASE)
TYPE_IMPORT = re.compile(
    rb"((?:[:<|&,(\[=]|=>|\bextends|\btypeof|\bkeyof|\breadonly)\s*)"
    rb"(import\((?:'[^'\n]*'|\"[^\"\n]*\")\))(?=\s*[;,)\]|&>]|\s*\.(?!then\b|catch\b|finally\b|default\()\w)"
)
VARIANCE = re.compile(rb"([<,]\s*)((?:in |out |in out )(?=\w+\s*(?:[,>=]|extends)))")
UNNAMED = re.compile(rb"^export default function ?\((?=[^{\n]*;\s*$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A tree with its bytes; `broken` is the line of the first thing that does not parse, or 0."""

    root: Node
    content: bytes
    broken: int


def parse_script(text: str, *, path: str) -> Parsed | None:
    """Return the tree with the fewest errors; None when no grammar finishes within its budget."""
    content = text.encode("utf-8", "replace")
    suffix = path[path.rfind(".") :].lower() if "." in path else ""
    if suffix in GRAMMARS:
        # The grammar does not know these yet; they name types alone, and nothing of them runs.
        content = TYPE_EXPORT.sub(lambda match: b" " * len(match[0]), content)
    if DECLARATIONS.search(path):
        content = spare_types(content)
    best: Parsed | None = None
    fewest = 0
    for grammar in GRAMMARS.get(suffix, (JAVASCRIPT, TSX, TYPESCRIPT)):
        root = parse_bytes(content, grammar=grammar)
        if root is None:
            continue
        if not root.has_error:
            return Parsed(root, content, 0)
        count, line = count_errors(root)
        if best is None or count < fewest:
            best, fewest = Parsed(root, content, line), count
    return best


def spare_types(content: bytes) -> bytes:
    """Return a file of declarations without types that the grammar does not know; what could run stays."""
    content = TYPE_IMPORT.sub(lambda match: match[1] + b"I" * len(match[2]), content)
    content = VARIANCE.sub(lambda match: match[1] + b" " * len(match[2]), content)
    return UNNAMED.sub(b"declare function defaults(", content)


def parse_bytes(content: bytes, *, grammar: tree_sitter.Language) -> Node | None:
    """Return the root of the tree, or None when the parser gave up."""
    rounds = 0
    allowed = limits.SCRIPT_PARSE_ROUNDS + len(content) * limits.SCRIPT_PARSE_ROUNDS_PER_BYTE

    def is_too_long(_offset: int, _has_error: bool) -> bool:
        nonlocal rounds
        rounds += 1
        return rounds > allowed

    def read_chunk(offset: int, _point: object) -> bytes:
        return content[offset : offset + CHUNK]

    try:
        return tree_sitter.Parser(grammar).parse(read_chunk, progress_callback=is_too_long).root_node
    except ValueError:
        return None


def count_errors(root: Node) -> tuple[int, int]:
    """Return how many nodes are wrong or missing, and the line of the first; goes only where errors are."""
    cursor = root.walk()
    count, line = 0, 0
    while True:
        node = cursor.node
        descends = node is not None and node.has_error
        if node is not None and (node.is_error or node.is_missing):
            count += 1
            line = line or node.start_point.row + 1
            descends = False
        if descends and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return count, line
