"""A proof bundle holds when everything in it holds, says who is missing, and never survives a changed byte."""

import io
import random
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.takedowns.bundle import (
    MANIFEST_NAME,
    PEOPLE_NAME,
    PROOF_KIND,
    ProofFacts,
    describe_file,
    redact_data,
    write_bundle,
)
from governance.takedowns.bundle_zip import pack
from governance.takedowns.redact import main as redact
from governance.takedowns.verification import verify_data
from governance.takedowns.verify import main, verify_bundle
from plugins.runtime.canonical import canonical_json, parse_json
from plugins.runtime.signing import SigningKey, open_statement, sign_statement
from tests.governance.takedowns.proof_samples import (
    CONTAINED_AT,
    SEQUENCE,
    STATEMENT,
    ProofCase,
    make_checkpoint,
    make_feed,
    make_order,
)


def test_complete_bundle_verifies_against_the_platforms_key(proof_case: ProofCase, tmp_path: Path) -> None:
    found = verify_bundle(proof_case.write(tmp_path / "bundle.zip"), trusted_keys=proof_case.trusted)
    assert [str(problem) for problem in found.problems] == []
    assert (found.exit_code, found.is_complete, found.is_authenticated) == (0, True, True)
    assert found.proof is not None
    assert (found.proof.off.confirmed, found.proof.off.ordered) == (3, 3)
    assert (found.proof.notices.notified, found.proof.notices.people) == (2, 2)
    assert found.proof.off.times is not None
    assert found.proof.off.times.slowest == timedelta(seconds=3)


def test_equal_facts_give_equal_bytes(proof_case: ProofCase, tmp_path: Path) -> None:
    one, other = proof_case.write(tmp_path / "1.zip"), proof_case.write(tmp_path / "2.zip")
    assert one.read_bytes() == other.read_bytes()


def test_bundle_opens_in_any_zip_reader(proof_case: ProofCase, tmp_path: Path) -> None:
    with zipfile.ZipFile(proof_case.write(tmp_path / "bundle.zip")) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[0] == MANIFEST_NAME
        assert b"governance.takedowns.verify" in archive.read("readme.txt")


def test_every_changed_byte_is_found_and_located(proof_case: ProofCase, tmp_path: Path) -> None:
    data = proof_case.write(tmp_path / "bundle.zip").read_bytes()
    for trusted in (proof_case.trusted, None):
        for at in (*range(0, len(data), 97), *range(len(data) - 40, len(data))):
            changed = bytearray(data)
            changed[at] ^= 0x01
            found = verify_data(bytes(changed), trusted_keys=trusted)
            assert found.exit_code == 2, f"byte {at}"
            file, begins_at = _find_place(data, at)
            said = [str(problem) for problem in found.problems]
            assert any(file in line or f"byte {begins_at}" in line for line in said), (at, file, said)


def test_changed_content_is_located_within_its_file(proof_case: ProofCase, tmp_path: Path) -> None:
    data = proof_case.write(tmp_path / "bundle.zip").read_bytes()
    at = data.index(b"dev@example.invalid")
    changed = data[:at] + b"eve" + data[at + 3 :]
    problems = [str(problem) for problem in verify_data(changed, trusted_keys=proof_case.trusted).problems]
    assert any(line.startswith("people.json: bytes 0 to 4095: differ") for line in problems)
    assert any("notices.json: [0]" in line and "does not match its digest" in line for line in problems)


def test_random_garbage_is_broken_and_never_a_crash(proof_case: ProofCase, tmp_path: Path) -> None:
    data = proof_case.write(tmp_path / "bundle.zip").read_bytes()
    dice = random.Random(20260301)  # noqa: S311 - repeatable, not secret
    for _ in range(150):
        cut = sorted(dice.randrange(len(data)) for _ in range(2))
        for garbage in (data[: cut[0]], data[cut[0] :], data[: cut[0]] + dice.randbytes(9) + data[cut[1] :]):
            assert verify_data(garbage, trusted_keys=None).exit_code == 2


