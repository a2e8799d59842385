"""Engine `semgrep`: our rules over the staged sources of one artifact or of many, in one process of its binary.

What one artifact does to the tool is never another one's error: a batch that fails is repeated one by one.
"""

import functools
import hashlib
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanners import limits
from scanners.cache import Cache, NoCache, make_key
from scanners.engines import (
    EngineResult,
    Stage,
    StagedFile,
    cap_findings,
    fail_engine,
    quote_line,
    select_rules,
    state_of,
)
from scanners.engines.hits import Hit
from scanners.engines.semgrep_front import FIRST_NAME, VERSION, Answer, FrontEnd, ask, find_front_ends
from scanners.engines.semgrep_plan import (
    CANARIES,
    CANARY_TEXTS,
    NAME,
    READ_RULE,
    Target,
    choose_rules,
    language_of,
    rules_for,
)
from scanners.errors import ToolFailed, ToolTimedOut
from scanners.remembered import FileKey, Split, digest_engine, digest_rule, make_entry, split_cached
from scanners.report import EngineRun, EngineState, Finding, Kind
from scanners.rules import ruleset_digest

PARSE_ERRORS = frozenset(["PartialParsing", "Syntax error", "Lexical error", "Other syntax error"])
FIRST_SHARE = 0.5  # of its time that a batch may take together; the rest is for looking one by one
NO_CACHE = NoCache()


@dataclass
class Work:
    """What is to be done for one stage, and what is known already; `names` are those of the batch."""

    stage: Stage
    files: tuple[StagedFile, ...]
    keys: dict[str, FileKey]
    entries: Mapping[str, bytes]
    split: Split
    targets: list[Target] = field(default_factory=list)
    prefiltered: set[str] = field(default_factory=set)

    @property
    def size(self) -> int:
        """Return how much semgrep would read, in bytes."""
        return sum((self.stage.root / target.file.name).stat().st_size for target in self.targets)


@dataclass(frozen=True, slots=True)
class Looked:
    """How semgrep did on one stage: an answer, or the reason why there is none."""

    answer: Answer | None
    error: ToolFailed | None
    front_end: str


def run_semgrep(
    stage: Stage,
    *,
    scratch: Path,
    seconds: float,
    front_ends: tuple[FrontEnd, ...] = (),
    cache: Cache = NO_CACHE,
) -> EngineResult:
    """Run semgrep over one stage within `seconds` of wall clock; never raises for what the plugin does."""
    return run_semgrep_batch((stage,), scratch=scratch, seconds=seconds, front_ends=front_ends, cache=cache)[0]


def run_semgrep_batch(
    stages: Sequence[Stage],
    *,
    scratch: Path,
    seconds: float,
    front_ends: tuple[FrontEnd, ...] = (),
    cache: Cache = NO_CACHE,
) -> tuple[EngineResult, ...]:
    """Run semgrep over many stages within `seconds` of wall clock in all; returns one result a stage, in order.

    `front_ends` are the installed ones unless others are given. Never raises for what a plugin does.
    """
    started = time.monotonic()
    works = [plan_work(number, stage, cache=cache) for number, stage in enumerate(stages)]
    busy = {number: work for number, work in enumerate(works) if work.targets}
    looked: dict[int, Looked] = {}
    if busy:
        try:
            runs = Runs(scratch=scratch, deadline=started + seconds, front_ends=front_ends or find_front_ends())
            looked = runs.look(busy)
        except ToolFailed as error:
            looked = dict.fromkeys(busy, Looked(answer=None, error=error, front_end="none"))
    elapsed = time.monotonic() - started
    results = tuple(make_result(work, looked=looked.get(number), seconds=elapsed) for number, work in enumerate(works))
    cache.put_many(
        {key: entry for number, work in enumerate(works) for key, entry in remember(work, looked.get(number)).items()}
    )
    return results


