"""A folder is read as an artifact is: everything in it, no link followed, nothing special opened."""

import json
import os
import socket
from pathlib import Path

import pytest

from scanners import limits
from scanners.archive import Tree
from scanners.errors import ArchiveRefused
from scanners.folder import copy_folder, open_copy
from tests.samples import archives


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    folder = tmp_path / "plugin"
    folder.mkdir()
    (folder / "main.py").write_text("x = 1\n")
    return folder


def read(plugin: Path) -> Tree:
    copies = plugin.parent / f"copy{len(list(plugin.parent.iterdir()))}"
    copy = copy_folder(plugin, into=copies)
    return open_copy(json.loads(json.dumps(copy.to_message())), into=copies)


@pytest.mark.parametrize("name", [".git/hooks/post-checkout", "node_modules/a/index.js", "__pycache__/a.pyc", ".env"])
def test_no_folder_is_skipped(name: str, plugin: Path) -> None:
    (plugin / name).parent.mkdir(parents=True, exist_ok=True)
    (plugin / name).write_text("x")
    assert name in {file.path for file in read(plugin).files}


def test_files_are_copied_under_names_of_our_own(plugin: Path) -> None:
    (stored,) = [file.stored for file in read(plugin).files]
    assert (stored.name, stored.read_text()) == ("m000001", "x = 1\n")


def test_link_is_named_and_not_followed(plugin: Path) -> None:
    (plugin.parent / "outside").mkdir()
    (plugin.parent / "outside" / "secret.py").write_text("x")
    (plugin / "lib").symlink_to(plugin.parent / "outside")
    (plugin / "alias.py").symlink_to("main.py")
    tree = read(plugin)
    assert [file.path for file in tree.files] == ["main.py"]
    assert {(remark.rule_id, remark.path) for remark in tree.remarks} == {
        ("tree-symlink", "lib"),
        ("tree-symlink", "alias.py"),
    }


def test_pipe_and_socket_are_named_and_never_opened(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(plugin / "pipe.py")
    monkeypatch.chdir(plugin)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")
        tree = read(plugin)
    assert {remark.path for remark in tree.remarks if remark.rule_id == "tree-special-file"} == {"pipe.py", "socket.py"}


def test_archive_in_a_folder_is_looked_into(plugin: Path) -> None:
    (plugin / "lib.zip").write_bytes(archives.pack_zip({"a.py": "x = 1\n"}))
    assert "lib.zip!/a.py" in {file.path for file in read(plugin).files}


def test_folder_named_like_a_nested_archive_cannot_take_its_place(plugin: Path) -> None:
    (plugin / "lib.zip!").mkdir()
    (plugin / "lib.zip!" / "a.py").write_text("y")
    (plugin / "lib.zip").write_bytes(archives.pack_zip({"a.py": "x = 1\n"}))
    paths = [file.path for file in read(plugin).files]
    assert len(paths) == len(set(paths)) == 4


def test_name_that_is_no_text_is_shown_as_escapes(plugin: Path) -> None:
    (Path(os.fsdecode(bytes(plugin) + b"/\xe9.py"))).write_text("x")
    assert "\\xe9.py" in {file.path for file in read(plugin).files}


def test_limits_hold_for_folders(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MEMBER_BYTES", 3)
    with pytest.raises(ArchiveRefused) as refused:
        read(plugin)
    assert refused.value.code == "archive_member_size"


def test_file_that_cannot_be_read_is_an_error(plugin: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def deny(path: str, *arguments: int, dir_fd: int | None = None) -> int:
        if path == "locked.py":
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, dir_fd=dir_fd)

    (plugin / "locked.py").write_text("x")
    monkeypatch.setattr(os, "open", deny)
    assert read(plugin).errors == ("locked.py: Permission denied",)


def test_folder_is_known_by_its_content(plugin: Path) -> None:
    digests = [copy_folder(plugin, into=plugin.parent / name).digest for name in ("one", "two")]
    (plugin / "main.py").write_text("x = 2\n")
    digests.append(copy_folder(plugin, into=plugin.parent / "three").digest)
    assert digests[0] == digests[1] != digests[2]


def test_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArchiveRefused):
        read(tmp_path / "empty")
