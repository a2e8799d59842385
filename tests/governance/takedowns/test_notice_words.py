"""The words of notices: every translation says what the English text says, and names what a plugin could reach."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from governance.takedowns import notice_words
from governance.takedowns.errors import TranslationIncomplete
from governance.takedowns.grounds import GROUNDS
from governance.takedowns.notice_text import Matter, Reach, describe_observed, owner_text, read_declared
from governance.takedowns.notice_words import languages, words_in
from scanners.capabilities import NAMES

MATTER = Matter(
    takedown="t-1",
    plugin="greeter",
    publisher="eve-tools",
    versions="*",
    grounds="malware",
    statement="It steals.",
    at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC),
    exposed_since=datetime(2026, 2, 1, tzinfo=UTC),
    public_url="http://nexus.invalid/t-1",
    contact="support@nexus.invalid",
)


@pytest.mark.parametrize("language", languages())
def test_every_translation_has_the_same_keys_and_fields(language: str) -> None:
    words = words_in(language)

    assert words.language == language
    assert set(words.sections["grounds"]) == set(GROUNDS)
    assert set(NAMES.values()) < set(words.sections["observed"])


def test_english_grounds_are_those_of_the_grounds_themselves() -> None:
    assert words_in("en").sections["grounds"] == {code: ground.public_text for code, ground in GROUNDS.items()}


@pytest.mark.parametrize(
    ("asked", "given"), [("de", "de"), ("de-AT", "de"), ("en-GB", "en"), ("fr", "en"), ("", "en"), ("../de", "en")]
)
def test_language_without_a_translation_is_english(asked: str, given: str) -> None:
    assert words_in(asked).language == given


@pytest.mark.parametrize("damage", [("{plugin}", "{plugin} {secret}"), ("subject", "theme"), ('"Januar", ', "")])
def test_translation_that_does_not_fit_is_refused(
    damage: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("en", "de"):
        text = (notice_words.WORDS_FOLDER / f"{name}.toml").read_text()
        (tmp_path / f"{name}.toml").write_text(text.replace(*damage, 1) if name == "de" else text)
    monkeypatch.setattr(notice_words, "WORDS_FOLDER", tmp_path)
    words_in.cache_clear()

    try:
        with pytest.raises(TranslationIncomplete):
            words_in("de")
    finally:
        words_in.cache_clear()


@pytest.mark.parametrize(
    ("language", "date"), [("en", "4 March 2026 at 05:06 UTC"), ("de", "4. März 2026 um 05:06 Uhr UTC")]
)
def test_letter_says_when_in_the_readers_way(language: str, date: str) -> None:
    text = owner_text(MATTER, reach=Reach({}, {}), words=words_in(language))

    assert date in text.opening
    assert "2026-02-01" in text.opening


def test_secrets_that_scans_have_seen_are_to_be_replaced_too() -> None:
    reach = Reach({"secrets": ("API_TOKEN",)}, {"secrets": ("AWS_KEY",), "network": ("evil.invalid",), "screen": ()})

    closing = owner_text(MATTER, reach=reach, words=words_in("en")).closing

    assert "withdraw the old ones: API_TOKEN, AWS_KEY." in closing
    assert "  - talks to other machines: evil.invalid\n" in closing
    assert "  - takes pictures of the screen\n" in closing


@pytest.mark.parametrize(
    ("observed", "advice"),
    [
        ({"environment": ("*",)}, "Replace every secret that a bot named above could read"),
        ({"credential-stores": ()}, "Replace every secret that a bot named above could read"),
        ({"network": ()}, "It could reach no secret that we know of"),
        (None, "It could reach no secret that we know of"),
    ],
)
def test_unnamed_secrets_are_never_passed_over(observed: dict[str, tuple[str, ...]] | None, advice: str) -> None:
    assert advice in owner_text(MATTER, reach=Reach({}, observed), words=words_in("en")).closing


def test_capability_without_names_promises_none() -> None:
    assert describe_observed({"network": (), "time-travel": ()}, words=words_in("en")) == [
        "talks to other machines",
        "time travel",
    ]


def test_what_any_version_declares_counts() -> None:
    manifests: list[dict[str, Any]] = [
        {"permissions": {"secrets": ["A"], "network": [], "filesystem": "none"}},
        {"permissions": {"secrets": ["B", "A"], "filesystem": "write", "subprocess": True}},
        {},
    ]

    assert read_declared(manifests) == {"secrets": ("A", "B"), "files_write": (), "subprocess": ()}


def test_braces_in_a_plugins_own_words_fill_nothing() -> None:
    hostile = {"network": ("{names}.invalid",), "secrets": ("{0}",)}

    closing = owner_text(MATTER, reach=Reach(hostile, hostile), words=words_in("de")).closing

    assert "{names}.invalid" in closing
    assert "{0}" in closing
