"""Says whether a name pretends to be a popular one: one slip of the keyboard, a letter that looks alike, an added word.

Knows names only from its own list and asks nobody. Being like a popular name proves no intent.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from confusable_homoglyphs import confusables

from scanners import limits

NAMES_FILE = Path(__file__).resolve().parent / "rules" / "popular_names.txt"
SEPARATORS = re.compile(r"[-_.]+")
# Letters that are read as one another in most typefaces.
TWINS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("5", "s"), ("3", "e"), ("i", "l"))


class Ecosystem(StrEnum):
    """Whose installer a name is given to."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"


class Slip(StrEnum):
    """How a name differs from the popular one."""

    LETTER = "one letter"
    SEPARATOR = "separators"
    HOMOGLYPH = "letters that look alike"
    COMBINED = "an added word"


@dataclass(frozen=True, slots=True)
class Lookalike:
    """The popular name that is meant to be read, and how this one differs from it."""

    popular: str
    slip: Slip


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The popular names of one ecosystem, by everything they are looked up by."""

    popular: frozenset[str]
    honest: frozenset[str]
    bare: dict[str, str]
    skeletons: dict[str, str]
    shortened: dict[str, tuple[str, ...]]
    words: frozenset[str]


def normalise_name(name: str, *, ecosystem: Ecosystem) -> str:
    """Return the name as its installer compares it."""
    folded = name.strip().casefold()
    return SEPARATORS.sub("-", folded) if ecosystem is Ecosystem.PYTHON else folded


def is_popular(name: str, *, ecosystem: Ecosystem) -> bool:
    """Say whether this is a popular name itself."""
    return normalise_name(name, ecosystem=ecosystem) in load_index(ecosystem).popular


def find_lookalike(name: str, *, ecosystem: Ecosystem) -> Lookalike | None:
    """Return the popular name this one can be taken for; None for popular and known honest names."""
    index = load_index(ecosystem)
    wanted = normalise_name(name, ecosystem=ecosystem)
    if wanted in index.popular or wanted in index.honest or wanted.startswith("@types/"):
        return None
    scope = wanted.partition("/")[0]
    if scope.startswith("@") and scope != wanted and scope not in index.popular:
        # A scope is an owner: whoever slips there gets another owner's code, whatever the rest is called.
        return find_lookalike(scope, ecosystem=ecosystem)
    if not wanted.isascii() and (popular := index.skeletons.get(make_skeleton(wanted))):
        return Lookalike(popular, Slip.HOMOGLYPH)
    if (popular := index.bare.get(strip_separators(wanted))) is not None:
        return Lookalike(popular, Slip.SEPARATOR)
    if (popular := index.skeletons.get(make_skeleton(wanted))) is not None:
        return Lookalike(popular, Slip.HOMOGLYPH)
    if (popular := find_neighbour(wanted, index=index)) is not None:
        return Lookalike(popular, Slip.LETTER)
    if (popular := find_combined(wanted, index=index)) is not None:
        return Lookalike(popular, Slip.COMBINED)
    return None


@cache
def load_index(ecosystem: Ecosystem) -> NameIndex:
    """Return the names of an ecosystem from the list that comes with the rules."""
    sections = read_sections()
    popular = frozenset(sections[ecosystem])
    popular |= {name.partition("/")[0] for name in popular if name.startswith("@")}
    shortened: dict[str, set[str]] = {}
    for name in popular:
        if len(name) >= limits.EDIT_NAME_CHARACTERS:
            for form in {name, *shorten(name)}:
                shortened.setdefault(form, set()).add(name)
    return NameIndex(
        popular=popular,
        honest=frozenset(sections[f"near-{ecosystem}"]),
        bare={strip_separators(name): name for name in sorted(popular) if len(name) >= limits.EDIT_NAME_CHARACTERS},
        skeletons={make_skeleton(name): name for name in sorted(popular) if len(name) >= limits.EDIT_NAME_CHARACTERS},
        shortened={form: tuple(sorted(names)) for form, names in shortened.items()},
        words=frozenset(sections["suffixes"]),
    )


def read_sections() -> dict[str, tuple[str, ...]]:
    """Return the words of every section of the list."""
    sections: dict[str, list[str]] = {}
    words: list[str] = []
    for line in NAMES_FILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            words = sections.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            words += line.split()
    return {name: tuple(items) for name, items in sections.items()}


def strip_separators(name: str) -> str:
    """Return a name without what stands between its words."""
    return re.sub(r"[-_.]", "", name)


def make_skeleton(name: str) -> str:
    """Return how a name looks: every letter as the Latin one it can be taken for."""
    letters = "".join(latin_of(character) for character in name)
    for twin, shown in TWINS:
        letters = letters.replace(twin, shown)
    return strip_separators(letters)


@cache
def latin_of(character: str) -> str:
    """Return the ASCII letter a foreign letter looks like; itself when there is none."""
    if character.isascii():
        return character
    found = confusables.is_confusable(character, greedy=True, preferred_aliases=[])
    candidates = [item["c"] for entry in found or () for item in entry["homoglyphs"]]
    return next((text.casefold() for text in candidates if text.isascii() and text.isalnum()), character)


def shorten(name: str) -> set[str]:
    """Return the name with each one of its letters left out."""
    return {name[:position] + name[position + 1 :] for position in range(len(name))}


def find_neighbour(name: str, *, index: NameIndex) -> str | None:
    """Return the popular name one letter away: added, left out, replaced, or two neighbours exchanged."""
    if len(name) < limits.EDIT_NAME_CHARACTERS - 1:
        return None
    candidates = {popular for form in {name, *shorten(name)} for popular in index.shortened.get(form, ())}
    same_kind = (popular for popular in sorted(candidates) if popular.startswith("@") is name.startswith("@"))
    return next((popular for popular in same_kind if is_one_slip(name, popular)), None)


def is_one_slip(name: str, popular: str) -> bool:
    """Say whether one edit leads from one name to the other; a number at the end counts the edition, not a slip."""
    if re.sub(r"[-_.]?\d+$", "", name) == re.sub(r"[-_.]?\d+$", "", popular):
        return False
    if len(name) != len(popular):
        longer, shorter = (name, popular) if len(name) > len(popular) else (popular, name)
        return len(longer) - len(shorter) == 1 and shorter in shorten(longer)
    differing = [place for place, pair in enumerate(zip(name, popular, strict=True)) if pair[0] != pair[1]]
    if len(differing) == 2:
        first, second = differing
        return second == first + 1 and name[first] == popular[second] and name[second] == popular[first]
    return len(differing) == 1


def find_combined(name: str, *, index: NameIndex) -> str | None:
    """Return the popular name to which one word of promise was added, before or behind it."""
    for word in index.words:
        for separator in ("-", "_", "."):
            if name.endswith(separator + word) and (rest := name[: -len(word) - 1]) in index.popular:
                return rest
            if name.startswith(word + separator) and (rest := name[len(word) + 1 :]) in index.popular:
                return rest
    return None
