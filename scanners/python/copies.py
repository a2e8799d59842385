"""Writes a canonical copy of a source that hides something from a pattern: detours, escapes, odd letters.

A copy is for reading only; a line map leads back to the plugin's own lines.
"""

import ast
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scanners import limits
from scanners.python.indirection import Analysis, rewrite
from scanners.python.names import DANGEROUS
from scanners.tree_index import list_nodes

# Escapes that stand for a letter or digit; honest code escapes control characters.
ESCAPES = re.compile(
    r"\\(?:(?:x|u00|U000000)(?:3[0-9]|[46][1-9a-fA-F]|[57][0-9aA])|N\{(?:LATIN|DIGIT|FULLWIDTH)|06[0-7]|1[0-7][0-7])"
)
WORDS = re.compile(r"\w+", re.ASCII)
# What a pattern could look for in a name or a text; a copy that shows none of it anew would be read in vain.
TELLING = re.compile(
    r"(?i)(?:/(?:etc|dev|bin|home|tmp|var|bot|api)\b|\.(?:ssh|aws|azure|netrc|bash|zsh|profile|kube|docker|git|npmrc|pypirc)"
    r"|\b(?:os|posix|nt|pty|sys|subprocess|builtins|__builtins__|socket|base64|binascii|codecs|zlib|marshal|pickle|ctypes"
    r"|runpy|shutil|requests|httpx|urllib|http|https|ftp|winreg|importlib|import|eval|exec|compile|system|popen|spawn\w*"
    r"|run|call|check_\w+|environ|getenv|urlopen|rmtree|unlink|remove|connect|sendall|recv|dup2|loads|decode|bash|sh|zsh"
    r"|cmd|powershell|pwsh|curl|wget|iwr|nc|ncat|socat|rm|dd|mkfs|reg|schtasks|crontab|launchctl|systemctl|nslookup|dig"
    r"|python\d?|pip|npm|node|webhooks?|wallet|keystore|leveldb|cookies|login|password|secret|token)(?![a-z]))"
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A source with its detours spelled out; `lines` maps its lines (from 1) to the file's."""

    path: str
    text: str
    lines: tuple[int, ...]


def make_copy(path: str, *, text: str, tree: ast.Module, analysis: Analysis, fixed_line: int = 0) -> Copy | None:
    """Return the canonical copy when it says something the text hides, else None; the tree is left as it is."""
    if not shows_more(analysis.revealed, text=text) and not is_spelled_oddly(text, tree):
        return None
    fresh = ast.parse(text)
    # Both trees come from one text, so that their nodes pair off.
    found = analysis.replacements
    pairs = zip(list_nodes(tree), list_nodes(fresh), strict=True)
    replacements = {id(twin): found[id(node)] for node, twin in pairs if id(node) in found}
    fresh = rewrite(fresh, analysis=Analysis(replacements=replacements))
    copied = spell(fresh)
    count = copied.count("\n") + 1
    lines = [fixed_line] * count if fixed_line else map_lines(fresh, ast.parse(copied), count=count)
    return Copy(path=path, text=copied + "\n", lines=tuple(lines))


def shows_more(said: Iterable[str], *, text: str) -> bool:
    """Say whether one of these names and texts has a telling word that the source does not show in one piece."""
    return any(name in DANGEROUS or (name not in text and TELLING.search(name)) for name in said)


def spell(tree: ast.Module) -> str:
    """Return a tree as text; what Python 3.11 refuses to write is put so that it can, in the tree too."""
    try:
        return ast.unparse(tree)
    except ValueError:
        Loosener().generic_visit(tree)
        return ast.unparse(ast.fix_missing_locations(tree))


class Hexadecimal(int):
    """An integer too long for Python to write in decimal (more than 4300 digits is a ValueError)."""

    def __repr__(self) -> str:
        return hex(self)


class Loosener(ast.NodeTransformer):
    """Puts long integers as hexadecimal ones, and a tuple of its parts for an f-string with a backslash in braces."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        """Return the constant, a long integer in another spelling."""
        if isinstance(node.value, int) and node.value.bit_length() > limits.FOLD_INTEGER_BITS:
            node.value = Hexadecimal(node.value)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        """Return the text as it is, or its parts."""
        try:
            ast.unparse(node)
        except ValueError:
            parts = [part.value if isinstance(part, ast.FormattedValue) else part for part in node.values]
            loose = ast.Tuple(elts=[self.visit(part) for part in parts], ctx=ast.Load())
            return ast.copy_location(loose, node)
        return node


def is_spelled_oddly(text: str, tree: ast.Module) -> bool:
    """Say whether the tree holds words that the text does not show: escapes, or letters that Python folds (NFKC)."""
    if ESCAPES.search(text) and shows_more(texts_in(tree), text=text):
        return True
    if text.isascii() or not any(is_folded(letter) for letter in set(text)):
        return False
    words = set(WORDS.findall(text))
    nodes = list_nodes(tree)
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return any(name.isascii() and name not in words for name in names)


def texts_in(tree: ast.Module) -> Iterator[str]:
    """Yield every constant text, its start."""
    for node in list_nodes(tree):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str | bytes):
            yield (value if isinstance(value, str) else value.decode("latin-1"))[: limits.SNIPPET_CHARACTERS]


def is_folded(letter: str) -> bool:
    """Say whether Python reads this as a plain letter when it stands in a name."""
    return letter > "\x7f" and unicodedata.normalize("NFKC", letter).isascii()


def map_lines(tree: ast.Module, copy: ast.Module, *, count: int) -> list[int]:
    """Return the original line of every line of a copy, by walking two trees of one shape."""
    lines = [0] * (count + 1)
    for original, copied in zip(list_nodes(tree), list_nodes(copy), strict=False):
        if type(original) is not type(copied):
            break
        line, position = getattr(original, "lineno", None), getattr(copied, "lineno", None)
        if line is not None and position is not None and not lines[position]:
            lines[position] = line
    for position in range(1, count + 1):
        lines[position] = lines[position] or lines[position - 1] or 1
    return lines[1:]
