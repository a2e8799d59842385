"""Packs files into an archive that comes out the same bytes every time. Knows nothing of plugins."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping
from enum import StrEnum

# The earliest moment that a zip can hold: files' own times would make every archive another one.
ZIP_MOMENT = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o644


class Kind(StrEnum):
    """The two kinds of archive that publishers use."""

    ZIP = "zip"
    TAR_GZ = "tar.gz"


def pack(contents: Mapping[str, bytes], *, kind: Kind) -> bytes:
    """The files (by relative path) as one archive, in the order of their paths."""
    return _pack_zip(contents) if kind is Kind.ZIP else _pack_tar_gz(contents)


def _pack_zip(contents: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        for path, data in sorted(contents.items()):
            entry = zipfile.ZipInfo(path, date_time=ZIP_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = FILE_MODE << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def _pack_tar_gz(contents: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, data in sorted(contents.items()):
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            entry.mode = FILE_MODE
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