def plan_work(number: int, stage: Stage, *, cache: Cache) -> Work:
    """Return what is known about the files of a stage and which of them semgrep must be shown."""
    files = stage.of_kind(Kind.PYTHON, Kind.JAVASCRIPT)
    contents = {file.name: (stage.root / file.name).read_bytes() for file in files}
    keys = {file.name: make_file_key(file, data=contents[file.name]) for file in files}
    entries = cache.get_many([key.key for key in keys.values()])
    work = Work(stage=stage, files=files, keys=keys, entries=entries, split=split_cached([*keys.values()], entries))
    for file in files:
        # Also for what is known already: a report must not show whether a cache was warm.
        chosen = choose_rules(file, data=contents[file.name])
        if not chosen:
            work.prefiltered.add(file.name)
        if rules := chosen & work.split.to_run.get(file.name, frozenset()):
            work.targets.append(Target(number, file, language_of(file), rules))
    return work


def make_file_key(file: StagedFile, *, data: bytes) -> FileKey:
    """Return a file as the cache knows it: each rule's answer depends on the bytes, the language and the facts."""
    acts = ("unknown",) if file.acts is None else ("known", *sorted(file.acts))
    here = Path(__file__)
    engine = digest_engine(VERSION, here, here.with_name("semgrep_plan.py"), here.with_name("semgrep_front.py"))
    content = hashlib.sha256(data).hexdigest()
    key = make_key(NAME, engine_digest=engine, content_sha256=content, extra=(language_of(file), *acts))
    digests = rule_digests()
    groups = {rule_id: digests[rule_id] for rule_id in rules_for(file)}
    return FileKey(name=file.name, key=key, groups=groups if file.is_parsed else {**groups, READ_RULE: READ_RULE})


@functools.cache
def rule_digests() -> dict[str, str]:
    """Return the digest of each of semgrep's rules by id."""
    return {rule.id: digest_rule(rule) for rule in select_rules(NAME).values()}


class Runs:
    """Starts semgrep as often as it takes: together, and one by one when that fails."""

    def __init__(self, *, scratch: Path, deadline: float, front_ends: tuple[FrontEnd, ...]) -> None:
        # The tool has a uid of its own and must get through to its folder below, which it alone may enter.
        scratch.mkdir(exist_ok=True)
        scratch.chmod(0o711)
        self._scratch = scratch
        self._deadline = deadline
        self._front_ends = front_ends
        self._count = 0

    def look(self, works: dict[int, Work]) -> dict[int, Looked]:
        """Return how it went for each stage; raises ToolFailed when no front end finds even its canaries."""
        failed = ToolFailed("no front end")
        for front_end in self._front_ends:
            share = FIRST_SHARE if len(works) > 1 else 1.0
            try:
                answer = self._run(front_end, works, seconds=self._left() * share)
            except ToolFailed as error:
                failed = error
                if self._is_sound(front_end):
                    return self._look_one_by_one(front_end, works, error=error)
            else:
                return dict.fromkeys(works, Looked(answer=answer, error=None, front_end=front_end.name))
        raise failed

    def _look_one_by_one(self, front_end: FrontEnd, works: dict[int, Work], *, error: ToolFailed) -> dict[int, Looked]:
        """Look at each stage alone, the small ones first, so that a hostile one has only its own share of the time."""
        if len(works) == 1:
            return dict.fromkeys(works, Looked(answer=None, error=error, front_end=front_end.name))
        looked = {}
        for done, number in enumerate(sorted(works, key=lambda item: works[item].size)):
            share = self._left() / (len(works) - done)
            try:
                answer = self._run(front_end, {number: works[number]}, seconds=share)
                looked[number] = Looked(answer=answer, error=None, front_end=front_end.name)
            except ToolFailed as own:
                looked[number] = Looked(answer=None, error=own, front_end=front_end.name)
        return looked

    def _is_sound(self, front_end: FrontEnd) -> bool:
        """Say whether a front end still finds its canaries; without time left, that is nobody's fault but time's."""
        if self._left() <= 0:
            return True
        try:
            self._run(front_end, {}, seconds=min(self._left(), limits.SEMGREP_PROBE_SECONDS))
        except ToolTimedOut:
            return self._left() <= 0
        except ToolFailed:
            return False
        return True

    def _run(self, front_end: FrontEnd, works: dict[int, Work], *, seconds: float) -> Answer:
        self._count += 1
        scratch = self._scratch / f"run{self._count}"
        folder = scratch / "batch"
        folder.mkdir(mode=0o700, parents=True)
        for canary in CANARIES:
            place_text(folder / canary.name, CANARY_TEXTS[canary.language])
        for work in works.values():
            for target in work.targets:
                place_file(folder / target.name, source=work.stage.root / target.file.name)
        targets = [target for work in works.values() for target in work.targets]
        try:
            return ask(front_end, targets, folder=folder, scratch=scratch, seconds=seconds)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())


