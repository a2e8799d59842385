"""A cache may forget; it never gives back anything but what was stored under that key, whoever else writes."""

import hashlib
import json
import multiprocessing
import os
import stat
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanners import limits
from scanners.cache import Cache, DirectoryCache, MemoryCache, NoCache, make_key
from scanners.engines.hits import Hit
from scanners.errors import CacheUnsafe
from scanners.remembered import FileKey, digest_engine, digest_rule, digest_rules, make_entry, split_cached
from scanners.rules import load_rules

WRITERS, ROUNDS = 4, 40


def key_of(name: str) -> str:
    return make_key("bandit", engine_digest="e", content_sha256=hashlib.sha256(name.encode()).hexdigest())


KEYS = [key_of(str(number)) for number in range(8)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def place(folder: Path) -> Path:
    """The file of one stored entry."""
    DirectoryCache(folder).put_many({KEYS[0]: b"content"})
    [found] = folder.glob("*/*")
    return found


def make_cache(name: str, folder: Path) -> Cache:
    return MemoryCache() if name == "memory" else DirectoryCache(folder)


@pytest.mark.parametrize("name", ["memory", "directory"])
def test_stored_entries_come_back_and_others_do_not(name: str, folder: Path) -> None:
    cache = make_cache(name, folder)
    cache.put_many({KEYS[0]: b"a", KEYS[1]: b""})
    cache.put_many({KEYS[0]: b"b"})
    assert cache.get_many(KEYS) == {KEYS[0]: b"b", KEYS[1]: b""}


def test_no_cache_remembers_nothing() -> None:
    cache = NoCache()
    cache.put_many({KEYS[0]: b"a"})
    assert cache.get_many(KEYS) == {}


@pytest.mark.parametrize("key", ["", "../../etc/passwd", KEYS[0].upper(), KEYS[0][:-1], KEYS[0] + "/", "\0" * 64])
@pytest.mark.parametrize("name", ["memory", "directory"])
def test_name_that_is_no_key_never_reaches_the_store(name: str, key: str, folder: Path) -> None:
    with pytest.raises(ValueError, match="key"):
        make_cache(name, folder).put_many({key: b"x"})


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    cache = MemoryCache(max_bytes=30)
    for key in KEYS:
        cache.put_many({key: bytes(10)})
    assert sorted(cache.get_many(KEYS)) == sorted(KEYS[-3:])


@pytest.mark.parametrize(
    "damage", [b"", b"x", b"content", bytes(32) + b"content", hashlib.sha256(b"content").digest() + b"content"]
)
def test_entry_that_eve_wrote_is_missing(damage: bytes, place: Path, folder: Path) -> None:
    place.write_bytes(damage)
    assert DirectoryCache(folder).get_many(KEYS) == {}


def test_every_cut_of_an_entry_is_missing(place: Path, folder: Path) -> None:
    whole = place.read_bytes()
    for length in range(len(whole)):
        place.write_bytes(whole[:length])
        assert DirectoryCache(folder).get_many(KEYS) == {}
    place.write_bytes(whole + b"!")
    assert DirectoryCache(folder).get_many(KEYS) == {}


def test_entry_moved_under_another_key_is_missing(place: Path, folder: Path) -> None:
    other = folder / KEYS[1][:2] / KEYS[1][2:]
    other.parent.mkdir(exist_ok=True)
    place.rename(other)
    assert DirectoryCache(folder).get_many(KEYS) == {}


def test_link_in_place_of_an_entry_is_not_followed(place: Path, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    place.rename(outside)
    place.symlink_to(outside)
    assert DirectoryCache(folder).get_many(KEYS) == {}


def test_files_and_folders_are_private(place: Path, folder: Path) -> None:
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, place.parent, place)] == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_folder_that_others_may_write_is_refused(mode: int, folder: Path) -> None:
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(CacheUnsafe):
        DirectoryCache(folder)


def test_link_in_place_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    folder.symlink_to(tmp_path)
    with pytest.raises(CacheUnsafe):
        DirectoryCache(folder)


def test_full_folder_forgets_what_was_used_longest_ago(folder: Path) -> None:
    cache = DirectoryCache(folder, max_bytes=64 * limits.KIB)
    for number in range(200):
        key = key_of(f"old{number}")
        cache.put_many({key: bytes(1000)})
        os.utime(folder / key[:2] / key[2:], (number, number))
    sizes = sum(path.stat().st_size for path in folder.glob("*/*"))
    assert sizes <= 64 * limits.KIB * 17 // 16
    assert cache.get_many([key_of("old199")])
    assert not cache.get_many([key_of("old0")])


def test_use_renews_an_entry(place: Path, folder: Path) -> None:
    os.utime(place, (0, 0))
    DirectoryCache(folder).get_many(KEYS)
    assert time.time() - place.stat().st_mtime < 60


