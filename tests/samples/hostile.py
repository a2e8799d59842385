"""More archives that bite, each built in memory by changing an honest one, and odd ones that honest programs write.

Nothing here is executed, and nothing is written unless a test asks for a file.
"""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

from tests.samples import archives
from tests.samples.archives import HONEST, make_entry, make_pax_member, pack_entries, pack_members, pack_stored

CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
Case = tuple[str, bytes]


def set_both(data: bytes, *, local: int, central: int, value: bytes) -> bytes:
    """Return a zip of one entry with a field of both headers overwritten."""
    return archives.patch_field(archives.patch_field(data, LOCAL, local, value), CENTRAL, central, value)


def set_end(data: bytes, offset: int, value: bytes) -> bytes:
    """Return a zip with a field of its end record overwritten."""
    return archives.patch_field(data, END, offset, value, last=True)


def add_extra(extra: bytes, *, name: str = "a.py", content: bytes = b"x = 1\n") -> bytes:
    """Return a zip of one entry that carries an extra field in both headers."""
    entry = make_entry(name, method=zipfile.ZIP_STORED)
    entry.extra = extra
    return pack_entries((entry, content))


def add_local_extra(extra: bytes, *, sizes: bytes | None = None) -> bytes:
    """Return a stored zip of one entry whose local header alone carries an extra field."""
    data = pack_stored({"a.py": "x = 1\n"})
    if sizes is not None:
        data = archives.patch_field(data, LOCAL, 18, sizes)
    data = archives.patch_field(data, LOCAL, 28, struct.pack("<H", len(extra)))
    at = 30 + len("a.py")
    start = data.index(CENTRAL) + len(extra)
    return set_end(data[:at] + extra + data[at:], 16, struct.pack("<I", start))


def field(identifier: int, content: bytes) -> bytes:
    """Return one extra field."""
    return struct.pack("<2H", identifier, len(content)) + content


def add_wide_end(data: bytes, *, shift: int = 0) -> bytes:
    """Return a zip with zip64 end records; they tell the truth when `shift` is 0."""
    position = data.rindex(END)
    total, length, start = struct.unpack_from("<H2I", data, position + 10)
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, total, total, length, start + shift)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, position, 1)
    return data[:position] + record + locator + data[position:]


def make_quine_like() -> bytes:
    """Return a zip that lists itself: an entry whose data begins at its own local header."""
    data = pack_stored({"a.zip": "x" * 40, "b.zip": "y" * 40})
    second = data.index(CENTRAL, data.index(CENTRAL) + 4)
    return data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]


def refused_zips() -> dict[str, Case]:
    """Return hostile zips by what they do, with the code each is refused with."""
    return {**refused_features(), **refused_records(), **refused_members()}


def refused_features() -> dict[str, Case]:
    """Return zips that use what no plugin needs."""
    stored = pack_stored({"a.py": "x = 1\n"})
    unicode_path = struct.pack("<BI", 1, zlib.crc32(b"a.py")) + b"b.py"
    wide = struct.pack("<QQ", 6, 6)
    return {
        "strong encryption": ("archive_encrypted", set_both(stored, local=6, central=8, value=b"\x41\x00")),
        "masked headers": ("archive_encrypted", set_both(stored, local=6, central=8, value=b"\x00\x20")),
        "encrypted in the directory only": ("archive_encrypted", archives.patch_field(stored, CENTRAL, 8, b"\x01")),
        "encrypted in the local header only": ("archive_header_mismatch", archives.patch_field(stored, LOCAL, 6, b"\x01")),
        "AES": ("archive_encrypted", set_both(stored, local=8, central=10, value=b"\x63\x00")),
        "AES field": ("archive_encrypted", add_extra(field(0x9901, bytes(7)))),
        "bzip2": ("archive_compression", pack_entries((make_entry("a", method=zipfile.ZIP_BZIP2), b"x" * 99))),
        "zstandard": ("archive_compression", set_both(stored, local=8, central=10, value=b"\x5d\x00")),
        "deflate64": ("archive_compression", set_both(stored, local=8, central=10, value=b"\x09\x00")),
        "other local method": ("archive_header_mismatch", archives.patch_field(stored, LOCAL, 8, b"\x08\x00")),
        "other local flags": ("archive_header_mismatch", archives.patch_field(stored, LOCAL, 6, b"\x00\x08")),
        "second name": ("archive_second_name", add_extra(field(0x7075, unicode_path))),
        "field twice": ("archive_extra", add_extra(field(0x5455, b"\0") * 2)),
        "field cut off": ("archive_extra", add_extra(struct.pack("<2H", 0x5455, 99))),
        "link in an old field": ("archive_symlink", add_extra(field(0x756E, bytes(20)))),
        "zip64 field in the directory": ("archive_zip64", add_extra(field(1, wide))),
        "zip64 field with other sizes": (
            "archive_header_mismatch",
            add_local_extra(field(1, struct.pack("<QQ", 7, 7)), sizes=b"\xff" * 8),
        ),
        "zip64 field against its header": ("archive_zip64", add_local_extra(field(1, struct.pack("<QQ", 7, 7)))),
        "zip64 field of one size": ("archive_zip64", add_local_extra(field(1, wide[:8]), sizes=b"\xff" * 8)),
        "zip64 end": ("archive_zip64", add_wide_end(stored)),
        "zip64 end that lies": ("archive_zip64", add_wide_end(stored, shift=1)),
        "zip64 directory offset": ("archive_zip64", set_end(stored, 16, b"\xff" * 4)),
        "zip64 entry count": ("archive_split", set_end(stored, 8, b"\xff\xff")),
    }  # fmt: skip


