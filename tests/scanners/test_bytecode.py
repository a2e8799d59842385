"""Compiled Python is accounted for only when it is what its source compiles to."""

import importlib.util
import marshal
import py_compile
import sys
from pathlib import Path

import pytest

from scanners.engines.bytecode import run_bytecode
from scanners.marshalled import MarshalInvalid, digest_marshalled
from scanners.report import Kind
from scanners.sources import Reading, Source, Sources

TAG = sys.implementation.cache_tag
SOURCE = (
    "import os\n\nclass A:\n    x = {1, 2.5, 'a', (3, b'b')}\n    async def f(self, *, y=1 << 70):\n"
    "        return [lambda z: z + y for _ in (1j, None, ...)]\n\nassert os, f'{A!r}'\n'doc'\n"
)


def look(root: Path, *paths: str) -> Reading:
    kinds = {".py": Kind.PYTHON, ".pyc": Kind.BYTECODE}
    return run_bytecode(
        Sources(
            files=tuple(
                Source(
                    path=path,
                    kind=kinds[Path(path).suffix],
                    sha256="",
                    size=(root / path).stat().st_size,
                    stored=root / path,
                )
                for path in paths
            ),
            declared=None,
        )
    )


def compile_to(root: Path, source: str, target: str, *, level: int = 0) -> None:
    (root / target).parent.mkdir(exist_ok=True)
    other = root / "other.txt"
    other.write_text(source)
    py_compile.compile(str(other), cfile=str(root / target), optimize=level, doraise=True)


@pytest.mark.parametrize(
    ("name", "level"),
    [("a.pyc", 0), (f"__pycache__/a.{TAG}.pyc", 0), (f"__pycache__/a.{TAG}.opt-1.pyc", 1)],
)
def test_bytecode_that_matches_its_source_is_accounted_for(name: str, level: int, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    compile_to(tmp_path, SOURCE, name, level=level)
    assert look(tmp_path, "a.py", name) == Reading(findings=(), read=frozenset([name]))


@pytest.mark.parametrize(
    "change", [("1 << 70", "1 << 71"), ("'a'", "'b'"), ("z + y", "z - y"), ("import os", "import re as os")]
)
def test_eves_changed_bytecode_is_found(change: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    compile_to(tmp_path, SOURCE.replace(*change), "a.pyc")
    reading = look(tmp_path, "a.py", "a.pyc")
    assert [finding.rule_id for finding in reading.findings] == ["bytecode-unmatched"]
    assert reading.read == frozenset()


def test_bytecode_without_its_source_is_unread(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text(SOURCE)
    compile_to(tmp_path, SOURCE, "a.pyc")
    assert [finding.rule_id for finding in look(tmp_path, "b.py", "a.pyc").findings] == ["unread-bytecode"]


def test_bytecode_of_another_version_is_unread(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    (tmp_path / "a.pyc").write_bytes(b"\x03\xf3\r\n" + bytes(40))
    assert [finding.rule_id for finding in look(tmp_path, "a.py", "a.pyc").findings] == ["unread-bytecode"]


def test_broken_bytecode_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    whole = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(compile(SOURCE, "a.py", "exec"))
    for length in range(16, len(whole), 5):
        (tmp_path / "a.pyc").write_bytes(whole[:length])
        assert [finding.rule_id for finding in look(tmp_path, "a.py", "a.pyc").findings] == ["bytecode-unmatched"]


def test_value_that_names_its_parts_over_and_over_costs_nothing() -> None:
    # A list whose items are each a pair of the item before: written out it would be 2 ** 60 values.
    items = [
        b"\xce",
        *(b"\xa9\2" + b"r" + index.to_bytes(4, "little") + b"r" + index.to_bytes(4, "little") for index in range(60)),
    ]
    assert len(digest_marshalled(b"<\1\0\0\0[" + len(items).to_bytes(4, "little") + b"".join(items))) == 32


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        b"r\0\0\0\0",
        b"\xa8\1\0\0\0r\0\0\0\0",
        b"(\xff\xff\xff\x7f",
        b"s\xff\xff\xff\xff",
        b"NN",
        b")\1" * 999,
    ],
)
def test_bytes_that_are_no_value_are_refused(data: bytes) -> None:
    with pytest.raises(MarshalInvalid):
        digest_marshalled(data)
