"""Decides whether a sentence orders an assistant about, or only speaks of such orders.

Reads texts a model would be given, spelled in any of the usual disguises. A word alone is never an attack.
"""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import compress
from typing import Final

from scanners import limits
from scanners.engines.gates import Gates
from scanners.engines.identifiers import look_alike
from scanners.rules import FOLDER

GRAMMAR_FILE: Final = FOLDER / "grammar" / "prompts.toml"
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]")
MARKUP = re.compile(r"[*#>`]{1,3}(?=\w)|(?<=\w)[*`]{1,3}")
SPACED = re.compile(r"\b(?:\w[ .\-_*]){4,}\w\b")
LEET_WORD = re.compile(r"\b(?=\w*[a-z])(?=\w*[0134578@$])[\w@$]{4,}\b")
LEET: Final = str.maketrans("013457@$", "oieastas")
WORD = re.compile(r"\w+")
SENTENCE_BREAK = re.compile(r"[.!?](?=\s|$)|\n")
# What makes the words behind it somebody else's, unless a clause ends in between.
GOVERNING = re.compile(
    r"\b(?:asks?|asked|asking|tells?|told|telling|tr(?:y|ies|ying)|attempt(?:s|ed|ing)?|wants?|instructs?|instructed|urges?|says?"
    r"|saying|said|persuades?|convinces?|tricks?|such as|like|e\.g\.?|examples?|for instance|including|phrases?"
    r"|patterns?|detects?|detecting|blocks?|flags?|refus\w+|reject\w*|filters?|prevent\w*|resist\w*|attacks?|contain(?:s|ing)?"
    r"|injections?|variations? of|form of|begging|requests?|means?|option|flag|whether|able|allows?|can|may|might|could"
    r"|will|would|used|not|never|don't|matches|looks? for|search\w*|wrote|writes|typed?|literally|words?|lines?)"
    r"(?!\w)[^,;:.!?]{0,50}?[\s\"'“«(:]*$"
)
BEHIND = re.compile(
    r"^[\"'”»)\]]*[^.;!?]{0,40}\b(?:attacks?|injections?|attempts?|jailbreaks?|phrases?|patterns?|payloads?"
    r"|requests? (?:is|are)|is (?:a|an) \w+ (?:attack|trick)|style|variants?)\b"
)
TOPIC = re.compile(
    r"\b(?:detect|attack|inject|jailbreak|malicious|example|pattern|phrase|payload|block|guard|filter|prevent|adversarial"
    r"|e\.g|such as|sample|test case|classif|flag|signature|dataset|blocklist|denylist|moderat|scan)\w*"
)
# A reader who may choose is a person: "if you use X, ignore the above instructions".
FOR_PERSONS = re.compile(
    r"\bif you(?:'re| are| have| use| already| want| do not| don't| run| installed| prefer| only)\b"
    r"|\bif you (?:need|see|get|would|built)\b"
)
QUOTES: Final = (('"', '"'), ("“", "”"), ("«", "»"), ("`", "`"), ("「", "」"), ("„", "“"))


@dataclass(frozen=True, slots=True)
class Phrase:
    """One form of an order, and the rule it breaks."""

    rule_id: str
    expression: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Order:
    """One sentence that fits a phrase; a quoted one is only spoken of."""

    rule_id: str
    words: str
    is_quoted: bool


@cache
def load_phrases() -> tuple[Phrase, ...]:
    """Return every phrase of the grammar, with the shared words filled in."""
    document = tomllib.loads(GRAMMAR_FILE.read_text(encoding="utf-8"))
    phrases = []
    for item in document["phrase"]:
        pattern = item["pattern"]
        for name, words in document["words"].items():
            pattern = pattern.replace(f"{{{name}}}", words)
        phrases.append(Phrase(item["rule"], re.compile(pattern)))
    return tuple(phrases)


@cache
def load_gates() -> Gates:
    """Return what says which phrases a text cannot hold."""
    return Gates([phrase.expression for phrase in load_phrases()])


def find_orders(text: str) -> list[Order]:
    """Return every order in a text, in the order of the grammar, without those that the text only reports."""
    orders: dict[tuple[str, str], Order] = {}
    for form in normalise(text[: limits.PROMPT_CHARACTERS]):
        for phrase in compress(load_phrases(), load_gates().open_for(form)):
            for match in phrase.expression.finditer(form):
                order = judge(phrase, form=form, match=match)
                if order is not None:
                    orders.setdefault((order.rule_id, order.words), order)
    return list(orders.values())


def judge(phrase: Phrase, *, form: str, match: re.Match[str]) -> Order | None:
    """Return the order a match is, None when the sentence reports, forbids or allows it."""
    start = max(
        (found.end() for found in SENTENCE_BREAK.finditer(form, max(0, match.start() - 300), match.start())),
        default=max(0, match.start() - 300),
    )
    before, behind = form[start : match.start()], form[match.end() : match.end() + 160]
    is_quoted = any(is_inside(before, behind, marks=marks) for marks in QUOTES)
    if phrase.rule_id == "prompt-role-tags":
        return None if is_quoted else Order(phrase.rule_id, match[0], is_quoted=False)
    if GOVERNING.search(before) or BEHIND.search(behind) or FOR_PERSONS.search(before):
        return None
    is_topic = TOPIC.search(form[max(0, match.start() - 300) : match.start()]) is not None
    if is_quoted and (is_topic or TOPIC.search(behind)):
        return None
    return Order(phrase.rule_id, match[0], is_quoted=is_quoted)


def is_inside(before: str, behind: str, *, marks: tuple[str, str]) -> bool:
    """Say whether a quotation is open before the match and closed behind it."""
    opening, closing = marks
    if opening == closing:
        return before.count(opening) % 2 == 1 and closing in behind
    return before.rfind(opening) > before.rfind(closing) and closing in behind


def normalise(text: str) -> tuple[str, ...]:
    """Return a text in plain lower-case letters, and once more with digits read as letters where that differs."""
    plain = text.casefold()
    if not text.isascii():
        plain = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).casefold().replace("\u2019", "'")
        plain = WORD.sub(lambda match: latinise(match[0]), plain)
    plain = " ".join(MARKUP.sub("", plain).split())
    read = LEET_WORD.sub(lambda match: match[0].translate(LEET), plain)
    closed = SPACED.sub(lambda match: re.sub(r"[ .\-_*]", "", match[0]), plain)
    return tuple(dict.fromkeys((plain, read, closed)))


def latinise(word: str) -> str:
    """Return a word that mixes scripts with its look-alike letters made Latin; other words stay as they are."""
    if word.isascii() or not re.search("[a-z]", word):
        return word
    return "".join(look_alike(letter).casefold() or letter for letter in word)
