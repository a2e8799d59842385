"""What is written down stays true: schema, map, lock files, playbook, and the suite's own word."""

import ast
import importlib
import re
import tomllib
from io import StringIO

import pytest
from django.core.management import call_command

from governance.playbook import playbook
from governance.playbook_rows import rows
from tests.house.sources import FLOORS, ROOT, read_sources, run

LOCKS = ("requirements.lock", "requirements-dev.lock")
ADDRESS = re.compile(r"https?://", re.IGNORECASE)
# Spelt in pieces, so that this file is no exception to what it looks for.
HOSTS = "|".join(rf"\b{first}{second}\b" for first, second in (("py", "pi"), ("python", "hosted"), ("npm", "js")))
REGISTRY = re.compile(rf"{HOSTS}|--(extra-)?index-url|--find-links", re.IGNORECASE)
SKIPS = {
    *(f"pytest.{name}" for name in ("skip", "xfail", "importorskip", "exit")),
    *(f"pytest.mark.{name}" for name in ("skip", "skipif", "xfail")),
}


@pytest.mark.django_db
def test_every_migration_is_made() -> None:
    said = StringIO()

    call_command("makemigrations", "--check", "--dry-run", stdout=said)

    assert "No changes detected" in said.getvalue()


def test_map_names_every_folder() -> None:
    drawn = (ROOT / "docs" / "house.md").read_text().split("```")[1]
    folders = {
        path.relative_to(ROOT).as_posix().partition("/")[2]
        for floor in FLOORS
        for path in (ROOT / floor).iterdir()
        if path.is_dir() and (path / "__init__.py").exists() and path.name != "migrations"
    }

    missing = {name for name in folders if f"  {name.partition('/')[0]}/" not in drawn}
    assert missing == set()
    for floor in (*FLOORS, "tests", "docs"):
        assert re.search(rf"^{floor}/", drawn, re.MULTILINE), floor


def test_map_names_nothing_that_is_gone() -> None:
    drawn = (ROOT / "docs" / "house.md").read_text().split("```")[1]
    rooms = re.findall(r"^  (\w+)/ ", drawn.partition("plugins/ ")[0], re.MULTILINE)

    assert len(rooms) > 8
    assert {room for room in rooms if not (ROOT / "governance" / room).is_dir()} == set()


@pytest.mark.parametrize("name", LOCKS)
def test_lock_file_names_no_address_and_hashes_everything(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(r"^([A-Za-z0-9._-]+(?:\[[^\]]*\])?)==", text, re.MULTILINE)

    assert not ADDRESS.search(text)
    assert not REGISTRY.search(text)
    assert len(pins) > 20
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        if re.match(r"[A-Za-z0-9._-]+(\[[^\]]*\])?==", block):
            assert "--hash=sha256:" in block, block.splitlines()[0]


def test_no_committed_file_names_a_registry() -> None:
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
    texts = [name for name in listed if name.endswith((".py", ".toml", ".lock", ".md", ".yml", "Makefile", ".ci/run"))]

    wrong = {
        name
        for name in texts
        if (ROOT / name).is_file() and re.search(HOSTS, (ROOT / name).read_text(errors="replace"), re.IGNORECASE)
    }

    assert len(texts) > 100
    assert wrong == set()


def test_locks_hold_every_dependency_that_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {re.split(r"[\[<>=~! ]", line)[0].lower() for line in declared["project"]["dependencies"]}
    for name in LOCKS:
        locked = {pin.lower() for pin in re.findall(r"^([A-Za-z0-9._-]+)", (ROOT / name).read_text(), re.MULTILINE)}
        assert names - locked == set(), name


def test_no_test_excuses_itself() -> None:
    """A fixture may say that this machine lacks something, which CI turns into a failure; a test may say nothing."""
    excused = set()
    for source in read_sources():
        if not source.path.startswith("tests/"):
            continue
        fixtures = [
            function for function in source.functions if "fixture" in ast.dump(ast.List(function.decorator_list))
        ]
        allowed = {id(node) for function in fixtures for node in ast.walk(function)}
        excused |= {
            f"{source.path}:{node.lineno}"
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Attribute) and id(node) not in allowed and ast.unparse(node) in SKIPS
        }

    assert excused == set()
    assert "skipped, which CI does not allow" in (ROOT / "tests" / "conftest.py").read_text()


def test_every_test_says_what_holds() -> None:
    """No test that cannot fail: each one asserts, expects an error, or hands over to something that does."""
    functions = [
        (source.path, function)
        for source in read_sources()
        if source.path.startswith("tests/")
        for function in source.functions
    ]
    checkers = {function.name for _, function in functions if _checks_itself(function)} | {"raises"}
    silent = {
        f"{path}:{function.name}"
        for path, function in functions
        if function.name.startswith("test_") and not _checks_itself(function) and not _uses(function) & checkers
    }

    assert silent == set()


def test_every_number_of_the_playbook_is_read_or_said_not_to_be() -> None:
    readers = "\n".join(
        source.text for source in read_sources() if source.is_code and "playbook" not in source.path.rpartition("/")[2]
    )
    for row in rows(playbook()):
        if row.enforced_by is None:
            continue
        section, _, name = f"{row.section}.{row.name}".rpartition(".")
        is_read = any(
            re.search(rf"\b{word}\b", readers) for word in (name, section.rpartition(".")[2]) if word not in {"", "key"}
        )
        assert is_read or row.enforced_by.startswith("governance.playbook."), f"{row.section}.{row.name}"


def test_what_is_said_to_enforce_a_number_exists() -> None:
    for enforcer in {row.enforced_by for row in rows(playbook()) if row.enforced_by}:
        module, _, name = enforcer.rpartition(".")
        assert hasattr(importlib.import_module(module), name), enforcer


def _checks_itself(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(node, ast.Assert | ast.Raise) for node in ast.walk(function))


def _uses(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """What a function calls or is given, by name; one of Django's own counts as what it does."""
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
    }
    given = {argument.arg for argument in function.args.args}
    return {"raises" if name.startswith("django_assert") else name for name in called | given}
