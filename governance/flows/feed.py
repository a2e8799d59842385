"""Publishes the feed: signed from the rows, written as files, and told to every connected runtime.
Does it again whenever asked; what could not be pushed is polled, and nothing of it holds a takedown back."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from governance.feed_folder import base_path, publish_files
from governance.keys import feed_root
from governance.obligations.actions import meet_obligation, open_obligation
from governance.playbook import playbook
from governance.takedowns.feed import base_data, current_feed, describe_feed, keep_base
from governance.takedowns.models import FeedSnapshot
from governance.takedowns.push import wake_streams
from plugins.runtime.root import Root

KEY_OBLIGATION = "feed_key_renewed"


def publish_feed(*, now: datetime) -> FeedSnapshot:
    """Sign what is new, write it where it is served without a database, and wake the streams.

    Raises FeedRootMissing, FeedKeyNotListed, SigningKeyMissing or OSError.
    """
    snapshot = current_feed(now=now)
    publication = describe_feed(snapshot)
    is_there = publication.base_sequence == 0 or base_path(settings.FEED_DIR, publication.base_sha256).exists()
    base = None if is_there else base_data(publication.base_sha256)
    if publish_files(settings.FEED_DIR, publication, base=base):
        wake_streams()
    return snapshot


def publish_after_commit(*, now: datetime) -> None:
    """Publish once the caller's transaction has committed; when that fails, the sweep does it and the log says why."""

    # Not a partial: Django names what failed, and a partial has no name.
    def publish() -> None:
        publish_feed(now=now)

    transaction.on_commit(publish, robust=True)


def refresh_feed(*, now: datetime) -> None:
    """Keep the feed in date, its base near, and its keys watched."""
    keep_base(now=now)
    publish_feed(now=now)
    watch_keys(now=now)


def watch_keys(*, now: datetime) -> None:
    """Open a deadline to list the next key before the last one ends, and meet it once a longer one is listed."""
    root = feed_root()
    last_until = _last_until(root)
    due_at = last_until - timedelta(days=playbook().marketplace.feed.key_overlap_days)
    subject = f"feed_keys:{last_until:%Y-%m-%d}"
    for version in _earlier_subjects(root):
        meet_obligation(KEY_OBLIGATION, subject=version, evidence={"root": root.version}, now=now)
    open_obligation(
        KEY_OBLIGATION,
        subject=subject,
        owner_role=playbook().marketplace.owners.feed_key_renewed,
        due_at=max(due_at, now + timedelta(hours=1)),
        now=now,
    )


def _last_until(root: Root) -> datetime:
    return min(max(key.valid_until for key in root.feed_keys.values()), root.expires_at)


def _earlier_subjects(root: Root) -> list[str]:
    """The deadlines about keys that end before the last one: a longer key is listed, so they are met."""
    last_until = _last_until(root)
    ends = {key.valid_until for key in root.feed_keys.values() if key.valid_until < last_until}
    return [f"feed_keys:{end:%Y-%m-%d}" for end in sorted(ends)]
