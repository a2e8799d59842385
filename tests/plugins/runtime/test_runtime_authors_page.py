"""The page for runtime authors is true: its example verifies, its feed opens, and every code it names exists."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from plugins.runtime import errors
from plugins.runtime.canonical import MAX_DEPTH, canonical_json
from plugins.runtime.feed import CLOCK_SKEW, MAX_FEED_BYTES, open_feed
from plugins.runtime.outbox import LATER
from plugins.runtime.signing import SigningKey, key_id_of, open_statement, sign_statement

PAGE = (Path(__file__).parents[3] / "docs" / "runtime-authors.md").read_text(encoding="utf-8")
VECTOR, FEED = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL))
KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def test_example_statement_is_what_the_key_of_the_page_signs() -> None:
    keys = {key_id_of(VECTOR["public"]): VECTOR["public"]}
    payload = open_statement(VECTOR["statement"], kind="nexus.acknowledgement/1", keys=keys)
    assert sign_statement(payload, key=KEY) == VECTOR["statement"]
    assert canonical_json(payload).decode() == VECTOR["statement"]["payload"]


def test_example_feed_is_believed_and_covers_what_the_page_says() -> None:
    now = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    feed = open_feed(sign_statement(FEED, key=KEY), keys={KEY.key_id: KEY.public_base64}, now=now)
    what = {"publisher": "ada-labs", "plugin": "weather-card", "artifact_sha256": "0" * 64}
    assert len(feed.find_blocks(version="2.0.0-rc.1", **what)) == 1
    assert feed.find_blocks(version="2.0.0", **what) == ()


def test_every_code_a_caller_can_meet_is_on_the_page_and_no_other() -> None:
    named = set(re.findall(r"`([a-z]+_[a-z_]+|unreachable)`", PAGE))
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    codes = {cls.code for cls in classes if issubclass(cls, errors.RuntimeTrustError)}
    met = {
        cls.code
        for cls in classes
        if issubclass(cls, errors.FeedError | errors.PlatformError)
        if cls not in {errors.FeedError, errors.PlatformError}
    }
    assert met <= named
    assert {name for name in named if name.startswith(("feed_", "state_", "key_"))} - codes <= {"feed_keys", "key_id"}


def test_numbers_on_the_page_are_the_clients() -> None:
    assert f"{MAX_FEED_BYTES // 2**20} MiB" in PAGE
    assert f"{CLOCK_SKEW.seconds // 60} minutes from now" in PAGE
    assert f"at most {MAX_DEPTH} levels" in PAGE
    assert ", ".join(str(status) for status in sorted(LATER)) in PAGE
