"""Engine `bandit`: its checks over the Python sources, mapped to our rules.

Its findings are facts about code quality. A check without a rule of ours is noise and is dropped on purpose.
"""

import ast
from importlib.metadata import version

from scanners.engines import cap_findings, quote_line, select_rules
from scanners.engines.bandit_driver import check_tree
from scanners.report import Finding, Kind
from scanners.rules import Rule
from scanners.sources import Reading, Source, Sources

NAME = "bandit"
VERSION = version("bandit")
CANARY = "eval(input())\n"
CANARY_TEST = "B307"


def run_bandit(sources: Sources) -> Reading:
    """Ask bandit's checks about every Python source that parses; never raises for what the plugin does.

    Without the canary's known finding nothing that bandit says counts, and nothing was read.
    """
    canary = check_tree(ast.parse(CANARY), text=CANARY)
    if not any(issue.test_id == CANARY_TEST for issue in canary.issues):
        return Reading(findings=(), read=frozenset(), errors=("the canary was not found",))
    rules = rules_by_code()
    findings: list[Finding] = []
    read: set[str] = set()
    errors: list[str] = []
    for source in sources.of_kind(Kind.PYTHON):
        if source.tree is None or source.text is None:
            # A guess need not be Python; a file that says it is Python was not looked at.
            errors += [] if source.is_guess else [f"{source.path}: not parsed"]
            continue
        found, faults = check_source(source, tree=source.tree, text=source.text, rules=rules)
        findings += found
        errors += [f"{source.path}: {fault}" for fault in faults]
        read.add(source.path)
    return Reading(findings=cap_findings(findings), read=frozenset(read), errors=tuple(sorted(set(errors))))


def check_source(
    source: Source, *, tree: ast.Module, text: str, rules: dict[str, Rule]
) -> tuple[list[Finding], tuple[str, ...]]:
    """Return our findings in one source, and what could not be asked of it."""
    outcome = check_tree(tree, text=text, codes=frozenset(rules))
    text_lines = text.split("\n")
    findings = [
        rules[issue.test_id].make_finding(
            path=source.path,
            line=source.line_in_file(issue.line),
            end_line=source.line_in_file(max(issue.line, *issue.lines)),
            snippet=quote_line(text_lines, issue.line),
        )
        for issue in outcome.issues
        if issue.test_id in rules
    ]
    return findings, outcome.errors


def rules_by_code() -> dict[str, Rule]:
    """Return our rule for each bandit check that has one."""
    return {code: rule for rule in select_rules(NAME).values() for code in rule.codes}
