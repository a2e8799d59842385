"""Names what a file is by its first bytes, and finds what hangs behind the end of a picture or document.

Recognises formats; reads no content beyond their framing.
"""

import re

# (where, magic, type); the first that fits wins, so longer marks stand before shorter ones.
MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"), (0, b"\xff\xd8\xff", "image/jpeg"), (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"), (8, b"WEBP", "image/webp"), (0, b"BM", "image/bmp"), (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"), (0, b"\0\0\1\0", "image/x-icon"), (0, b"\0\0\2\0", "image/x-icon"),
    (0, b"icns", "image/icns"), (0, b"8BPS", "image/x-photoshop"), (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"), (0, b"wOFF", "font/woff"), (0, b"wOF2", "font/woff2"), (0, b"OTTO", "font/otf"),
    (0, b"\0\1\0\0\0", "font/ttf"), (0, b"true\0", "font/ttf"), (0, b"ttcf", "font/collection"),
    (8, b"WAVE", "audio/wav"), (0, b"OggS", "audio/ogg"), (0, b"fLaC", "audio/flac"), (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"), (0, b"\xff\xf3", "audio/mpeg"), (0, b"MThd", "audio/midi"),
    (0, b".snd", "audio/basic"), (8, b"AIFF", "audio/aiff"), (0, b"caff", "audio/x-caf"), (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"), (8, b"AVI ", "video/avi"), (0, b"FLV\1", "video/x-flv"),
    (0, b"%PDF-", "application/pdf"), (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"\0asm", "application/wasm"), (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"dex\n", "application/x-dex"), (0, b"\x7fELF", "application/x-elf"),
    (0, b"\xfe\xed\xfa\xce", "application/x-mach-o"), (0, b"\xfe\xed\xfa\xcf", "application/x-mach-o"),
    (0, b"\xce\xfa\xed\xfe", "application/x-mach-o"), (0, b"\xcf\xfa\xed\xfe", "application/x-mach-o"),
    (0, b"\xca\xfe\xba\xbf", "application/x-mach-o"), (0, b"!<arch>\n", "application/x-ar"),
    (0, b"\x1bLua", "application/x-lua-bytecode"), (0, b"L\0\0\0\1\x14\2\0", "application/x-ms-shortcut"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"), (0, b"MSCF", "application/vnd.ms-cab"),
    (0, b"\x93NUMPY", "application/x-numpy"), (0, b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
    (0, b"PAR1", "application/vnd.apache.parquet"), (0, b"ARROW1", "application/vnd.apache.arrow.file"),
    (0, b"GGUF", "application/x-gguf"), (4, b"TFL3", "application/x-tflite"),
    (0, b"\xde\x12\x04\x95", "application/x-gettext-translation"),
    (0, b"\x95\x04\x12\xde", "application/x-gettext-translation"), (0, b"TZif", "application/tzif"),
    (0, b"PK\x03\x04", "application/zip"), (0, b"PK\x05\x06", "application/zip"), (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"), (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"), (0, b"Rar!", "application/vnd.rar"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"), (0, b"\x04\x22\x4d\x18", "application/x-lz4"),
    (257, b"ustar", "application/x-tar"), (0, b"xar!", "application/x-xar"),
    (0, b"\xed\xab\xee\xdb", "application/x-rpm"),
    (0, b"-----BEGIN ", "application/x-pem-file"), (0, b"bplist", "application/x-bplist"),
    (0, b"{\\rtf", "application/rtf"), (0, b"%!PS", "application/postscript"),
    (0, b"\x78\x01", "application/zlib"), (0, b"\x78\x9c", "application/zlib"), (0, b"\x78\xda", "application/zlib"),
)  # fmt: skip
SAFETENSORS = re.compile(rb'.{7}\0\{"', re.DOTALL)  # a 64-bit length under 2**56, then JSON
# A protocol number, then a frame, or the first operation of a pickle without frames.
PICKLE = re.compile(rb"\x80[\x02-\x05][\x95\x8c\x8a\x88\x89}\](cXUKMJGNC\x8f\x8e\x97BT)]")
TEXT_TYPES = (
    (re.compile(rb"\s*(?:<!doctype html|<html)", re.IGNORECASE), "text/html"),
    (re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<svg", re.DOTALL), "image/svg+xml"),
    (re.compile(rb"\s*<\?xml"), "application/xml"),
    (re.compile(rb'(?:#[^\n]*\n)*\s*msgid ""'), "text/x-gettext-translation"),
    (re.compile(rb"\s*[\[{]"), "application/json"),
)
UNKNOWN = "application/octet-stream"
EXECUTABLE_TAIL = re.compile(
    rb"MZ.{60}|\x7fELF|#!\s*/|\x1f\x8b\x08|PK\x03\x04"
    rb"|\s*(?:import |from \w+ import |exec\(|eval\(|<\?php|function ?\()",
    re.DOTALL,
)


def describe_content(head: bytes, *, is_text: bool) -> str:
    """Return the media type of a file from its first bytes; "application/octet-stream" when nothing fits."""
    for offset, magic, name in MAGIC:
        if head.startswith(magic, offset) and not (is_text and len(magic) < 4):
            return name
    if PICKLE.match(head):
        return "application/x-pickle"
    if SAFETENSORS.match(head):
        return "application/x-safetensors"
    if not is_text:
        return UNKNOWN
    return next((name for pattern, name in TEXT_TYPES if pattern.match(head)), "text/plain")


def find_end(data: bytes, *, content_type: str) -> int | None:
    """Return where a picture or document ends by its own framing; None when its framing is not read here or broken."""
    finder = ENDS.get(content_type)
    return finder(data) if finder else None


def end_of_png(data: bytes) -> int | None:
    """Return the byte behind the IEND chunk (PNG, 5.3)."""
    position = 8
    while position + 12 <= len(data):
        following = position + 12 + int.from_bytes(data[position : position + 4], "big")
        if data[position + 4 : position + 8] == b"IEND":
            return following if following <= len(data) else None
        position = following
    return None


def end_of_gif(data: bytes) -> int | None:
    """Return the byte behind the trailer (GIF89a, 27)."""
    if len(data) < 13:
        return None
    position = 13 + table_bytes(data[10])
    while position < len(data):
        mark = data[position]
        if mark == 0x3B:
            return position + 1
        if mark == 0x21:
            position = skip_blocks(data, position + 2)
        elif mark == 0x2C and position + 10 <= len(data):
            position = skip_blocks(data, position + 11 + table_bytes(data[position + 9]))
        else:
            return None
    return None


def table_bytes(flags: int) -> int:
    """Return the length of a colour table that these flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def skip_blocks(data: bytes, position: int) -> int:
    """Return the byte behind a chain of length-prefixed blocks."""
    while position < len(data) and data[position]:
        position += data[position] + 1
    return position + 1


def end_of_jpeg(data: bytes) -> int | None:
    """Return the byte behind the last end mark of a picture: honest cameras append a second picture."""
    found = data.rfind(b"\xff\xd9")
    return found + 2 if found >= 0 else None


def end_of_riff(data: bytes) -> int | None:
    """Return the byte behind the outer chunk, its padding byte included."""
    size = int.from_bytes(data[4:8], "little")
    end = 8 + size + size % 2
    return end if data.startswith(b"RIFF") and size and end <= len(data) else None


def end_of_pdf(data: bytes) -> int | None:
    """Return the byte behind the last end mark."""
    found = data.rfind(b"%%EOF")
    return found + 5 if found >= 0 else None


ENDS = {
    "image/png": end_of_png,
    "image/gif": end_of_gif,
    "image/jpeg": end_of_jpeg,
    "image/webp": end_of_riff,
    "audio/wav": end_of_riff,
    "application/pdf": end_of_pdf,
}
