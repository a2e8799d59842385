"""The project's own Python files, parsed once, for the tests that keep the house in order."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("governance", "plugins", "scanners")


@dataclass(frozen=True)
class Source:
    """One file: its path below the checkout, its text, and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def is_code(self) -> bool:
        return self.path.startswith(FLOORS)

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@cache
def read_sources() -> tuple[Source, ...]:
    """Every Python file that people write: no migrations, which Django writes, and no plugins for the engine."""
    found = []
    for folder in (*FLOORS, "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/migrations/0001" in name or "/migrations/0002_initial" in name or is_sample(name):
                continue
            text = path.read_text()
            found.append(Source(name, text, ast.parse(text)))
    return tuple(found)


def is_sample(name: str) -> bool:
    """Whether a file is something to be scanned, not something to be run."""
    folders = ("malicious", "benign", "rules", "techniques")
    return name.startswith(tuple(f"tests/samples/{folder}/" for folder in folders))


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project at the checkout's root."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
