"""Whole journeys through real workers, a real mail server and a real scan, with the processes struck meanwhile."""

import signal
import subprocess
import sys

import pytest

from governance.stack.paths import CHECKOUT
from tests.flows.conftest import Platform, logs_of, text_of, wait_for
from tests.samples.factories import CLEAN_SOURCE, pack_plugin

pytestmark = pytest.mark.timeout(240)

HARMFUL = "import base64\n\n\ndef greet(text):\n    exec(base64.b64decode(text))\n"
# Much honest code: its scan takes seconds, time enough to strike in the middle of it.
LONG = "".join(f"def add_{number}(value):\n    return value + {number}\n\n\n" for number in range(6_000))
DEAD_BROKER = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="session")
def ada_token(platform: Platform) -> str:
    """Ada has registered and confirmed her address, through the doors."""
    return platform.enter("ada-flows")


def test_upload_becomes_a_verdict_a_review_and_a_letter_under_one_id(platform: Platform, ada_token: str) -> None:
    path = platform.submit(pack_plugin("first-steps", title="First"), token=ada_token)

    page = platform.wait_for_verdict(path, token=ada_token)

    assert (page["status"], page["verdict"], page["review"]["cause"]) == ("in_review", "clean", "first_submission")
    assert {engine["state"] for engine in page["engines"]} == {"ok"}
    (request_id,) = platform.rows("SELECT request_id FROM plugins_version ORDER BY id LIMIT 1")[0]
    letter = wait_for(
        lambda: [
            found for found in platform.mail_to("ada-flows@example.invalid") if found["X-Request-Id"] == request_id
        ],
        what="the letter about the verdict",
    )[0]
    assert "first-steps 1.0.0 waits for a person" in letter["Subject"]
    assert path in text_of(letter).replace("\n", "")
    assert logs_of(platform.stack).count(request_id) >= 1


def test_harmful_upload_is_never_published(platform: Platform, ada_token: str) -> None:
    path = platform.submit(pack_plugin("open-door", files={"greeter.py": HARMFUL}), token=ada_token)

    page = platform.wait_for_verdict(path, token=ada_token)

    assert page["status"] in {"held", "in_review"}
    assert page["findings"]


def test_worker_killed_in_mid_scan_costs_time_and_never_the_verdict(platform: Platform, ada_token: str) -> None:
    path = platform.submit(pack_plugin("struck-down", files={"greeter.py": LONG + CLEAN_SOURCE}), token=ada_token)
    wait_for(lambda: platform.status(path, token=ada_token) == "scanning", what="the scan's start")

    platform.strike("worker-screening", signal.SIGKILL)
    assert platform.status(path, token=ada_token) == "scanning", "the verdict came before the blow: strike sooner"
    platform.rows("UPDATE screening_scan SET lease_until = now() WHERE state = 'running'")

    page = platform.wait_for_verdict(path, token=ada_token)
    assert (page["status"], page["verdict"]) == ("in_review", "clean")
    scans = platform.rows(
        "SELECT scan.state, scan.attempt FROM screening_scan AS scan"
        " JOIN plugins_version AS version ON version.id = scan.version_id"
        " JOIN plugins_plugin AS plugin ON plugin.id = version.plugin_id"
        " WHERE plugin.name = 'struck-down' ORDER BY scan.id"
    )
    assert scans == [("abandoned", 1), ("complete", 2)]


def test_broker_that_forgets_everything_and_a_beat_that_stands_still_lose_nothing(
    platform: Platform, ada_token: str
) -> None:
    platform.strike("beat", signal.SIGSTOP)
    platform.strike("worker-screening", signal.SIGSTOP)
    try:
        paths = [platform.submit(pack_plugin(f"forgotten-{number}"), token=ada_token) for number in range(2)]
        platform.empty_broker()
        # Rows need neither broker nor beat to be delivered: the sweeper reads them.
        platform.enter("ben-flows")
        assert {platform.status(path, token=ada_token) for path in paths} == {"submitted"}
    finally:
        platform.strike("worker-screening", signal.SIGCONT)
        platform.strike("beat", signal.SIGCONT)

    for path in paths:
        assert platform.wait_for_verdict(path, token=ada_token)["status"] == "in_review"


def test_every_notice_of_these_journeys_was_delivered_once(platform: Platform, ada_token: str) -> None:
    def all_delivered() -> bool:
        return platform.rows("SELECT count(*) FROM notifications_notice WHERE state <> 'delivered'") == [(0,)]

    wait_for(all_delivered, what="the last delivery")

    (queued,) = platform.rows("SELECT count(*) FROM notifications_notice")[0]
    letters = list(platform.stack.mail_dir.glob("*.eml"))
    assert len(letters) == queued > 5


def test_ledger_of_these_journeys_holds(platform: Platform, ada_token: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "ledger", "verify"],
        cwd=CHECKOUT, env=platform.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "the ledger holds" in done.stdout
