"""Decides what each file is by its content, so that nothing in an artifact goes unaccounted.

A file that no engine can read is a finding. It never trusts a suffix to mean harmless.
"""

import re
from pathlib import PurePosixPath

from scanners import limits
from scanners.archive import Tree, TreeFile
from scanners.report import FileRecord, Finding, Kind
from scanners.rules import load_rules

PYTHON_SUFFIXES = frozenset([".py", ".pyw", ".pyi", ".pth", ".pyx", ".ipynb"])
SCRIPT_SUFFIXES = frozenset([".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"])
SHELL_SUFFIXES = frozenset([".sh", ".bash", ".zsh", ".bat", ".cmd", ".ps1", ".psm1", ".vbs", ".rb", ".pl", ".php"])
NATIVE_MAGIC = (
    b"\x7fELF", b"MZ", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe", b"\0asm", b"!<arch>\n",
)  # fmt: skip
ARCHIVE_MAGIC = (
    b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!",
    b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18",
)  # fmt: skip
SHEBANG = re.compile(rb"^(?:\xef\xbb\xbf)?#![ \t]*/([^\r\n]{0,200})")
PYTHON_INTERPRETER = re.compile(rb"(?:^|[/ ])(?:python|pypy)[\d.]*(?: |$)")
SCRIPT_INTERPRETER = re.compile(rb"(?:^|[/ ])(?:node|deno|bun)(?: |$)")
ZIP_END_BYTES = 22  # APPNOTE.TXT 4.3.16
UNREADABLE_RULES = {
    Kind.NATIVE: "unread-native",
    Kind.BYTECODE: "unread-bytecode",
    Kind.ARCHIVE: "unread-archive",
    Kind.SCRIPT: "unread-script",
}


def take_inventory(tree: Tree) -> tuple[FileRecord, ...]:
    """Return one record a file, in path order; `text` may still turn out to be code when it is parsed."""
    return tuple(
        FileRecord(path=file.path, sha256=file.sha256, size=file.size, kind=recognise(file)) for file in tree.files
    )


def find_unreadable(records: tuple[FileRecord, ...]) -> tuple[Finding, ...]:
    """Return a finding for every file that no engine can read."""
    rules = load_rules()
    return tuple(
        rules[UNREADABLE_RULES[record.kind]].make_finding(path=record.path, line=0)
        for record in records
        if record.kind in UNREADABLE_RULES
    )


def recognise(file: TreeFile) -> Kind:
    """Return the kind of a stored file from its first bytes, its shebang, and last its name."""
    with file.stored.open("rb") as handle:
        head = handle.read(limits.CHUNK_BYTES)
        handle.seek(max(file.size - limits.CHUNK_BYTES, 0))
        tail = handle.read()
    if has_zip_end(tail):
        return Kind.ARCHIVE
    return recognise_head(head, suffix=PurePosixPath(file.path).suffix.casefold())


def has_zip_end(tail: bytes) -> bool:
    """Say whether the file ends as a zip does: zipimport loads one from behind any picture."""
    position = tail.rfind(b"PK\x05\x06")
    if position < 0 or len(tail) - position < ZIP_END_BYTES:
        return False
    comment = int.from_bytes(tail[position + ZIP_END_BYTES - 2 : position + ZIP_END_BYTES], "little")
    return position + ZIP_END_BYTES + comment == len(tail)


def recognise_head(head: bytes, *, suffix: str) -> Kind:
    """Return the kind for these first bytes and this suffix (lower case, with its dot)."""
    if head.startswith(ARCHIVE_MAGIC) or head[257:262] == b"ustar":
        return Kind.ARCHIVE
    if is_bytecode(head):
        return Kind.BYTECODE
    # "MZ" may also begin a word; a binary is never without a zero byte.
    if head.startswith(NATIVE_MAGIC) and b"\0" in head:
        return Kind.NATIVE
    if suffix in PYTHON_SUFFIXES:
        return Kind.PYTHON
    if suffix in SCRIPT_SUFFIXES:
        return Kind.JAVASCRIPT
    if match := SHEBANG.match(head):
        return kind_of_interpreter(match[1])
    if suffix in SHELL_SUFFIXES:
        return Kind.SCRIPT
    return Kind.TEXT if is_text(head) else Kind.DATA


def kind_of_interpreter(line: bytes) -> Kind:
    """Return the kind for the program a shebang line names; an unknown one is a script nobody reads."""
    if PYTHON_INTERPRETER.search(line):
        return Kind.PYTHON
    return Kind.JAVASCRIPT if SCRIPT_INTERPRETER.search(line) else Kind.SCRIPT


def is_bytecode(head: bytes) -> bool:
    """Say whether this is CPython bytecode: a magic number of the 3.x range, then CR LF (importlib._bootstrap)."""
    return head[2:4] == b"\r\n" and 3000 <= int.from_bytes(head[:2], "little") < 4000


def is_text(head: bytes) -> bool:
    """Say whether the first bytes read as UTF-8 or marked UTF-16."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter cut in two by the end of the sample is not damage.
        return error.start >= len(head) - 3 and len(head) == limits.CHUNK_BYTES
    return True
