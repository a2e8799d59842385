"""Decides what each file is by its content, so that nothing in an artifact goes unaccounted.

A file that no engine can read is a finding. It never trusts a suffix to mean harmless.
"""

import re
from pathlib import PurePosixPath

from scanners import limits
from scanners.archive import Tree, TreeFile
from scanners.archive_nested import find_zip_end
from scanners.archive_tar import BLOCK, is_tar_header
from scanners.content_types import PICKLE, describe_content
from scanners.contents import look_at_contents
from scanners.report import FileRecord, Finding, Kind
from scanners.rules import load_rules

PYTHON_SUFFIXES = frozenset([".py", ".pyw", ".pyi", ".pth", ".pyx", ".ipynb"])
SCRIPT_SUFFIXES = frozenset([".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"])
SHELL_SUFFIXES = frozenset([".sh", ".bash", ".zsh", ".ksh", ".command", ".bat", ".cmd", ".ps1", ".psm1", ".psd1"])
FOREIGN_SUFFIXES = frozenset(
    [
        ".vbs", ".vbe", ".wsf", ".hta", ".jse", ".rb", ".pl", ".pm", ".php", ".phtml", ".lua", ".tcl", ".awk",
        ".applescript", ".scpt", ".fish", ".csh", ".r", ".jl", ".groovy", ".au3", ".ahk", ".reg", ".scf",
    ]
)  # fmt: skip
PICKLE_SUFFIXES = frozenset([".pkl", ".pickle", ".pck", ".joblib"])
NATIVE_MAGIC = (
    b"\x7fELF", b"MZ", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf", b"\0asm", b"!<arch>\n", b"dex\n", b"\x1bLua", b"L\0\0\0\1\x14\2\0",
)  # fmt: skip
ARCHIVE_MAGIC = (
    b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!",
    b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"MSCF", b"xar!", b"\xed\xab\xee\xdb",
)  # fmt: skip
SHEBANG = re.compile(rb"^(?:\xef\xbb\xbf)?#![ \t]*/([^\r\n]{0,200})")
PYTHON_INTERPRETER = re.compile(rb"(?:^|[/ ])(?:python|pypy)[\d.]*(?: |$)")
SCRIPT_INTERPRETER = re.compile(rb"(?:^|[/ ])(?:node|deno|bun)(?: |$)")
SHELL_INTERPRETER = re.compile(rb"(?:^|[/ ])(?:sh|bash|dash|zsh|ksh|ash|pwsh)(?: |$)")
CALLING_KINDS = frozenset([Kind.PYTHON, Kind.JAVASCRIPT, Kind.SCRIPT])
BUILD_SUFFIXES = frozenset([".json", ".toml", ".cfg", ".ini", ".yaml", ".yml", ".service", ".desktop"])
UNREADABLE_RULES = {
    Kind.NATIVE: "unread-native",
    Kind.BYTECODE: "unread-bytecode",
    Kind.ARCHIVE: "unread-archive",
}


def take_inventory(tree: Tree) -> tuple[FileRecord, ...]:
    """Return one record a file, in path order; `text` may still turn out to be code when it is parsed."""
    return tuple(make_record(file) for file in tree.files)


def find_unaccounted(
    tree: Tree, *, records: tuple[FileRecord, ...], matched: frozenset[str] = frozenset()
) -> tuple[Finding, ...]:
    """Return a finding for every file that no engine can read, for what unpacking noted, and for odd content.

    `matched` are the paths of bytecode that was found to say what its source says.
    """
    rules = load_rules()
    findings = [
        rules[remark.rule_id].make_finding(path=remark.path, line=0, snippet=remark.detail[: limits.SNIPPET_CHARACTERS])
        for remark in tree.remarks
    ]
    told = {remark.path for remark in tree.remarks if remark.rule_id == "unread-archive"}
    findings += [
        rules[UNREADABLE_RULES[record.kind]].make_finding(path=record.path, line=0)
        for record in records
        if record.kind in UNREADABLE_RULES and record.path not in tree.opened | told | matched
    ]
    return (*findings, *find_unread_scripts(tree, records=records), *look_at_contents(tree, records=records))


