"""Answers a look's question what of its tree and files is known already, and keeps what it says about the others.

Everything is kept under the bytes of a file or tree, the engine's code and rules: a changed rule is looked for again.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from typing import Any, Final

from scanners.cache import Cache, make_key
from scanners.engines import select_rules
from scanners.rules import FOLDER, SCANNERS

KEEPING: Final = ("sources", "bandit", "yara", "secrets", "texts", "prompts")
LIBRARIES: Final = ("bandit", "yara-x", "detect-secrets", "tree-sitter")
UNREADABLE: Final = (ValueError, TypeError, AttributeError, RecursionError)


class Kept:
    """The way from one look to a cache; what the look says is stored only when its scan was whole."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is kept by engine and file or tree; a question that does not read as one knows nothing."""
        files = [str(file) for file in question.get("files", ())]
        known: dict[str, dict[str, Any]] = {}
        for engine in KEEPING:
            keys = {name_entry(engine, file): file for file in files}
            entries = self._cache.get_many([*keys])
            known[engine] = {
                keys[key]: items for key, entry in entries.items() if (items := read_entry(entry)) is not None
            }
        return {"known": known}

    def store(self, kept: Mapping[str, Any]) -> None:
        """Store what a whole scan said; raises one of `UNREADABLE` when it does not read as promised."""
        self._cache.put_many(
            {
                name_entry(engine, str(file)): json.dumps(items, separators=(",", ":")).encode()
                for engine in KEEPING
                for file, items in kept.get(engine, {}).items()
            }
        )


def read_entry(entry: bytes) -> list[Any] | None:
    """Return the findings of an entry, or None when it is not one of ours."""
    try:
        items = json.loads(entry)
    except UNREADABLE:
        return None
    return items if isinstance(items, list) else None


def name_entry(engine: str, file: str) -> str:
    """Return the cache's key for an engine's word on a file (`steps.key_of`) or a tree (`followed.name_tree`)."""
    return make_key(
        engine, engine_digest=code_digest(), rules_digest=rules_digest(engine), content_sha256="", extra=(file,)
    )


@cache
def code_digest() -> str:
    """Return a digest over every line of the engine and the libraries it calls; raises OSError."""
    digest = hashlib.sha256(" ".join(version(name) for name in LIBRARIES).encode())
    for path in sorted(SCANNERS.rglob("*.py")):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@cache
def rules_digest(engine: str) -> str:
    """Return a digest over an engine's rules, texts included, and over the data files that it reads."""
    digest = hashlib.sha256("\n".join(repr(rule) for _, rule in sorted(select_rules(engine).items())).encode())
    for path in sorted((*FOLDER.rglob("*.yar"), *FOLDER.rglob("*.txt"), *FOLDER.glob("*/*.toml"))):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
