"""A warm process answers quickly, and whatever its child does, the owner gets an answer that is never mistaken for ok.

    from scanners import warm                           # TARGETS in that module: name -> "module:function"
    from scanners.sandbox_scratch import make_scratch   # private, and removed whatever is left in it

    with make_scratch() as scratch:
        answer = warm.call("look", {"name": "x"}, files={"artifact": path}, scratch=scratch, seconds=60,
                           folders_read=[rules], memory_bytes=2 * GIB, on_ask=lambda question: {"hit": None})
    answer.state is AnswerState.OK                      # or CRASHED, TIMED_OUT, REFUSED: then answer.detail says why
    answer.value, answer.layers                         # the function's JSON; ("uid", ..., "landlock-7", "seccomp")

The function is `def look(argument, ask) -> dict`: argument["artifact"] is an open descriptor, the working folder is the
scratch, `ask({...})` asks `on_ask`. It starts no process, and whatever it imports must be imported with its module.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scanners.errors import ToolFailed
from scanners.sandbox_scratch import make_scratch
from scanners.warm import Warm
from scanners.warm_order import Answer, AnswerState
from tests.scanners.warm_functions import TARGETS

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    process = Warm(targets=TARGETS)
    process.owner.reach()
    yield process
    process.close()


@pytest.fixture
def scratch() -> Iterator[Path]:
    with make_scratch() as folder:
        yield folder


def server_of(warm: Warm) -> int:
    server = warm.owner.find_server_id()
    assert server is not None
    return server


def is_alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


def wait_for_end(process: int) -> bool:
    deadline = time.monotonic() + 10
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(process)


def test_function_gets_its_argument_and_returns_its_value(warm: Warm, scratch: Path) -> None:
    answer = warm.call("echo", {"a": [1, "ü", None]}, scratch=scratch, seconds=20)
    assert (answer.state, answer.detail) == (AnswerState.OK, "")
    assert answer.value is not None
    assert answer.value["echo"] == {"a": [1, "ü", None]}
    assert answer.value["pid"] not in {os.getpid(), server_of(warm)}
    assert answer.peak_memory_bytes > MIB
    assert {"rlimits", "no_new_privs", "seccomp"} <= set(answer.layers)


def test_child_knows_none_of_our_secrets(warm: Warm, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "secret")
    warm.close()
    answer = warm.call("echo", {}, scratch=scratch, seconds=20)
    assert answer.value is not None
    assert set(answer.value["environment"]) <= {
        "HOME", "LANG", "LC_CTYPE", "NO_COLOR", "PATH", "PYTHONPATH", "TMPDIR"
    }  # fmt: skip


def test_child_holds_only_the_descriptors_it_was_given(warm: Warm, scratch: Path, tmp_path: Path) -> None:
    artifact = tmp_path / "artifact"
    artifact.write_bytes(b"x")
    answer = warm.call("list_descriptors", {}, files={"artifact": artifact}, scratch=scratch, seconds=20)
    assert answer.value is not None
    kinds = sorted(kind for descriptor, kind in answer.value["open"] if descriptor > 2)
    assert kinds == [0o100000, 0o140000]  # the artifact, and the line to its owner


def test_artifact_in_a_private_folder_is_read_by_a_stranger(warm: Warm, scratch: Path, tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (private / "artifact").write_text("content", encoding="ascii")
    answer = warm.call("read_file", {}, files={"artifact": private / "artifact"}, scratch=scratch, seconds=20)
    assert answer.value == {"text": "content"}
    assert private.stat().st_mode & 0o777 == 0o700


def test_child_asks_and_its_owner_answers(warm: Warm, scratch: Path) -> None:
    answer = warm.call("ask_twice", {}, scratch=scratch, seconds=20, on_ask=lambda question: {"got": question["n"]})
    assert answer.value == {"first": {"got": 1}, "second": {"got": 2}}


def test_question_that_nobody_answers_is_a_crash(warm: Warm, scratch: Path) -> None:
    assert warm.call("ask_twice", {}, scratch=scratch, seconds=20).state is AnswerState.CRASHED


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("abort", "signal 6"),
        ("kill_itself", "signal 9"),
        ("leave_early", "no answer"),
        ("raise_error", "ValueError: no such thing"),
        ("eat_memory", "MemoryError"),
        ("overflow_stack", "signal 11"),
        ("read_null", "signal 11"),
    ],
)
def test_child_that_dies_is_a_crash_and_the_next_call_works(name: str, told: str, warm: Warm, scratch: Path) -> None:
    server = server_of(warm)
    memory = 256 * MIB if name == "eat_memory" else 2048 * MIB
    answer = warm.call(name, {}, scratch=scratch, seconds=30, memory_bytes=memory)
    assert answer.state is AnswerState.CRASHED
    assert told in answer.detail
    assert warm.call("echo", {}, scratch=scratch, seconds=20).state is AnswerState.OK
    assert server_of(warm) == server


@pytest.mark.parametrize("name", ["hang", "spin"])
def test_child_that_hangs_is_killed_at_its_deadline(name: str, warm: Warm, scratch: Path) -> None:
    answer = warm.call(name, {}, scratch=scratch, seconds=0.5)
    assert answer.state is AnswerState.TIMED_OUT
    assert answer.seconds < 5


def say(text: str) -> str:
    """A message as it lies on the line."""
    return len(text).to_bytes(4, "big").decode("latin-1") + text


@pytest.mark.parametrize(
    "words",
    [
        "\x00\x00\x00\x02hi",
        say("[]"),
        say("{}"),
        say('{"value": 1}'),
        say('{"value": {"verdict": NaN}}'),
        say('{"layers": ["seccomp"], "details": []}'),
        say('{"ask": 1}'),
        say("[" * 100_000),
        say('{"value": {"a": "first"}}'),
        say('{"value": {"a": [' + "[]," * 500_000 + "0]}}"),
        "\x00\x00",
    ],
    ids=["garbage", "list", "empty", "number", "nan", "layers", "ask", "nested", "two answers", "many parts", "half"],
)
def test_lying_child_is_a_crash(words: str, warm: Warm, scratch: Path) -> None:
    assert warm.call("speak", {"words": words}, scratch=scratch, seconds=20).state is AnswerState.CRASHED


@pytest.mark.parametrize("name", ["flood", "ask_for_ever"])
def test_flooding_child_is_never_ok_and_ends_soon(name: str, warm: Warm, scratch: Path) -> None:
    answer = warm.call(name, {}, scratch=scratch, seconds=3, on_ask=dict)
    assert answer.state in {AnswerState.CRASHED, AnswerState.TIMED_OUT}
    assert answer.seconds < 8


def test_child_cannot_fork_but_may_have_threads(warm: Warm, scratch: Path) -> None:
    answer = warm.call("bomb", {}, scratch=scratch, seconds=20)
    assert answer.value is not None
    assert answer.value["forks"] == 0
    assert warm.call("start_threads", {}, scratch=scratch, seconds=20).value == {"done": [0, 1]}


def test_two_threads_call_at_once(warm: Warm) -> None:
    answers: dict[int, Answer] = {}

    def call(number: int) -> None:
        with make_scratch() as folder:
            answers[number] = warm.call("echo", {"number": number}, scratch=folder, seconds=30)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    echoed = {number: answer.value["echo"]["number"] for number, answer in answers.items() if answer.value}
    assert echoed == {number: number for number in range(8)}
    if "uid" in answers[0].layers:
        assert len({answer.value["uid"] for answer in answers.values() if answer.value}) > 1


def test_killed_warm_process_crashes_the_call_under_way_and_comes_back(warm: Warm, scratch: Path) -> None:
    warm.call("echo", {}, scratch=scratch, seconds=20)
    server = server_of(warm)
    timer = threading.Timer(0.3, os.kill, (server, signal.SIGKILL))
    timer.start()
    answer = warm.call("hang", {}, scratch=scratch, seconds=20)
    timer.join()
    assert answer.state is AnswerState.CRASHED
    assert answer.seconds < 5
    with make_scratch() as other:
        assert warm.call("echo", {}, scratch=other, seconds=20).state is AnswerState.OK
    assert server_of(warm) != server


def test_idle_warm_process_ends_and_the_next_call_starts_another(scratch: Path) -> None:
    warm = Warm(targets=TARGETS, idle_seconds=0.3)
    warm.call("echo", {}, scratch=scratch, seconds=20)
    server = server_of(warm)
    assert wait_for_end(server)
    time.sleep(0.1)
    assert not Path(f"/proc/{server}").exists(), "it left a zombie"
    assert warm.call("echo", {}, scratch=scratch, seconds=20).state is AnswerState.OK
    warm.close()


OWNER = """
import os, sys, threading, time
from pathlib import Path
from scanners.sandbox_scratch import make_scratch
from scanners.warm import Warm
from tests.scanners.warm_functions import TARGETS
warm = Warm(targets=TARGETS)
with make_scratch() as scratch:
    threading.Thread(target=lambda: warm.call("hang", {}, scratch=scratch, seconds=60), daemon=True).start()
    while not warm.owner.find_server_id():
        time.sleep(0.01)
    server = warm.owner.find_server_id()
    children = Path(f"/proc/{server}/task/{server}/children")
    while not (found := children.read_text().split()):
        time.sleep(0.01)
    print(server, *found, flush=True)
    time.sleep(60)
