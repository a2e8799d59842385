"""Makes text of a stranger safe to read: what cannot be seen, or turns the reading direction, is spelled out.
Never marks anything as HTML; escaping stays the templates' work."""

import unicodedata

# Control, format (bidirectional overrides, zero-width), surrogate, private; line and paragraph marks.
UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
KEPT = frozenset({"\n", "\t"})
MOST_CHARACTERS = 4_000


def show_text(text: str, *, most_characters: int = MOST_CHARACTERS) -> str:
    """Return the text with every unseen character written as ⟨U+202E⟩; one that is cut says so."""
    shown = "".join(_show_character(character) for character in text[:most_characters])
    left_out = len(text) - most_characters
    return f"{shown} … ({left_out} more characters)" if left_out > 0 else shown


def _show_character(character: str) -> str:
    if character in KEPT or unicodedata.category(character) not in UNSEEN_CATEGORIES:
        return character
    return f"⟨U+{ord(character):04X}⟩"
