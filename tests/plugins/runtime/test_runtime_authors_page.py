"""The page for runtime authors is true: its example verifies, its feed opens, and every code it names exists."""

import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.playbook import playbook
from plugins.runtime import errors
from plugins.runtime.canonical import MAX_DEPTH, canonical_json
from plugins.runtime.client import PRESENCE_EVERY
from plugins.runtime.content import EMPTY, GENESIS, Content, describe_base
from plugins.runtime.freshness import CLOCK_SKEW, read_freshness
from plugins.runtime.listening import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, SILENCE_SECONDS
from plugins.runtime.outbox import LATER
from plugins.runtime.signing import SigningKey, key_id_of, open_statement, sign_statement
from plugins.runtime.trust import MAX_FEED_BYTES

PAGE = (Path(__file__).parents[3] / "docs" / "runtime-authors.md").read_text(encoding="utf-8")
VECTOR, CHANGES, FRESHNESS = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL))
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def test_example_statement_is_what_the_key_of_the_page_signs() -> None:
    keys = {key_id_of(VECTOR["public"]): VECTOR["public"]}
    payload = open_statement(VECTOR["statement"], kind="nexus.acknowledgement/1", keys=keys)
    assert sign_statement(payload, key=KEY) == VECTOR["statement"]
    assert canonical_json(payload).decode() == VECTOR["statement"]["payload"]


def test_example_changes_lead_to_the_example_freshness_and_cover_what_the_page_says() -> None:
    fresh = read_freshness(sign_statement(FRESHNESS, key=KEY), keys={KEY.key_id: KEY.public_base64})
    content = Content(7, "0" * 64, {}, {}).extend(CHANGES[:1])
    assert (content.sequence, content.digest) == (fresh.sequence, fresh.digest)
    what = {"publisher": "ada-labs", "plugin": "weather-card", "artifact_sha256": "0" * 64}
    assert len(content.find_blocks(version="2.0.0-rc.1", **what)) == 1
    assert content.find_blocks(version="2.0.0", **what) == ()
    assert content.extend(CHANGES[1:]).find_blocks(version="2.0.0-rc.1", **what) == ()
    empty = describe_base(0, digest=GENESIS, blocks=())
    assert (fresh.base.sha256, fresh.base.size_bytes) == (hashlib.sha256(empty).hexdigest(), len(empty))
    assert EMPTY.digest == hashlib.sha256(b"nexus-governance/v1\nfeed\n").hexdigest()


def test_every_code_a_caller_can_meet_is_on_the_page_and_no_other() -> None:
    named = set(re.findall(r"`([a-z]+_[a-z_]+|unreachable)`", PAGE))
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    codes = {cls.code for cls in classes if issubclass(cls, errors.RuntimeTrustError)}
    met = {
        cls.code
        for cls in classes
        if issubclass(cls, errors.FeedError | errors.PlatformError)
        if cls not in {errors.FeedError, errors.PlatformError, errors.RootError}
    }
    assert met <= named
    members = {"feed_keys", "key_id", "feed_url", "key_file", "root_keys"}
    assert {name for name in named if name.startswith(("feed_", "state_", "key_", "root_"))} - codes <= members


def test_numbers_on_the_page_are_the_clients() -> None:
    assert f"{MAX_FEED_BYTES // 2**20} MiB" in PAGE
    assert f"{CLOCK_SKEW.seconds // 60} minutes from now" in PAGE
    assert f"at most {MAX_DEPTH} levels" in PAGE
    feed = playbook().marketplace.feed
    assert f"every {feed.heartbeat_every_seconds} seconds" in PAGE
    assert f"{SILENCE_SECONDS:.0f} seconds is a break" in PAGE
    assert 3 * feed.heartbeat_every_seconds <= SILENCE_SECONDS
    assert f"{FIRST_PAUSE_SECONDS:.0f}, 10, 20 … {LONGEST_PAUSE_SECONDS:.0f} seconds" in PAGE
    assert timedelta(minutes=10) == PRESENCE_EVERY
    assert f"silent for {playbook().marketplace.takedowns.offline_after_minutes} minutes" in PAGE
    assert ", ".join(str(status) for status in sorted(LATER)) in PAGE
