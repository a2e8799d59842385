"""`python -m governance.demo`: plays the story; exit 0 when every step held, 1 when one did not.

With --json the last line of standard output is one object, and whatever is for a person goes to standard error."""

import argparse
import os
import signal
import sys
import time
from contextlib import ExitStack

from rich.console import Console

from governance.demo.commands import run_manage
from governance.demo.errors import StepFailed
from governance.demo.report import Narrator, as_json, failure_as_json, print_failure, print_timeline
from governance.demo.stage import Stage, open_stage
from governance.demo.story import play_story

INTERRUPTED = 130  # 128 + SIGINT, as a shell says it


def main() -> int:
    """Play the story as the command line says; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m governance.demo", description="Play the whole story.")
    parser.add_argument("--json", action="store_true", help="end with one JSON object on standard output")
    parser.add_argument("--keep", action="store_true", help="keep the stack running afterwards, until Ctrl-C")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    narrator = Narrator(Console(stderr=options.json, highlight=False))
    try:
        with ExitStack() as running:
            return _play(running, narrator=narrator, is_json=options.json, is_kept=options.keep)
    except StepFailed as failure:
        print_failure(failure, console=narrator.console)
        if options.json:
            print(failure_as_json(failure, narrator=narrator, seconds=narrator.elapsed()), flush=True)
        return 1
    except KeyboardInterrupt:
        narrator.console.print("stopped")
        return INTERRUPTED


def _play(running: ExitStack, *, narrator: Narrator, is_json: bool, is_kept: bool) -> int:
    with narrator.step("stack", "The stack starts: database, broker, mail, web, workers, beat"):
        stage = running.enter_context(open_stage(os.environ))
        narrator.say(f"{len(stage.stack.processes())} processes, {stage.base_url}")
    outcome = play_story(stage, narrator=narrator)
    if is_kept:
        _keep_running(stage, narrator=narrator)
    with narrator.step("stop", "The stack stops"):
        running.close()
    seconds = narrator.elapsed()
    print_timeline(outcome, narrator=narrator, seconds=seconds)
    if is_json:
        print(as_json(outcome, narrator=narrator, seconds=seconds), flush=True)
    return 0


def _keep_running(stage: Stage, *, narrator: Narrator) -> None:
    with narrator.step("kept", "The stack stays up until Ctrl-C"):
        narrator.say(f"{stage.base_url}/admin/")
        narrator.say(run_manage("first_reviewer", environ=stage.environ).strip())
        try:
            while True:
                stage.stack.check()
                time.sleep(1)
        except KeyboardInterrupt:
            narrator.say("stopping")


if __name__ == "__main__":
    sys.exit(main())