def refused_records() -> dict[str, Case]:
    """Return zips whose records lie about each other."""
    stored = pack_stored({"a.py": "x = 1\n"})
    streamed = archives.pack_streamed({"a.py": "x = 1\n" * 99})
    return {
        "entry count too high": ("archive_directory", set_end(stored, 8, b"\x02\x00\x02\x00")),
        "entry count too low": ("archive_directory", set_end(pack_stored(HONEST), 8, b"\x01\x00\x01\x00")),
        "other disk": ("archive_split", set_end(stored, 4, b"\x01\x00")),
        "entry on another disk": ("archive_split", archives.patch_field(stored, CENTRAL, 34, b"\x01")),
        "entry offset out of the file": ("archive_prepended", archives.patch_field(stored, CENTRAL, 42, b"\xff\xff\xff\x0f")),
        "directory offset out of the file": ("archive_directory", set_end(stored, 16, b"\xff\xff\xff\x0f")),
        "directory mark": ("archive_damaged", archives.patch(stored, CENTRAL, b"PK\x01\x03")),
        "second directory": ("archive_directory", stored + stored[stored.index(CENTRAL) :]),
        "lying size": ("archive_size", set_both(stored, local=22, central=24, value=struct.pack("<I", 5))),
        "smaller than it inflates to": ("archive_size", shrink(archives.pack_zip({"a": "x" * 999}))),
        "descriptor lies": ("archive_descriptor", archives.patch_field(streamed, b"PK\x07\x08", 4, b"\1\2\3\4")),
        "data that ends before its stated end": ("archive_size", add_tail(archives.pack_zip({"a": "x" * 999}), b"tail" * 99)),
        "long data that ends before its stated end": (
            "archive_size",
            add_tail(archives.pack_zip({"a": bytes(200_000)}), b"tail" * 40_000),
        ),
    }  # fmt: skip


def refused_members() -> dict[str, Case]:
    """Return zips whose members are not what they seem, and what can stand in comments."""
    stored = pack_stored({"a.py": "x = 1\n"})
    return {
        "directory comment": ("archive_comment", add_entry_comment(b"\x00\x01")),
        "archive in the comment": ("archive_comment", add_comment(stored, b"PK here")),
        "long comment": ("archive_comment", add_comment(stored, b"a" * 1025)),
        "folder with content": ("archive_folder_content", pack_entries((make_entry("a/", mode=0o040755, method=0), b"x"))),
        "folder by attribute": ("archive_header_mismatch", archives.patch_field(stored, CENTRAL, 38, b"\x10")),
        "socket": ("archive_device", pack_entries((make_entry("a", mode=0o140644), b""))),
        "NUL in a name": ("archive_name_unsafe", archives.patch(archives.patch(stored, b"a.py", b"a\0py"), b"a.py", b"a\0py")),
        "nested mark in a name": ("archive_name_unsafe", pack_stored({"lib.zip!/a.py": "x"})),
        "not UTF-8 in spite of the flag": ("archive_name_encoding", set_both(rename(stored), local=6, central=8, value=b"\x00\x08")),
        "file below a file": ("archive_name_collision", pack_stored({"a/b": "x", "a": "y"})),
        "folder named like a file": ("archive_name_collision", pack_entries((make_entry("a"), b""), (make_entry("a/"), b""))),
        "decomposed form": ("archive_name_collision", pack_stored({"e\u0301.py": "x", "\u00e9.py": "y"})),
        "own header inside": ("archive_overlap", make_quine_like()),
        "tar inside its first entry": ("archive_polyglot", make_tar_polyglot()),
    }  # fmt: skip


