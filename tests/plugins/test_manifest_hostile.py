"""Whatever Eve writes into a manifest, it is refused quickly, in readable words, and nothing else happens."""

import time
import tomllib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plugins.errors import ManifestRefused, Problem
from plugins.manifest import MANIFEST_MAX_BYTES, MANIFEST_NAME, build_manifest, parse_manifest
from tests.plugins.manifest_samples import ADAS_MANIFEST, JAVASCRIPT, edited, refused

HIDDEN = [
    "\u202e",
    "\u2066",
    "\u200b",
    "\u200d",
    "\ufeff",
    "\u00ad",
    "\u0085",
    "\u2028",
    "\U000e0041",
    "\U000e0100",
]
HIDDEN += ["\u3164", "\u2800", "\ue000", "\u0007", "\u007f", "\ufffe", "\u00a0", "\u2003", "\u3000"]


@pytest.mark.parametrize("character", HIDDEN)
@pytest.mark.parametrize("place", ["Shows the weather", "Asks for a town"])
def test_unseen_character_is_refused_and_written_out(place: str, character: str) -> None:
    data = edited({place: f"{place}\\U{ord(character):08x}"})
    (problem,) = refused(data)
    assert problem.found.startswith(f"the character U+{ord(character):04X} in ")
    assert character not in str(problem)


def test_unseen_character_in_a_key_is_refused_and_written_out() -> None:
    problems = refused(edited({"httpx": '"ht\\u202etpx"'}))
    assert any("U+202E" in problem.found for problem in problems)
    assert all("\u202e" not in str(problem) for problem in problems)


def test_manifest_at_the_size_limit_is_read_and_one_byte_more_is_refused() -> None:
    padded = ADAS_MANIFEST.encode() + b"#"
    padded += b"x" * (MANIFEST_MAX_BYTES - len(padded))
    assert parse_manifest(padded).name == "weather-card"
    assert refused(padded + b"x") == (Problem(MANIFEST_NAME, "65537 bytes", "at most 65536 bytes"),)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"[plugin]\nname = \xff", "a byte at position 16 that is not UTF-8"),
        (b"[plugin", "text that is not TOML"),
        (b'[plugin]\nname = "a"\nname = "b"', "text that is not TOML"),
        (b"\xef\xbb\xbf[plugin]", "text that is not TOML"),
        (b"a = " + b"9" * 5_000, "a number too long to read"),
        (b"a = " + b"[" * 9 + b"]" * 9, "brackets or dotted keys nested too deeply"),
        (b"a.a.a.a.a.a.a.a.a.a = 1", "brackets or dotted keys nested too deeply"),
    ],
)
def test_file_that_cannot_be_read_is_refused_as_a_whole(data: bytes, found: str) -> None:
    (problem,) = refused(data)
    assert problem.key == MANIFEST_NAME
    assert problem.found.startswith(found)


def test_brackets_in_texts_and_comments_are_not_nesting() -> None:
    data = edited({"Shows the weather": "[[[[[[[[[[ {{{{{{{{{{", "[permissions]": "# [[[[[[[[[[\n[permissions]"})
    assert parse_manifest(data).description.startswith("[[[[[[[[[[")


# Eve's manifests: each is small, and each made some parser or check take long or fall over.
BITING = {
    "brackets": b"a=" + b"[" * 60_000,
    "inline tables": b"a=" + b"{a=" * 15_000,
    "dotted key": b"a." * 30_000 + b"a=1",
    "dotted heading": b"[" + b"a." * 30_000 + b"a]",
    "many long keys": b"\n".join(b"a.b.c.d.e.f.g%d=1" % n for n in range(3_500)),
    "unclosed texts": b'"""\n' + b'\\"""\n' * 13_000,
    "unclosed text of quotes": b'"' + b'\\"' * 32_000,
    "hexadecimal number": b"a=0x" + b"f" * 60_000,
    "long mixed list": b"[permissions]\nnetwork=[" + b'0,"",' * 12_000 + b"]",
    "many keys": b"".join(b"k%d=1\n" % n for n in range(6_000)),
    "long name": edited({"weather-card": "a" * 60_000 + "!"}),
    "long host": edited({"api.example.invalid": "a-" * 30_000}),
    "long dependency": edited({"httpx": "a-" * 30_000}),
    "long specifier": edited({">=0.27,<1": ">=2," * 15_000}),
    "long license": edited({'"mit"': '"' + "(" * 30_000 + '"'}),
    "long range": edited({**JAVASCRIPT, "^1.2.0": "1-" * 30_000}),
}


@pytest.mark.parametrize("name", BITING)
def test_biting_manifest_is_refused_quickly(name: str) -> None:
    started = time.process_time()
    assert refused(BITING[name])
    assert time.process_time() - started < 2  # seconds; the worst of these once took thirteen


def test_nested_license_is_judged_without_falling_over() -> None:
    data = edited({'"mit"': '"' + "(" * 98 + "mit" + ")" * 98 + '"'})
    assert parse_manifest(data).license.count("(") == 98


def judge(document: bytes | dict[str, Any]) -> tuple[Problem, ...]:
    """The reasons for a refusal, none for a manifest that is read; any other exception ends the test."""
    try:
        manifest = parse_manifest(document) if isinstance(document, bytes) else build_manifest(document)
    except ManifestRefused as error:
        return error.problems or (Problem("", "a refusal without a reason", ""),)
    return () if build_manifest(manifest.to_dict()) == manifest else (Problem("", "another manifest", ""),)


def is_told(problems: tuple[Problem, ...]) -> bool:
    """Whether each reason names its key and can be shown as it is."""
    return all(problem.key and problem.found.isprintable() for problem in problems)


@given(st.binary(max_size=2_000))
@example(b"")
@example(b"[permissions]\nnetwork = nan")
@settings(deadline=None)
def test_arbitrary_bytes_raise_nothing_but_a_refusal(data: bytes) -> None:
    assert is_told(judge(data))


@given(st.integers(0, len(ADAS_MANIFEST)), st.integers(0, 40), st.text(max_size=20))
@settings(deadline=None, max_examples=300)
def test_damaged_manifest_raises_nothing_but_a_refusal(start: int, length: int, text: str) -> None:
    damaged = ADAS_MANIFEST[:start] + text + ADAS_MANIFEST[start + length :]
    assert is_told(judge(damaged.encode("utf-8", "surrogatepass")))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.datetimes() | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


@given(st.data(), VALUES)
@settings(deadline=None, max_examples=300)
def test_any_value_at_any_key_raises_nothing_but_a_refusal(data: st.DataObject, value: Any) -> None:
    document: dict[str, Any] = tomllib.loads(ADAS_MANIFEST)
    table = data.draw(st.sampled_from([document, *(part for part in document.values() if isinstance(part, dict))]))
    table[data.draw(st.sampled_from(sorted(table)) | st.text(max_size=12))] = value
    assert is_told(judge(document))
