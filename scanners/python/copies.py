"""Writes a canonical copy of a source that hides something from a pattern: detours, escapes, odd letters.

A copy is for reading only; a line map leads back to the plugin's own lines.
"""

import ast
import re
from dataclasses import dataclass

from scanners.python.indirection import Analysis, rewrite

# Escapes that stand for a letter or digit; honest code escapes control characters.
ESCAPES = re.compile(
    r"\\(?:(?:x|u00|U000000)(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])|N\{(?:LATIN|DIGIT|FULLWIDTH)|06[0-7]|1[0-7][0-7])"
)
WORDS = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Copy:
    """A source with its detours spelled out; `lines` maps its lines (from 1) to the file's."""

    path: str
    text: str
    lines: tuple[int, ...]


def make_copy(path: str, *, text: str, tree: ast.Module, analysis: Analysis, fixed_line: int = 0) -> Copy | None:
    """Return the canonical copy when it says something the text hides, else None; the tree is left as it is."""
    if not analysis.has_detour and not is_spelled_oddly(text, tree):
        return None
    fresh = ast.parse(text)
    # Both trees come from one text, so that their nodes pair off.
    found = analysis.replacements
    pairs = zip(ast.walk(tree), ast.walk(fresh), strict=True)
    replacements = {id(twin): found[id(node)] for node, twin in pairs if id(node) in found}
    try:
        copied = ast.unparse(rewrite(fresh, analysis=Analysis(replacements=replacements)))
    except ValueError:
        # Python 3.11 cannot spell every f-string. The passes have read the tree; only the patterns lack a second look.
        return None
    count = copied.count("\n") + 1
    lines = [fixed_line] * count if fixed_line else map_lines(fresh, ast.parse(copied), count=count)
    return Copy(path=path, text=copied + "\n", lines=tuple(lines))


def is_spelled_oddly(text: str, tree: ast.Module) -> bool:
    """Say whether the tree holds words that the text does not show: escapes, or letters that Python folds (NFKC)."""
    if ESCAPES.search(text):
        return True
    if text.isascii():
        return False
    words = set(WORDS.findall(text))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return any(name.isascii() and name not in words for name in names)


def map_lines(tree: ast.Module, copy: ast.Module, *, count: int) -> list[int]:
    """Return the original line of every line of a copy, by walking two trees of one shape."""
    lines = [0] * (count + 1)
    for original, copied in zip(ast.walk(tree), ast.walk(copy), strict=False):
        if type(original) is not type(copied):
            break
        line, position = getattr(original, "lineno", None), getattr(copied, "lineno", None)
        if line is not None and position is not None and not lines[position]:
            lines[position] = line
    for position in range(1, count + 1):
        lines[position] = lines[position] or lines[position - 1] or 1
    return lines[1:]
