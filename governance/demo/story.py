"""The whole story in a straight line: from registration to a proven takedown, and back.

Each step is timed and either holds or ends the story; nothing is tried twice and nothing is left out."""

import time
from collections import Counter
from collections.abc import Sequence

from governance.demo.actors import report_abuse
from governance.demo.bots import Fleet
from governance.demo.cast import Cast, gather_cast
from governance.demo.commands import run_manage
from governance.demo.emergency import contain_sleeper, reinstate_sleeper, wait_until_off, wait_until_told
from governance.demo.errors import Unexpected
from governance.demo.marketplace import (
    Entry,
    Origin,
    check_routes,
    decide_cases,
    look_again,
    pick_sleeper,
    submit_everything,
    wait_for_screening,
)
from governance.demo.outcome import Emergency, Outcome, Proof, VersionCounts
from governance.demo.population import Population, enrol_bots, start_runtimes
from governance.demo.proof import check_refusal, tamper_with, verify_proof, write_proof
from governance.demo.report import Narrator
from governance.demo.stage import Stage
from plugins.runtime.root import read_first_root

BYTES_A_MEGABYTE = 1_000_000


def play_story(stage: Stage, *, narrator: Narrator) -> Outcome:
    """Play everything on a running stage; raises StepFailed at the first step that does not hold."""
    memory_started = stage.stack.memory_bytes()
    with narrator.step("publishers", "Publishers register, staff sign in"):
        cast = gather_cast(stage, narrator=narrator)
    entries = _play_marketplace(cast, stage=stage, narrator=narrator)
    with Fleet(stage.stack, folder=stage.folder) as fleet:
        with narrator.step("bots", "Bots are enrolled and install plugins"):
            sleeper = pick_sleeper(entries)
            others = [entry for entry in entries if entry.publisher is cast.ada and _is_published(entry)]
            population = enrol_bots(stage, sleeper=sleeper, others=others)
            start_runtimes(population, fleet=fleet, stage=stage, narrator=narrator)
        emergency = _play_emergency(sleeper, cast=cast, population=population, stage=stage, narrator=narrator)
        proof = _play_proof(emergency, population=population, stage=stage, narrator=narrator)
        with narrator.step("reinstatement", "Cleo reinstates the plugin"):
            switched_on = reinstate_sleeper(
                emergency.takedown,
                sleeper=sleeper,
                cast=cast,
                fleet=fleet,
                population=population,
                narrator=narrator,
            )
    with narrator.step("ledger", "The ledger is verified"):
        ledger = run_manage("ledger", "verify", environ=stage.environ).strip()
        narrator.say(ledger)
    with narrator.step("count", "Everything is counted"):
        return Outcome(
            counts=_count_versions(entries),
            emergency=emergency,
            proof=proof,
            bots_switched_on=switched_on,
            publishers={publisher.slug: publisher.level() for publisher in cast.publishers},
            ledger=ledger,
            memory_mb=_megabytes(stage.stack.memory_bytes()),
            memory_started_mb=_megabytes(memory_started),
            database="embedded" if stage.has_own_database else "given",
            artefacts=_list_artefacts(stage, bundle=proof.bundle),
        )


def _play_marketplace(cast: Cast, *, stage: Stage, narrator: Narrator) -> list[Entry]:
    with narrator.step("submissions", "Archives are submitted"):
        entries = submit_everything(cast, suffix=stage.suffix, narrator=narrator)
    with narrator.step("screening", "Every version is scanned"):
        entries = wait_for_screening(entries, narrator=narrator)
        check_routes(entries, cast=cast)
    with narrator.step("decisions", "Ben decides what waits for a person"):
        return decide_cases(entries, cast=cast, narrator=narrator)


def _play_emergency(
    sleeper: Entry, *, cast: Cast, population: Population, stage: Stage, narrator: Narrator
) -> Emergency:
    with narrator.step("report", f"{sleeper.archive.plugin} is reported"):
        reporter = f"reporter.{stage.suffix}@example.invalid"
        report = report_abuse(
            stage.base_url, address=sleeper.address, number=sleeper.archive.version, reporter=reporter
        )
        reported = time.monotonic()
    with narrator.step("containment", "Cleo contains it"):
        takedown = contain_sleeper(
            sleeper, report=report, cast=cast, population=population, stage=stage, narrator=narrator
        )
        contained = time.monotonic()
    with narrator.step("switching-off", "Every bot switches it off"):
        counts = wait_until_off(takedown, cleo=cast.cleo, population=population, narrator=narrator)
        off = time.monotonic()
    with narrator.step("notices", "Everybody concerned is told"):
        told = wait_until_told(
            takedown, reporter=reporter, cast=cast, population=population, stage=stage, narrator=narrator
        )
    durations = {
        "report_to_containment": round(contained - reported, 2),
        "containment_to_last_bot_off": round(off - contained, 2),
        "containment_to_last_notice": round(time.monotonic() - contained, 2),
    }
    return Emergency(
        takedown=takedown,
        bots_ordered=counts["ordered"],
        bots_confirmed=counts["confirmed"],
        notices_queued=told.queued,
        notices_delivered=len(told.letters),
        durations=durations,
    )


def _play_proof(emergency: Emergency, *, population: Population, stage: Stage, narrator: Narrator) -> Proof:
    keys = read_first_root(population.bystander.root).public_keys
    with narrator.step("proof", "The proof is written and verified offline"):
        bundle = write_proof(emergency.takedown, stage=stage)
        verdict = verify_proof(bundle, keys=keys).strip()
        for line in verdict.splitlines():
            narrator.say(line)
    with narrator.step("tampering", "One bit of a copy is flipped"):
        refusal = check_refusal(tamper_with(bundle), keys=keys)
        narrator.say(refusal)
    return Proof(str(bundle), verdict, refusal)


def _count_versions(entries: Sequence[Entry]) -> VersionCounts:
    final = [look_again(entry) for entry in entries]
    malicious = [entry for entry in final if entry.origin is Origin.MALICIOUS]
    published = [entry.address for entry in malicious if _is_published(entry)]
    if published:
        raise Unexpected(f"malicious and published in the end: {', '.join(published)}")
    return VersionCounts(
        versions=dict(Counter(entry.standing.status for entry in final)),
        real_submitted=sum(entry.origin is Origin.REAL for entry in final),
        malicious_submitted=len(malicious),
        malicious_published=len(published),
    )


def _list_artefacts(stage: Stage, *, bundle: str) -> dict[str, str]:
    return {
        "mail": str(stage.mailbox.folder),
        "proof": bundle,
        "runtimes": str(stage.folder),
        "logs": str(stage.stack.var / "log"),
        "database": str(stage.stack.var / "postgres") if stage.has_own_database else "as given",
    }


def _is_published(entry: Entry) -> bool:
    return entry.standing.status == "published"


def _megabytes(number: int) -> float:
    return round(number / BYTES_A_MEGABYTE, 1)
