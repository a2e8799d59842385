"""A file is read as the program that would run it reads it, and what cannot be read is named."""

import hashlib
from pathlib import Path

import pytest

from scanners.archive import Tree, TreeFile
from scanners.inventory import take_inventory
from scanners.reading import Read, read_tree
from scanners.report import Kind


def read(folder: Path, files: dict[str, bytes]) -> Read:
    members = []
    for number, (path, data) in enumerate(sorted(files.items()), start=1):
        stored = folder / f"m{number:06}"
        stored.write_bytes(data)
        members.append(TreeFile(path=path, stored=stored, sha256=hashlib.sha256(data).hexdigest(), size=len(data)))
    tree = Tree(root=folder, files=tuple(members))
    return read_tree(tree, records=take_inventory(tree))


@pytest.mark.parametrize(
    ("path", "data", "kind", "is_parsed"),
    [
        ("a.py", b"x = 1\n", Kind.PYTHON, True),
        ("run", b"#!/usr/bin/env python3\nprint(1)\n", Kind.PYTHON, True),
        ("data.txt", b"import os\nos.listdir()\n", Kind.PYTHON, True),
        ("notes.txt", b"Buy milk (two litres) and import duties.\n", Kind.TEXT, False),
        ("a.pyx", b"cdef int f(int x):\n    return x\n", Kind.TEXT, False),
        ("a.pyi", b"def f(x: int) -> int: ...\n", Kind.PYTHON, True),
        ("a.js", b"const x = require('fs');\n", Kind.JAVASCRIPT, False),
        ("x.pth", b"import os; os.listdir()\n/some/path\n", Kind.PYTHON, True),
        ("n.ipynb", b'{"cells": [{"cell_type": "code", "source": ["print(1)"]}]}', Kind.PYTHON, True),
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0", Kind.DATA, False),
    ],
)
def test_content_decides_how_a_file_is_read(
    path: str, data: bytes, kind: Kind, is_parsed: bool, tmp_path: Path
) -> None:
    result = read(tmp_path, {path: data})
    (source,) = result.files
    assert (source.path, source.kind, source.tree is not None) == (path, kind, is_parsed)
    assert result.errors == ()


@pytest.mark.parametrize(
    "data", [b"def broken(:\n", b"# coding: no-such-codec\n", b"x = 1\0\n", b"# \xff\n", b"(" * 9000 + b")" * 9000]
)
def test_python_that_cannot_be_parsed_is_an_error(data: bytes, tmp_path: Path) -> None:
    result = read(tmp_path, {"a.py": data, "b.py": b"x = 1\n"})
    assert [error.partition(":")[0] for error in result.errors] == ["a.py"]
    assert result.files[1].tree is not None


def test_text_that_reads_as_javascript_is_a_guess(tmp_path: Path) -> None:
    (source,) = read(tmp_path, {"payload.dat": b"const f = require('fs');\nmodule.exports = () => { f.x(); };\n"}).files
    assert (source.kind, source.is_guess) == (Kind.JAVASCRIPT, True)


def test_hiding_encoding_is_a_finding_and_the_hidden_text_is_read(tmp_path: Path) -> None:
    result = read(tmp_path, {"a.py": b"# coding: utf-7\n" + "eval(x)\n".encode("utf-7")})
    assert [finding.rule_id for finding in result.findings] == ["odd-encoding"]
    assert result.files[0].text is not None
    assert "eval(x)" in result.files[0].text


def test_source_over_its_limit_is_an_error(tmp_path: Path) -> None:
    result = read(tmp_path, {"a.py": b"# short\n" * 140_000})
    assert result.errors == ("a.py: source over 1048576 bytes",)


def test_many_sources_over_their_common_limit_are_an_error(tmp_path: Path) -> None:
    files = {f"{number:02}.py": b"# a comment that is long enough\n" * 30_000 for number in range(23)}
    result = read(tmp_path, files)
    assert result.errors
    assert all("together" in error for error in result.errors)
