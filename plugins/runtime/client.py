"""The client one bot runs: installs what is allowed, obeys the feed, and says so under the bot's own key.
When in doubt it keeps the last known state; it never switches anything on because of an error."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from .errors import (
    AnswerRefused,
    FeedError,
    FeedUnavailable,
    InstallRefused,
    NotInstalled,
    PlatformError,
    PluginBlocked,
)
from .feed import MAX_FEED_BYTES, Feed, open_feed, read_feed
from .offers import find_offer
from .outbox import Delivery, deliver_waiting
from .signing import SigningKey
from .state import Installed, RuntimeState, StateFile
from .statements import Voice
from .switching import Switch, find_blocks, obey_feed
from .transport import Answer, Transport

__all__ = ["Delivery", "Installed", "PollResult", "RuntimeClient"]

FEED_PATH = "/api/v1/runtime/feed"
MAX_ARTIFACT_BYTES = 64 * 1024 * 1024
_ETAG = re.compile(r'(?:W/)?"[!#-~]{0,128}"')


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll found. `fresh`: the platform confirmed a feed in date just now; else `problem` is a code.

    `expires_at` is the end of the feed in force, or None without one: past it, the tenant's policy decides.
    """

    fresh: bool
    sequence: int
    switched_off: tuple[Installed, ...]
    switched_on: tuple[Installed, ...]
    problem: str | None
    detail: str
    expires_at: datetime | None


