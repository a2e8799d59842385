"""What a person types: `up` runs everything, `run` lends the servers to one command, `status` tells.

Decides what to print and the exit code; never how a process is kept."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from governance.stack.errors import CommandFailed, StackError
from governance.stack.folders import is_locked
from governance.stack.paths import CHECKOUT, var_dir
from governance.stack.record import read_record
from governance.stack.supervisor import Servers, Stack

_CHECK_SECONDS = 0.5
_NOT_RUNNING = 3  # As the init scripts of the Linux Standard Base answer `status`.


def main() -> int:
    """Do what the command line says; the exit code is the command's own."""
    parser = argparse.ArgumentParser(prog="python -m governance.stack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="run the whole stack until Ctrl-C")
    commands.add_parser("status", help="tell whether a stack runs here, and its processes")
    run = commands.add_parser("run", help="start the embedded servers, run a command on them, stop them")
    run.add_argument("words", nargs="+", metavar="-- COMMAND", help="the command and its arguments")
    chosen = parser.parse_args()
    var = var_dir(os.environ)
    try:
        if chosen.command == "up":
            return run_stack(var)
        if chosen.command == "run":
            return run_command(chosen.words, var=var)
        return print_status(var)
    except StackError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return 1


def run_stack(var: Path) -> int:
    """Keep the whole stack up until Ctrl-C or a signal to end; a second one stops it at once."""
    # Also the one of Ctrl-C: a shell that starts this in the background hands it over as ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with Stack(var, os.environ) as stack:
            _print_welcome(stack)
            while True:
                stack.check()
                time.sleep(_CHECK_SECONDS)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        return 0


def run_command(words: list[str], *, var: Path) -> int:
    """Run `words` on the embedded servers; answers its exit code, 128 + n for signal n as a shell does."""
    with Servers(var, os.environ) as servers:
        # Ctrl-C reaches the command through the terminal; we only have to outlive it. A handler, not SIG_IGN,
        # which the command would inherit.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
        process = _start_command(words, environ=servers.environment())
        signal.signal(signal.SIGTERM, lambda number, _frame: process.send_signal(number))
        with servers.watch(process.pid):
            code = process.wait()
    return code if code >= 0 else 128 - code


def print_status(var: Path) -> int:
    """Print the processes of the stack in `var`; 0 when it runs, 3 when it does not."""
    record = read_record(var)
    if record is None or not is_locked(var):
        print(f"No stack runs in {var}.")
        return _NOT_RUNNING
    print(f"supervisor {record.pid}, data in {var}")
    for name, address in record.addresses.items():
        print(f"{name} {address}")
    for child in record.processes:
        print(f"{child.name:<18} {child.pid:>8} restarted {child.restarts} times")
    return 0


def _start_command(words: list[str], *, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(words, env=environ)
    except OSError as error:
        raise CommandFailed(f"{words[0]} cannot be started: {error.strerror}.") from error


def _print_welcome(stack: Stack) -> None:
    print(f"Admin  {stack.base_url}/admin/")
    print(f"API    {stack.base_url}/api/v1/")
    print(f"Data   {stack.var}")
    sys.stdout.flush()
    # Prints a one-time password, or nothing where a reviewer already exists; to this terminal, to no log.
    subprocess.run([sys.executable, "manage.py", "first_reviewer"], cwd=CHECKOUT, env=stack.environment(), check=True)
    print("Ctrl-C stops everything.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
