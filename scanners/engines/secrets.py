"""Engine `secrets`: credentials written into a plugin, by the detectors of a kept library and a few of ours.

Only keys that carry their maker's mark; no guessing by entropy, no asking the maker. It never repeats a secret.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from detect_secrets.plugins.artifactory import ArtifactoryDetector
from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.basic_auth import BasicAuthDetector
from detect_secrets.plugins.cloudant import CloudantDetector
from detect_secrets.plugins.discord import DiscordBotTokenDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.ibm_cloud_iam import IbmCloudIamDetector
from detect_secrets.plugins.ibm_cos_hmac import IbmCosHmacDetector
from detect_secrets.plugins.jwt import JwtTokenDetector
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.npm import NpmDetector
from detect_secrets.plugins.openai import OpenAIDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.slack import SlackDetector
from detect_secrets.plugins.softlayer import SoftlayerDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector

from scanners import limits
from scanners.engines import cap_findings
from scanners.engines.places import Lines, Place, lower_finding, place_of
from scanners.report import Finding, Severity
from scanners.rules import load_rules
from scanners.sources import Reading, Source, Sources

# Put together here, so that no scanner takes this file for a leak.
CANARY: Final = "token = '" + "gh" + "p_" + "k3JxW9qLmZ7vT2sBnR8yHcD5fGaQ4eUpX1oK" + "'"
PLACEHOLDERS = re.compile(
    r"example|sample|dummy|placeholder|change.?me|your|fake|redacted|xxxx|\*\*\*|\.\.\.|<|\$|\{|%\(|0000000|1234567"
    r"|abcdefg|password|passwd|secret|insert|my[_-]?(?:token|key|bot)|foobar|test",
    re.IGNORECASE,
)
KEY_BODY = re.compile(r"PRIVATE KEY(?: BLOCK)?-----[\w+/=:\-,\\\"'\s]{0,200}?[A-Za-z0-9+/]{40,}")
PUTTY = re.compile(r"PuTTY-User-Key-File-\d: \S")
HEXADECIMAL = re.compile(r"(?:AC|SK)[0-9a-f]{32}")
PLAIN_WORDS: Final = frozenset(
    ["pass", "user", "admin", "root", "token", "guest", "username", "postgres", "pswd", "auth"]
)
VARIETY: Final = 8  # different characters; a key has more
WINDOW_BEFORE: Final = 120  # characters of a line a detector sees around its mark ...
WINDOW_BEHIND: Final = 400  # ... enough for the longest key, and few enough that no expression grows slow
CLOUD_WORDS: Final = ("akia", "asia", "abia", "acca", "a3t", "aws")
SLACK_MARK: Final = r"xox[abpors]-[\w-]{24}|hooks[.]slack[.]com"  # guides shorten a token: a real one is longer
OTHER_MARKS: Final = "github_pat_|npm_|AIza|sk-(?:ant|proj|svc)|hf_|xapp-|dop_v1_|shp[acps][ast]_|k_live_|xox[a-s]-"


class OtherKeyDetector(RegexBasedDetector):
    """Keys with their maker's mark that the library does not know."""

    secret_type = "Marked Key"  # noqa: S105 (a kind of secret)
    denylist = (
        re.compile(r"github_pat_[A-Za-z0-9_]{60,90}"),
        re.compile(r"npm_[A-Za-z0-9]{36}"),
        re.compile(r"AIza[A-Za-z0-9_\-]{35}"),
        re.compile(r"sk-(?:ant|proj|svcacct)-[A-Za-z0-9_\-]{40,200}"),
        re.compile(r"hf_[A-Za-z]{34}"),
        re.compile(r"xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[a-f0-9]{40,80}"),
        re.compile(r"dop_v1_[a-f0-9]{64}"),
        re.compile(r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
        re.compile(r"(?:r|s)k_live_[0-9a-zA-Z]{25,120}"),
        re.compile(r"xox[abpors]-[0-9a-zA-Z\-]{24,120}"),
    )


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector, the rule it speaks for, and the mark without which it need not look.

    `needs` is a word that must stand in the same window: some keys look like any number. `words` are small letters of
    which some must stand in the text before the mark is searched; without any the mark is quick enough by itself.
    """

    plugin: Any
    rule_id: str
    mark: re.Pattern[str]
    needs: str = ""
    words: tuple[str, ...] = ()


def run_secrets(sources: Sources) -> Reading:
    """Return the credentials in every text, masked; a canary proves the detectors at work."""
    findings: list[Finding] = []
    read = set()
    for source in sources.files:
        if source.text is None:
            continue
        read.add(source.path)
        findings += look_at(source)
    canary = {rule_id for rule_id, _, _ in find_secrets(CANARY)}
    errors = () if "secret-platform-token" in canary else ("canary not found",)
    return Reading(findings=cap_findings(findings), read=frozenset(read), errors=errors)


@cache
def load_detectors() -> tuple[Detector, ...]:
    """Return every detector that goes by a maker's mark."""
    marks: list[tuple[Any, str, str, str, *tuple[str, ...]]] = [
        (AWSKeyDetector(), "secret-cloud-key", r"AKIA|ASIA|ABIA|ACCA|A3T|(?i:aws)", "", *CLOUD_WORDS),
        (AzureStorageKeyDetector(), "secret-cloud-key", "AccountKey=", ""),
        (CloudantDetector(), "secret-cloud-key", "(?i:cloudant)", "", "cloudant"),
        (IbmCloudIamDetector(), "secret-cloud-key", "(?i:ibm)", "", "ibm"),
        (IbmCosHmacDetector(), "secret-cloud-key", "(?i:secret.?access.?key)", "", "secret"),
        (SoftlayerDetector(), "secret-cloud-key", "(?i:softlayer)", "", "softlayer"),
        (GitHubTokenDetector(), "secret-platform-token", "gh[pousr]_", ""),
        (GitLabTokenDetector(), "secret-platform-token", "gl[a-z]{2,5}-|GR1348941", ""),
        (NpmDetector(), "secret-platform-token", "_authToken=", ""),
        (PypiTokenDetector(), "secret-platform-token", "-AgE[IN]", ""),
        (ArtifactoryDetector(), "secret-platform-token", "AKC|AP[0-9A-F]", "artifactory"),
        (SlackDetector(), "secret-messenger-token", SLACK_MARK, "", "xox", "hooks.slack.com"),
        (DiscordBotTokenDetector(), "secret-messenger-token", r"[.][\w-]{6}[.][\w-]{27}", ""),
        (TelegramBotTokenDetector(), "secret-messenger-token", r"\d{8,10}:A[A-Za-z0-9_-]{34}", "", ":a"),
        (StripeDetector(), "secret-payment-key", "[rs]k_live_", "", "k_live_"),
        (SquareOAuthDetector(), "secret-payment-key", "sq0csp-", ""),
        (SendGridDetector(), "secret-mail-key", r"SG[.][\w-]{22}", ""),
        (MailchimpDetector(), "secret-mail-key", r"[0-9a-f]{32}-us\d", "", "-us"),
        (TwilioKeyDetector(), "secret-mail-key", "(?:AC|SK)[0-9a-f]{32}", "twilio", "twilio"),
        (OpenAIDetector(), "secret-model-key", "T3BlbkFJ", ""),
        (OtherKeyDetector(), "secret-marked-key", OTHER_MARKS, ""),
        (BasicAuthDetector(), "secret-address-login", r"://[^\s/:@'\"`<>{}$%]{1,64}:[^\s/:@'\"`<>{}$%]{4,64}@", ""),
        (JwtTokenDetector(), "secret-web-token", r"eyJ[\w-]{16,}[.]eyJ[\w-]{16,}[.][\w-]{16,}", ""),
        (PrivateKeyDetector(), "secret-private-key", "PRIVATE KEY|PuTTY-User-Key-File", ""),
    ]  # fmt: skip
    return tuple(
        Detector(plugin, rule_id, re.compile(mark), needs, tuple(words))
        for plugin, rule_id, mark, needs, *words in marks
    )


def look_at(source: Source) -> Iterator[Finding]:
    """Yield a finding for every line with credentials, masked and weighed by its place."""
    text, place = source.text or "", place_of(source)
    found = list(find_secrets(text))
    if not found:
        return
    lines = Lines(text)
    values = [value for _, value, _ in found]
    for rule_id, _, offset in found:
        line = lines.line_at(offset)
        snippet = mask(lines.texts[line - 1], secrets=values)
        finding = load_rules()[rule_id].make_finding(path=source.path, line=source.line_in_file(line), snippet=snippet)
        finding = lower_finding(finding, place=place)
        # Keys of tests and guides are made up; the few that are not harm their publisher, not a bot.
        yield replace(finding, severity=Severity.INFO) if place is Place.PROSE else finding


def find_secrets(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (rule id, secret, offset) for every credential in a text, in the order of the detectors."""
    seen: set[tuple[str, int]] = set()
    low = text.lower()
    for detector in load_detectors():
        if detector.words and not any(word in low for word in detector.words):
            continue
        ended = 0
        for match in detector.mark.finditer(text):
            if match.start() < ended:
                continue
            start, ended = find_window(text, match=match)
            window = text[start:ended]
            if detector.needs and detector.needs not in text[max(0, start - 2_000) : ended + 2_000].casefold():
                continue
            for value in judge_window(detector, window=window, text=text, offset=match.start()):
                place = (value, text.find(value, start))
                if place not in seen:
                    seen.add(place)
                    yield detector.rule_id, value, max(place[1], start)


def find_window(text: str, *, match: re.Match[str]) -> tuple[int, int]:
    """Return the part of a line around a mark, as offsets."""
    start = max(text.rfind("\n", 0, match.start()) + 1, match.start() - WINDOW_BEFORE)
    end = text.find("\n", match.end())
    return start, min(end if end >= 0 else len(text), match.end() + WINDOW_BEHIND)


def judge_window(detector: Detector, *, window: str, text: str, offset: int) -> Iterator[str]:
    """Yield the secrets one detector sees in a window, without placeholders."""
    if detector.rule_id == "secret-private-key":
        # A header alone is a constant of every library that reads keys.
        if KEY_BODY.search(text[offset : offset + 600]) or PUTTY.match(text, offset):
            yield next(iter(detector.plugin.analyze_string(window)), "PRIVATE KEY")
        return
    if not any(detector.plugin.analyze_string(window)):
        return
    for value in dict.fromkeys(
        value for expression in detector.plugin.denylist for value in extract(expression, window)
    ):
        if detector.needs == "twilio" and not HEXADECIMAL.fullmatch(value):
            continue
        if not is_placeholder(value) and value.casefold() not in PLAIN_WORDS:
            yield value


def extract(expression: re.Pattern[str], window: str) -> Iterator[str]:
    """Yield the secret part of every match: its longest group, unless that is only the mark."""
    for match in expression.finditer(window):
        group = max((item for item in match.groups() if item), key=len, default="")
        # A login's password is a group however short; any other short group is the mark of its key.
        yield group if len(group) >= 16 or match[0].endswith(f":{group}@") else match[0]


def is_placeholder(value: str) -> bool:
    """Say whether a credential is plainly made up: a word that says so, or too few different characters."""
    if PLACEHOLDERS.search(value):
        return True
    return len(value) >= 16 and len(set(value)) < VARIETY


def mask(line: str, *, secrets: list[str]) -> str:
    """Return a line as a snippet with every secret but its first four characters struck out."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        line = line.replace(secret, f"{secret[:4]}…({len(secret)} characters)")
    return line.strip()[: limits.SNIPPET_CHARACTERS]
