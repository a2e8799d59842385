"""Files that are no source are described, and what hides in them is found."""

import collections
import datetime as dt
import pickle
from decimal import Decimal
from pathlib import Path

import pytest

from scanners.archive import Tree, TreeFile
from scanners.content_types import describe_content, find_end
from scanners.inventory import find_unaccounted, take_inventory
from scanners.pickles import walk_pickle
from tests.fuzz.targets import GIF, PNG

JPEG = b"\xff\xd8\xff\xe0" + bytes(20) + b"\xff\xd9"
PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"


def make_call(module: str, name: str, *, protocol: int = 4) -> bytes:
    """Return a pickle that calls a function, written by hand."""
    if protocol < 4:
        return f"c{module}\n{name}\n(S'true'\ntR.".encode()
    names = b"".join(b"\x8c" + bytes([len(text)]) + text.encode() + b"\x94" for text in (module, name))
    return b"\x80\x04" + names + b"\x93\x94\x8c\x04true\x94\x85R."


def find(name: str, content: bytes, *, tmp_path: Path) -> list[str]:
    stored = tmp_path / "m000001"
    stored.write_bytes(content)
    tree = Tree(root=tmp_path, files=(TreeFile(path=name, stored=stored, sha256="", size=len(content)),))
    return [finding.rule_id for finding in find_unaccounted(tree, records=take_inventory(tree))]


@pytest.mark.parametrize(
    ("head", "content_type"),
    [
        (PNG, "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"wOF2\0\1", "font/woff2"),
        (b"\0\0\0\x18ftypmp42\0", "video/mp4"),
        (b"SQLite format 3\0", "application/vnd.sqlite3"),
        (b"\xde\x12\x04\x95\0", "application/x-gettext-translation"),
        (b"\x93NUMPY\x01\0", "application/x-numpy"),
        (b'\x10\0\0\0\0\0\0\0{"a":{}}', "application/x-safetensors"),
        (pickle.dumps({}), "application/x-pickle"),
        (b"\x78\x9c\x01\xff", "application/zlib"),
        (b"\0\xff\0\xff", "application/octet-stream"),
    ],
)
def test_data_is_described(head: bytes, content_type: str) -> None:
    assert describe_content(head, is_text=False) == content_type


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("BMW is a car", "text/plain"),
        ("<svg/>", "image/svg+xml"),
        ("<!DOCTYPE html>", "text/html"),
        ("{}", "application/json"),
    ],
)
def test_text_is_described(text: str, content_type: str) -> None:
    assert describe_content(text.encode(), is_text=True) == content_type


@pytest.mark.parametrize(("content_type", "data"), [("image/png", PNG), ("image/gif", GIF), ("image/jpeg", JPEG)])
def test_pictures_end_where_they_say(content_type: str, data: bytes) -> None:
    assert find_end(data, content_type=content_type) == len(data)
    assert find_end(data[:-1], content_type=content_type) is None


@pytest.mark.parametrize(
    ("name", "content", "rule_id"),
    [
        ("a.png", PNG + b"\xc3secret" * 9, "trailing-data"),
        ("a.gif", GIF + b"\xc3secret" * 9, "trailing-data"),
        ("a.jpg", JPEG + b"\xc3secret" * 9, "trailing-data-loose"),
        ("a.pdf", PDF + b"\xc3secret" * 9, "trailing-data-loose"),
        ("a.png", PNG + b"import os\nos.system('id')\n", "trailing-code"),
        ("a.jpg", JPEG + b"MZ" + bytes(99), "trailing-code"),
    ],
)
def test_what_hangs_behind_a_picture_is_found(name: str, content: bytes, rule_id: str, tmp_path: Path) -> None:
    assert find(name, content, tmp_path=tmp_path) == [rule_id]


@pytest.mark.parametrize(
    ("name", "content"), [("a.png", PNG), ("a.png", PNG + bytes(9)), ("a.pdf", PDF + b"\r\n"), ("a.jpg", JPEG)]
)
def test_whole_picture_is_no_finding(name: str, content: bytes, tmp_path: Path) -> None:
    assert find(name, content, tmp_path=tmp_path) == []


@pytest.mark.parametrize("protocol", range(6))
def test_pickle_of_data_is_no_finding(protocol: int, tmp_path: Path) -> None:
    value = [{"a": 1}, {1, 2}, collections.OrderedDict(b=b"x"), Decimal("1.5"), dt.date(2026, 1, 1), 1j]
    assert find("a.pkl", pickle.dumps(value, protocol=protocol), tmp_path=tmp_path) == []


@pytest.mark.parametrize("protocol", [0, 4])
@pytest.mark.parametrize(
    ("module", "name", "rule_id"),
    [
        ("posix", "system", "pickle-runs-code"),
        ("builtins", "eval", "pickle-runs-code"),
        ("subprocess", "Popen", "pickle-runs-code"),
        ("socket", "create_connection", "pickle-import"),
        ("builtins", "getattr", "pickle-import"),
        ("numpy.testing._private.utils", "runstring", "pickle-import"),
        ("torch.hub", "Load", "pickle-import"),
    ],
)
def test_eves_pickle_is_found(module: str, name: str, rule_id: str, protocol: int, tmp_path: Path) -> None:
    assert find("a.pkl", make_call(module, name, protocol=protocol), tmp_path=tmp_path) == [rule_id]


def test_name_that_is_computed_counts_as_unsafe(tmp_path: Path) -> None:
    hidden = b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x8c\x01x0\x93."
    assert walk_pickle(hidden).imports[0].name == "?"
    assert find("a.pkl", hidden, tmp_path=tmp_path) == ["pickle-import"]


def test_names_from_the_memo_are_followed() -> None:
    data = b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x940" + b"h\x00h\x01\x93."
    assert [item.name for item in walk_pickle(data).imports] == ["posix.system"]


def test_second_pickle_in_a_file_is_looked_at(tmp_path: Path) -> None:
    assert find("a.pkl", pickle.dumps(1) + make_call("posix", "system"), tmp_path=tmp_path) == ["pickle-runs-code"]


def test_pickle_that_cannot_be_followed_is_unread(tmp_path: Path) -> None:
    assert find("a.pkl", pickle.dumps([1, 2]) + b"\xff\xff", tmp_path=tmp_path) == ["unread-pickle"]
