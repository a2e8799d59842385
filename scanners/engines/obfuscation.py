"""Measures what obfuscators leave behind: names nobody can tell apart, letters as numbers, code inside literals.

Reads trees and text, decodes within bounds and runs nothing. Minified code is not obfuscated: it hides no words.
"""

import base64
import binascii
import bz2
import codecs
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise

from scanners import limits
from scanners.engines.hits import Hit
from scanners.engines.places import Lines
from scanners.report import Kind
from scanners.sources import Source
from scanners.tree_index import TreeIndex

SOUP = re.compile(
    r"[O0oQ]{5,}|[lI1i]{5,}|(?=\w*[O0o])(?=\w*[lI1])[OoIl10]{6,}|_0x[0-9a-f]{3,}|_{3,}\d*|[a-zA-Z]?_{5,}\w?"
)
NAMES = re.compile(r"[A-Za-z_$][\w$]{2,}")
# Keys, certificates and pictures: their pieces are no names.
ENCODED_LINE = re.compile(r"[A-Za-z0-9+/=]{48,}")
SOUP_NAMES = 5  # different ones; fewer are a joke or a mathematician
SOUP_SHARE = 0.15
ESCAPED = re.compile(r"(?:\\x[2-7][0-9a-fA-F]|\\u00[2-7][0-9a-fA-F]|\\u\{[2-7][0-9a-fA-F]\}|\\1[0-7]{2}){8,}")
ESCAPED_LETTER = re.compile(r"\\(?:x|u00|u\{)([2-7][0-9a-fA-F])\}?|\\(1[0-7]{2})")
ESCAPE_MARKS = ("\\x", "\\u", "\\1")
# One of these is enough: nobody spells it letter by letter except to keep it from being found.
HUSHED = re.compile(
    r"child_process|__import__|\bos\.(?:system|popen|environ)|\bsubprocess\b|process\.env|powershell|/bin/(?:ba)?sh\b"
    r"|\b(?:curl|wget|eval|exec|require|Function|certutil)\b|https?://|\bwebhooks?\b"
)
FETCHED_AND_RUN = re.compile(
    r"\b(?:curl|wget|iwr|Invoke-WebRequest|certutil)\b.{0,200}(?:\|\s*(?:(?:sudo )?(?:ba|z|da)?sh\b|python|node|iex)"
    r"|(?:&&|;)\s*(?:(?:ba)?sh|chmod|start|\./))",
    re.IGNORECASE,
)
ESCAPED_LETTERS = 40  # readable characters spelled as escapes in one file
NUMBERS = re.compile(r"(?:0x[0-9a-fA-F]{1,2}|\d{1,3})(?:\s?,\s*(?:0x[0-9a-fA-F]{1,2}|\d{1,3})){23,}")
NUMBER_RUNS = 200
LITERAL = re.compile(r"""(["'`])([A-Za-z0-9+/=_\-]{40,})\1""")
BASE64 = re.compile(r"[A-Za-z0-9+/_\-\s]{40,}={0,2}\s*")
HEX = re.compile(r"(?:[0-9a-fA-F]{2}){20,}")
LAMBDAS = 4  # nested functions without a name; people give up at two
CODE_MARKS = re.compile(
    r"(\bimport\s+\w|\bfrom\s+\w+\s+import\b|__import__\b|\bexec\s*\(|\beval\s*\(|\bsubprocess\b|\bos\.(?:system|environ"
    r"|popen)|\bsocket\.|\brequests?\.(?:get|post)|\burlopen\b|\bb64decode\b|\brequire\s*\(|\bchild_process\b"
    r"|\bfunction\s*\w*\(|=>|\bprocess\.env\b|\bfetch\s*\(|\bpowershell\b|/bin/(?:ba)?sh\b|\bdef \w+\(|\bmarshal\b"
    r"|\bnew Function\b|https?://)"
)
ACTIVE = re.compile(
    r"\bimport\s+\w|__import__|\bexec\s*\(|\beval\s*\(|\bsubprocess\b|\bos\.(?:system|popen)|\brequire\s*\(|\bchild_process\b"
    r"|\bpowershell\b|/bin/(?:ba)?sh\b|\burlopen\b|\bfetch\s*\(|\bmarshal\b"
)
Opener = Callable[[bytes], bytes]


