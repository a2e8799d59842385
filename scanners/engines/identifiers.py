"""Judges the letters of code: direction controls that spill, look-alike, invisible and folded identifiers.

Judges identifiers and control characters only: strings and comments in any language of the world are nobody's business.
"""

import ast
import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from confusable_homoglyphs import confusables

from scanners.engines.hits import Hit
from scanners.engines.places import Lines
from scanners.report import Kind
from scanners.sources import Source
from scanners.tree_index import list_nodes

BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
OPENING = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"}
OPENING |= {"\u2066": "\u2069", "\u2067": "\u2069", "\u2068": "\u2069"}
# One line's comments and strings, in Python and JavaScript alike.
PIECE = re.compile(
    r"""/\*.*?(?:\*/|$)|(?:#|//).*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`""",
)
PLACEHOLDER = re.compile(r"\$?\{[^}]*\}|%\(?\w*\)?[sdr]")
VISIBLE = re.compile(r"[A-Za-z0-9(){};=]{2}")
STRINGS = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)'
    r"|'''(?:\\.|[^\\])*?(?:'''|\Z)"
    r"|/\*.*?(?:\*/|\Z)|(?:#|//)[^\n]*"
    r"""|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\.|[^`\\])*`?""",
    re.DOTALL,
)
WORD = re.compile(r"[^\W\d][\w$]*")
FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
# Greek letters name quantities; only these are drawn exactly like a Latin letter.
GREEK_DOUBLES = frozenset("\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf")
DANGEROUS = frozenset(
    [
        "exec", "eval", "compile", "__import__", "getattr", "globals", "locals", "builtins", "open", "os", "system",
        "popen", "subprocess", "socket", "import_module", "requests", "marshal", "Function", "require", "fetch",
    ]
)  # fmt: skip


def judge_letters(source: Source, *, lines: Lines) -> list[Hit]:
    """Return what the letters of one Python or JavaScript source hide."""
    text = source.text or ""
    if text.isascii():
        return []
    hits = find_directions(source, lines=lines)
    bare = STRINGS.sub(lambda match: "\n" * match[0].count("\n") or " ", text)
    names = dict(find_names(source, bare=bare))
    plain = {name for name in names if name.isascii()} | DANGEROUS
    for name, line in names.items():
        if rule_id := judge_name(name, plain=plain):
            hits.append(Hit(rule_id, line, line))
    if source.kind is Kind.PYTHON:
        hits += find_folded(bare)
    return hits


def find_directions(source: Source, *, lines: Lines) -> list[Hit]:
    """Return a hit for every line with direction controls; inside a long string no line can spill into code."""
    hits = [hit for number, line in enumerate(lines.texts, start=1) for hit in judge_directions(line, number=number)]
    if not hits or source.tree is None:
        return hits
    inner: set[int] = set()
    for node in list_nodes(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            inner.update(range(node.lineno + 1, node.end_lineno or 0))
    return [Hit("bidi-control", hit.line, hit.end_line) if hit.line in inner else hit for hit in hits]


def judge_directions(line: str, *, number: int) -> Iterator[Hit]:
    """Yield a hit for a line with direction controls: spilling out of its string or comment, or kept inside it."""
    if not BIDI.search(line):
        return
    pieces = [match for match in PIECE.finditer(line) if BIDI.search(match[0])]
    is_spilling = any(is_deceptive(match[0], behind=line[match.end() :]) for match in pieces)
    is_spilling = is_spilling or (not pieces and is_deceptive(line, behind=""))
    yield Hit("bidi-spill" if is_spilling else "bidi-control", number, number)


def is_deceptive(piece: str, *, behind: str) -> bool:
    """Say whether a piece leaves a direction open over left-to-right text, as no right-to-left text needs."""
    if not PLACEHOLDER.sub("", BIDI.sub("", piece)).strip("'\"` "):
        # The control character itself, kept as a constant.
        return False
    waiting: list[str] = []
    for letter in piece:
        if letter in OPENING:
            waiting.append(OPENING[letter])
        elif waiting and letter == waiting[-1]:
            waiting.pop()
    shown = PLACEHOLDER.sub("", BIDI.split(piece, maxsplit=1)[-1] + behind)
    is_foreign = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in piece)
    return bool(waiting) and not is_foreign and VISIBLE.search(BIDI.sub("", shown)) is not None


def find_names(source: Source, *, bare: str) -> Iterator[tuple[str, int]]:
    """Yield every identifier and a line of it; Python's as the parser folds them."""
    if source.tree is not None:
        yield from find_tree_names(source.tree)
        return
    for number, text in enumerate(bare.split("\n"), start=1):
        for match in WORD.finditer(text):
            yield match[0], number


def find_tree_names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield every identifier of a tree and its line."""
    for node in list_nodes(tree):
        line: int = getattr(node, "lineno", 1)
        if isinstance(node, ast.Name):
            yield node.id, line
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, line
        elif isinstance(node, ast.Attribute):
            yield node.attr, line
        elif isinstance(node, ast.arg | ast.keyword):
            yield node.arg or "", line
        elif isinstance(node, ast.alias):
            yield node.asname or node.name, line


def judge_name(name: str, *, plain: set[str]) -> str:
    """Return the rule an identifier breaks, empty when none; `plain` are the identifiers it could be taken for."""
    if name.isascii():
        return ""
    if FILLERS & set(name):
        return "invisible-identifier"
    if len(name) < 3:
        # Tables of letters have such keys; nobody takes one letter for another on purpose.
        return ""
    skeleton = "".join(look_alike(letter) or letter for letter in name)
    if skeleton == name:
        return ""
    if skeleton in plain:
        return "homoglyph-collision"
    mixed = any(
        re.search("[A-Za-z]", part) and any(look_alike(letter) for letter in part)
        for part in re.split(r"[_\d$]+", name)
    )
    return "homoglyph-identifier" if mixed else ""


@cache
def look_alike(letter: str) -> str:
    """Return the Latin letter that a letter of another script is drawn like, empty when there is none."""
    if letter.isascii() or not letter.isalpha() or confusables.alias(letter) == "LATIN":
        return ""
    if confusables.alias(letter) == "GREEK" and letter not in GREEK_DOUBLES:
        return ""
    found = confusables.is_confusable(letter, greedy=True, preferred_aliases=["latin"])
    doubles = [double["c"] for item in found or () for double in item["homoglyphs"]]
    return next((double for double in doubles if len(double) == 1 and double.isascii() and double.isalpha()), "")


def find_folded(bare: str) -> list[Hit]:
    """Return identifiers that Python reads as other, plain letters (NFKC), which no search for the plain ones sees."""
    hits = []
    for number, line in enumerate(bare.split("\n"), start=1):
        if line.isascii():
            continue
        for match in WORD.finditer(line):
            folded = unicodedata.normalize("NFKC", match[0])
            if folded == match[0] or not folded.isascii():
                continue
            changed = sum(1 for letter in match[0] if not letter.isascii())
            if folded in DANGEROUS or changed >= 3:
                hits.append(Hit("folded-identifier", number, number))
    return hits