@pytest.mark.parametrize("repack", ["extra", "missing", "duplicate", "reordered", "deflated", "appended"])
def test_repacked_archive_is_broken(proof_case: ProofCase, tmp_path: Path, repack: str) -> None:
    path = proof_case.write(tmp_path / "bundle.zip")
    with zipfile.ZipFile(path) as archive:
        files = [(name, archive.read(name)) for name in archive.namelist()]
    data = {
        "extra": pack([*files, ("zzz.json", b"{}")]),
        "missing": pack([file for file in files if file[0] != "notices.json"]),
        "duplicate": pack([*files, files[-1]]),
        "reordered": pack([*files[:-2], files[-1], files[-2]]),
        "deflated": _deflate(files),
        "appended": path.read_bytes() + b"\0",
    }[repack]
    assert verify_data(data, trusted_keys=proof_case.trusted).exit_code == 2
    assert verify_data(pack(files), trusted_keys=proof_case.trusted).exit_code == 0


def _without_second_answer(case: ProofCase) -> ProofFacts:
    late = replace(case.facts.orders[1], state="ordered", settled_at=None)
    orders = (case.facts.orders[0], late, case.facts.orders[2])
    answers = (case.facts.acknowledgements[0], case.facts.acknowledgements[2])
    return replace(case.facts, orders=orders, acknowledgements=answers)


