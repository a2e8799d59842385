"""The words of notices about takedowns, one file a language; what is not translated is said in English.
No database. A translation with a missing key or another field than the English one is refused at once."""

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from governance.takedowns.errors import TranslationIncomplete

WORDS_FOLDER = Path(__file__).with_name("words")
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One language: templates by section and key, such as owner/subject."""

    language: str
    date: str
    months: tuple[str, ...]
    sections: Mapping[str, Mapping[str, str]]

    def say(self, section: str, key: str, **fields: object) -> str:
        """Fill a template in; what fills it is never read as a template."""
        return self.sections[section][key].format(**fields)

    def say_date(self, moment: datetime) -> str:
        """A moment in full, as a person writes it."""
        month = self.months[moment.month - 1]
        return self.date.format(day=moment.day, month=month, year=moment.year, time=f"{moment:%H:%M}")


@cache
def languages() -> tuple[str, ...]:
    """The languages there are words for, English first."""
    others = sorted(path.stem for path in WORDS_FOLDER.glob("*.toml") if path.stem != ENGLISH)
    return (ENGLISH, *others)


@cache
def words_in(language: str) -> Words:
    """The words of a language, or the English ones; `de-AT` finds `de`. Raises TranslationIncomplete."""
    chosen = next((known for known in (language, language.partition("-")[0]) if known in languages()), ENGLISH)
    read = _read(WORDS_FOLDER / f"{chosen}.toml")
    if chosen != ENGLISH:
        _compare(read, english=words_in(ENGLISH))
    return read


def _read(path: Path) -> Words:
    document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    sections = {
        name: {key: text.removeprefix("\n") for key, text in section.items()}
        for name, section in document.items()
        if isinstance(section, dict)
    }
    return Words(path.stem, document["date"], tuple(document["months"]), sections)


def _compare(words: Words, *, english: Words) -> None:
    theirs, ours = _fields(words), _fields(english)
    wrong = sorted(key for key in theirs.keys() | ours.keys() if theirs.get(key) != ours.get(key))
    if wrong or len(words.months) != len(english.months):
        raise TranslationIncomplete(
            f"words/{words.language}.toml differs from English in {', '.join(wrong) or 'months'}"
        )


def _fields(words: Words) -> dict[str, frozenset[str]]:
    templates = {"date": words.date} | {
        f"{section}.{key}": text for section, texts in words.sections.items() for key, text in texts.items()
    }
    return {
        key: frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
        for key, text in templates.items()
    }