def rename(data: bytes) -> bytes:
    """Return a zip whose entry has a name that is no UTF-8."""
    return archives.patch(archives.patch(data, b"a.py", b"\xe9.py"), b"a.py", b"\xe9.py")


def shrink(data: bytes) -> bytes:
    """Return a zip whose headers agree on a size below the real one."""
    return set_both(data, local=22, central=24, value=struct.pack("<I", 10))


def add_tail(data: bytes, tail: bytes) -> bytes:
    """Return a zip whose one entry has bytes behind the end of its compressed stream, counted in both headers."""
    start = data.index(CENTRAL)
    packed = struct.unpack_from("<I", data, 18)[0] + len(tail)
    data = set_both(data, local=18, central=20, value=struct.pack("<I", packed))
    return set_end(data[:start] + tail + data[start:], 16, struct.pack("<I", start + len(tail)))


def add_comment(data: bytes, comment: bytes) -> bytes:
    """Return a zip with a comment at its end."""
    return set_end(data, 20, struct.pack("<H", len(comment))) + comment


def add_entry_comment(comment: bytes) -> bytes:
    """Return a zip whose one entry has a comment."""
    entry = make_entry("a.py")
    entry.comment = comment
    return pack_entries((entry, b"x"))


def make_tar_polyglot() -> bytes:
    """Return a zip whose first 512 bytes are a tar header as well."""
    content = bytearray(1024)
    data = bytearray(pack_stored({"a.py": bytes(content)}))
    data[257:262] = b"ustar"
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


