"""The client one bot runs: installs what is allowed, obeys the feed, and says so under the bot's own key.
When in doubt it keeps the last known state; it never switches anything on because of an error."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from .content import Content
from .errors import FeedError, FeedUnavailable, InstallRefused, NotInstalled, PlatformError, PluginBlocked
from .offers import find_offer
from .outbox import Delivery, deliver_waiting, say_present
from .signing import SigningKey
from .state import Installed, RuntimeState, StateFile
from .statements import Voice
from .switching import Switch, Switched, find_blocks, obey_feed, resume_all, stop_all
from .transport import Transport
from .trust import Trust

__all__ = ["Delivery", "Enrolment", "Installed", "PollResult", "RuntimeClient", "WhenExpired"]

MAX_ARTIFACT_BYTES = 64 * 1024 * 1024
PRESENCE_EVERY = timedelta(minutes=10)


class WhenExpired(StrEnum):
    """What the tenant chose for the time in which nobody can say what must be off."""

    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the platform answered when the bot was enrolled.

    The feed is fetched at `feed_url`, and from the platform itself when nobody answers there, or there is none.
    """

    bot: str
    root: Mapping[str, str]
    feed_url: str = ""


@dataclass(frozen=True, slots=True)
class PollResult:
    """What one poll found. `fresh`: the platform confirmed a feed in date just now; else `problem` is a code.

    `expires_at` is the end of the feed in force, or None without one; `stopped` and `resumed` were switched by the
    tenant's choice for an expired feed, not by a block.
    """

    fresh: bool
    sequence: int
    switched_off: tuple[Installed, ...]
    switched_on: tuple[Installed, ...]
    problem: str | None
    detail: str
    expires_at: datetime | None
    stopped: tuple[Installed, ...] = ()
    resumed: tuple[Installed, ...] = ()


class RuntimeClient:
    """The reference client of one bot; one thread drives it, any thread may ask is_allowed."""

    def __init__(
        self,
        base_url: str,
        *,
        enrolment: Enrolment,
        key: SigningKey,
        state_path: Path,
        switch: Switch,
        clock: Callable[[], datetime],
        when_expired: WhenExpired = WhenExpired.WARN,
    ) -> None:
        """`switch(installed, is_on)` loads or unloads a plugin at once; called twice, it changes nothing more.

        It raises SwitchFailed when it cannot. `clock` returns aware moments. Raises AddressRefused, StateCorrupt or
        RootError.
        """
        self._transport = Transport.to(base_url)
        self._file = StateFile(state_path, bot=enrolment.bot)
        self._switch = switch
        self._clock = clock
        self._voice = Voice(enrolment.bot, key, clock)
        self._when_expired = when_expired
        ways = [*([Transport.to(enrolment.feed_url)] if enrolment.feed_url else []), self._transport]
        self._trust = Trust(self._file, ways=ways, first_root=enrolment.root)
        self._presence_due_at: datetime | None = None

    @property
    def state(self) -> RuntimeState:
        """What survives a restart: what runs, what is off, what waits to be said, what was refused."""
        return self._file.state

    def poll(self) -> PollResult:
        """Fetch the feed, obey the newest one believed, and queue the acknowledgements. Raises only OSError."""
        return self._round(lambda now: self._trust.poll(now=now))

    def take(self, data: bytes) -> PollResult:
        """The same for an answer that was pushed over the stream; it is believed no sooner than a polled one."""
        return self._round(lambda now: self._trust.take(data, now=now))

    def flush_acknowledgements(self) -> Delivery:
        """Send what waits in the outbox, reports and acknowledgements, oldest first; then, when due, be present."""
        delivery = deliver_waiting(self._file, transport=self._transport)
        now, content = self._clock(), self._trust.content
        is_due = self._presence_due_at is None or now >= self._presence_due_at
        if is_due and content is not None and not delivery.waiting:
            statement = self._voice.be_present(sequence=content.sequence)
            if say_present(statement, transport=self._transport):
                self._presence_due_at = now + PRESENCE_EVERY
        return delivery

    def is_allowed(self, publisher: str, plugin: str, version: str) -> bool:
        """Whether exactly this version may be loaded now: installed, not switched off, not blocked, not stopped."""
        installed, content = self.state.find_installed(publisher, plugin), self._trust.content
        if installed is None or installed.version != version or content is None:
            return False
        if self._when_expired is WhenExpired.STOP and not self._trust.is_current(self._clock()):
            return False
        return not self.state.obeyed_for(installed) and not find_blocks(content, installed)

    def enable(self, publisher: str, plugin: str) -> Installed:
        """Switch on what the tenant asks for; raises NotInstalled, PluginBlocked, FeedUnavailable or SwitchFailed.

        A block stands above the tenant's wish: only the end of the block ends it.
        """
        installed = self.state.find_installed(publisher, plugin)
        if installed is None:
            raise NotInstalled(f"the bot does not run {plugin} of {publisher}")
        content = self._require_content()
        if self.state.obeyed_for(installed) or find_blocks(content, installed):
            raise PluginBlocked(f"the feed blocks {plugin} {installed.version} of {publisher}")
        self._switch(installed, True)
        return installed

    def artifact_path(self, installed: Installed) -> Path:
        """Where the verified bytes of an installation are."""
        return self._artifacts / installed.artifact_sha256

    def install(self, publisher: str, plugin: str, version: str) -> Installed:
        """Fetch a published version, check its bytes, keep it and report it; it replaces another of its plugin.

        Raises FeedUnavailable, PluginBlocked, InstallRefused or another PlatformError; then nothing new may run.
        """
        content = self._require_content()
        offer = find_offer(self._transport, publisher=publisher, plugin=plugin, version=version, now=self._clock())
        wanted, current = offer.installed, self.state.find_installed(publisher, plugin)
        if find_blocks(content, wanted):
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

    def _round(self, believe: Callable[[datetime], None]) -> PollResult:
        now = self._clock()
        problem, detail = None, ""
        try:
            believe(now)
        except (PlatformError, FeedError) as error:
            problem, detail = error.code, str(error)
        freshness = self._trust.freshness
        done, expired = self._act(now=now)
        failed = done.failed + expired.failed
        if failed:
            # The order arrived and could not be carried out: the platform is told so at once.
            self._presence_due_at = None
            if problem is None:
                problem, detail = "switch_failed", f"{len(failed)} plugins could not be switched"
        return PollResult(
            fresh=problem in {None, "switch_failed"},
            sequence=self.state.sequence,
            switched_off=done.off,
            switched_on=done.on,
            problem=problem,
            detail=detail,
            expires_at=freshness.expires_at if freshness else None,
            stopped=expired.off,
            resumed=expired.on,
        )

    def _act(self, *, now: datetime) -> tuple[Switched, Switched]:
        """Do what the feed says, and what the tenant chose when it says nothing any longer."""
        content, is_current = self._trust.content, self._trust.is_current(now)
        done = expired = Switched()
        if content is not None:
            done = obey_feed(content, is_current=is_current, file=self._file, voice=self._voice, switch=self._switch)
        if is_current and content is not None:
            expired = resume_all(content, file=self._file, switch=self._switch)
        elif self._when_expired is WhenExpired.STOP:
            expired = stop_all(file=self._file, switch=self._switch)
        return done, expired

    def _require_content(self) -> Content:
        found = None if self._trust.is_current(self._clock()) else self.poll()
        if self._trust.content is None or not self._trust.is_current(self._clock()):
            raise FeedUnavailable(f"nothing new runs without a feed in date: {found.detail if found else ''}")
        return self._trust.content

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
