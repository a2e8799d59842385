"""An archive inside the artifact is looked into one level deep, within the artifact's own limits."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from scanners import limits
from scanners.archive import Tree, unpack
from scanners.errors import ArchiveRefused
from tests.samples import archives, hostile

INNER = {"pkg/a.py": "x = 1\n"}
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


def plain_tar() -> bytes:
    return gzip.decompress(archives.pack_tar_gz(INNER))


def unpack_with(name: str, content: bytes, *, into: Path) -> Tree:
    artifact = into / "plugin.zip"
    artifact.write_bytes(archives.pack_zip({"main.py": "", name: content}))
    folder = into / "members"
    folder.mkdir()
    return unpack(artifact, into=folder)


def rules_of(tree: Tree) -> set[tuple[str, str]]:
    return {(remark.rule_id, remark.path) for remark in tree.remarks}


@pytest.mark.parametrize(
    ("name", "content", "rule_id"),
    [
        ("lib.zip", archives.pack_zip(INNER), "nested-archive"),
        ("table.xlsx", archives.pack_streamed(INNER), "nested-archive"),
        ("lib.tgz", archives.pack_tar_gz(INNER), "nested-archive"),
        ("lib.tar", plain_tar(), "nested-archive"),
        ("model.pt", hostile.add_wide_end(archives.pack_stored(INNER)), "nested-archive"),
        ("app.pyz", b"#!/usr/bin/env python3\n" + archives.pack_zip(INNER), "nested-archive"),
        ("picture.png", PICTURE + archives.pack_zip(INNER), "appended-archive"),
        ("picture.dat", PICTURE + hostile.add_wide_end(archives.pack_stored(INNER)), "appended-archive"),
    ],
)
def test_files_of_a_nested_archive_are_files_of_the_artifact(
    name: str, content: bytes, rule_id: str, tmp_path: Path
) -> None:
    tree = unpack_with(name, content, into=tmp_path)
    assert [file.path for file in tree.files] == sorted(["main.py", name, f"{name}!/pkg/a.py"])
    assert (rule_id, name) in rules_of(tree)
    assert tree.opened == {name}
    assert {file.stored.parent for file in tree.files} == {tree.root}


def test_offsets_that_count_from_the_picture_are_understood(tmp_path: Path) -> None:
    buffer = io.BytesIO(PICTURE)
    buffer.seek(0, io.SEEK_END)
    start = buffer.tell()
    packed = archives.pack_stored({"a.py": "x = 1\n"})
    packed = archives.patch_field(packed, b"PK\x01\x02", 42, start.to_bytes(4, "little"))
    directory = packed.index(b"PK\x01\x02") + start
    packed = hostile.set_end(packed, 16, directory.to_bytes(4, "little"))
    tree = unpack_with("picture.png", PICTURE + packed, into=tmp_path)
    assert "picture.png!/a.py" in {file.path for file in tree.files}


def test_single_compressed_file_is_looked_at(tmp_path: Path) -> None:
    tree = unpack_with("data/words.csv.gz", gzip.compress(b"a,b\n"), into=tmp_path)
    inner = next(file for file in tree.files if file.path == "data/words.csv.gz!/words.csv")
    assert inner.stored.read_bytes() == b"a,b\n"


def test_second_level_is_not_opened(tmp_path: Path) -> None:
    tree = unpack_with("outer.zip", archives.pack_zip({"inner.zip": archives.pack_zip(INNER)}), into=tmp_path)
    assert [file.path for file in tree.files] == ["main.py", "outer.zip", "outer.zip!/inner.zip"]
    assert tree.opened == {"outer.zip"}


@pytest.mark.parametrize("name", ["climbing path", "symbolic link", "encrypted", "overlap"])
def test_nested_archive_that_is_refused_stays_unread(name: str, tmp_path: Path) -> None:
    code, data = archives.refused_zips()[name]
    tree = unpack_with("lib.zip", data, into=tmp_path)
    assert ("unread-archive", "lib.zip") in rules_of(tree)
    assert tree.opened == frozenset()
    assert any(remark.detail.startswith(code) for remark in tree.remarks)


def test_nested_bomb_refuses_the_artifact(tmp_path: Path) -> None:
    with pytest.raises(ArchiveRefused) as refused:
        unpack_with("lib.zip", archives.pack_zip({"a": bytes(60 * limits.MIB)}), into=tmp_path)
    assert refused.value.code == "archive_bomb_ratio"


def test_entries_of_all_levels_count_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ENTRIES", 5)
    with pytest.raises(ArchiveRefused) as refused:
        unpack_with("lib.zip", archives.pack_zip({f"f{number}": "" for number in range(4)}), into=tmp_path)
    assert refused.value.code == "archive_entry_count"


def test_unpacking_ends_by_its_own_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACK_SECONDS", -1.0)
    with pytest.raises(ArchiveRefused) as refused:
        unpack_with("a.txt", b"x", into=tmp_path)
    assert refused.value.code == "archive_time"


def test_setuid_file_is_noted(tmp_path: Path) -> None:
    artifact = tmp_path / "plugin.tar.gz"
    member = tarfile.TarInfo("run.sh")
    member.mode = 0o4755
    artifact.write_bytes(archives.pack_members((member, b"")))
    (tmp_path / "members").mkdir()
    assert ("noted-setuid", "run.sh") in rules_of(unpack(artifact, into=tmp_path / "members"))