def make_raw_tar(**fields: tuple[int, bytes]) -> bytes:
    """Return a plain tar of one empty file with raw header fields overwritten and the checksum made right."""
    block = bytearray(tarfile.TarInfo("a.py").tobuf(tarfile.USTAR_FORMAT))
    for offset, value in fields.values():
        block[offset : offset + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + bytes(1024)


def make_gzip(content: bytes, *, flags: int, fields: bytes = b"") -> bytes:
    """Return a gzip stream with header flags and the fields they announce."""
    packed = gzip.compress(content, mtime=0)
    return packed[:3] + bytes([flags]) + packed[4:10] + fields + packed[10:]


def refused_tars() -> dict[str, Case]:
    """Return hostile tars by what they do, with the code each is refused with."""
    honest = archives.pack_tar_gz(HONEST)
    plain = gzip.decompress(honest)
    pax = make_pax_member("a", path="b")
    extended = gzip.decompress(pack_members((pax, b"")))[:1024]
    long_name = gzip.decompress(pack_members((tarfile.TarInfo("a" * 120), b""), kind=tarfile.GNU_FORMAT))
    return {
        "base-256 size": ("archive_damaged", gzip.compress(make_raw_tar(size=(124, b"\x80" + bytes(10) + b"\x05")))),
        "negative size": ("archive_damaged", gzip.compress(make_raw_tar(size=(124, b"\xff" * 12)))),
        "signed size": ("archive_damaged", gzip.compress(make_raw_tar(size=(124, b"-0000000001\0")))),
        "junk in a number": ("archive_damaged", gzip.compress(make_raw_tar(size=(124, b"0000\x000000z\0")))),
        "huge size": ("archive_truncated", gzip.compress(make_raw_tar(size=(124, b"77777777777\0")))),
        "prefix in an old dialect": (
            "archive_header_mismatch",
            gzip.compress(make_raw_tar(magic=(257, b"ustar  \0"), prefix=(345, b"evil"))),
        ),
        "file named as a folder": ("archive_header_mismatch", gzip.compress(make_raw_tar(name=(0, b"a.py/")))),
        "folder with content": ("archive_folder_content", gzip.compress(make_raw_tar(kind=(156, b"5"), size=(124, b"00000000001\0")))),
        "contiguous file": ("archive_entry_type", gzip.compress(make_raw_tar(kind=(156, b"7")))),
        "multi-volume": ("archive_entry_type", gzip.compress(make_raw_tar(kind=(156, b"M")))),
        "long link": ("archive_symlink", gzip.compress(make_raw_tar(kind=(156, b"K")))),
        "two extended headers": ("archive_pax", gzip.compress(extended * 2 + plain)),
        "extended and long name": ("archive_pax", gzip.compress(extended[:1024] + long_name)),
        "extended link": ("archive_pax", pack_members((make_pax_member("a", linkpath="/etc"), b""))),
        "extended character set": ("archive_pax", pack_members((make_pax_member("a", hdrcharset="BINARY"), b""))),
        "sparse 0.0": ("archive_sparse", pack_members((make_pax_member("a", **{"GNU.sparse.size": "9"}), b""))),
        "sparse 0.1": ("archive_sparse", pack_members((make_pax_member("a", **{"GNU.sparse.map": "0,9"}), b""))),
        "global path": ("archive_pax", pack_global(path="b")),
        "global size": ("archive_pax", pack_global(size="9")),
        "extended header at the end": ("archive_truncated", gzip.compress(extended + bytes(1024))),
        "xz": ("archive_compression", b"\xfd7zXZ\0" + bytes(60)),
        "bzip2": ("archive_compression", b"BZh9" + bytes(60)),
        "not compressed": ("archive_unsupported", plain),
        "gzip extra field": ("archive_gzip_header", make_gzip(plain, flags=4, fields=b"\x02\0ab")),
        "gzip comment": ("archive_gzip_header", make_gzip(plain, flags=16, fields=b"comment\0")),
        "gzip reserved flag": ("archive_gzip_header", make_gzip(plain, flags=0x80)),
        "endless gzip name": ("archive_gzip_header", make_gzip(plain, flags=8, fields=b"a" * 2000 + b"\0")),
        "gzip header cut off": ("archive_truncated", honest[:8]),
        "gzip checksum": ("archive_damaged", honest[:-8] + bytes(4) + honest[-4:]),
        "zip behind": ("archive_polyglot", honest + pack_stored({"a.py": "x"})),
        "nothing but the end": ("archive_empty", gzip.compress(bytes(1024))),
        "much padding": ("archive_trailing_data", gzip.compress(plain + bytes(128 * 512))),
        "one end block": ("archive_truncated", gzip.compress(make_raw_tar()[:1024])),
    }  # fmt: skip


def pack_global(**headers: str) -> bytes:
    """Return a tar.gz with a global extended header."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers) as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return gzip.compress(buffer.getvalue(), mtime=0)


def honest_archives() -> dict[str, bytes]:
    """Return archives that honest programs write, by what is unusual about them."""
    stored = pack_stored({"a.py": "x = 1\n"})
    folder = make_entry("demo/", mode=0o040755, method=zipfile.ZIP_STORED)
    unicode_path = field(0x7075, struct.pack("<BI", 1, zlib.crc32("\u00e9.py".encode())) + "\u00e9.py".encode())
    plain = gzip.decompress(archives.pack_tar_gz({"a.py": "x = 1\n"}))
    return {
        "commit as comment": add_comment(stored, b"0123456789abcdef0123456789abcdef01234567"),
        "times": add_extra(field(0x5455, b"\x03" + bytes(8)) + field(0x7875, b"\1\4" + bytes(4) + b"\4" + bytes(4))),
        "jar mark": add_extra(field(0xCAFE, b"")),
        "alignment": add_extra(field(0xD935, b"\4\0\0\0")),
        "zip64 field of a packer that streams": add_local_extra(field(1, struct.pack("<QQ", 6, 6)), sizes=b"\xff" * 8),
        "same name in UTF-8 twice": add_extra(unicode_path, name="\u00e9.py"),
        "name that does not say it is UTF-8": archives.patch(
            archives.patch(pack_stored({"ab.py": "x"}), b"ab", b"\xc3\xa9"), b"ab", b"\xc3\xa9"
        ),
        "folder": pack_entries((folder, b""), (make_entry("demo/a.py"), b"x = 1\n")),
        "version needed": archives.patch_field(stored, LOCAL, 4, b"\x0a\x00"),
        "level flags": set_both(stored, local=6, central=8, value=b"\x06\x00"),
        "level flag in one header": archives.patch_field(stored, LOCAL, 6, b"\x02\x00"),
        "streamed": archives.pack_streamed(HONEST),
        "pax time": pack_members((make_pax_member("a", mtime="1.5"), b"")),
        "pax size that repeats": pack_members((make_pax_member("a", size="0"), b"")),
        "commit in a global header": pack_global(comment="0123456789abcdef"),
        "gzip name": make_gzip(plain, flags=8, fields=b"plugin.tar\0"),
        "old tar": gzip.compress(make_raw_tar(magic=(257, bytes(8)))),
        "padded to a record": gzip.compress(plain + bytes(10240 - len(plain) % 10240)),
    }
