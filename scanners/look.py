"""What happens to one artifact inside its sandboxed process: unpack, read, follow, ask every engine, stage for semgrep.

Answers plain JSON. It judges nothing, and its caller believes nothing that does not read as promised.
"""

import contextlib
import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scanners.archive import Tree, unpack
from scanners.capabilities import summarise_capabilities
from scanners.declared import MANIFEST_NAME, Declared, read_declared
from scanners.decoding import load_codecs
from scanners.engines import StagedFile, cap_findings
from scanners.engines.bytecode import run_bytecode
from scanners.engines.metadata import run_metadata
from scanners.engines.permissions import run_permissions
from scanners.errors import ArchiveRefused, RecordsUnreadable
from scanners.flows import load_flows, load_owners, match_flows
from scanners.folder import open_copy
from scanners.followed import UNREADABLE, Followed, follow_tree, keep_followed, name_tree, recall_followed
from scanners.inventory import find_unaccounted, take_inventory
from scanners.lookalikes import Ecosystem, load_index
from scanners.osv import find_malice
from scanners.report import FileRecord, Kind
from scanners.sources import Reading, Source, Sources
from scanners.staging import stage_sources
from scanners.steps import PER_FILE, PER_PLUGIN, Done, Scope, Step, key_of, take_step
from scanners.upstream import known_upstream

Message = dict[str, Any]
Ask = Callable[[Message], Message]
PASSES = "sources"


@dataclass(frozen=True, slots=True)
class Order:
    """What the caller asks for: an open artifact or a copied folder, whether a manifest is due, which engines run."""

    artifact: int | None
    folder: Message | None
    needs_manifest: bool
    engines: frozenset[str]

    @classmethod
    def from_message(cls, message: Message) -> "Order":
        """Return the order in a message of our own caller."""
        return cls(
            artifact=message.get("artifact"),
            folder=message.get("folder"),
            needs_manifest=bool(message["needs_manifest"]),
            engines=frozenset(message["engines"]),
        )


def look_at(message: Message, ask: Ask) -> Message:
    """Look at one artifact; the working folder is the process's own scratch space."""
    order = Order.from_message(message)
    try:
        tree = open_tree(order)
    except ArchiveRefused as refused:
        return {"refused": {"code": refused.code, "detail": refused.detail}}
    return Look(order, tree=tree, ask=ask).run()


def warm_up() -> None:
    """Load every rule, list and codec, and run every engine once: a look has a uid that may read none of our files."""
    warming = Sources(files=(), declared=None)
    load_flows()
    load_owners()
    load_codecs()
    for ecosystem in Ecosystem:
        load_index(ecosystem)
        # Records that cannot be read are for the look to report.
        with contextlib.suppress(RecordsUnreadable):
            find_malice("warm", ecosystem=ecosystem)
            known_upstream("")
    for step in (*PER_FILE, *PER_PLUGIN):
        take_step(step, sources=warming, tree="", known={})


def open_tree(order: Order) -> Tree:
    """Return the unpacked tree; raises ArchiveRefused."""
    members = Path("members")
    if order.artifact is not None:
        members.mkdir(mode=0o700)
        return unpack(order.artifact, into=members)
    return open_copy(order.folder or {}, into=members)


