"""Reads a proof bundle back into facts, and says of every byte that is not as it was signed where it stands.
Pure; trusts nothing in the bundle, not even that it is one, and never raises for what it holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from governance.takedowns.bundle import (
    DIGEST_BLOCK_BYTES,
    MANIFEST_NAME,
    PEOPLE_NAME,
    PROOF_KIND,
    ProofFacts,
    describe_file,
)
from governance.takedowns.bundle_fields import FACT_FILES, build_facts
from governance.takedowns.bundle_zip import Member, unpack
from plugins.runtime.canonical import CanonicalError, canonical_json, parse_json
from plugins.runtime.signing import StatementError, open_statement

MAX_MANIFEST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the bundle that does not hold: the file, where in it, and what is wrong."""

    file: str
    where: str
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.where, self.what) if part)


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read. Without facts nothing can be said; with problems nothing may be relied on."""

    facts: ProofFacts | None
    keys: Mapping[str, str]
    problems: tuple[Problem, ...]
    is_redacted: bool = False


def read_bundle(data: bytes, *, trusted_keys: Mapping[str, str] | None) -> Reading:
    """Read a bundle; without `trusted_keys` (id to base64) the platform's keys are taken from the bundle itself."""
    members, flaw = unpack(data)
    problems = [Problem("the archive", f"byte {flaw.offset}", flaw.what)] if flaw else []
    files = {member.name: member.content for member in members}
    is_redacted = PEOPLE_NAME not in files
    expected = FACT_FILES if is_redacted else (*FACT_FILES, PEOPLE_NAME)
    values = {name: value for name in expected if (value := _parse(name, files, problems=problems)) is not None}
    keys = trusted_keys if trusted_keys is not None else _offered_keys(values.get("keys.json"))
    manifest = _open_manifest(files, keys=keys, problems=problems)
    problems.extend(_compare_files(members, described=manifest.get("files")))
    if not manifest:
        return Reading(None, keys, tuple(problems), is_redacted)
    try:
        facts = build_facts(values, written_at=manifest.get("written_at"))
    except ValueError as error:
        problems.append(Problem("", "", str(error)))
        return Reading(None, keys, tuple(problems), is_redacted)
    if manifest.get("takedown") != str(facts.takedown.takedown):
        problems.append(Problem("takedown.json", "takedown", "the manifest is about another takedown"))
    return Reading(facts, keys, tuple(problems), is_redacted)


def _parse(name: str, files: Mapping[str, bytes], *, problems: list[Problem]) -> Any:
    content = files.get(name)
    if content is None:
        problems.append(Problem(name, "", "is missing"))
        return None
    try:
        value = parse_json(content, max_bytes=len(content))
    except CanonicalError as error:
        problems.append(Problem(name, "", str(error)))
        return None
    if canonical_json(value) != content:
        problems.append(Problem(name, "", "is not in canonical form"))
    return value


def _offered_keys(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {name: key for name, key in value.items() if isinstance(key, str)}


def _open_manifest(files: Mapping[str, bytes], *, keys: Mapping[str, str], problems: list[Problem]) -> dict[str, Any]:
    statement = _parse(MANIFEST_NAME, files, problems=problems)
    if not isinstance(statement, dict):
        return {}
    try:
        manifest = open_statement(statement, kind=PROOF_KIND, keys=keys, max_bytes=MAX_MANIFEST_BYTES)
    except StatementError as error:
        problems.append(Problem(MANIFEST_NAME, error.code, str(error)))
        return {}
    if not isinstance(manifest.get("files"), dict):
        problems.append(Problem(MANIFEST_NAME, "files", "names no files"))
    return manifest


def _compare_files(members: list[Member], *, described: Any) -> list[Problem]:
    names = [member.name for member in members]
    repeated = {name for name in names if names.count(name) > 1}
    problems = [Problem(name, "", "appears more than once") for name in sorted(repeated)]
    if names != [MANIFEST_NAME, *sorted({*names} - {MANIFEST_NAME})]:
        problems.append(Problem("the archive", "", "its files are not those of a bundle, in a bundle's order"))
    problems += [
        Problem(member.name, "", "its content or its checksum was changed")
        for member in members
        if crc32(member.content) != member.crc
    ]
    if isinstance(described, dict):
        missing = {*described} - {*names} - {PEOPLE_NAME}
        problems += [Problem(name, "", "was signed for and is missing") for name in sorted(missing)]
        if PEOPLE_NAME not in described:
            problems.append(Problem(MANIFEST_NAME, "files", f"does not say what {PEOPLE_NAME} held"))
        changed = (_find_change(member, row=described.get(member.name)) for member in members)
        problems += [problem for problem in changed if problem is not None]
    return problems


def _find_change(member: Member, *, row: Any) -> Problem | None:
    actual = describe_file(member.content)
    if member.name == MANIFEST_NAME or actual == row:
        return None
    return _locate_change(member.name, actual=actual, row=row)


def _locate_change(name: str, *, actual: Mapping[str, Any], row: Any) -> Problem:
    if not isinstance(row, dict) or not isinstance(row.get("block_sha256"), list):
        return Problem(name, "", "is not among the files the manifest was signed for")
    found, signed = actual["block_sha256"], row["block_sha256"]
    pairs = enumerate(zip(found, signed, strict=False))
    block = next((at for at, (one, other) in pairs if one != other), min(len(found), len(signed)))
    first = block * DIGEST_BLOCK_BYTES
    return Problem(name, f"bytes {first} to {first + DIGEST_BLOCK_BYTES - 1}", "differ from what was signed")
