"""Source bytes become the text that would run, line for line."""

import pytest

from scanners.decoding import (
    decode_python,
    decode_script,
    decode_text,
    extract_notebook,
    extract_startup_lines,
    unescape_script,
)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\r\ny = 2\r", "x = 1\ny = 2\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"# coding: latin-1\nx = '\xe9'\n", "#                \nx = '\u00e9'\n"),
        (b"#!/usr/bin/python\n# coding: utf-7\nx +AD0 1\n", "#!/usr/bin/python\n#\nx = 1\n"),
    ],
)  # fmt: skip
def test_python_is_decoded_as_python_would(data: bytes, text: str) -> None:
    decoded = decode_python(data).text
    assert decoded.split("\n")[-2:] == text.split("\n")[-2:]
    assert decoded.count("\n") == text.count("\n")
    assert "coding" not in decoded


@pytest.mark.parametrize("data", [b"# coding: rot13\n", b"# coding: nothing\n", b"\xff\n", b"x = 1\0\n"])
def test_what_python_refuses_is_refused(data: bytes) -> None:
    with pytest.raises((SyntaxError, LookupError, ValueError)):
        decode_python(data)


@pytest.mark.parametrize(
    ("encoding", "is_odd"), [("utf-8", False), ("latin-1", False), ("utf-7", True), ("unicode_escape", True)]
)
def test_encoding_that_changes_ascii_is_odd(encoding: str, is_odd: bool) -> None:
    assert decode_python(f"# coding: {encoding}\n".encode()).is_odd is is_odd


def test_javascript_line_separators_end_a_comment() -> None:
    assert decode_script("// harmless \u2028run()".encode()).text.split("\n")[1] == "run()"


def test_javascript_escapes_of_letters_are_spelled_and_others_kept() -> None:
    assert unescape_script(r"\u0065v\u{61}l('\x61\u000a')") == r"eval('a\u000a')"


def test_binary_is_not_text() -> None:
    assert decode_text(b"\x89PNG\0") is None
    assert decode_text(b"\xff\xff") is None


def test_only_import_lines_of_a_pth_run() -> None:
    assert extract_startup_lines("/folder\nimport a\n# import b\nimport\tc; d()") == "\nimport a\n\nimport\tc; d()"


def test_shell_escapes_of_a_notebook_become_calls() -> None:
    notebook = (
        '{"cells": [{"cell_type": "markdown", "source": "x"}, {"cell_type": "code", "source": ["!ls\\n", "%pip x"]}]}'
    )
    assert extract_notebook(notebook).split("\n")[0] == "__import__('os').system('ls')"
