"""Why the story did not hold, each with a stable code; the message says what was seen instead."""

from typing import ClassVar

SHOWN_CHARACTERS = 800


class DemoError(Exception):
    """The story could not go on."""

    code: ClassVar[str] = "demo_error"


class StepFailed(DemoError):
    """A step of the story did not hold; names the step, the reason's own code, and what was seen."""

    code = "step_failed"

    def __init__(self, step: str, *, reason: str, detail: str) -> None:
        self.step = step
        self.reason = reason
        self.detail = detail
        super().__init__(f"{step}: {detail}")


class Unexpected(DemoError):
    """What was seen is not what the story promises."""

    code = "unexpected"


class TooSlow(DemoError):
    """What was waited for did not come in its time."""

    code = "too_slow"


class AnswerUnexpected(DemoError):
    """The platform answered with another status than the story needs."""

    code = "answer_unexpected"


class PlatformSilent(DemoError):
    """The platform did not answer at all."""

    code = "platform_silent"


class PageUnexpected(DemoError):
    """A page of the desk does not hold the form or link a person would use."""

    code = "page_unexpected"


class CommandRefused(DemoError):
    """A command of the platform did not end well; `exit_code` is its own, and `printed` what it said."""

    code = "command_refused"

    def __init__(self, command: str, *, exit_code: int, printed: str) -> None:
        self.exit_code = exit_code
        self.printed = printed
        super().__init__(f"{command} ended with {exit_code}: {printed[-SHOWN_CHARACTERS:].strip()}")


class SamplesMissing(DemoError):
    """The project's own samples, or enough installed distributions, are not there."""

    code = "samples_missing"


class RuntimeDied(DemoError):
    """A simulated bot runtime ended while it was needed."""

    code = "runtime_died"


class StageOccupied(DemoError):
    """Another demo runs in the same data folder."""

    code = "stage_occupied"
