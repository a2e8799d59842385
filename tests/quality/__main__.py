"""`python -m tests.quality`: recall and false positives with intervals, against the targets; exit 1 if one fails.

Reads what is installed and what was fetched; goes to a registry only with --fetch. Writes below var/quality only.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from governance.stack.paths import var_dir
from scanners.report import Verdict
from tests.quality import registry
from tests.quality.corpus import (
    ORDERS,
    TRIGGER_WORDS,
    Artifact,
    gather_folder,
    gather_installed,
    gather_samples,
    gather_texts,
)
from tests.quality.measure import Outcome, count_by, count_by_engine, count_without_each, scan_corpus
from tests.quality.permissions import measure_deletions
from tests.quality.printing import print_outcome, print_rows, print_targets
from tests.quality.targets import (
    Target,
    check_benign,
    check_deletions,
    check_malicious,
    check_samples,
    check_texts,
    find_unexplained,
)

OWN = ("samples", "near misses")
TEXTS = (ORDERS, TRIGGER_WORDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for and return the exit code."""
    options = make_parser().parse_args(arguments)
    folder = var_dir(os.environ) / "quality"
    if options.fetch:
        for sentence in registry.fetch_all(folder):
            tell(sentence)
    with tempfile.TemporaryDirectory(prefix="quality-") as scratch:
        artifacts = list(gather(options, fetched=folder, into=Path(scratch)))
        outcomes = list(scan_corpus(artifacts, workers=options.workers, say=tell))
        targets = report_on(outcomes, options=options)
        if not options.only:
            cases = Path(scratch, "permissions")
            cases.mkdir()
            targets += check_deletions(measure_deletions(cases, workers=options.workers))
    print_targets(targets, as_json=options.json)
    return 0 if all(target.holds for target in targets) else 1


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality", description=__doc__)
    parser.add_argument("--fetch", action="store_true", help="fetch the distributions of distributions.toml first")
    parser.add_argument("--ablate", action="store_true", help="also show each engine alone, and all but each engine")
    parser.add_argument("--malicious", metavar="FOLDER", type=Path, action="append", default=[])
    parser.add_argument("--benign", metavar="FOLDER", type=Path, action="append", default=[])
    parser.add_argument("--only", action="store_true", help="measure the folders that are named, and nothing of ours")
    parser.add_argument("--samples", action="store_true", help="of ours, measure the samples of techniques only")
    parser.add_argument("--workers", metavar="N", type=int, default=2, help="artifacts looked at at a time (default 2)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    return parser


def gather(options: argparse.Namespace, *, fetched: Path, into: Path) -> Iterator[Artifact]:
    """Yield everything that is to be measured."""
    if not options.only:
        yield from gather_samples(into / "samples")
        yield from gather_texts(into / "texts")
    if not options.only and not options.samples:
        yield from gather_installed(into / "installed")
        for stratum, folder in registry.list_fetched(fetched):
            yield from gather_folder(folder, stratum=stratum, is_malicious=False, into=into / stratum)
    for folder in (*options.malicious, *options.benign):
        is_malicious = folder in options.malicious
        yield from gather_folder(
            folder, stratum=folder.name, is_malicious=is_malicious, into=into / f"named-{folder.name}"
        )


def report_on(outcomes: list[Outcome], *, options: argparse.Namespace) -> list[Target]:
    """Print the tables of what was scanned, and return the promises about it."""
    own = [outcome for outcome in outcomes if outcome.artifact.stratum in OWN]
    positives = [outcome for outcome in outcomes if outcome.artifact.is_malicious]
    strangers = [outcome for outcome in positives if outcome.artifact.stratum not in (*OWN, *TEXTS)]
    benign = [outcome for outcome in outcomes if not outcome.artifact.is_malicious]
    honest = [outcome for outcome in benign if outcome.artifact.stratum not in (*OWN, *TEXTS)]
    texts = [outcome for outcome in outcomes if outcome.artifact.stratum in TEXTS]
    as_json = options.json
    samples = [outcome for outcome in positives if outcome.artifact.technique]
    near_misses = [outcome for outcome in benign if outcome.artifact.technique]
    print_rows("Recall by technique", count_by(samples, key=lambda item: item.technique), as_json=as_json)
    print_rows("Near misses by technique", count_by(near_misses, key=lambda item: item.technique), as_json=as_json)
    print_rows("By stratum", count_by(outcomes, key=lambda item: item.stratum), as_json=as_json)
    if options.ablate:
        for name, group in (("malicious", positives), ("benign", honest), ("near misses", near_misses)):
            if group:
                print_rows(f"Engines on {name}", count_by_engine(group) + count_without_each(group), as_json=as_json)
    list_surprises(positives, benign=benign, as_json=as_json)
    return [
        *(check_samples(own) if own else ()),
        *(check_texts(texts) if texts else ()),
        *(check_benign(honest) if honest else ()),
        *(check_malicious("malicious elsewhere", strangers) if strangers else ()),
    ]


def list_surprises(positives: list[Outcome], *, benign: list[Outcome], as_json: bool) -> None:
    """Print what was missed, and every benign artifact that is not clean with the reason or without one."""
    tell("missed:")
    for outcome in positives:
        if outcome.report.verdict is Verdict.CLEAN:
            print_outcome(outcome, reason=None, as_json=as_json)
    explained, unexplained = find_unexplained(o for o in benign if o.report.verdict is not Verdict.CLEAN)
    tell("benign and not clean, explained:")
    for outcome, reason in explained:
        print_outcome(outcome, reason=reason, as_json=as_json)
    tell("benign and not clean, unexplained:")
    for outcome in unexplained:
        print_outcome(outcome, reason=None, as_json=as_json)


def tell(sentence: str) -> None:
    """Say to a person how far it is; standard output holds figures only."""
    sys.stderr.write(sentence + "\n")


if __name__ == "__main__":
    sys.exit(main())
