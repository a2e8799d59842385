"""Code on a page is coloured by its file's name alone, line by line, as pieces of plain text."""

from governance.admin.code_lines import MOST_CHARACTERS, CodeLine, CodeToken, colour_code


def _text(lines: tuple[CodeLine, ...]) -> list[str]:
    return ["".join(token.text for token in line.tokens) for line in lines]


def test_lines_are_counted_from_the_finding() -> None:
    lines = colour_code("import os\n\nos.getcwd()", path="a.py", first_line=41)
    assert [line.number for line in lines] == [41, 42, 43]
    assert _text(lines) == ["import os", "", "os.getcwd()"]


def test_python_and_javascript_are_coloured() -> None:
    (python,) = colour_code("# note", path="a.py", first_line=1)
    (script,) = colour_code("// note", path="a.mjs", first_line=1)
    assert python.tokens == (CodeToken("comment", "# note"),)
    assert script.tokens == (CodeToken("comment", "// note"),)


def test_unknown_file_stays_plain() -> None:
    (line,) = colour_code("# note", path="payload.bin", first_line=None)
    assert line == CodeLine(None, (CodeToken("", "# note"),))


def test_text_keeps_its_white_space() -> None:
    assert _text(colour_code("    return 1  ", path="a.py", first_line=1)) == ["    return 1  "]


def test_empty_snippet_has_no_lines() -> None:
    assert colour_code(" \n", path="a.py", first_line=1) == ()


def test_endless_line_is_cut() -> None:
    (line,) = colour_code("x" * (MOST_CHARACTERS + 500), path="a.py", first_line=1)
    assert len("".join(token.text for token in line.tokens)) == MOST_CHARACTERS