class Look:
    """One look at one tree; collects what each engine says and how long it took."""

    def __init__(self, order: Order, *, tree: Tree, ask: Ask) -> None:
        self.order = order
        self.tree = tree
        self.ask = ask
        self.done: list[Done] = []

    def run(self) -> Message:
        """Return everything there is to say."""
        started = time.monotonic()
        records = take_inventory(self.tree)
        declared = self.find_declared() if self.order.needs_manifest else None
        name = name_tree(records, needs_manifest=self.order.needs_manifest)
        followed, is_known = self.follow(name, records=records, declared=declared)
        read, passes = followed.read, followed.passes
        compiled = run_bytecode(Sources(files=read.files, declared=None))
        judged = frozenset(record.path for record in records if record.kind is Kind.BYTECODE)
        unaccounted = (*find_unaccounted(self.tree, records=records, matched=judged), *compiled.findings)
        own = Reading(
            findings=cap_findings([*read.findings, *passes.findings]),
            read=frozenset(file.path for file in read.files if file.text is not None),
            errors=(*self.tree.errors, *read.errors, *passes.errors),
        )
        word = None if is_known else keep_followed(followed)
        self.done.append(Done(PASSES, own, time.monotonic() - started, {name: [word]} if word else {}))
        sources = Sources(files=(*read.files, *passes.layers), declared=declared, facts=passes.facts)
        kept = self.ask_engines(sources, name=name)
        staged = stage_sources(sources.files, copies=passes.copies, facts=passes.facts, into=Path("stage"))
        return {
            "files": [asdict(record) for record in settle_kinds(records, files=read.files)],
            "findings": [asdict(finding) for finding in unaccounted],
            "readings": [describe(done) for done in self.done],
            "capabilities": [asdict(item) for item in summarise_capabilities(passes.facts)],
            "staged": [describe_staged(file) for file in staged.files],
            "staging_errors": list(staged.errors),
            "keep": kept,
        }

    def follow(self, name: str, *, records: tuple[FileRecord, ...], declared: Declared | None) -> tuple[Followed, bool]:
        """Return what reading and following the tree says, and whether that was known already."""
        kept = self.ask({"files": [name]})["known"].get(PASSES, {}).get(name)
        if kept is not None:
            # What is damaged is made anew.
            with contextlib.suppress(*UNREADABLE):
                return recall_followed(kept[0], tree=self.tree, records=records), True
        return follow_tree(self.tree, records=records, declared=declared), False

    def find_declared(self) -> Declared | None:
        """Return what the manifest declares, or None when there is none that can be read."""
        for file in self.tree.files:
            if file.path == MANIFEST_NAME:
                return read_declared(file.stored.read_bytes())
        return None

    def ask_engines(self, sources: Sources, *, name: str) -> Message:
        """Run the engines that are wanted; returns what of their words may be kept, by engine and file or tree."""
        files = sorted({key_of(file) for file in sources.files})
        known: Mapping[str, Any] = self.ask({"files": [name, *files]})["known"]
        for step in (*PER_FILE, *self.make_steps()):
            if step.name in self.order.engines:
                self.done.append(take_step(step, sources=sources, tree=name, known=known.get(step.name, {})))
        return {done.name: done.kept for done in self.done if done.kept}

    def make_steps(self) -> tuple[Step, ...]:
        """Return the engines that look at the plugin as a whole."""
        metadata = functools.partial(run_metadata, needs_manifest=self.order.needs_manifest)
        return (
            Step("flows", run_flows, Scope.NONE),
            *PER_PLUGIN,
            Step("metadata", metadata, Scope.NONE),
            Step("permissions", run_permissions, Scope.NONE),
        )


def run_flows(sources: Sources) -> Reading:
    """Engine `flows`: what the facts of the language passes mean together."""
    code = (Kind.PYTHON, Kind.JAVASCRIPT)
    read = frozenset(file.path for file in sources.of_kind(*code) if file.text is not None)
    kinds: dict[str, frozenset[Kind]] = {}
    for file in sources.of_kind(*code):
        kinds[file.path] = kinds.get(file.path, frozenset()) | {file.kind}
    return Reading(findings=cap_findings(match_flows(sources.facts, kinds=kinds)), read=read)


def settle_kinds(records: tuple[FileRecord, ...], *, files: tuple[Source, ...]) -> list[FileRecord]:
    """Return the records with the kinds that reading settled."""
    return [
        FileRecord(path=record.path, sha256=record.sha256, size=record.size, kind=settle_kind(file))
        for record, file in zip(records, files, strict=True)
    ]


def settle_kind(file: Source) -> Kind:
    """Return the kind a report shows: a guess stays text."""
    return Kind.TEXT if file.is_guess else file.kind


def describe(done: Done) -> Message:
    """Return what one engine said as JSON-ready values."""
    return {
        "engine": done.name,
        "findings": [asdict(finding) for finding in done.reading.findings],
        "files_read": len(done.reading.read),
        "errors": list(done.reading.errors),
        "seconds": round(done.seconds, 6),
    }


def describe_staged(file: StagedFile) -> Message:
    """Return a staged file as JSON-ready values."""
    return {**asdict(file), "acts": None if file.acts is None else sorted(file.acts)}