class RuntimeClient:
    """The reference client of one bot; one thread drives it, any thread may ask is_allowed."""

    def __init__(
        self,
        base_url: str,
        *,
        bot_id: str,
        key: SigningKey,
        feed_keys: Mapping[str, str],
        state_path: Path,
        switch: Switch,
        clock: Callable[[], datetime],
    ) -> None:
        """`switch(installed, is_on)` loads or unloads a plugin at once; called twice, it changes nothing more.

        It raises SwitchFailed when it cannot. `clock` returns aware moments. Raises AddressRefused, StateCorrupt.
        """
        self._transport = Transport.to(base_url)
        self._feed_keys = dict(feed_keys)
        self._file = StateFile(state_path, bot=bot_id)
        self._switch = switch
        self._clock = clock
        self._voice = Voice(bot_id, key, clock)
        self._feed = self._read_stored_feed()

    @property
    def state(self) -> RuntimeState:
        """What survives a restart: what runs, what is off, what waits to be said, what was refused."""
        return self._file.state

    def poll(self) -> PollResult:
        """Fetch the feed, obey the newest one believed, and queue the acknowledgements. Raises only OSError."""
        now = self._clock()
        problem, detail = self._refresh(now=now)
        off: tuple[Installed, ...] = ()
        on: tuple[Installed, ...] = ()
        if self._feed is not None:
            done = obey_feed(self._feed, file=self._file, voice=self._voice, switch=self._switch, now=now)
            off, on = done.off, done.on
            if done.failed and problem is None:
                problem, detail = "switch_failed", f"{len(done.failed)} plugins could not be switched"
        return PollResult(
            fresh=problem in {None, "switch_failed"},
            sequence=self.state.sequence,
            switched_off=off,
            switched_on=on,
            problem=problem,
            detail=detail,
            expires_at=self._feed.expires_at if self._feed else None,
        )

    def flush_acknowledgements(self) -> Delivery:
        """Send what waits in the outbox, reports and acknowledgements, oldest first."""
        return deliver_waiting(self._file, transport=self._transport)

    def is_allowed(self, publisher: str, plugin: str, version: str) -> bool:
        """Whether exactly this version may be loaded now: installed, not switched off, not blocked."""
        installed = self.state.find_installed(publisher, plugin)
        if installed is None or installed.version != version or self._feed is None:
            return False
        return not self.state.obeyed_for(installed) and not find_blocks(self._feed, installed)

    def artifact_path(self, installed: Installed) -> Path:
        """Where the verified bytes of an installation are."""
        return self._artifacts / installed.artifact_sha256

    def install(self, publisher: str, plugin: str, version: str) -> Installed:
        """Fetch a published version, check its bytes, keep it and report it; it replaces another of its plugin.

        Raises FeedUnavailable, PluginBlocked, InstallRefused or another PlatformError; then nothing new may run.
        """
        feed = self._require_feed()
        offer = find_offer(self._transport, publisher=publisher, plugin=plugin, version=version, now=self._clock())
        wanted, current = offer.installed, self.state.find_installed(publisher, plugin)
        if find_blocks(feed, wanted):
            raise PluginBlocked(f"the feed blocks {plugin} {version} of {publisher}")
        if current is not None and replace(current, installed_at=wanted.installed_at) == wanted:
            return current
        self._artifacts.mkdir(mode=0o700, exist_ok=True)
        self._transport.download(
            offer.download_path,
            into=self.artifact_path(wanted),
            sha256=wanted.artifact_sha256,
            max_bytes=MAX_ARTIFACT_BYTES,
        )
        self._keep(wanted, instead_of=current)
        return wanted

    def uninstall(self, publisher: str, plugin: str) -> None:
        """Forget an installation, its bytes too, and report it; raises NotInstalled."""
        installed = self.state.find_installed(publisher, plugin)
        if installed is None:
            raise NotInstalled(f"the bot does not run {plugin} of {publisher}")
        said = self._voice.report(installed, action="uninstalled")
        self._file.commit(self.state.without(installed).saying(said))
        self._drop_artifact(installed)
        self.flush_acknowledgements()

    @property
    def _artifacts(self) -> Path:
        return self._file.path.with_name(self._file.path.name + ".artifacts")

    def _read_stored_feed(self) -> Feed | None:
        """The stored feed, or None when no key of today opens it: then nothing is allowed until the next poll."""
        if self.state.feed is None:
            return None
        try:
            return read_feed(self.state.feed, keys=self._feed_keys)
        except FeedError:
            return None

    def _refresh(self, *, now: datetime) -> tuple[str | None, str]:
        """Fetch and believe, or say why not: an error's code and sentence."""
        is_current = self._feed is not None and not self._feed.is_expired(now)
        etag = self.state.etag if is_current else None
        try:
            answer = self._transport.get(
                FEED_PATH, max_bytes=MAX_FEED_BYTES, headers={"If-None-Match": etag} if etag else {}
            )
            # "Not modified" is an answer only to that question, and only while what is stored is in date.
            if answer.status != 304 or etag is None:
                self._accept(answer, now=now)
        except (PlatformError, FeedError) as error:
            return error.code, str(error)
        return None, ""

    def _accept(self, answer: Answer, *, now: datetime) -> None:
        if answer.status != 200:
            raise AnswerRefused(f"the feed was answered with status {answer.status}")
        feed = open_feed(
            answer.body,
            keys=self._feed_keys,
            now=now,
            last_sequence=self.state.sequence,
            last_blocks_digest=self.state.blocks_digest,
        )
        stored = self._feed
        if stored and stored.sequence == feed.sequence and stored.expires_at >= feed.expires_at:
            return
        etag = answer.headers.get("etag", "")
        self._file.commit(
            replace(
                self.state,
                sequence=feed.sequence,
                blocks_digest=feed.blocks_digest,
                etag=etag if _ETAG.fullmatch(etag) else None,
                feed=feed.statement,
            )
        )
        self._feed = feed

    def _require_feed(self) -> Feed:
        if self._feed is None or self._feed.is_expired(self._clock()):
            found = self.poll()
            if self._feed is None or self._feed.is_expired(self._clock()):
                raise FeedUnavailable(f"nothing is installed without a feed in date: {found.detail}")
        return self._feed

    def _keep(self, wanted: Installed, *, instead_of: Installed | None) -> None:
        said = self._voice.report(wanted, action="installed")
        state = self.state.without(instead_of) if instead_of else self.state
        self._file.commit(replace(state, installed=(*state.installed, wanted)).saying(said))
        delivery = self.flush_acknowledgements()
        refused = next((item for item in delivery.refused if item.statement == said.statement), None)
        if refused is not None:
            # What the platform does not know of, it cannot order off: it must not run.
            state = self.state.without(wanted)
            kept = (*state.installed, instead_of) if instead_of else state.installed
            self._file.commit(replace(state, installed=kept))
            self._drop_artifact(wanted)
            raise InstallRefused(f"the platform refused the report: {refused.code}", reason=refused.code)
        if instead_of is not None:
            self._drop_artifact(instead_of)
        if said in delivery.denied:
            self._obey_denial(wanted)

    def _obey_denial(self, wanted: Installed) -> None:
        """The platform ordered it off in the moment it came: the feed says how, or it goes again."""
        self.poll()
        if self.is_allowed(wanted.publisher, wanted.plugin, wanted.version):
            self.uninstall(wanted.publisher, wanted.plugin)
        self.flush_acknowledgements()
        raise PluginBlocked(f"{wanted.plugin} {wanted.version} was blocked while it was being installed")

    def _drop_artifact(self, gone: Installed) -> None:
        if all(item.artifact_sha256 != gone.artifact_sha256 for item in self.state.installed):
            self.artifact_path(gone).unlink(missing_ok=True)
