"""Finds what a file's text shows beside its meaning: hidden characters, code out of sight, install hooks, obfuscation.

Judges characters and places, not words: documentation may name any attack it likes.
"""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import PurePosixPath

from scanners import limits
from scanners.engines import cap_findings
from scanners.engines.hits import Hit
from scanners.engines.identifiers import judge_letters
from scanners.engines.obfuscation import measure
from scanners.engines.places import COMMENT, Lines, Place, find_prose_lines, lower_finding, place_of
from scanners.report import Finding, Kind, Severity
from scanners.rules import load_rules
from scanners.sources import Reading, Source, Sources

CANARY = "flag = 'a\u202e ; return'\n"
CODE = (Kind.PYTHON, Kind.JAVASCRIPT)
# These rules are judged with their surroundings here; the plain pattern alone finds too much.
JUDGED = frozenset(["bidi-control", "invisible-identifier", "off-screen-code"])
# These match nothing in plain ASCII.
UNSEEN = frozenset(["tag-characters", "tag-text", "invisible-run", "invisible-scattered"])
LIFECYCLE = ("preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare")
BUILD_COMMANDS = re.compile(
    r"^(?:node-gyp(?:-build)?|prebuild-install|husky|is-ci \|\| husky|patch-package|tsc|npm run [\w:-]+"
    r"|yarn(?: run)? [\w:-]+|pnpm(?: run)? [\w:-]+|node-pre-gyp|opencollective|rollup|webpack|babel|tsup|unbuild"
    r"|lerna|rimraf|ngcc|prisma generate|simple-git-hooks|lefthook|electron-builder install-app-deps)\b[^;&|$`]*$"
)
ACTIVE_COMMAND = re.compile(
    r"\b(?:curl|wget|Invoke-WebRequest|iwr|certutil|bitsadmin|powershell(?:\.exe)?|mshta|nslookup|ncat?)\b"
    r"|\bnode(?:\.exe)?\s+(?:-e|--eval|-p)\b|\bpython3?\s+-c\b|\bbase64\s+(?:-d|--decode)|/dev/tcp/|\|\s*(?:ba|z)?sh\b"
    r"|\beval\b|https?://(?!localhost)",
    re.IGNORECASE,
)
# What site.py runs of a .pth file; it adds every other line to the path.
STARTUP_LINE = re.compile(r"^import[ \t]", re.MULTILINE)
STARTUP_NAMES = frozenset(["sitecustomize.py", "usercustomize.py"])
# Possessive, from the start of a run on: a megabyte of blanks must not cost its square.
GAP = re.compile(r"(?<![ \t\u00a0\u2000-\u200a\u3000])[ \t\u00a0\u2000-\u200a\u3000]{120,}+(?=\S)")
FEED = re.compile(r"(?<=\S)[ \t]*\f[ \t]*(?=\S)")
GAP_CHARACTERS = 120
FAR = 200  # columns: an indent this deep is no block
# What every match of the next expression holds, begun by a letter that is found fast.
BLANKS = re.compile(r"\n(?:[ \t\f]*+\n){20}")
BELOW = re.compile(r"(?<=\S)[ \t\f]*+\n(?:[ \t\f]*+\n){200,}+[ \t]*+(?=\S)")
DANGER = re.compile(
    r"\b(?:exec|eval|__import__|subprocess|os\.system|os\.popen|b64decode|Function|atob|child_process|fromCharCode"
    r"|compile|getattr|globals|urlopen|requests|socket|marshal|spawn|execSync|fetch)\b[^\n]{0,80}?[(\[.]"
    r"|\bimport\s+(?:os|sys|subprocess|socket|base64|requests|urllib|marshal|ctypes)\b|\brequire\s*\("
)
EVALUATES = re.compile(r"\b(?:exec|eval|__import__|(?<!re\.)compile|Function|execSync)\s*\(")


def run_texts(sources: Sources) -> Reading:
    """Return what the characters of every text show; a canary text proves that the rules are at work."""
    findings: list[Finding] = []
    read = set()
    for source in sources.files:
        if source.text is None:
            continue
        read.add(source.path)
        findings += look_at(source)
    errors = () if "bidi-spill" in {hit.rule_id for hit in judge_code(make_canary())} else ("canary not found",)
    return Reading(findings=cap_findings(findings), read=frozenset(read), errors=errors)


def make_canary() -> Source:
    """Return a source with a known finding."""
    return Source(path="canary.py", kind=Kind.PYTHON, sha256="", size=0, stored=None, text=CANARY)


def look_at(source: Source) -> list[Finding]:
    """Return the findings of one text, weighed by its place."""
    text, rules = source.text or "", load_rules()
    lines = Lines(text)
    hits = search_text(text, path=source.path, kind=source.kind, skipped=JUDGED)
    if source.kind in CODE:
        hits += judge_code(source, lines=lines)
    place = place_of(source)
    found = []
    for hit in hits:
        line = source.line_in_file(hit.line)
        finding = rules[hit.rule_id].make_finding(path=source.path, line=line, snippet=lines.quote(hit.line))
        found.append(weigh(finding, place=place, text=text))
    return found


def weigh(finding: Finding, *, place: Place, text: str) -> Finding:
    """Return the finding as heavy as it is here."""
    if finding.rule_id == "bidi-control":
        # Closed again, or around right-to-left words: how such text is written.
        finding = replace(finding, severity=Severity.LOW)
    if finding.rule_id == "obfuscated-names" and is_minified(text):
        finding = replace(finding, severity=Severity.MEDIUM)
    is_placed = finding.rule_id.startswith(("install-hook", "startup"))
    # Invisible text is worse in prose than in code: it was written for a machine.
    is_unseen = finding.rule_id in ("tag-characters", "tag-text", "invisible-run")
    if is_placed or (is_unseen and place is Place.PROSE):
        return finding
    return lower_finding(finding, place=place)