def measure(source: Source, *, lines: Lines) -> list[Hit]:
    """Return what the names, letters and literals of one Python or JavaScript source show."""
    text = source.text or ""
    hits = [*find_soup(source, text=text), *find_escapes(text, lines=lines), *find_numbers(text, lines=lines)]
    if source.tree is not None:
        hits += find_in_tree(source.index)
    elif source.kind is Kind.JAVASCRIPT:
        literals = ((match[2], lines.line_at(match.start())) for match in LITERAL.finditer(text))
        hits += find_encoded(literals)
    return hits


def find_soup(source: Source, *, text: str) -> list[Hit]:
    """Return a hit when many names are made so that nobody can tell them apart."""
    names = set(NAMES.findall(ENCODED_LINE.sub(" ", text)))
    soup = [name for name in names if SOUP.fullmatch(name) or is_shuffled(name)]
    if len(soup) < SOUP_NAMES or len(soup) < SOUP_SHARE * len(names):
        return []
    # Minifiers and hash tables of one kind of name: only JavaScript has them by the thousand.
    return [Hit("obfuscated-names", 1, 1)]


def is_shuffled(name: str) -> bool:
    """Say whether upper and lower case alternate as no convention for names has it."""
    if len(name) < 10 or name.islower() or name.isupper():
        return False
    letters = [letter for letter in name if letter.isalpha()]
    if len(letters) < 10:
        return False
    turns = sum(1 for left, right in pairwise(letters) if left.isupper() != right.isupper())
    # Words of three letters written as one reach half; nobody writes shorter ones.
    return turns >= 0.6 * len(letters)


def find_escapes(text: str, *, lines: Lines) -> list[Hit]:
    """Return a hit when readable words are spelled as escapes, and one for every command hidden so."""
    if not any(mark in text for mark in ESCAPE_MARKS):
        return []
    hits: list[Hit] = []
    count, first = 0, 0
    for match in ESCAPED.finditer(text):
        spelled = "".join(
            chr(int(item[1], 16) if item[1] else int(item[2], 8)) for item in ESCAPED_LETTER.finditer(match[0])
        )
        line = lines.line_at(match.start())
        if FETCHED_AND_RUN.search(spelled):
            hits.append(Hit("escaped-download", line, line))
        if HUSHED.search(spelled):
            first, count = first or line, count + ESCAPED_LETTERS
        elif sum(letter.isalpha() or letter in " _.()" for letter in spelled) >= 0.8 * len(spelled):
            first = first or line
            count += len(spelled)
    return [*hits, Hit("obfuscated-escapes", first, first)] if count >= ESCAPED_LETTERS else hits


def find_numbers(text: str, *, lines: Lines) -> list[Hit]:
    """Return a hit for every list of numbers that are the letters of code, as they are or under one key."""
    hits = []
    for index, match in enumerate(NUMBERS.finditer(text)):
        if index >= NUMBER_RUNS:
            break
        numbers = [int(item, 0) if item.startswith("0x") else int(item) for item in re.findall(r"0x\w+|\d+", match[0])]
        if max(numbers) > 255:
            continue
        data = bytes(numbers[: limits.LINE_CHARACTERS])
        if len(set(data)) >= 8 and any(is_code(decoded) for decoded in unmask(data)):
            line = lines.line_at(match.start())
            hits.append(Hit("obfuscated-numbers", line, line))
    return hits


def unmask(data: bytes) -> Iterator[bytes]:
    """Yield the bytes as they are, then under every single-byte key that leaves them printable."""
    for key in range(256):
        table = bytes(value ^ key for value in range(256))
        decoded = data.translate(table)
        if decoded[:64].isascii() and not re.search(rb"[\0-\x08\x0e-\x1f\x7f-\xff]", decoded):
            yield decoded


