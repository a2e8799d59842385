"""What a look says of a tree it has followed before is what it would say anew, whatever has become of the kept word."""

import base64
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scanners import limits
from scanners.cache import MemoryCache
from scanners.followed import Followed, keep_followed, name_tree
from scanners.kept import Kept
from scanners.look import PASSES, look_at
from scanners.passes import Passes
from scanners.reading import Read
from scanners.report import FileRecord, Kind
from scanners.switches import ENGINES
from tests.samples.archives import pack_zip

SAMPLES = Path(__file__).parents[1] / "samples"
TREES = sorted(folder for side in ("malicious", "benign") for folder in (SAMPLES / side).iterdir() if folder.is_dir())
ODD = {
    "main.py": b"# coding: utf-7\nimport os\nos.system('id')\n",
    "hidden.txt": b"import base64\nexec(base64.b64decode('cHJpbnQoMSk='))\n",
    "lines.pth": b"import os; os.getcwd()\nfolder\n",
    "stub.pyi": b"def f(: ...\n",
    "book.ipynb": json.dumps({"cells": [{"cell_type": "code", "source": ["import os\n", "os.getcwd()"]}]}).encode(),
    "run.js": b"eval(atob('Y29uc29sZS5sb2coMSk='))\n",
    "data.bin": bytes(range(256)),
    "detour.py": b"import os\n\ngetattr(os, 'sys' + 'tem')('id')\n",
}


class Desk:
    """Answers looks from a cache, and looks at one artifact in a folder of its own each time."""

    def __init__(self, artifact: Path, *, folder: Path) -> None:
        self.kept = Kept(MemoryCache())
        self.artifact = artifact
        self.folder = folder
        self.count = 0

    def look(self, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Look once; `changes` replace what is known of engines. Seconds are left out, and so is what may be kept."""
        self.count += 1
        room = self.folder / str(self.count)
        room.mkdir()
        os.chdir(room)
        with self.artifact.open("rb") as opened:
            order = {"artifact": os.dup(opened.fileno()), "needs_manifest": True, "engines": [*ENGINES]}
            self.answer = look_at(order, lambda question: self.reply(question, changes or {}))
        staged = {file.name: file.read_bytes() for file in sorted((room / "stage").iterdir())}
        bare = {name: value for name, value in self.answer.items() if name != "keep"}
        for reading in bare["readings"]:
            del reading["seconds"]
        return {**bare, "stage": staged}

    def reply(self, question: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one question of a look."""
        return {"known": {**self.kept.answer(question)["known"], **changes}}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    here = Path.cwd()
    yield tmp_path
    os.chdir(here)


@pytest.fixture
def odd(folder: Path) -> Desk:
    artifact = folder / "odd.zip"
    artifact.write_bytes(pack_zip(ODD))
    return Desk(artifact, folder=folder)


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.name)
def test_known_tree_is_described_as_if_looked_at_anew(tree: Path, folder: Path) -> None:
    artifact = folder / "plugin.zip"
    artifact.write_bytes(pack_zip(tree))
    desk = Desk(artifact, folder=folder)
    first = desk.look()
    assert PASSES in desk.answer["keep"]
    desk.kept.store(desk.answer["keep"])

    assert desk.look() == first
    assert desk.answer["keep"] == {}


def test_odd_files_are_read_again_as_they_were(odd: Desk) -> None:
    first = odd.look()
    odd.kept.store(odd.answer["keep"])
    assert {file["path"]: file["kind"] for file in first["files"]}["hidden.txt"] == "python"
    assert odd.look() == first
    assert PASSES not in odd.answer["keep"]


DAMAGED: dict[str, object] = {
    "empty": "",
    "no base64": "no base64 \u2603",
    "cut": base64.b64encode(zlib.compress(b'{"files": []}')[:-6]).decode(),
    "a list": base64.b64encode(zlib.compress(b"[]")).decode(),
    "half": base64.b64encode(zlib.compress(b'{"files": []}')).decode(),
    "nothing": None,
    "an object": {},
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_word_is_made_anew(name: str, odd: Desk) -> None:
    first = odd.look()
    (tree,) = odd.answer["keep"][PASSES]
    assert odd.look({PASSES: {tree: [DAMAGED[name]]}}) == first
    assert PASSES in odd.answer["keep"]


def test_word_of_a_tree_with_an_error_is_not_kept(folder: Path) -> None:
    artifact = folder / "broken.zip"
    artifact.write_bytes(pack_zip({"main.py": b"def (:\n"}))
    desk = Desk(artifact, folder=folder)
    desk.look()
    assert PASSES not in desk.answer["keep"]


def test_word_that_is_too_long_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    followed = Followed(Read((), (), ()), Passes((), (), (), (), ()))
    assert keep_followed(followed)
    monkeypatch.setattr(limits, "KEPT_TREE_BYTES", 1)
    assert keep_followed(followed) is None


def test_trees_that_differ_anywhere_have_other_names() -> None:
    one = FileRecord(path="a.py", sha256="0" * 64, size=1, kind=Kind.PYTHON)
    trees = [
        (),
        (one,),
        (one, one),
        (FileRecord(path="b.py", sha256="0" * 64, size=1, kind=Kind.PYTHON),),
        (FileRecord(path="a.py", sha256="1" * 64, size=1, kind=Kind.PYTHON),),
        (FileRecord(path="a.py", sha256="0" * 64, size=1, kind=Kind.TEXT),),
    ]
    names = {name_tree(tree, needs_manifest=is_due) for tree in trees for is_due in (True, False)}
    assert len(names) == len(trees) * 2
