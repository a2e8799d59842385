"""A canonical copy that this Python cannot spell is left out, and the file is read all the same."""

import ast

from scanners.python.copies import make_copy
from scanners.python.indirection import analyse

TEXT = """import os
name = "a"
print(f"{os.sep.join(['x', chr(92)])} {'sys' + 'tem'}")
getattr(os, "sys" + "tem")(f"{name.replace(chr(92), 'b')}")
"""


def test_copy_that_cannot_be_spelled_is_no_error() -> None:
    tree = ast.parse(TEXT)
    copy = make_copy("a.py", text=TEXT, tree=tree, analysis=analyse(tree))
    assert copy is None or "os.system" in copy.text
