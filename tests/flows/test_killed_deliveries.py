"""kill -9 of the delivering process at random moments: the short run of `make chaos`."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from governance.stack.paths import CHECKOUT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(200)]


def test_killed_deliveries_lose_nobody_and_every_duplicate_is_known() -> None:
    database = settings.DATABASES["default"]["NAME"]
    chosen = {**os.environ, "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{database}"}
    command = [sys.executable, "-m", "tests.chaos", "notices", "--kills", "25"]

    done = subprocess.run(command, cwd=CHECKOUT, env=chosen, capture_output=True, text=True, timeout=180, check=False)

    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["delivered"] == found["arrived"] == found["queued"] == 300
    assert found["kills"] > 5, "processes that ended before they were struck prove nothing"
    assert found["duplicates"] <= found["kills"]
    assert found["undetected"] == 0
