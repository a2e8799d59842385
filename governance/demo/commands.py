"""The platform's own commands, run as an operator runs them: a process, its words, its answer.

Never imports what it runs."""

import subprocess
import sys
from collections.abc import Mapping

from governance.demo.errors import CommandRefused, TooSlow
from governance.stack.paths import CHECKOUT

COMMAND_SECONDS = 90


def run_manage(*words: str, environ: Mapping[str, str]) -> str:
    """What `manage.py WORDS` printed; raises CommandRefused or TooSlow when it did not end well."""
    return _run([sys.executable, "manage.py", *words], environ=environ)


def run_module(module: str, *words: str, environ: Mapping[str, str]) -> str:
    """What `python -m MODULE WORDS` printed; raises CommandRefused when it did not end well."""
    return _run([sys.executable, "-m", module, *words], environ=environ)


def _run(command: list[str], *, environ: Mapping[str, str]) -> str:
    named = " ".join(command[1:4])
    try:
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TooSlow(f"{named} did not end within {COMMAND_SECONDS} s") from error
    if done.returncode != 0:
        raise CommandRefused(named, exit_code=done.returncode, printed=done.stderr + done.stdout)
    return done.stdout
