"""Hostile archives are refused with their own code; honest ones are read whole, under names of our own."""

import re
import stat
import tarfile
from pathlib import Path

import pytest

from scanners import limits
from scanners.archive import read_member, unpack
from scanners.errors import ArchiveRefused, MemberMissing
from scanners.rules import load_rules
from tests.samples import archives, hostile

REFUSED = {
    **{f"zip: {name}": case for name, case in archives.refused_zips().items()},
    **{f"tar: {name}": case for name, case in archives.refused_tars().items()},
    **{f"zip, changed: {name}": case for name, case in hostile.refused_zips().items()},
    **{f"tar, changed: {name}": case for name, case in hostile.refused_tars().items()},
}
HONEST = hostile.honest_archives()


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    return tmp_path / "plugin.nxp"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "members"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", REFUSED)
def test_eves_archive_is_refused_with_its_own_code(name: str, artifact: Path, into: Path) -> None:
    code, data = REFUSED[name]
    artifact.write_bytes(data)
    with pytest.raises(ArchiveRefused) as refused:
        unpack(artifact, into=into)
    assert refused.value.code == code


@pytest.mark.parametrize("name", HONEST)
def test_what_honest_programs_write_is_read(name: str, artifact: Path, into: Path) -> None:
    artifact.write_bytes(HONEST[name])
    assert unpack(artifact, into=into).files


def test_every_code_an_archive_is_refused_with_has_a_rule() -> None:
    source = "".join(path.read_text() for path in Path(limits.__file__).parent.glob("archive*.py"))
    codes = set(re.findall(r'"(archive_[a-z0-9_]+)"', source))
    rules = {rule.id for rule in load_rules().values() if rule.technique == "refused-archive"}
    assert {code.replace("_", "-") for code in codes} == rules


def test_duplicate_name_in_a_zip_is_refused(artifact: Path, into: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = archives.pack_entries((archives.make_entry("a.py"), b"x"), (archives.make_entry("a.py"), b"y"))
    artifact.write_bytes(data)
    with pytest.raises(ArchiveRefused) as refused:
        unpack(artifact, into=into)
    assert refused.value.code == "archive_duplicate_name"


@pytest.mark.parametrize(
    "pack", [archives.pack_zip, archives.pack_stored, archives.pack_streamed, archives.pack_tar_gz]
)
def test_adas_archive_is_unpacked_whole(pack: object, artifact: Path, into: Path) -> None:
    assert callable(pack)
    artifact.write_bytes(pack(archives.HONEST))
    tree = unpack(artifact, into=into)
    assert {file.path: file.stored.read_bytes().decode() for file in tree.files} == archives.HONEST


@pytest.mark.parametrize("kind", [tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_in_every_tar_dialect(kind: int, artifact: Path, into: Path) -> None:
    name = "folder/" * 12 + "a" * 60 + ".py"
    artifact.write_bytes(archives.pack_tar_gz({name: "x = 1\n"}, kind=kind))
    assert [file.path for file in unpack(artifact, into=into).files] == [name]


def test_files_are_written_under_our_names_and_private(artifact: Path, into: Path) -> None:
    artifact.write_bytes(archives.pack_entries((archives.make_entry("run.py", mode=0o104777), b"x = 1\n")))
    unpack(artifact, into=into)
    written = list(into.iterdir())
    assert [path.name for path in written] == ["m000001"]
    assert stat.S_IMODE(written[0].stat().st_mode) == 0o600


def test_member_with_output_held_back_by_zlib_is_read_whole(artifact: Path, into: Path) -> None:
    # Sizes around the chunk make zlib end its input before its output.
    for extra in (-1, 0, 1, 257):
        content = b"ab" * ((limits.CHUNK_BYTES + extra) // 2 + 1)
        artifact.write_bytes(archives.pack_zip({"a": content}))
        assert read_member(artifact, "a", max_bytes=limits.MIB) == content
        artifact.write_bytes(archives.pack_tar_gz({"a": content}))
        assert read_member(artifact, "a", max_bytes=limits.MIB) == content


def test_entry_count_is_limited(artifact: Path, into: Path) -> None:
    tree = {f"f{number}": "" for number in range(limits.ENTRIES + 1)}
    for pack in (archives.pack_stored, archives.pack_tar_gz):
        artifact.write_bytes(pack(tree))
        with pytest.raises(ArchiveRefused) as refused:
            read_member(artifact, "f0", max_bytes=1)
        assert refused.value.code == "archive_entry_count"


def test_manifest_is_read_by_name(artifact: Path) -> None:
    artifact.write_bytes(archives.pack_zip({"nexus-plugin.toml": "[plugin]\n", "a.py": ""}))
    assert read_member(artifact, "nexus-plugin.toml", max_bytes=100) == b"[plugin]\n"


def test_missing_manifest_is_told_apart_from_a_refused_archive(artifact: Path) -> None:
    artifact.write_bytes(archives.pack_zip({"a.py": ""}))
    with pytest.raises(MemberMissing):
        read_member(artifact, "nexus-plugin.toml", max_bytes=100)


def test_manifest_above_its_limit_is_refused(artifact: Path) -> None:
    artifact.write_bytes(archives.pack_zip({"nexus-plugin.toml": "x" * 101}))
    with pytest.raises(ArchiveRefused) as refused:
        read_member(artifact, "nexus-plugin.toml", max_bytes=100)
    assert refused.value.code == "archive_member_size"


def test_manifest_of_an_archive_with_a_bad_member_is_refused(artifact: Path) -> None:
    artifact.write_bytes(archives.pack_zip({"nexus-plugin.toml": "[plugin]\n", "../evil": "x"}))
    with pytest.raises(ArchiveRefused):
        read_member(artifact, "nexus-plugin.toml", max_bytes=100)


def test_every_truncation_of_an_archive_is_refused(artifact: Path) -> None:
    for data in (archives.pack_zip(archives.HONEST), archives.pack_tar_gz(archives.HONEST)):
        for length in range(0, len(data) - 1, 7):
            artifact.write_bytes(data[:length])
            with pytest.raises(ArchiveRefused):
                read_member(artifact, "demo/nodes.py", max_bytes=limits.MIB)
