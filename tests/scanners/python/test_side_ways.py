"""What a plugin reaches through its own classes and paths is followed: setters, foreign bases, archives on the path."""

from scanners.facts import Act, Label
from tests.scanners.python.conftest import read

SETTER = """
import tkinter
class Board:
    def __init__(self):
        self._window = tkinter.Tk()
    @property
    def value(self):
        return self._window.clipboard_get()
    @value.setter
    def value(self, new):
        self._window.clipboard_append(new)
def keep(board):
    board.value = "x"
class Node:
    def __init__(self):
        self.board = Board()
        keep(self.board)
"""
UNPICKLER = """
import base64, io, pickle
class Strict(pickle.Unpickler):
    def find_class(self, module, name):
        return super().find_class(module, name)
def restore(text):
    return Strict(io.BytesIO(base64.b64decode(text))).load()
"""
PATH = """
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).with_name({name!r})))
"""


def test_setter_does_what_its_function_does() -> None:
    assert Act.CLIPBOARD_WRITE in {fact.act for fact in read(SETTER).facts}


def test_own_class_unpacks_as_its_foreign_base_does() -> None:
    (fact,) = [fact for fact in read(UNPICKLER).facts if fact.act is Act.CODE_UNPACK]

    assert {origin.label for origin in fact.origins} >= {Label.DECODED, Label.ARGUMENT}


def test_archive_on_the_path_is_code_that_is_loaded() -> None:
    (fact,) = [fact for fact in read(PATH.format(name="assets.zip")).facts if fact.act is Act.CODE_LOAD]

    assert fact.detail.endswith("assets.zip")


def test_folder_on_the_path_is_none() -> None:
    assert not [fact for fact in read(PATH.format(name="vendor")).facts if fact.act is Act.CODE_LOAD]