def place_text(place: Path, text: str) -> None:
    """Write a file into the folder of a batch."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def place_file(place: Path, *, source: Path) -> None:
    """Give a staged file its place in the folder of a batch: a copy, for the tool is handed what lies there."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(source, place, follow_symlinks=False)


def make_result(work: Work, *, looked: Looked | None, seconds: float) -> EngineResult:
    """Return one stage's result; a stage that semgrep had to be shown nothing of is read by the prefilter."""
    front_end = f"+{looked.front_end if looked is not None else FIRST_NAME}"
    if looked is not None and looked.error is not None:
        return fail_engine(
            NAME, version=VERSION + front_end, digest=ruleset_digest(), error=looked.error.detail, seconds=seconds,
            state=state_of(looked.error),
        )  # fmt: skip
    answer = looked.answer if looked is not None else None
    errors = list_errors(work, answer=answer)
    shown = {file.path for file in work.files if file.name not in work.prefiltered}
    paths = {file.path for file in work.files}
    run = EngineRun(
        name=NAME,
        version=VERSION + front_end,
        ruleset_digest=ruleset_digest(),
        state=EngineState.FAILED if errors else EngineState.OK,
        files_read=len(paths),
        errors=tuple(errors),
        seconds=seconds,
        files_prefiltered=len(paths - shown),
    )
    return EngineResult(findings=cap_findings(list_findings(work, answer=answer)), run=run)


def list_errors(work: Work, *, answer: Answer | None) -> list[str]:
    """Return what semgrep could not do, in the plugin's own file names."""
    errors = set()
    for target in work.targets:
        if answer is None or target.name not in answer.scanned:
            errors.add(f"{target.file.path}: not read")
            continue
        kinds = answer.errors.get(target.name, ())
        errors |= {f"{target.file.path}: {kind}" for kind in kinds if not is_expected(kind, file=target.file)}
    return sorted(errors)


def is_expected(kind: str, *, file: StagedFile) -> bool:
    """Say whether an error means nothing: text that was only guessed to be code need not parse."""
    return file.is_guess and kind in {*PARSE_ERRORS, "skipped"}


def list_findings(work: Work, *, answer: Answer | None) -> list[Finding]:
    """Return our findings, from this run and from the cache."""
    hits = {name: list(known) for name, known in work.split.hits.items()}
    for target in work.targets:
        hits[target.file.name] += answer.hits.get(target.name, ()) if answer is not None else ()
    rules = select_rules(NAME)
    findings = []
    for file in work.files:
        found = [hit for hit in hits[file.name] if hit.rule_id in rules]
        text_lines = (work.stage.root / file.name).read_text(encoding="utf-8").split("\n") if found else []
        findings += [
            rules[hit.rule_id].make_finding(
                path=file.path,
                line=file.line_in_plugin(hit.line),
                end_line=file.line_in_plugin(hit.end_line),
                snippet=quote_line(text_lines, hit.line),
            )
            for hit in found
        ]
    return findings


def remember(work: Work, looked: Looked | None) -> dict[str, bytes]:
    """Return the cache's new entries: files that were looked at without any error by every rule they need."""
    answer = looked.answer if looked is not None else None
    targets = {target.file.name: target for target in work.targets}
    entries = {}
    for name, missing in work.split.to_run.items():
        file, target = work.keys[name], targets.get(name)
        hits: dict[str, list[Hit]] = {}
        if target is not None:
            if answer is None or target.name not in answer.scanned or target.name in answer.errors:
                continue
            for hit in answer.hits.get(target.name, ()):
                hits.setdefault(hit.rule_id, []).append(hit)
        entries[file.key] = make_entry(file, old=work.entries.get(file.key, b""), hits=hits, ran=missing)
    return entries
