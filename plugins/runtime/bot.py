"""One bot as the command line runs it: what it has loaded, and every event told as it happens.
Loads no plugin code; "loaded" here is an entry in a set, where a real runtime loads and unloads modules."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .client import Enrolment, PollResult, RuntimeClient, WhenExpired
from .errors import RuntimeTrustError
from .signing import SigningKey
from .state import Installed

Emit = Callable[..., None]
Wanted = tuple[str, str, str]


class Bot:
    """A client, and the runtime around it in small."""

    def __init__(
        self,
        base_url: str,
        *,
        enrolment: Enrolment,
        key: SigningKey,
        when_expired: WhenExpired,
        state_path: Path,
        emit: Emit,
    ) -> None:
        """`emit(event, **facts)` is told everything that happens. Raises AddressRefused or StateCorrupt."""
        self.bot_id = enrolment.bot
        self.loaded: set[Installed] = set()
        self._emit = emit
        self._problem: str | None = None
        self._client = RuntimeClient(
            base_url,
            enrolment=enrolment,
            key=key,
            state_path=state_path,
            switch=self.switch,
            clock=lambda: datetime.now(tz=UTC),
            when_expired=when_expired,
        )

    def start(self, wanted: Sequence[Wanted]) -> None:
        """Load what may be loaded, then install what is wanted: publisher, plugin, version."""
        self.loaded = {item for item in self._client.state.installed if self._is_allowed(item)}
        for publisher, plugin, version in wanted:
            try:
                installed = self._client.install(publisher, plugin, version)
            except (RuntimeTrustError, OSError) as error:
                code = error.code if isinstance(error, RuntimeTrustError) else "state_not_written"
                self._say(
                    "install_failed",
                    publisher=publisher,
                    plugin=plugin,
                    version=version,
                    code=code,
                    detail=str(error),
                )
                continue
            self.loaded = {item for item in self._client.state.installed if self._is_allowed(item)}
            self._say_about("installed", installed)

    def poll(self) -> None:
        """One round: obey the feed, then deliver what is to be said."""
        self._round(self._client.poll)

    def take(self, data: bytes) -> None:
        """The same for a feed that was pushed."""
        self._round(lambda: self._client.take(data))

    def _round(self, obey: Callable[[], PollResult]) -> None:
        try:
            found = obey()
            for event, items in (
                ("switched_off", found.switched_off),
                ("switched_on", found.switched_on),
                ("stopped", found.stopped),
                ("resumed", found.resumed),
            ):
                for installed in items:
                    self._say_about(event, installed, sequence=found.sequence)
            self._note_problem(found.problem, detail=found.detail)
            self._deliver()
        except OSError as error:
            # The state could not be written: nothing was recorded, so the next round does it again.
            self._note_problem("state_not_written", detail=str(error))

    def switch(self, installed: Installed, is_on: bool) -> None:
        """Load or unload a plugin."""
        (self.loaded.add if is_on else self.loaded.discard)(installed)

    def _deliver(self) -> None:
        delivery = self._client.flush_acknowledgements()
        if delivery.delivered:
            self._say("delivered", statements=delivery.delivered)
        for refused in delivery.refused:
            self._say("refused", code=refused.code, path=refused.path)

    def _note_problem(self, problem: str | None, *, detail: str) -> None:
        if problem != self._problem:
            self._say("problem" if problem else "recovered", code=problem, detail=detail)
        self._problem = problem

    def _is_allowed(self, item: Installed) -> bool:
        return self._client.is_allowed(item.publisher, item.plugin, item.version)

    def _say_about(self, event: str, installed: Installed, **facts: Any) -> None:
        self._say(
            event,
            publisher=installed.publisher,
            plugin=installed.plugin,
            version=installed.version,
            **facts,
        )

    def _say(self, event: str, **facts: Any) -> None:
        self._emit(event, bot=self.bot_id, **facts)