def test_missing_bot_is_named_and_the_bundle_incomplete(
    proof_case: ProofCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = proof_case.write(tmp_path / "bundle.zip", _without_second_answer(proof_case))
    assert main([str(path), "--key", _hex(proof_case.key)]) == 1
    said = capsys.readouterr().out
    assert "VERIFIED, INCOMPLETE" in said
    assert "2 of 3 bots confirmed" in said
    assert f"missing: bot {uuid.UUID(int=2)}" in said


def test_unsent_notice_is_named_and_the_bundle_incomplete(
    proof_case: ProofCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = replace(proof_case.facts.notices[0], delivered_at=None, receipt="", receipt_digest="")
    facts = replace(proof_case.facts, notices=(waiting, proof_case.facts.notices[1]))
    assert main([str(proof_case.write(tmp_path / "bundle.zip", facts)), "--key", _hex(proof_case.key)]) == 1
    said = capsys.readouterr().out
    assert "1 of 2 people notified" in said
    assert "missing: dev@example.invalid" in said


def test_bot_that_is_gone_is_not_missing(proof_case: ProofCase, tmp_path: Path) -> None:
    facts = _without_second_answer(proof_case)
    gone = replace(facts.orders[1], state="gone", settled_at=CONTAINED_AT)
    path = proof_case.write(tmp_path / "bundle.zip", replace(facts, orders=(facts.orders[0], gone, facts.orders[2])))
    found = verify_bundle(path, trusted_keys=proof_case.trusted)
    assert found.exit_code == 0
    assert found.proof is not None
    assert (found.proof.off.ordered, found.proof.off.confirmed, found.proof.off.gone) == (2, 2, 1)


def test_late_notice_is_counted(proof_case: ProofCase, tmp_path: Path) -> None:
    late = replace(proof_case.facts.notices[0], delivered_at=CONTAINED_AT + timedelta(hours=25))
    facts = replace(proof_case.facts, notices=(late, proof_case.facts.notices[1]))
    found = verify_bundle(proof_case.write(tmp_path / "bundle.zip", facts), trusted_keys=proof_case.trusted)
    assert found.proof is not None
    assert found.proof.notices.late == 1


def test_redacted_bundle_names_nobody_and_verifies_under_the_same_signature(
    proof_case: ProofCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, redacted = proof_case.write(tmp_path / "bundle.zip"), tmp_path / "redacted.zip"
    assert redact([str(path), "-o", str(redacted)]) == 0
    data = redacted.read_bytes()
    personal = (b"dev@example.invalid", b"ada@example.invalid", b"example.invalid", STATEMENT.encode(), b"250 accepted")
    assert [text for text in personal if text in data] == []
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(redacted) as rest:
        assert {*whole.namelist()} - {*rest.namelist()} == {PEOPLE_NAME}
        assert all(whole.read(name) == rest.read(name) for name in rest.namelist())

    assert main([str(redacted), "--key", _hex(proof_case.key)]) == 0
    said = capsys.readouterr().out
    assert "VERIFIED, COMPLETE" in said
    assert "people.json is withheld" in said
    assert "2 of 2 people notified" in said


def test_redacted_bundle_still_counts_who_is_missing_without_naming_them(
    proof_case: ProofCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = replace(proof_case.facts.notices[0], delivered_at=None, receipt="", receipt_digest="")
    facts = replace(proof_case.facts, notices=(waiting, proof_case.facts.notices[1]))
    path = tmp_path / "redacted.zip"
    path.write_bytes(redact_data(proof_case.write(tmp_path / "bundle.zip", facts).read_bytes()))

    assert main([str(path), "--key", _hex(proof_case.key)]) == 1

    said = capsys.readouterr().out
    assert f"missing: digest {waiting.recipient_digest[:16]}" in said
    assert "dev@" not in said


def test_only_the_file_that_names_people_may_be_withheld(proof_case: ProofCase, tmp_path: Path) -> None:
    path = proof_case.write(tmp_path / "bundle.zip")
    with zipfile.ZipFile(path) as archive:
        files = [(name, archive.read(name)) for name in archive.namelist()]
    for withheld, _ in files:
        rest = pack([file for file in files if file[0] != withheld])
        assert (verify_data(rest, trusted_keys=proof_case.trusted).exit_code == 0) == (withheld == PEOPLE_NAME)


@pytest.mark.parametrize("is_redacted", [False, True])
def test_flipped_byte_in_any_member_is_located_in_that_member(
    proof_case: ProofCase, tmp_path: Path, is_redacted: bool
) -> None:
    data = proof_case.write(tmp_path / "bundle.zip").read_bytes()
    data = redact_data(data) if is_redacted else data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        places = {info.filename: info.header_offset for info in archive.infolist()}
    starts = sorted(places.values())
    for name, start in places.items():
        end = next((other for other in starts if other > start), start + 60)
        content = start + 30 + len(name)
        for at in {start, start + 14, start + 30, content, (content + end) // 2, end - 1}:
            changed = bytearray(data)
            changed[at] ^= 0x20
            found = verify_data(bytes(changed), trusted_keys=proof_case.trusted)
            said = [str(problem) for problem in found.problems]
            assert found.exit_code == 2, (name, at)
            assert any(name in line or f"byte {start}" in line for line in said), (name, at, said)


def test_what_is_no_bundle_is_not_redacted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")

    assert redact([str(tmp_path / "x.zip"), "-o", str(tmp_path / "y.zip")]) == 64
    assert not (tmp_path / "y.zip").exists()
    assert "cannot be redacted" in capsys.readouterr().err


def test_eves_own_bundle_fails_against_the_platforms_key(proof_case: ProofCase, tmp_path: Path) -> None:
    path, eve = tmp_path / "bundle.zip", SigningKey.generate()
    facts = replace(
        proof_case.facts,
        platform_keys={eve.key_id: eve.public_base64},
        feed_at_order=make_feed(eve, sequence=SEQUENCE, issued_at=CONTAINED_AT),
        feed_latest=make_feed(eve, sequence=SEQUENCE, issued_at=CONTAINED_AT),
        checkpoint=make_checkpoint(eve, links=proof_case.facts.links),
    )
    write_bundle(facts, path=path, key=eve)
    assert verify_bundle(path, trusted_keys=proof_case.trusted).exit_code == 2
    assert verify_bundle(path).exit_code == 0


def test_without_a_key_it_says_that_nothing_is_authenticated(
    proof_case: ProofCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(proof_case.write(tmp_path / "bundle.zip"))]) == 0
    said = capsys.readouterr().out
    assert "CONSISTENT IN ITSELF" in said
    assert "NOT authenticated" in said
    assert "VERIFIED" not in said


def test_summary_says_what_each_claim_rests_on(
    proof_case: ProofCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key_file = tmp_path / "platform.pub"
    key_file.write_text(proof_case.key.public_base64 + "\n")
    assert main([str(proof_case.write(tmp_path / "bundle.zip")), "--key", str(key_file)]) == 0
    said = capsys.readouterr().out
    assert "VERIFIED, COMPLETE" in said
    assert "3 of 3 bots confirmed: switched off [each signed by the bot itself" in said
    assert "2 of 2 people notified [asserted by the platform" in said
    assert "slowest 3.000 s after the order" in said


def test_bundle_cannot_write_control_characters_to_the_terminal(
    proof_case: ProofCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    takedown = replace(proof_case.facts.takedown, plugin="\x1b[2J\x1b[HVERIFIED, COMPLETE")
    facts = replace(proof_case.facts, takedown=takedown)
    assert main([str(proof_case.write(tmp_path / "bundle.zip", facts))]) == 2
    assert "\x1b" not in capsys.readouterr().out


def test_misuse_has_its_own_exit_code(proof_case: ProofCase, tmp_path: Path) -> None:
    assert main([str(tmp_path / "nothing.zip")]) == 64
    path = str(proof_case.write(tmp_path / "bundle.zip"))
    for arguments in ([], [path, "--key", "abc"], [path, "--nonsense"]):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert stopped.value.code == 64


def test_verifier_runs_without_the_framework(proof_case: ProofCase, tmp_path: Path) -> None:
    path = proof_case.write(tmp_path / "bundle.zip")
    program = (
        "import sys; from governance.takedowns.verify import main; "
        f"code = main([{str(path)!r}]); "
        "sys.exit(code if 'django' not in sys.modules else 99)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_facts_survive_the_journey_through_the_file(proof_case: ProofCase, tmp_path: Path) -> None:
    extra = make_order(99, bot=uuid.UUID(int=3))
    gone = replace(extra, state="gone")
    facts = replace(proof_case.facts, orders=(*proof_case.facts.orders, gone))
    found = verify_bundle(proof_case.write(tmp_path / "bundle.zip", facts), trusted_keys=proof_case.trusted)
    assert found.exit_code == 0
    assert found.proof is not None
    assert found.proof.takedown == facts.takedown


def _hex(key: SigningKey) -> str:
    return key.private.public_key().public_bytes_raw().hex()


def _deflate(files: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def _find_place(data: bytes, at: int) -> tuple[str, int]:
    """The file a byte belongs to and where it begins, by an independent reader; the rest is the directory."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if at >= archive.start_dir:
            return "the archive's directory", archive.start_dir
        infos = [info for info in archive.infolist() if info.header_offset <= at]
    return infos[-1].filename, infos[-1].header_offset


def _resign(data: bytes, case: ProofCase, *, changed: Callable[[dict[str, bytes], dict[str, Any]], None]) -> bytes:
    """The bundle with other files and another manifest, signed again by the platform itself."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    statement = parse_json(files.pop(MANIFEST_NAME), max_bytes=10**6)
    manifest = open_statement(statement, kind=PROOF_KIND, keys=case.trusted)
    changed(files, manifest)
    manifest["files"] = manifest["files"] and {name: describe_file(content) for name, content in files.items()}
    signed = canonical_json(sign_statement(manifest, key=case.key))
    return pack([(MANIFEST_NAME, signed), *sorted(files.items())])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (lambda _files, manifest: manifest.update(takedown=str(uuid.UUID(int=9))), "about another takedown"),
        (lambda _files, manifest: manifest.update(files=None), "names no files"),
        (lambda _files, manifest: manifest.pop("written_at"), "manifest.json.written_at"),
        (lambda files, _manifest: files.update({"bots.json": files["bots.json"] + b"\n"}), "not in canonical form"),
        (lambda files, _manifest: files.update({"orders.json": b"[1]"}), "orders.json[0]"),
        (lambda files, _manifest: files.update({"orders.json": b"null"}), "orders.json"),
        (lambda files, _manifest: files.update({"bots.json": b'{"dev":"x"}'}), "bots.json"),
        (lambda files, _manifest: files.update({"ledger.json": b'{"links":[]}'}), "ledger.json"),
        (lambda files, _manifest: files.update({"notices.json": b'{"a":1.5}'}), "notices.json"),
        (lambda files, _manifest: files.pop("feed.json"), "feed.json: is missing"),
        (lambda files, _manifest: files.pop("people.json"), "does not say what people.json held"),
        (lambda files, _manifest: files.update({"people.json": b'{"notices":{}}'}), "people.json"),
        (
            lambda files, _manifest: files.update(
                {"people.json": b'{"notices":{"x":{"receipt":"","recipient":"","salt":""}},"statement":null}'}
            ),
            "names a notice that is not there",
        ),
    ],
)
def test_file_of_another_form_is_broken_even_when_signed(
    proof_case: ProofCase, tmp_path: Path, changed: Callable[[dict[str, bytes], dict[str, Any]], None], reason: str
) -> None:
    whole = proof_case.write(tmp_path / "bundle.zip").read_bytes()
    found = verify_data(_resign(whole, proof_case, changed=changed), trusted_keys=proof_case.trusted)
    assert found.exit_code == 2
    assert any(reason in str(problem) for problem in found.problems), [str(p) for p in found.problems]


def test_manifest_names_every_file_in_canonical_form(proof_case: ProofCase, tmp_path: Path) -> None:
    with zipfile.ZipFile(proof_case.write(tmp_path / "bundle.zip")) as archive:
        keys = archive.read("keys.json")
    assert keys == canonical_json(proof_case.trusted)
