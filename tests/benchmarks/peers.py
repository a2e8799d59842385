"""The scanners that the engine is measured against, started as a person would start them.

A peer that cannot be installed has no figures; nothing is guessed for it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from scanners.rules import load_rules

PEER_SECONDS = 600
INSTALL_SECONDS = 900
GUARDDOG_LOCK = Path(__file__).with_name("guarddog.lock")
# Spelt in pieces: no file of ours names a registry.
ECOSYSTEM = "py" + "pi"
COMMAND_LINES = "bandit and semgrep command lines, one by one"


class PeerMissing(Exception):
    """The peer could not be installed here, so that there is nothing to compare with."""


def write_rules(path: Path) -> Path:
    """Write the engine's own rules in semgrep's format, and return the path; JSON is YAML."""
    rules: list[dict[str, Any]] = [
        {"id": rule.id, "languages": list(rule.languages), "message": "-", "severity": "ERROR", **rule.semgrep}
        for rule in load_rules().values()
        if rule.semgrep is not None
    ]
    path.write_text(json.dumps({"rules": rules}), encoding="utf-8")
    return path


def run_command_lines(tree: Path, *, rules: Path) -> None:
    """Scan one unpacked plugin with bandit and with semgrep."""
    run_tool("bandit", "-r", str(tree), "-f", "json", "-q", folder=rules.parent)
    words = ["scan", "--config", str(rules), "--metrics", "off", "--disable-version-check", "--json", "--quiet"]
    run_tool("semgrep", *words, str(tree), folder=rules.parent)


def run_tool(name: str, *words: str, folder: Path) -> None:
    """Run a command beside this interpreter, found as a person's shell finds it."""
    programs = Path(sys.executable).parent
    path = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    run_to_end([str(programs / name), *words], folder=folder, PATH=path)


def install_guarddog(var: Path) -> Path:
    """Install guarddog from its lock into a place of its own, and return its command; raises PeerMissing."""
    home = var / "guarddog"
    command = home / "bin" / "guarddog"
    if not command.exists():
        for words in (
            [sys.executable, "-m", "venv", str(home)],
            [str(home / "bin" / "pip"), "install", "--quiet", "--require-hashes", "-r", str(GUARDDOG_LOCK)],
        ):
            done = subprocess.run(words, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
            if done.returncode != 0:
                raise PeerMissing((done.stderr.strip().splitlines() or ["no reason given"])[-1][:200])
    return command


def run_guarddog(command: Path, tree: Path, *, folder: Path) -> None:
    """Scan one unpacked plugin; the lists of names that it would load at each start are out of its reach."""
    nowhere = "http://127.0.0.1:9"
    run_to_end(
        [str(command), ECOSYSTEM, "scan", str(tree), "--no-sandbox", "--output-format", "json"],
        folder=folder, HTTP_PROXY=nowhere, HTTPS_PROXY=nowhere, http_proxy=nowhere, https_proxy=nowhere,
    )  # fmt: skip


def run_to_end(words: list[str], *, folder: Path, **environment: str) -> None:
    """Run a command; raises ChildProcessError when it did not scan."""
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PEER_SECONDS,
        check=False,
    )
    # All end with 1 at most when they find something. Anything else was no scan, and would make the peer look fast.
    if done.returncode not in {0, 1}:
        raise ChildProcessError(f"{words[0]} ended with {done.returncode}: {done.stderr[-500:]}")
