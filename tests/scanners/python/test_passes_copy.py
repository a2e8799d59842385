"""One text that this Python cannot spell does not take the canonical copy away from the rest of its file."""

import ast

import pytest

from scanners.python.copies import make_copy
from scanners.python.indirection import analyse

DETOUR = 'import base64, os\ngetattr(os, "sys" + "tem")("true")\n'
UNSPELLABLE = (
    "print(f'{base64.b64decode(\"XAo=\").decode()}')",
    "print(f'{os.sep} {chr(92) + chr(10) + str(os)!r} {chr(92) + chr(110)}')",
    "LARGE = 0x" + "f" * 5000,
    "LARGE = [-0x" + "f" * 5000 + ", 1]",
)


@pytest.mark.parametrize("line", UNSPELLABLE)
def test_copy_spells_the_rest_of_the_file(line: str) -> None:
    text = f"{DETOUR}{line}\n"
    tree = ast.parse(text)

    copy = make_copy("a.py", text=text, tree=tree, analysis=analyse(tree))

    assert copy is not None
    assert "os.system" in copy.text
    assert copy.lines[copy.text.split("\n").index("os.system('true')")] == 2
