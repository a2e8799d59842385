"""Every promise with a number in it: loads playbook.toml, refuses a bad one, makes the schedule.
Never measures, waits or acts on a number; whoever keeps the promise asks for it here."""

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

from governance.errors import PlaybookError
from governance.playbook_parse import build_section, read_document, refuse
from governance.playbook_rules import find_contradictions
from governance.playbook_sections import Playbook

__all__ = [
    "PLAYBOOK_FILE",
    "BeatEntry",
    "Playbook",
    "beat_entries",
    "load_playbook",
    "playbook",
]

PLAYBOOK_FILE = Path(__file__).with_name("playbook.toml")


def load_playbook(path: Path) -> Playbook:
    """The playbook in this file, with the SHA-256 of the file's bytes as its digest.

    PlaybookError names every fault with file, line, key, what was found, what is expected and the fix.
    """
    source = str(path)
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise PlaybookError(f"{source}: cannot be read ({error.strerror}); restore the file") from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlaybookError(f"{source}:{line}: found a byte that is not UTF-8; save the file as UTF-8") from error
    loaded, faults = build_section(Playbook, read_document(text, source=source))
    if loaded is not None:
        faults = find_contradictions(loaded)
    if loaded is None or faults:
        raise refuse(faults, text=text, source=source)
    return replace(loaded, digest=sha256(data).hexdigest())


@cache
def playbook() -> Playbook:
    """The project's own playbook, read once a process; PlaybookError as load_playbook."""
    return load_playbook(PLAYBOOK_FILE)


@dataclass(frozen=True, slots=True)
class BeatEntry:
    """One line of the beat's schedule: either a period, or an hour and minute of every day in UTC."""

    name: str
    task: str
    queue: str
    every_seconds: int | None = None
    hour: int | None = None
    minute: int | None = None


def beat_entries(book: Playbook) -> tuple[BeatEntry, ...]:
    """What wakes when. A wake-up only asks rows what is due: one lost or doubled changes nothing."""
    sweeps = book.marketplace.sweeps
    periods = {
        "sweep_submissions": sweeps.submissions_every_seconds,
        "sweep_outbox": sweeps.outbox_every_seconds,
        "sweep_fan_outs": sweeps.fan_outs_every_seconds,
        "sweep_obligations": sweeps.obligations_every_seconds,
        "reconcile_takedowns": sweeps.takedowns_every_seconds,
        "sweep_automatic": sweeps.takedowns_every_seconds,
        "checkpoint_ledger": sweeps.ledger_checkpoint_every_seconds,
        "refresh_feed": book.marketplace.feed.refresh_every_minutes * 60,
    }
    moments = {"sweep_rescans": sweeps.rescans_at_utc, "sweep_verifications": sweeps.verifications_at_utc}
    return (
        *(BeatEntry(name, f"governance.tasks.{name}", "default", every_seconds=s) for name, s in periods.items()),
        *(
            BeatEntry(name, f"governance.tasks.{name}", "default", hour=at.hour, minute=at.minute)
            for name, at in moments.items()
        ),
    )
