"""Reads snippets as a plugin's scripts and says their facts in one line each, for tests to compare.

It opens no files and judges nothing.
"""

from scanners.facts import Fact, Trick
from scanners.javascript import ScriptPass, read_scripts
from scanners.report import Kind
from scanners.sources import Source


def source(path: str, text: str, *, is_guess: bool = False) -> Source:
    """Return one script."""
    return Source(path, Kind.JAVASCRIPT, "", len(text), None, text, is_guess=is_guess)


def read(text: str, *, path: str = "index.js", **others: str) -> ScriptPass:
    """Return the pass over one script and, by names with `_` for `.`, its neighbours."""
    neighbours = [source(name.replace("__", "/").replace("_", ".", 1), other) for name, other in others.items()]
    return read_scripts([source(path, text), *neighbours], entry_points=(path,))


def say(fact: Fact) -> str:
    """Return a fact as `act 'detail' labels context tricks`; whether an answer is read has tests of its own."""
    labels = ",".join(sorted(fact.labels))
    tricks = ",".join(sorted(fact.tricks - {Trick.UNANSWERED}))
    return f"{fact.act} '{fact.detail}' [{labels}] {fact.context} {{{tricks}}}"


def says(text: str, **others: str) -> list[str]:
    """Return what all facts of one script say."""
    return [say(fact) for fact in read(text, **others).facts]
