"""Changes archives and files the way an attacker would: by the fields of their headers, not by chance alone.

Seeded: one number gives one input, on every machine.
"""

import gzip
import random
import struct
import zlib

from tests.samples import archives, hostile

ZIP_MARKS = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x07\x08", b"PK\x06\x06", b"PK\x06\x07")
ZIP_FIELD_BYTES = 56  # the longest fixed header
TAR_FIELDS = ((0, 100), (100, 8), (124, 12), (136, 12), (148, 8), (156, 1), (157, 100), (257, 8), (345, 155))
TAR_VALUES = (
    b"", b"\0", b"../a", b"/etc/passwd", b"a/", b"7777777", b"00000000000", b"77777777777",
    b"\x80\0\0\0\0\0\0\0\0\0\0\1",
    b"\xff" * 12, b"-1", b"ustar\00000", b"ustar  \0", b"0", b"1", b"2", b"5", b"7", b"x", b"g", b"L", b"K", b"S",
)  # fmt: skip
PAX_RECORDS = (b"11 path=x\n", b"12 size=-1\n", b"99 path=x\n", b"8 path\n", b"25 GNU.sparse.major=1\n", b"0 a=b\n")
NUMBERS = (0, 1, 2, 8, 9, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
LARGEST_SEED = 64 * 1024


def archive_seeds() -> list[bytes]:
    """Return the archives that mutation starts from: honest ones and hostile ones."""
    cases = [
        *archives.refused_zips().values(), *archives.refused_tars().values(),
        *hostile.refused_zips().values(), *hostile.refused_tars().values(),
    ]  # fmt: skip
    found = [*hostile.honest_archives().values(), *(data for _, data in cases)]
    found += [archives.pack_zip({"lib.zip": data, "x.png": b"\x89PNG\r\n\x1a\n" + data}) for data in found[:12]]
    return [data for data in found if 0 < len(data) < LARGEST_SEED]


def mutate_archive(seed: int, *, seeds: list[bytes]) -> bytes:
    """Return one changed archive."""
    chance = random.Random(seed)  # noqa: S311 (must repeat)
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 4)):
        if data.startswith(b"\x1f\x8b") and chance.random() < 0.8:
            data = mutate_gzip(data, chance=chance)
        elif data.startswith(b"PK") and chance.random() < 0.7:
            data = mutate_zip_field(data, chance=chance)
        else:
            data = mutate_bytes(data, chance=chance, other=chance.choice(seeds))
    if chance.random() < 0.2:
        return archives.pack_zip({"main.py": "x = 1\n", chance.choice(("a.zip", "a.tar.gz", "a.png")): data})
    return data


def mutate_zip_field(data: bytes, *, chance: random.Random) -> bytes:
    """Return a zip with one field behind a header's mark set to a number that matters."""
    mark = chance.choice(ZIP_MARKS)
    places = [place for place in range(len(data)) if data.startswith(mark, place)]
    if not places:
        return data
    position = chance.choice(places) + chance.randrange(ZIP_FIELD_BYTES)
    form = chance.choice(("<B", "<H", "<I", "<Q"))
    number = chance.choice((*NUMBERS, len(data), position, chance.getrandbits(32))) % 256 ** struct.calcsize(form)
    return data[:position] + struct.pack(form, number) + data[position + struct.calcsize(form) :]


def mutate_gzip(data: bytes, *, chance: random.Random) -> bytes:
    """Return a compressed tar with a changed header whose checksum is right again, or with changed framing."""
    try:
        plain = zlib.decompress(data, zlib.MAX_WBITS | 16, LARGEST_SEED * 16)
    except zlib.error:
        return mutate_bytes(data, chance=chance, other=data)
    choice = chance.random()
    if choice < 0.15:
        return mutate_bytes(data, chance=chance, other=data)
    if choice < 0.25:
        plain = mutate_bytes(plain, chance=chance, other=plain)
    elif choice < 0.35:
        records = b"".join(chance.choices(PAX_RECORDS, k=chance.randint(1, 3)))
        plain = plain[:512] + records.ljust(512, b"\0") + plain[1024:]
    else:
        plain = mutate_tar_field(plain, chance=chance)
    return gzip.compress(plain, compresslevel=chance.choice((0, 1, 9)), mtime=0)


def mutate_tar_field(plain: bytes, *, chance: random.Random) -> bytes:
    """Return a tar with one header field changed and the checksum made right."""
    block = chance.randrange(max(len(plain) // 512, 1)) * 512
    header = bytearray(plain[block : block + 512])
    if len(header) < 512:
        return plain
    offset, length = chance.choice(TAR_FIELDS)
    value = chance.choice((*TAR_VALUES, bytes(chance.randrange(256) for _ in range(length))))
    header[offset : offset + length] = value.ljust(length, b"\0")[:length]
    if chance.random() < 0.9:
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
    return plain[:block] + bytes(header) + plain[block + 512 :]


def mutate_bytes(data: bytes, *, chance: random.Random, other: bytes) -> bytes:
    """Return the bytes with a piece flipped, cut out, doubled, moved in from another input, or the end cut off."""
    start = chance.randrange(len(data) + 1)
    end = min(start + chance.choice((1, 2, 4, 30, 46, 512)), len(data))
    choice = chance.randrange(6)
    if choice == 0:
        return data[:start] + bytes(chance.randrange(256) for _ in range(end - start)) + data[end:]
    if choice == 1:
        return data[:start] + data[end:]
    if choice == 2:
        return data[:end] + data[start:end] + data[end:]
    if choice == 3:
        piece = chance.randrange(len(other) + 1)
        return data[:start] + other[piece : piece + 600] + data[start:]
    if choice == 4:
        return data[:start]
    return data + other[: chance.choice((1, 22, 600))]


def mutate_text(seed: int, *, seeds: list[bytes]) -> bytes:
    """Return one changed source or data file."""
    chance = random.Random(seed)  # noqa: S311 (must repeat)
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 6)):
        data = mutate_bytes(data, chance=chance, other=chance.choice(seeds))
    return data
