"""Does what the feed says to what is installed: off where a block covers it, on again when none does.
Acts first and records after, so that a crash repeats an act and never leaves one undone."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from .blocks import Block
from .content import Content
from .errors import SwitchFailed
from .state import Installed, StateFile, SwitchedOff
from .statements import Voice

Switch = Callable[[Installed, bool], None]


@dataclass(frozen=True, slots=True)
class Switched:
    """What was switched in one round, and what could not be."""

    off: tuple[Installed, ...] = ()
    on: tuple[Installed, ...] = ()
    failed: tuple[Installed, ...] = ()


def obey_feed(content: Content, *, is_current: bool, file: StateFile, voice: Voice, switch: Switch) -> Switched:
    """Bring every installation in line with the feed; each act and its acknowledgement are kept together.

    An expired feed still switches off what it blocks, and switches nothing on.
    """
    off: list[Installed] = []
    on: list[Installed] = []
    failed: list[Installed] = []
    for installed in file.state.installed:
        blocks = find_blocks(content, installed)
        was_off = bool(file.state.obeyed_for(installed))
        try:
            if blocks:
                _obey_blocks(blocks, installed, sequence=content.sequence, file=file, voice=voice, switch=switch)
            elif was_off and is_current:
                _end_blocks(installed, sequence=content.sequence, file=file, voice=voice, switch=switch)
        except SwitchFailed:
            failed.append(installed)
            continue
        is_off = bool(file.state.obeyed_for(installed))
        off.extend([installed] if is_off and not was_off else [])
        on.extend([installed] if was_off and not is_off else [])
    return Switched(tuple(off), tuple(on), tuple(failed))


def stop_all(*, file: StateFile, switch: Switch) -> Switched:
    """Stop everything that still runs, because nobody can say any longer what must be off."""
    off: list[Installed] = []
    failed: list[Installed] = []
    for installed in file.state.installed:
        if installed in file.state.stopped or file.state.obeyed_for(installed):
            continue
        try:
            switch(installed, False)
        except SwitchFailed:
            failed.append(installed)
            continue
        file.commit(replace(file.state, stopped=(*file.state.stopped, installed)))
        off.append(installed)
    return Switched(off=tuple(off), failed=tuple(failed))


def resume_all(content: Content, *, file: StateFile, switch: Switch) -> Switched:
    """Start again what was stopped, now that the feed is in date; what it blocks stays off."""
    on: list[Installed] = []
    failed: list[Installed] = []
    for installed in file.state.stopped:
        if not (file.state.obeyed_for(installed) or find_blocks(content, installed)):
            try:
                switch(installed, True)
            except SwitchFailed:
                failed.append(installed)
                continue
            on.append(installed)
        file.commit(replace(file.state, stopped=tuple(item for item in file.state.stopped if item != installed)))
    return Switched(on=tuple(on), failed=tuple(failed))


def find_blocks(content: Content, installed: Installed) -> tuple[Block, ...]:
    """Every entry of the feed that covers an installation."""
    return content.find_blocks(
        publisher=installed.publisher,
        plugin=installed.plugin,
        version=installed.version,
        artifact_sha256=installed.artifact_sha256,
    )


def _obey_blocks(
    blocks: tuple[Block, ...],
    installed: Installed,
    *,
    sequence: int,
    file: StateFile,
    voice: Voice,
    switch: Switch,
) -> None:
    """Switch off once, and acknowledge every block that is new: each belongs to a takedown that waits for it."""
    obeyed = file.state.obeyed_for(installed)
    known = {item.block for item in obeyed}
    new = tuple(
        SwitchedOff(installed.publisher, installed.plugin, installed.version, block.id, block.takedown)
        for block in blocks
        if block.id not in known
    )
    if not new:
        return
    if not obeyed:
        switch(installed, False)
    said = (voice.acknowledge(item, sequence=sequence, action="switched_off") for item in new)
    file.commit(replace(file.state, switched_off=file.state.switched_off + new).saying(*said))


def _end_blocks(installed: Installed, *, sequence: int, file: StateFile, voice: Voice, switch: Switch) -> None:
    """Switch on again, and acknowledge the end of every block that had held it off."""
    ended = file.state.obeyed_for(installed)
    switch(installed, True)
    kept = tuple(item for item in file.state.switched_off if not item.is_about(installed))
    said = (voice.acknowledge(item, sequence=sequence, action="switched_on") for item in ended)
    file.commit(replace(file.state, switched_off=kept).saying(*said))