def find_in_tree(index: TreeIndex) -> list[Hit]:
    """Return encoded code in literals, and chains of nameless functions."""
    literals = (
        (node.value, node.lineno)
        for node in index.texts
        if isinstance(node.value, str | bytes) and len(node.value) >= limits.LITERAL_CHARACTERS
    )
    chains = [Hit("lambda-chain", node.lineno, node.lineno) for node, depth in index.lambdas if depth == LAMBDAS]
    return chains + find_encoded(iter(sorted(literals, key=lambda item: item[1])))


def find_encoded(literals: Iterator[tuple[str | bytes, int]]) -> list[Hit]:
    """Return a hit for every literal that is code once decoded."""
    hits = []
    for index, (value, line) in enumerate(literals):
        if index >= limits.LITERALS_PER_FILE:
            break
        if any(is_code(decoded) for decoded in peel(value, depth=3)):
            hits.append(Hit("encoded-code", line, line))
    return hits


def peel(value: str | bytes, *, depth: int) -> Iterator[bytes]:
    """Yield what a literal is under the encodings of the standard library, layer by layer."""
    if depth == 0:
        return
    for decoded in decode_once(value):
        yield decoded
        yield from peel(decoded, depth=depth - 1)


def decode_once(value: str | bytes) -> Iterator[bytes]:
    """Yield every decoding of one layer that fits."""
    if isinstance(value, bytes) and not value[:64].isascii():
        yield from decompress(value)
        return
    text = value if isinstance(value, str) else value.decode("latin-1")
    if len(text) < limits.LITERAL_CHARACTERS:
        return
    for form in (text, text[::-1]):
        if HEX.fullmatch(form):
            yield from open_with(binascii.unhexlify, form.encode())
        elif BASE64.fullmatch(form):
            yield from open_with(base64.b64decode, form.encode().replace(b"-", b"+").replace(b"_", b"/") + b"==")
    if " " not in text[:200] and text.isascii():
        yield from open_with(base64.b85decode, text.encode())
    if "vzcbeg" in text or "rkrp(" in text:
        yield codecs.decode(text, "rot13").encode("utf-8", "replace")
    if "tropmi" in text or "(cexe" in text:
        yield text[::-1].encode("utf-8", "replace")


def open_with(opener: Opener, data: bytes) -> Iterator[bytes]:
    """Yield what one decoder makes of the data, nothing when it refuses."""
    try:
        decoded = opener(data[: limits.DECODED_BYTES])
    except (ValueError, binascii.Error):
        return
    yield decoded


def decompress(data: bytes) -> Iterator[bytes]:
    """Yield the start of compressed data; its header says by what, and nothing grows beyond the limit."""
    openers: dict[bytes, Opener] = {
        b"\x78": lambda raw: zlib.decompressobj().decompress(raw, limits.DECODED_BYTES),
        b"\x1f\x8b": lambda raw: zlib.decompressobj(31).decompress(raw, limits.DECODED_BYTES),
        b"BZh": lambda raw: bz2.BZ2Decompressor().decompress(raw, limits.DECODED_BYTES),
        b"\xfd7zXZ": lambda raw: lzma.LZMADecompressor(memlimit=64 * limits.MIB).decompress(raw, limits.DECODED_BYTES),
    }
    for magic, opener in openers.items():
        if data.startswith(magic):
            try:
                yield opener(data)
            except (zlib.error, OSError, lzma.LZMAError, ValueError, EOFError):
                return


def is_code(data: bytes) -> bool:
    """Say whether bytes read as code that acts: at least two marks of code, one of them active."""
    sample = data[: 64 * limits.KIB]
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if "\0" in text or not ACTIVE.search(text):
        return False
    return len({match[1][:6] for match in CODE_MARKS.finditer(text)}) >= 2
