"""Counts the credential stores a source names beside its use of the network: one is a client, several are a collection.

Looks at string constants only. Whether a store is really read is for the flow rules to prove.
"""

import ast
import re
from collections.abc import Iterable

from scanners.engines.hits import Hit
from scanners.stores import STORES

NETWORK_MODULES = frozenset(
    ["requests", "httpx", "aiohttp", "urllib", "urllib3", "http", "socket", "smtplib", "ftplib", "websockets"]
)
SCRIPT_NETWORK = re.compile(r"\bfetch\(|\baxios\b|\bhttps?\b|\bnet\b|\bWebSocket\b|\bgot\b|XMLHttpRequest")
SCRIPT_TEXT = re.compile(r"\"([^\"\n]{3,200})\"|'([^'\n]{3,200})'|`([^`\n]{3,200})`")
NAMED, COLLECTED = 2, 3


def search_tree(tree: ast.Module, *, folded: Iterable[ast.expr]) -> list[Hit]:
    """Return what the constants of a Python module, and those it assembles, name together."""
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    if not imported & NETWORK_MODULES:
        return []
    nodes = [*ast.walk(tree), *folded]
    texts = [
        (node.value, node.lineno) for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return judge_names(texts)


def search_script(text: str) -> list[Hit]:
    """Return what the string literals of a JavaScript source name together."""
    if not SCRIPT_NETWORK.search(text):
        return []
    texts = [
        (match[1] or match[2] or match[3], text.count("\n", 0, match.start()) + 1)
        for match in SCRIPT_TEXT.finditer(text)
    ]
    return judge_names(texts)


def judge_names(texts: list[tuple[str, int]]) -> list[Hit]:
    """Return one hit at the first store when enough different ones are named."""
    lines: dict[int, int] = {}
    for text, line in texts:
        # Longer text is documentation: it names stores without reading them.
        if len(text) <= 200:
            for number, store in enumerate(STORES):
                if store.search(text):
                    lines.setdefault(number, line)
    if len(lines) < NAMED:
        return []
    rule_id = "credential-stores-collected" if len(lines) >= COLLECTED else "credential-stores-named"
    return [Hit(rule_id, min(lines.values()), max(lines.values()))]
