"""Turns source bytes into the text that Python or a JavaScript engine would run, whatever the encoding claims.

Says when an encoding is odd. It parses nothing and judges nothing.
"""

import codecs
import encodings
import io
import json
import pkgutil
import re
import string
import tokenize
from dataclasses import dataclass

# Every letter, and the marks that unicode_escape and UTF-7 read as the start of another letter.
PROBE = string.ascii_letters + string.digits + "_()=.,:'\"[]{}#%*/<>|&^~!?;@$` -" + r"\x41" + "+AEE-"
COOKIE = re.compile(r"^([ \t\f]*#.*?coding[:=][ \t]*)([-\w.]+)", re.MULTILINE)
# ECMAScript lets an identifier or string be spelled with escapes; a pattern sees only the letters.
SCRIPT_ESCAPE = re.compile(r"\\u\{0*([0-9a-fA-F]{2})\}|\\u00([0-9a-fA-F]{2})|\\x([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with plain line feeds; `is_odd` when the encoding does not keep ASCII as ASCII."""

    text: str
    encoding: str
    is_odd: bool


def decode_python(data: bytes) -> Decoded:
    """Decode as Python would (PEP 263); raises SyntaxError, LookupError or ValueError where Python refuses."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    if not codecs.lookup(encoding)._is_text_encoding:  # noqa: SLF001 (what bytes.decode itself asks)
        raise LookupError(f"{encoding} is not a text encoding")
    text = data.decode(encoding)
    if "\0" in text:
        # Python stops reading at a NUL, another tool may not: nobody agrees on what this file says.
        raise ValueError("source holds a NUL character")
    return Decoded(text=drop_cookie(unify_lines(text)), encoding=encoding, is_odd=not keeps_ascii(encoding))


def decode_script(data: bytes) -> Decoded:
    """Decode as a JavaScript engine would: a byte order mark decides, damage becomes U+FFFD."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            text = data[2:].decode(encoding, "replace")
            return Decoded(text=unify_lines(text), encoding=encoding, is_odd=True)
    text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    is_damaged = text.count("\ufffd") > data.count(b"\xef\xbf\xbd")
    # U+2028 and U+2029 end a line, and so a comment (ECMA-262, 12.3).
    text = unify_lines(text).replace("\u2028", "\n").replace("\u2029", "\n")
    return Decoded(text=text, encoding="utf-8", is_odd=is_damaged)


def decode_text(data: bytes) -> str | None:
    """Return the text of a file that claims to be nothing in particular, or None when it is binary."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return decode_script(data).text
    if b"\0" in data:
        return None
    try:
        return unify_lines(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def unify_lines(text: str) -> str:
    """Make every line end a line feed: a lone carriage return ends a comment in Python too."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def drop_cookie(text: str) -> str:
    """Blank the encoding cookie: the staged copy is UTF-8, and a tool would believe the old claim."""
    head = text.split("\n", 2)
    head[:2] = [COOKIE.sub(lambda match: "#".ljust(len(match[0])), line) for line in head[:2]]
    return "\n".join(head)


def keeps_ascii(encoding: str) -> bool:
    """Say whether ASCII bytes mean ASCII letters in this encoding, as a reader of the file assumes."""
    try:
        return PROBE.encode("ascii").decode(encoding) == PROBE
    except (UnicodeError, ValueError):
        return False


def unescape_script(text: str) -> str:
    """Return JavaScript with escaped ASCII word characters spelled out; every line stays where it is."""

    def spell(match: re.Match[str]) -> str:
        letter = chr(int(match[1] or match[2] or match[3], 16))
        return letter if letter.isascii() and (letter.isalnum() or letter in "_$") else match[0]

    return SCRIPT_ESCAPE.sub(spell, text)


def extract_startup_lines(text: str) -> str:
    """Return what site.py would execute of a .pth file; all other lines become empty."""
    lines = (line if line.startswith(("import ", "import\t")) else "" for line in text.split("\n"))
    return "\n".join(lines)


def extract_notebook(text: str) -> str:
    """Return the code cells of a notebook as one source; raises ValueError when it is not one.

    Shell escapes and magics are made calls, so that they parse and are seen.
    """
    cells = json.loads(text)["cells"]
    lines: list[str] = []
    for cell in cells:
        if cell.get("cell_type") == "code":
            source = cell.get("source", "")
            lines += ("".join(source) if isinstance(source, list) else str(source)).split("\n")
    return "\n".join(spell_magic(line) for line in lines)


def spell_magic(line: str) -> str:
    """Return a notebook's shell escape as the call it makes, and any other line unchanged."""
    bare = line.lstrip()
    if not bare.startswith(("!", "%")):
        return line
    indent = line[: len(line) - len(bare)]
    return f"{indent}__import__('os').system({bare[1:]!r})" if bare[0] == "!" else f"{indent}pass"


def load_codecs() -> None:
    """Load every codec that a source may name, while their files can be read."""
    for module in pkgutil.iter_modules(encodings.__path__):
        try:
            codecs.lookup(module.name)
        except (LookupError, ImportError):
            # A module that is no codec, or one for another system.
            continue
