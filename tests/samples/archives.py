"""Archives built in memory: the honest kind, and every hostile kind the engine must refuse.

Nothing here is executed, and nothing is written unless a test asks for a file.
"""

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent
MOMENT = (2026, 1, 1, 0, 0, 0)
Tree = Mapping[str, bytes | str]


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return the files of a sample folder by their relative paths."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def as_files(tree: Tree | Path) -> dict[str, bytes]:
    """Return a tree as bytes by path; a folder is read first."""
    files: Tree = read_folder(tree) if isinstance(tree, Path) else tree
    return {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}


def pack_zip(tree: Tree | Path) -> bytes:
    """Return a zip of the tree, equal for equal trees."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in as_files(tree).items():
            archive.writestr(make_entry(name), content)
    return buffer.getvalue()


def pack_stored(tree: Tree | Path) -> bytes:
    """Return a zip of the tree without compression."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in as_files(tree).items():
            archive.writestr(make_entry(name, method=zipfile.ZIP_STORED), content)
    return buffer.getvalue()


def make_entry(name: str, *, mode: int = 0o100644, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    """Return a zip entry with a fixed time and the given mode."""
    entry = zipfile.ZipInfo(name, MOMENT)
    entry.external_attr = mode << 16
    entry.compress_type = method
    return entry


def pack_entries(*entries: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    """Return a zip of entries as they are, doubles and odd modes included."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return buffer.getvalue()


class Unseekable(io.RawIOBase):
    """A sink that cannot go back, so that sizes must follow the data."""

    def __init__(self) -> None:
        self.written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        block = bytes(data)  # type: ignore[call-overload]
        self.written += block
        return len(block)


def pack_streamed(tree: Tree | Path) -> bytes:
    """Return a zip whose sizes follow the data, as a packer without seeking writes it."""
    sink = Unseekable()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in as_files(tree).items():
            archive.writestr(make_entry(name), content)
    return bytes(sink.written)


def pack_tar_gz(tree: Tree | Path, *, kind: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a gzip-compressed tar of the tree, equal for equal trees."""
    members = []
    for name, content in as_files(tree).items():
        member = tarfile.TarInfo(name)
        member.size = len(content)
        members.append((member, content))
    return pack_members(*members, kind=kind)


def pack_members(*members: tuple[tarfile.TarInfo, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a gzip-compressed tar of members as they are."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=0)


def make_member(name: str, kind: bytes, *, target: str = "") -> tarfile.TarInfo:
    """Return a tar member of a type."""
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    return member


def make_pax_member(name: str, **headers: str) -> tarfile.TarInfo:
    """Return a tar member with extended headers."""
    member = tarfile.TarInfo(name)
    member.pax_headers = headers
    return member


def patch(data: bytes, old: bytes, new: bytes, *, count: int = 1) -> bytes:
    """Return the archive with bytes exchanged; fails when they are not there."""
    if old not in data or len(old) != len(new):
        raise ValueError("nothing to exchange")
    return data.replace(old, new, count)


def patch_last(data: bytes, old: bytes, new: bytes) -> bytes:
    """Return the archive with the last occurrence exchanged: in a zip, the directory's."""
    position = data.rindex(old)
    return data[:position] + new + data[position + len(old) :]


def patch_field(data: bytes, mark: bytes, offset: int, value: bytes, *, last: bool = False) -> bytes:
    """Return the archive with a header field overwritten, counted from a header's mark."""
    start = (data.rindex(mark) if last else data.index(mark)) + offset
    return data[:start] + value + data[start + len(value) :]


HONEST = {"demo/__init__.py": "", "demo/nodes.py": "value = 1\n" * 50}


def overlapping_zip() -> bytes:
    """Return a zip with two directory entries that share one local entry (bamsoftware, 2019)."""
    data = pack_zip({"a": "x" * 100})
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    directory = data[start:end]
    trailer = bytearray(data[end:])
    struct.pack_into("<2H2I", trailer, 8, 2, 2, 2 * len(directory), start)
    second = directory.replace(b"a", b"b", 1) if directory.count(b"a") == 1 else directory[:-1] + b"b"
    return data[:start] + directory + second + bytes(trailer)


def refused_zips() -> dict[str, tuple[str, bytes]]:
    """Return every hostile zip by a name that says what it does, with the code it must be refused with."""
    honest = pack_zip(HONEST)
    stored = pack_stored({"a.py": "x = 1\n"})
    big = b"\0" * (12 * 1024 * 1024)
    return {
        "climbing path": ("archive_path_climbs", pack_zip({"../evil.py": "x"})),
        "climbing path inside": ("archive_path_climbs", pack_zip({"a/../../evil.py": "x"})),
        "absolute path": ("archive_path_absolute", pack_zip({"/etc/evil": "x"})),
        "backslash path": ("archive_name_unsafe", pack_entries((make_entry("a\\b.py"), b"x"))),
        "drive path": ("archive_name_unsafe", pack_zip({"C:evil.py": "x"})),
        "empty component": ("archive_name_unsafe", pack_zip({"a//b.py": "x"})),
        "trailing dot": ("archive_name_unsafe", pack_zip({"a./b.py": "x"})),
        "device name": ("archive_name_unsafe", pack_zip({"aux.py": "x"})),
        "control character": ("archive_name_unsafe", pack_zip({"a\x1bb.py": "x"})),
        "direction override": ("archive_name_unsafe", pack_zip({"a\u202eyp.txt": "x"})),
        "long path": ("archive_path_length", pack_zip({"/".join(["a" * 100] * 6): "x"})),
        "long component": ("archive_path_length", pack_zip({"a" * 256: "x"})),
        "deep path": ("archive_path_depth", pack_zip({"/".join("a" * 21): "x"})),
        "symbolic link": ("archive_symlink", pack_entries((make_entry("a", mode=0o120777), b"/etc"))),
        "fifo": ("archive_device", pack_entries((make_entry("a.py", mode=0o010644), b""))),
        "device": ("archive_device", pack_entries((make_entry("a.py", mode=0o020644), b""))),
        "case collision": ("archive_name_collision", pack_zip({"A.py": "x", "a.py": "y"})),
        "compatibility collision": ("archive_name_collision", pack_zip({"\ufb01.py": "x", "fi.py": "y"})),
        "file and folder": ("archive_name_collision", pack_zip({"a": "x", "a/b": "y"})),
        "folder in two cases": ("archive_name_collision", pack_zip({"A/x": "x", "a/y": "y"})),
        "encrypted": ("archive_encrypted", patch_field(honest, b"PK\x01\x02", 8, b"\x01\x00")),
        "unknown method": ("archive_compression", patch_field(honest, b"PK\x01\x02", 10, b"\x62\x00")),
        "lzma": ("archive_compression", pack_entries((make_entry("a", method=zipfile.ZIP_LZMA), b"x" * 99))),
        "patched data flag": ("archive_feature", patch_field(honest, b"PK\x01\x02", 8, b"\x20\x00")),
        "other local name": ("archive_header_mismatch", patch(stored, b"a.py", b"b.py")),
        "other local size": ("archive_header_mismatch", patch_field(stored, b"PK\x03\x04", 22, b"\xff")),
        "wrong checksum": ("archive_checksum", patch(stored, b"x = 1", b"x = 2")),
        "bomb by ratio": ("archive_bomb_ratio", pack_zip({"a": big})),
        "overlap": ("archive_overlap", overlapping_zip()),
        "prepended data": ("archive_prepended", b"#!/bin/sh\n" + honest),
        "prepended zip": ("archive_directory", stored + honest),
        "trailing data": ("archive_trailing_data", honest + b"more"),
        "comment": ("archive_comment", honest[:-2] + b"\x04\x00\x01ore"),
        "truncated": ("archive_truncated", honest[:-30]),
        "empty": ("archive_empty", pack_zip({})),
        "too short": ("archive_truncated", b"PK\x03\x04"),
        "name in another code page": ("archive_name_encoding", patch(patch(stored, b"a.py", b"\xe9.py"), b"a.py", b"\xe9.py")),
        "plain text": ("archive_unsupported", b"hello"),
        "nothing": ("archive_unsupported", b""),
        "hidden bytes": ("archive_hidden_bytes", hide_bytes(stored)),
        "zip64": ("archive_zip64", patch_last(stored, b"\x01\x00\x01\x00", b"\xff\xff\xff\xff")),
    }  # fmt: skip


def hide_bytes(data: bytes) -> bytes:
    """Return a zip with bytes between its last entry and its directory that no entry owns."""
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    trailer = bytearray(data[end:])
    struct.pack_into("<I", trailer, 16, start + 8)
    return data[:start] + b"hidden!!" + data[start:end] + bytes(trailer)


def refused_tars() -> dict[str, tuple[str, bytes]]:
    """Return every hostile tar.gz by a name that says what it does, with the code it must be refused with."""
    honest = pack_tar_gz(HONEST)
    plain = gzip.decompress(honest)
    return {
        "climbing path": ("archive_path_climbs", pack_tar_gz({"../evil.py": "x"})),
        "absolute path": ("archive_path_absolute", pack_members((tarfile.TarInfo("/etc/evil"), b""))),
        "climbing extended path": ("archive_path_climbs", pack_members((make_pax_member("a", path="../../b"), b""))),
        "symbolic link": ("archive_symlink", pack_members((make_member("a", tarfile.SYMTYPE, target="/etc"), b""))),
        "hard link": ("archive_hardlink", pack_members((make_member("a", tarfile.LNKTYPE, target="b"), b""))),
        "fifo": ("archive_device", pack_members((make_member("a.py", tarfile.FIFOTYPE), b""))),
        "character device": ("archive_device", pack_members((make_member("a.py", tarfile.CHRTYPE), b""))),
        "block device": ("archive_device", pack_members((make_member("a.py", tarfile.BLKTYPE), b""))),
        "sparse": ("archive_sparse", pack_members((make_member("a.py", tarfile.GNUTYPE_SPARSE), b""))),
        "extended size": ("archive_pax", pack_members((make_pax_member("a", size="9999999"), b""))),
        "extended sparse": ("archive_sparse", pack_members((make_pax_member("a", **{"GNU.sparse.major": "1"}), b""))),
        "duplicate": ("archive_duplicate_name", pack_members((tarfile.TarInfo("a"), b""), (tarfile.TarInfo("a"), b""))),
        "bomb by ratio": ("archive_bomb_ratio", pack_tar_gz({"a": b"\0" * (12 * 1024 * 1024)})),
        "trailing data": ("archive_trailing_data", honest + b"more"),
        "second stream": ("archive_gzip_members", honest + honest),
        "data after the end": ("archive_trailing_data", gzip.compress(plain + b"x" * 512)),
        "truncated stream": ("archive_truncated", honest[:-20]),
        "truncated tar": ("archive_truncated", gzip.compress(plain[:700])),
        "wrong checksum": ("archive_damaged", gzip.compress(patch(plain, b"demo", b"memo"))),
        "name not UTF-8": ("archive_name_encoding", pack_members((tarfile.TarInfo("a\udce9"), b""), kind=tarfile.GNU_FORMAT)),
        "not a tar": ("archive_truncated", gzip.compress(b"hello")),
    }  # fmt: skip
