"""A proof written from rows verifies offline, whatever was meant by the takedown and whoever ordered it."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from governance.flows.automatic_containment import sweep_automatic
from governance.flows.proof import write_proof, write_redacted_proof
from governance.flows.standing import list_known_file
from governance.flows.takedown import reinstate_plugin, sign_removal
from governance.keys import trusted_keys
from governance.takedowns.models import Takedown
from governance.takedowns.verification import COMPLETE, INCOMPLETE, Verification
from governance.takedowns.verify import verify_bundle
from plugins.models import Version
from tests.governance.flows.conftest import Contain, acknowledge, install
from tests.governance.flows.test_exact_scope import BAD, holds
from tests.samples.factories import BotActor

Prove = Callable[[Takedown], Verification]


@pytest.fixture
def prove(tmp_path: Path, now: datetime) -> Prove:
    """Write a takedown's bundle and verify it against the platform's key."""

    def verify(takedown: Takedown) -> Verification:
        path = write_proof(takedown.pk, path=tmp_path / "bundle.zip", now=now)
        return verify_bundle(path, trusted_keys=trusted_keys())

    return verify


@pytest.mark.parametrize("narrowed", ["range", "artifact", "file"])
def test_every_scope_is_proven_to_the_bytes(
    version: Version, dev_bot: BotActor, contain: Contain, prove: Prove, cleo: User, now: datetime, narrowed: str
) -> None:
    holds(version, BAD)
    install(dev_bot, version, now=now)
    given: dict[str, Any] = {
        "range": {},
        "artifact": {"artifact_sha256": (version.artifact_id,)},
        "file": {"file_sha256": (BAD,)},
    }[narrowed]
    takedown = contain(version, **given)
    acknowledge(dev_bot, takedown, version, now=now)

    found = prove(takedown)

    assert [str(problem) for problem in found.problems] == []
    assert found.exit_code == INCOMPLETE, "nobody has delivered the letters yet"
    assert found.proof is not None
    assert (found.proof.off.confirmed, found.proof.off.ordered) == (1, 1)
    assert found.proof.takedown.file_sha256 == tuple(given.get("file_sha256", ()))
    sign_removal(takedown.pk, actor=cleo, reason="It steals.", now=now)
    assert not prove(takedown).is_broken
    reinstate_plugin(takedown.pk, actor=cleo, reason="It was a false alarm.", now=now)
    assert not prove(takedown).is_broken


def test_what_the_machine_contained_is_proven_to_be_the_machines(
    version: Version, prove: Prove, cleo: User, now: datetime
) -> None:
    holds(version, BAD)
    list_known_file(BAD, reason="A stealer.", actor=cleo, now=now)
    sweep_automatic(now=now)

    found = prove(Takedown.objects.get())

    assert not found.is_broken
    assert found.proof is not None
    assert found.proof.takedown.ordered_by == "machine"


def test_command_writes_a_bundle_that_names_nobody(
    version: Version, dev_bot: BotActor, contain: Contain, tmp_path: Path, now: datetime
) -> None:
    install(dev_bot, version, now=now)
    takedown = contain(version)

    call_command("takedown", "proof", str(takedown.pk), "-o", str(tmp_path / "public.zip"), "--redacted")
    write_redacted_proof(takedown.pk, path=tmp_path / "again.zip", now=now)

    for name in ("public.zip", "again.zip"):
        data = (tmp_path / name).read_bytes()
        assert b"@example.invalid" not in data
        assert takedown.statement.encode() not in data
        found = verify_bundle(tmp_path / name, trusted_keys=trusted_keys())
        assert (found.is_broken, found.is_redacted, found.exit_code == COMPLETE) == (False, True, False)