"""


def test_nothing_outlives_an_owner_that_is_killed(start_python: Any) -> None:
    owner = start_python(OWNER)
    server, child = map(int, owner.stdout.readline().split())
    assert is_alive(server)
    assert is_alive(child)
    owner.kill()
    owner.wait()
    assert wait_for_end(server)
    assert wait_for_end(child)


FORKED = """
import os, sys
from scanners.sandbox_scratch import make_scratch
from scanners.warm import Warm
from tests.scanners.warm_functions import TARGETS
warm = Warm(targets=TARGETS)
with make_scratch() as scratch:
    warm.call("echo", {}, scratch=scratch, seconds=20)
    first = warm.owner.find_server_id()
    if os.fork() == 0:
        with make_scratch() as other:
            state = warm.call("echo", {}, scratch=other, seconds=20).state
        print(state, warm.owner.find_server_id() != first, flush=True)
        warm.close()
        os._exit(0)
    os.wait()
    state = warm.call("echo", {}, scratch=scratch, seconds=20).state
    print(state, warm.owner.find_server_id() == first, flush=True)
"""


def test_fork_of_an_owner_starts_a_warm_process_of_its_own(start_python: Any) -> None:
    owner = start_python(FORKED)
    assert owner.communicate(timeout=60)[0].split() == ["ok", "True", "ok", "True"]


def test_many_calls_leak_no_descriptor_and_no_zombie(warm: Warm) -> None:
    def measure() -> tuple[int, int, int]:
        server = server_of(warm)
        children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
        open_files = [len(list(Path(f"/proc/{process}/fd").iterdir())) for process in ("self", server)]
        return open_files[0], open_files[1], len(children)

    with make_scratch() as scratch:
        warm.call("echo", {}, scratch=scratch, seconds=20)
        time.sleep(0.5)
        before = measure()
        for _ in range(200):
            assert warm.call("echo", {}, scratch=scratch, seconds=20).state is AnswerState.OK
        deadline = time.monotonic() + 5
        while measure() != before and time.monotonic() < deadline:
            time.sleep(0.05)  # the warm process closes its side of the last call just after it has told us
        assert measure() == before


def test_scratch_folder_is_gone_whatever_was_left_in_it(warm: Warm) -> None:
    with make_scratch() as scratch:
        assert warm.call("leave_litter", {}, scratch=scratch, seconds=60).detail == ""
        assert (scratch / "closed").exists()
    assert not scratch.exists()


def test_function_that_is_not_registered_cannot_be_called(warm: Warm, scratch: Path) -> None:
    with pytest.raises(ToolFailed):
        warm.call("os.system", {}, scratch=scratch, seconds=1)