def is_minified(text: str) -> bool:
    """Say whether a text has few, very long lines."""
    return len(text) > limits.LINE_CHARACTERS and len(text) / (text.count("\n") + 1) > 400


def judge_code(source: Source, *, lines: Lines | None = None) -> list[Hit]:
    """Return what is only wrong in code: letters, places on the screen, and signs of an obfuscator."""
    lines = lines or Lines(source.text or "")
    hits = [*judge_letters(source, lines=lines), *measure(source, lines=lines)]
    hits += find_out_of_sight(source, lines=lines)
    return hits


def find_out_of_sight(source: Source, *, lines: Lines) -> list[Hit]:
    """Return code behind a gap, below a gap, behind a form feed or in one very long line."""
    text = source.text or ""
    prose: frozenset[int] | None = None
    hits = []
    gaps = GAP.finditer(text) if lines.longest > GAP_CHARACTERS else ()
    feeds = FEED.finditer(text) if "\f" in text else ()
    for match in [*gaps, *feeds]:
        number = lines.line_at(match.start())
        prose = find_prose_lines(source, lines=lines) if prose is None else prose
        line, start = lines.texts[number - 1], lines.start_of(number)
        if rule_id := judge_gap(line, start=match.start() - start, end=match.end() - start, is_prose=number in prose):
            hits.append(Hit(rule_id, number, number))
    for match in BELOW.finditer(text) if BLANKS.search(text) else ():
        number = lines.line_at(match.end())
        if DANGER.search(lines.texts[number - 1]):
            hits.append(Hit("off-screen-code", number, number))
    return hits + find_long_lines(source, lines=lines)


def judge_gap(line: str, *, start: int, end: int, is_prose: bool) -> str:
    """Return the rule that what stands behind a gap breaks, empty when it is an honest table, string or comment."""
    before, behind = line[:start], line[end : end + limits.LINE_CHARACTERS]
    is_quoted = before.count('"') % 2 == 1 or before.count("'") % 2 == 1 or before.count("`") % 2 == 1
    if is_prose and not re.match(r"\s*/\*.*\*/", before):
        return ""
    if is_quoted or COMMENT.match(behind):
        return ""
    if not before.strip():
        return "off-screen-code" if end >= FAR and DANGER.search(behind) else ""
    if behind.startswith(";") or DANGER.match(behind):
        return "off-screen-payload" if DANGER.search(behind) else "off-screen-code"
    return ""


def find_long_lines(source: Source, *, lines: Lines) -> list[Hit]:
    """Return very long lines that evaluate something, where the other lines are a person's."""
    if lines.longest <= limits.LINE_CHARACTERS:
        return []
    long = [number for number, line in enumerate(lines.texts, start=1) if len(line) > limits.LINE_CHARACTERS]
    active = [number for number in long if EVALUATES.search(lines.texts[number - 1])]
    if source.kind is Kind.PYTHON:
        return [Hit("long-line-active", number, number) for number in active]
    # Bundlers write such JavaScript too; one line among many short ones was put there.
    is_lonely = len(long) <= 2 and len(lines.texts) >= 20
    return [Hit("long-line-javascript", number, number) for number in active if is_lonely]


@cache
def compile_patterns() -> tuple[tuple[str, re.Pattern[str], frozenset[str]], ...]:
    """Return (rule id, expression, kinds) of every rule that is a pattern."""
    return tuple(
        (rule.id, re.compile(rule.pattern, re.MULTILINE), frozenset(rule.languages))
        for rule in load_rules().values()
        if rule.pattern
    )


def search_text(text: str, *, path: str, kind: Kind, skipped: frozenset[str] = frozenset()) -> list[Hit]:
    """Return what the patterns, but for the skipped rules, and the file's place show."""
    hits = []
    is_plain = text.isascii()
    for rule_id, expression, kinds in compile_patterns():
        if kind not in kinds or rule_id in skipped or (is_plain and rule_id in UNSEEN):
            continue
        for match in expression.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            hits.append(Hit(rule_id, line, line))
    name = PurePosixPath(path).name.casefold()
    if name == "package.json":
        hits += search_lifecycle(text)
    if name in STARTUP_NAMES:
        hits.append(Hit("startup-module", 1, 1))
    if name.endswith(".pth") and kind is Kind.PYTHON and (active := STARTUP_LINE.search(text)):
        line = text.count("\n", 0, active.start()) + 1
        hits.append(Hit("startup-path", line, line))
    return hits


def search_lifecycle(text: str) -> list[Hit]:
    """Return a hit for every npm life-cycle script that is more than a usual build command."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        # npm refuses such a file too: it installs nothing.
        return []
    scripts = document.get("scripts") if isinstance(document, dict) else None
    if not isinstance(scripts, dict):
        return []
    hits = []
    for name in LIFECYCLE:
        command = scripts.get(name)
        if isinstance(command, str) and (rule_id := judge_command(command, name=name)):
            line = text.count("\n", 0, max(text.find(f'"{name}"'), 0)) + 1
            hits.append(Hit(rule_id, line, line))
    return hits


def judge_command(command: str, *, name: str) -> str:
    """Return the rule that a life-cycle script breaks, empty when it only builds."""
    if ACTIVE_COMMAND.search(command):
        return "install-hook-npm-active"
    # A list of honest steps is honest.
    steps = [step.strip() for step in command.split("&&")]
    if all(BUILD_COMMANDS.match(step) or step in ("", "exit 0") for step in steps):
        return ""
    # npm runs these for a checkout, never for a plugin that is installed from its archive.
    return "" if "prepare" in name else "install-hook-npm"
