"""What must hold for every input, however broken: one refusal or one tree, and nothing written elsewhere."""

import json
import pickle
import re
import resource
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from types import FrameType

from scanners.archive import Tree, TreeFile, read_member, unpack
from scanners.decoding import decode_python, decode_script, decode_text, extract_notebook
from scanners.errors import ArchiveRefused, MemberMissing
from scanners.inventory import find_unaccounted, take_inventory
from scanners.pickles import walk_pickle
from tests.fuzz.mutators import archive_seeds, mutate_archive, mutate_text

SECONDS = 20  # one input; an honest one takes some milliseconds
GROWTH_KIB = 200 * 1024  # the process over a whole run
STORED_NAME = re.compile(r"m\d{6}")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(17) + b"\0\0\0\0IEND" + bytes(4)
GIF = b"GIF89a" + bytes(7) + b"!\xf9\x04" + bytes(5) + b"," + bytes(9) + b"\x02\x02L\x01\0;"


class Hang(Exception):
    """An input took longer than any may."""


def ring(number: int, frame: FrameType | None) -> None:
    """Raise Hang."""
    raise Hang


@contextmanager
def alarm(seconds: int) -> Iterator[None]:
    """Raise Hang in the block when it takes too long."""
    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def check_archive(data: bytes) -> str:
    """Unpack the bytes and return the code they are refused with, or "read"; raises AssertionError or what escaped."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        root = Path(folder)
        artifact, into = root / "artifact", root / "members"
        artifact.write_bytes(data)
        into.mkdir()
        outcome = "read"
        try:
            tree = unpack(artifact, into=into)
            check_tree(tree)
        except ArchiveRefused as refused:
            outcome = refused.code
        check_places(root, into=into)
        with suppress(ArchiveRefused, MemberMissing):
            read_member(artifact, "nexus-plugin.toml", max_bytes=100)
        return outcome


def check_tree(tree: Tree) -> None:
    """Assert that every file is listed once, under a harmless path, and that the inventory takes all of them."""
    paths = [file.path for file in tree.files]
    assert len(set(paths)) == len(paths)
    assert not [path for path in paths if path.startswith("/") or ".." in path.split("/")]
    records = take_inventory(tree)
    assert [record.path for record in records] == paths
    json.dumps([finding.snippet for finding in find_unaccounted(tree, records=records)])


def check_places(root: Path, *, into: Path) -> None:
    """Assert that nothing was written but plain private files under names of ours."""
    assert {path.name for path in root.iterdir()} == {"artifact", "members"}
    for path in into.iterdir():
        assert STORED_NAME.fullmatch(path.name)
        assert path.is_file()
        assert not path.is_symlink()
        assert path.stat().st_mode & 0o777 == 0o600


def check_file(data: bytes) -> str:
    """Read the bytes as every kind of file; what Python itself refuses may raise what Python documents."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for suffix in (".py", ".png", ".pkl"):
            stored = Path(folder) / f"m{suffix}"
            stored.write_bytes(data)
            file = TreeFile(path=f"a{suffix}", stored=stored, sha256="", size=len(data))
            check_tree(Tree(root=Path(folder), files=(file,)))
    walk_pickle(data)
    decode_script(data)
    text = decode_text(data)
    try:
        decode_python(data)
        extract_notebook(text or "")
    except (SyntaxError, LookupError, ValueError, TypeError, AttributeError):
        return "refused"
    return "read"


def file_seeds() -> list[bytes]:
    """Return sources and data files that mutation starts from."""
    pickles = [pickle.dumps({"a": [1, "b", Decimal(1)]}, protocol=number) for number in range(6)]
    sources = [
        b"# coding: utf-8\nimport os\nx = 'a' \\\n + f'{1}'\n",
        b"\xff\xfex\0=\0",
        b"const a = `\\u{61}`;\n",
        b'{"cells": []}',
    ]
    return [*pickles, *sources, PNG, GIF, b"\xff\xd8\xff\xe0\xff\xd9", b"%PDF-1.4\n%%EOF\n", b"RIFF\4\0\0\0WAVE"]


def run_target(check: Callable[[bytes], str], *, make: Callable[[int], bytes], numbers: range) -> Counter[str]:
    """Run one check over the inputs of these numbers; raises AssertionError naming the number that fails."""
    outcomes: Counter[str] = Counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in numbers:
        try:
            with alarm(SECONDS):
                outcomes[check(make(number))] += 1
        except BaseException as error:
            error.add_note(f"input number {number}")
            raise
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < GROWTH_KIB, f"memory grew by {grown} KiB"
    return outcomes


def fuzz_archives(numbers: range) -> Counter[str]:
    """Run changed archives; returns how often each outcome came."""
    seeds = archive_seeds()
    return run_target(check_archive, make=lambda number: mutate_archive(number, seeds=seeds), numbers=numbers)


def fuzz_files(numbers: range) -> Counter[str]:
    """Run changed sources and data files; returns how often each outcome came."""
    seeds = file_seeds()
    return run_target(check_file, make=lambda number: mutate_text(number, seeds=seeds), numbers=numbers)
