"""`python -m scanners.rules --write FILE`: the documentation of every rule, made from the rules and nothing else.

`--check FILE` ends with 1 when the file is not what `--write` would make.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from scanners.report import Severity
from scanners.rules import Rule, load_rules

SEVERITIES = list(Severity)
OPENING = """# What the engine looks for

Made from the rules by `python -m scanners.rules --write docs/rules.md`; a test compares the two. Identifiers that begin
with T are techniques of MITRE ATT&CK. A conclusive rule makes a verdict malicious by itself; of all others, only the
heaviest finding of each technique counts.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the documentation; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scanners.rules", description="Documentation of every rule.")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", metavar="FILE", type=Path, help="write the documentation")
    action.add_argument("--check", metavar="FILE", type=Path, help="say whether the documentation is up to date")
    options = parser.parse_args(arguments)
    text = document_rules(load_rules().values())
    if options.write:
        options.write.write_text(text, encoding="utf-8")
        return 0
    if options.check.is_file() and options.check.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{options.check} is out of date: python -m scanners.rules --write {options.check}\n")
    return 1


def document_rules(rules: Iterable[Rule]) -> str:
    """Return the documentation: a table of techniques, then one section each, the gravest rules first."""
    techniques: dict[str, list[Rule]] = {}
    for rule in rules:
        techniques.setdefault(rule.technique, []).append(rule)
    lines = [OPENING, "| Technique | Rules | Gravest | Conclusive | Engines |", "|---|---|---|---|---|"]
    for technique, found in sorted(techniques.items()):
        gravest = max(found, key=lambda rule: SEVERITIES.index(rule.severity)).severity
        conclusive = sum(rule.conclusive for rule in found)
        engines = ", ".join(sorted({rule.engine for rule in found}))
        lines.append(f"| [{technique}](#{technique}) | {len(found)} | {gravest} | {conclusive or '-'} | {engines} |")
    for technique, found in sorted(techniques.items()):
        lines += ["", f"## {technique}"]
        for rule in sorted(found, key=lambda rule: (-SEVERITIES.index(rule.severity), rule.id)):
            lines += document_rule(rule)
    return "\n".join(lines) + "\n"


def document_rule(rule: Rule) -> list[str]:
    """Return the lines on one rule."""
    weight = f"{rule.severity}, confidence {rule.confidence}" + (", conclusive" if rule.conclusive else "")
    facts = [
        ("Weight", weight),
        ("Engine", rule.engine),
        ("Languages", ", ".join(rule.languages)),
        ("ATT&CK", ", ".join(rule.attack)),
        ("References", "; ".join(rule.references)),
    ]
    return [
        "",
        f"### {rule.id}",
        "",
        f"**{rule.title}.** {rule.why}",
        "",
        *(f"- {name}: {value}" for name, value in facts if value),
        f"- Fix: {rule.fix}",
    ]


if __name__ == "__main__":
    sys.exit(main())
