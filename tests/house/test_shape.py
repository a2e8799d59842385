"""The shape of the code: who imports whom, how long a file and a function may be, which words are not used."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from tests.house.sources import FLOORS, ROOT, Source, read_sources, run

FILE_LINES = 400
FUNCTION_LINES = 50
OPENING_LINES = 4
ROOMS = ("screening", "verification", "reviews", "takedowns", "notifications", "obligations", "ledger")
FORBIDDEN = re.compile(
    r"(^|_)(packages?|addons?|add_on|extensions?|tickets?|jobs?|utils?|utilities|helpers?|managers?|services?)(_|$)"
)
DOORS = ("governance/api/", "governance/admin/", "governance/management/", "governance/tasks.py", "governance/demo/")


def code() -> Iterator[Source]:
    return (source for source in read_sources() if source.is_code)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def names_of(source: Source) -> Iterator[str]:
    """What the file itself names: itself, its folders, classes, functions and arguments."""
    yield from Path(source.path).with_suffix("").parts
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield snake(node.name)
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield snake(node.id)


def calls_of(source: Source, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def test_imports_only_go_down() -> None:
    linted = run(str(Path(sys.executable).with_name("lint-imports")), "--no-cache")

    assert linted.returncode == 0, linted.stdout
    assert "0 broken" in linted.stdout


def test_every_contract_of_the_house_is_there() -> None:
    """The contracts could be kept by being taken out: these are the ones the house is built on."""
    text = (ROOT / "pyproject.toml").read_text()

    assert text.count("[[tool.importlinter.contracts]]") >= 5
    for room in ROOMS:
        assert f"governance.{room}" in text
    for forbidden in ("django", "celery"):
        assert f'"{forbidden}"' in text


def test_no_file_is_too_long() -> None:
    too_long = {s.path: n for s in read_sources() if (n := s.text.count("\n")) > FILE_LINES}

    assert too_long == {}


def test_no_function_is_too_long() -> None:
    too_long = {
        f"{source.path}:{function.name}": length
        for source in read_sources()
        for function in source.functions
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    }

    assert too_long == {}


def test_every_module_says_what_it_decides_in_a_few_lines() -> None:
    wrong = {}
    for source in code():
        opening = ast.get_docstring(source.tree)
        if source.tree.body and (opening is None or opening.count("\n") >= OPENING_LINES):
            wrong[source.path] = opening

    assert wrong == {}


def test_words_the_house_does_not_use_name_nothing() -> None:
    wrong = {(source.path, name) for source in code() for name in names_of(source) if FORBIDDEN.search(name)}

    assert wrong == set()


def test_nothing_is_imported_inside_a_function() -> None:
    wrong = {
        f"{source.path}:{node.lineno}"
        for source in code()
        for function in source.functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    # Django loads its checks when it is ready, and nowhere else can it be told of them.
    assert {place.partition(":")[0] for place in wrong} == {"governance/apps.py"}


def test_nothing_is_caught_that_is_not_named() -> None:
    broad = {"Exception", "BaseException"}
    wrong = set()
    for source in code():
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else broad
            raises_again = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
            if caught & broad and not raises_again:
                wrong.add(f"{source.path}:{node.lineno}")

    assert wrong == set()


def test_status_of_a_version_has_one_writer() -> None:
    writers = {
        source.path
        for source in code()
        for call in calls_of(source, "update")
        if any(keyword.arg == "status" for keyword in call.keywords)
    }

    assert writers == {"plugins/lifecycle.py"}


def test_row_locks_leave_the_key_free() -> None:
    """A full lock makes foreign keys wait at commit, with the ledger's lock in hand: two of them are a deadlock."""
    wrong = {
        f"{source.path}:{call.lineno}"
        for source in code()
        for call in calls_of(source, "select_for_update")
        if not any(keyword.arg == "no_key" for keyword in call.keywords)
    }

    assert wrong == set()


def test_only_doors_read_the_clock() -> None:
    """Below them a moment is passed in, so that a test and a proof can say when."""
    wrong = {
        f"{source.path}:{call.lineno}"
        for source in code()
        if not source.path.startswith(DOORS) and source.path.startswith("governance/")
        for call in calls_of(source, "now")
        if "stack/" not in source.path
    }

    assert wrong == set()


def test_no_door_opens_another() -> None:
    """What import-linter's layers say in one breath, said once more where a wrong layer would not be noticed."""
    wrong = {
        (source.path, node.module)
        for source in code()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom)
        and node.module
        and source.path.startswith("governance/flows/")
        and node.module.startswith(("governance.api", "governance.admin", "governance.tasks", "governance.management"))
    }

    assert wrong == set()


@pytest.mark.parametrize("room", ROOMS)
def test_knowing_one_room_is_knowing_all(room: str) -> None:
    files = {path.name for path in (ROOT / "governance" / room).glob("*.py")}

    assert {"models.py", "actions.py", "queries.py"} - files in (set(), {"actions.py"})
    assert "actions.py" in files or room == "notifications", "the outbox and its delivery are what it does"


def test_every_table_has_a_room() -> None:
    homeless = {
        model._meta.label
        for model in apps.get_models()
        if model.__module__.startswith(FLOORS)
        and not re.fullmatch(rf"governance\.({'|'.join(ROOMS)})\.models|plugins\.models\.\w+", model.__module__)
    }

    assert homeless == set()


def test_no_model_overrides_save_and_nothing_listens_to_signals() -> None:
    listening = re.compile(r"\bdef save\(self, \*|\bpost_save\b|\bpre_save\b|@receiver\b")

    assert {source.path for source in code() if listening.search(source.text)} == set()