def test_what_a_killed_writer_left_is_removed(folder: Path) -> None:
    cache = DirectoryCache(folder)
    (folder / "ab").mkdir()
    left = folder / "ab" / ".new-0123"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))
    cache.put_many({KEYS[0]: b"x"})
    assert not left.exists()


def test_content_over_the_limit_is_not_stored(folder: Path) -> None:
    cache = DirectoryCache(folder)
    cache.put_many({KEYS[0]: bytes(limits.CACHE_ENTRY_BYTES + 1), KEYS[1]: bytes(limits.CACHE_ENTRY_BYTES)})
    assert list(cache.get_many(KEYS)) == [KEYS[1]]


def test_disk_that_refuses_forgets_and_fails_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    cache = DirectoryCache(folder)
    monkeypatch.setattr(Path, "replace", refuse)
    cache.put_many({KEYS[0]: b"x"})
    assert cache.get_many(KEYS) == {}
    assert list(folder.glob("*/*")) == []


def write_and_read(folder: Path, writer: int) -> None:
    cache = DirectoryCache(folder, max_bytes=8 * limits.KIB)
    for number in range(ROUNDS):
        cache.put_many({key: f"{key}{writer}{number}".encode() * 10 for key in KEYS})
        for key, content in cache.get_many(KEYS).items():
            assert content.startswith(key.encode()), "an entry of somebody else"
            assert content == content[: len(content) // 10] * 10, "two entries mixed"


def test_writers_at_the_same_time_never_mix_or_fail(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_and_read, args=(folder, number)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    assert not list(folder.glob("*/.new-*"))


@given(parts=st.lists(st.text(), min_size=5, max_size=7), others=st.lists(st.text(), min_size=5, max_size=7))
def test_keys_are_equal_only_for_equal_parts(parts: list[str], others: list[str]) -> None:
    first, second = (
        make_key(p[0], engine_digest=p[1], rules_digest=p[2], content_sha256=p[3], extra=p[4:]) for p in (parts, others)
    )
    assert (first == second) is (parts == others)
    assert len(first) == 64


FILE = FileKey(name="m1.py", key=KEYS[0], groups={"a": "digest-a", "b": "digest-b"})
HITS = {"a": [Hit("a", 3, 4)]}


def test_unknown_file_runs_whole() -> None:
    split = split_cached([FILE], {})
    assert split.hits == {"m1.py": ()}
    assert split.to_run == {"m1.py": {"a", "b"}}


def test_known_file_runs_nothing_and_keeps_its_hits() -> None:
    split = split_cached([FILE], {KEYS[0]: make_entry(FILE, old=b"", hits=HITS, ran={"a", "b"})})
    assert split.hits == {"m1.py": (Hit("a", 3, 4),)}
    assert split.to_run == {}


def test_one_changed_rule_runs_alone_and_loses_its_old_hits() -> None:
    entry = make_entry(FILE, old=b"", hits={**HITS, "b": [Hit("b", 9, 9)]}, ran={"a", "b"})
    changed = FileKey(name="m1.py", key=KEYS[0], groups={"a": "digest-a", "b": "new"})
    split = split_cached([changed], {KEYS[0]: entry})
    assert split.to_run == {"m1.py": {"b"}}
    assert split.hits == {"m1.py": (Hit("a", 3, 4),)}
    merged = make_entry(changed, old=entry, hits={}, ran={"b"})
    assert split_cached([changed], {KEYS[0]: merged}).to_run == {}
    # What no rule asks for any more is not carried along.
    assert b"digest-b" not in merged


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"digest-a": 1}', b'{"digest-a": [["a"]]}', b"[" * 100_000]
)
def test_entry_that_does_not_read_as_ours_is_not_there(content: bytes) -> None:
    assert split_cached([FILE], {KEYS[0]: content}).to_run == {"m1.py": {"a", "b"}}


def test_rule_digest_follows_what_it_matches_and_not_what_it_says() -> None:
    rules = [rule for rule in load_rules().values() if rule.semgrep is not None]
    assert len({digest_rule(rule) for rule in rules}) == len(rules)
    assert digest_rules(rules) == digest_rules(rules[::-1]) != digest_rules(rules[1:])


def test_engine_digest_follows_its_code_and_its_library(tmp_path: Path) -> None:
    code, other = tmp_path / "a.py", tmp_path / "b.py"
    code.write_text("x = 1\n")
    other.write_text("x = 2\n")
    assert len({digest_engine("1", code), digest_engine("2", code), digest_engine("1", other)}) == 3


def test_entries_are_deterministic() -> None:
    first = make_entry(FILE, old=b"", hits=HITS, ran=["a", "b"])
    assert first == make_entry(FILE, old=first, hits=HITS, ran=["b", "a"])
    assert json.loads(first)