def find_unread_scripts(tree: Tree, *, records: tuple[FileRecord, ...]) -> tuple[Finding, ...]:
    """Return a finding for each script no engine reads: unread when other code names it, for information otherwise."""
    rules = load_rules()
    foreign = [record for record in records if record.kind is Kind.FOREIGN]
    named = find_named(tree, records=records, names={PurePosixPath(record.path).name for record in foreign})
    findings = [
        rules["unread-script" if PurePosixPath(record.path).name in named else "foreign-script"].make_finding(
            path=record.path, line=0
        )
        for record in foreign
    ]
    findings += [
        rules["unread-size"].make_finding(path=record.path, line=0)
        for record in records
        if record.kind is Kind.SCRIPT and record.size > limits.SOURCE_BYTES
    ]
    return tuple(findings)


def find_named(tree: Tree, *, records: tuple[FileRecord, ...], names: set[str]) -> frozenset[str]:
    """Return which of these file names occur in a source, a script or a build file."""
    found: set[str] = set()
    stored = {file.path: file.stored for file in tree.files}
    for record in records:
        if not names - found:
            break
        is_build_file = PurePosixPath(record.path).suffix.casefold() in BUILD_SUFFIXES
        if (record.kind in CALLING_KINDS or is_build_file) and record.size <= limits.SOURCE_BYTES:
            data = stored[record.path].read_bytes()
            found |= {name for name in names - found if name.encode() in data}
    return frozenset(found)


def make_record(file: TreeFile) -> FileRecord:
    """Return what a stored file is from its first bytes, its shebang, and last its name."""
    with file.stored.open("rb") as handle:
        head = handle.read(limits.CHUNK_BYTES)
        handle.seek(max(file.size - limits.CHUNK_BYTES, 0))
        tail = handle.read()
    kind = (
        Kind.ARCHIVE if has_zip_end(tail) else recognise_head(head, suffix=PurePosixPath(file.path).suffix.casefold())
    )
    content_type = describe_content(head, is_text=is_text(head))
    return FileRecord(path=file.path, sha256=file.sha256, size=file.size, kind=kind, content_type=content_type)


def has_zip_end(tail: bytes) -> bool:
    """Say whether the file ends as a zip does: zipimport loads one from behind any picture."""
    return find_zip_end(tail) is not None


def recognise_head(head: bytes, *, suffix: str) -> Kind:
    """Return the kind for these first bytes and this suffix (lower case, with its dot)."""
    if head.startswith(ARCHIVE_MAGIC) or is_tar_header(head[:BLOCK]):
        return Kind.ARCHIVE
    if is_bytecode(head):
        return Kind.BYTECODE
    # "MZ" may also begin a word; a binary is never without a zero byte.
    if head.startswith(NATIVE_MAGIC) and b"\0" in head:
        return Kind.NATIVE
    if PICKLE.match(head) or (suffix in PICKLE_SUFFIXES and not head.startswith(b"x")):
        return Kind.PICKLE
    return recognise_source(head, suffix=suffix)


def recognise_source(head: bytes, *, suffix: str) -> Kind:
    """Return the kind of what is no known binary: by suffix, by shebang, and last by how its bytes read."""
    if suffix in PYTHON_SUFFIXES:
        return Kind.PYTHON
    if suffix in SCRIPT_SUFFIXES:
        return Kind.JAVASCRIPT
    if match := SHEBANG.match(head):
        return kind_of_interpreter(match[1])
    if suffix in FOREIGN_SUFFIXES:
        return Kind.FOREIGN
    if suffix in SHELL_SUFFIXES:
        return Kind.SCRIPT if is_text(head) else Kind.FOREIGN
    return Kind.TEXT if is_text(head) else Kind.DATA


def kind_of_interpreter(line: bytes) -> Kind:
    """Return the kind for the program a shebang line names; an unknown one is a script nobody reads."""
    if PYTHON_INTERPRETER.search(line):
        return Kind.PYTHON
    if SCRIPT_INTERPRETER.search(line):
        return Kind.JAVASCRIPT
    return Kind.SCRIPT if SHELL_INTERPRETER.search(line) else Kind.FOREIGN


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
