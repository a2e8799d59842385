"""Colours code for reading: a snippet becomes numbered lines of (style, text) pairs for a template to escape.
Never runs or imports the code, never guesses its language from its content, and never builds HTML."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Error, Keyword, Name, Number, String, _TokenType, is_token_subtype

from governance.admin.visible_text import show_text

# Bounded, because a lexer is a pile of regular expressions and the snippet is a stranger's.
MOST_CHARACTERS = 2_000

LEXERS: Mapping[str, str] = MappingProxyType(
    {
        ".py": "python",
        ".pyi": "python",
        ".js": "javascript",
        ".cjs": "javascript",
        ".mjs": "javascript",
        ".ts": "typescript",
        ".json": "json",
        ".toml": "toml",
        ".sh": "bash",
        ".html": "html",
    }
)
STYLES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "comment"),
    (Keyword, "keyword"),
    (String, "string"),
    (Number, "number"),
    (Name.Builtin, "builtin"),
    (Name.Function, "name"),
    (Name.Class, "name"),
    (Name.Decorator, "name"),
    (Error, "error"),
)


@dataclass(frozen=True, slots=True)
class CodeToken:
    """A piece of a line; `style` is one of the stylesheet's code-… names, or empty."""

    style: str
    text: str


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of code; its number is None when the finding names no line."""

    number: int | None
    tokens: tuple[CodeToken, ...]


def colour_code(snippet: str, *, path: str, first_line: int | None) -> tuple[CodeLine, ...]:
    """Split a snippet of the file at `path` into coloured lines, counted from `first_line`."""
    if not snippet.strip():
        return ()
    lines: list[list[CodeToken]] = [[]]
    for style, text in _lex(snippet[:MOST_CHARACTERS], path=path):
        head, *rest = text.split("\n")
        _append(lines[-1], style, head)
        for part in rest:
            lines.append([])
            _append(lines[-1], style, part)
    return tuple(
        CodeLine(first_line + offset if first_line is not None else None, tuple(line))
        for offset, line in enumerate(lines)
    )


def _lex(snippet: str, *, path: str) -> Iterator[tuple[str, str]]:
    name = LEXERS.get(PurePosixPath(path).suffix.lower(), "text")
    for token, text in get_lexer_by_name(name, stripnl=False, ensurenl=False).get_tokens(snippet):
        yield next((style for kind, style in STYLES if is_token_subtype(token, kind)), ""), text


def _append(line: list[CodeToken], style: str, text: str) -> None:
    if text:
        line.append(CodeToken(style, show_text(text)))
