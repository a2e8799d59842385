"""What Ada's manifest allows is compared with what her code does: one finding for each permission, and none besides."""

import itertools
from dataclasses import replace

import pytest

from scanners.capabilities import summarise_capabilities
from scanners.declared import MANIFEST_NAME, Declared, read_declared
from scanners.engines.permissions import run_permissions
from scanners.facts import Act, Context, Fact, Label, Origin
from scanners.hosts import HostKind, is_covered, read_host
from scanners.needs import suggest_permissions
from scanners.report import Finding, Kind, Severity
from scanners.sources import Source, Sources
from scanners.variables import is_secret
from scanners.verdict import SUSPICIOUS_SCORE, points_of

NOTHING = Declared(
    name="weather-card", title="Weather card", version="1.0.0", runtime="python", license="MIT", description="Weather.",
    nodes=(), network=frozenset(), environment=frozenset(), secrets=frozenset(), filesystem="none", subprocess=False,
    user_data=frozenset(), dependencies=(),
)  # fmt: skip


def fact(
    act: Act,
    detail: str = "",
    *,
    line: int = 1,
    path: str = "weather/nodes.py",
    context: Context = Context.RUNTIME,
    labels: tuple[Label, ...] = (),
) -> Fact:
    return Fact(
        act=act, path=path, line=line, end_line=line, context=context, scope="Weather.run", detail=detail,
        origins=tuple(Origin(label, line) for label in labels), snippet=f"line {line}",
    )  # fmt: skip


def run(
    *facts: Fact, declared: Declared | None = NOTHING, text: str = "pass\n", manifest: str = ""
) -> tuple[Finding, ...]:
    files = (
        Source(path="weather/nodes.py", kind=Kind.PYTHON, sha256="0" * 64, size=5, stored=None, text=text),
        Source(path=MANIFEST_NAME, kind=Kind.TEXT, sha256="1" * 64, size=5, stored=None, text=manifest),
    )
    reading = run_permissions(Sources(files=files, declared=declared, facts=facts))
    assert reading.errors == ()
    return reading.findings


def ids(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.rule_id for finding in findings]


@pytest.mark.parametrize(
    ("seen", "rule_id", "line"),
    [
        (fact(Act.NETWORK_FETCH, "https://a.example.invalid/x"), "undeclared-host", 'network = ["a.example.invalid"]'),
        (fact(Act.NETWORK_SEND, "https://198.51.100.7/x"), "undeclared-address", ""),
        (fact(Act.NETWORK_CONNECT, "0xC6336407:80"), "undeclared-address", ""),
        (fact(Act.NETWORK_CONNECT), "undeclared-network", ""),
        (fact(Act.NETWORK_LISTEN, "0.0.0.0:80"), "undeclared-network", ""),
        (fact(Act.NETWORK_FETCH, "http://localhost:11434/x"), "undeclared-local-network", ""),
        (fact(Act.NETWORK_LOOKUP, "beacon.example.invalid"), "undeclared-host", 'network = ["beacon.example.invalid"]'),
        (fact(Act.PROCESS_START, "convert a b"), "undeclared-subprocess", "subprocess = true"),
        (fact(Act.SOFTWARE_INSTALL, "requests"), "undeclared-subprocess", "subprocess = true"),
        (fact(Act.ENVIRONMENT_READ, "SHOP_REGION"), "undeclared-environment", 'environment = ["SHOP_REGION"]'),
        (fact(Act.ENVIRONMENT_READ, "HOME"), "undeclared-environment-common", 'environment = ["HOME"]'),
        (fact(Act.ENVIRONMENT_READ, "BOT_TOKEN"), "undeclared-secret", 'secrets = ["BOT_TOKEN"]'),
        (fact(Act.ENVIRONMENT_READ), "undeclared-environment-computed", ""),
        (fact(Act.ENVIRONMENT_READ, "*"), "undeclared-environment-all", ""),
        (fact(Act.FILE_READ, "/etc/hosts"), "undeclared-filesystem-read", 'filesystem = "read"'),
        (fact(Act.FILE_WALK), "undeclared-filesystem-read", 'filesystem = "read"'),
        (fact(Act.FILE_WRITE), "undeclared-filesystem-write", 'filesystem = "write"'),
        (fact(Act.FILE_DELETE, "~/x"), "undeclared-filesystem-write", 'filesystem = "write"'),
        (fact(Act.USER_DATA, "contacts"), "undeclared-user-data", 'user_data = ["contacts"]'),
    ],
)  # fmt: skip
def test_what_is_not_declared_is_found_with_the_line_to_add(seen: Fact, rule_id: str, line: str) -> None:
    (finding,) = run(seen)

    assert finding.rule_id == rule_id
    assert (finding.path, finding.line, finding.snippet) == ("weather/nodes.py", 1, "line 1")
    assert "Weather.run" in finding.why
    assert not line or finding.fix.endswith(f"In {MANIFEST_NAME}: {line}")


@pytest.mark.parametrize(
    "seen",
    [
        fact(Act.NETWORK_FETCH, "data:text/plain,x"),
        fact(Act.NETWORK_LOOKUP, labels=(Label.HOST,)),
        fact(Act.FILE_READ, "__file__/../data.json"),
        fact(Act.FILE_READ, "__dirname/data.json"),
        fact(Act.FILE_READ, "importlib.resources/data.json"),
        fact(Act.FILE_READ, "README.md", context=Context.INSTALL),
        fact(Act.FILE_READ, ":memory:"),
        fact(Act.FILE_WRITE, "/dev/null"),
        fact(Act.FILE_WRITE, "tempfile/x"),
        fact(Act.NETWORK_FETCH, "https://api.example.invalid", context=Context.DEAD),
        fact(Act.SLEEP, "60"),
    ],
)
def test_what_needs_no_permission_is_no_finding(seen: Fact) -> None:
    assert run(seen) == ()


@pytest.mark.parametrize(
    "path",
    ["__file__/../../../../etc/passwd", "__dirname/../../x", "tempfile/../../home", "../../README.md", "tempest/x"],
)
def test_path_that_climbs_out_of_the_plugin_is_no_file_of_its_own(path: str) -> None:
    assert ids(
        run(fact(Act.FILE_READ, path, context=Context.INSTALL if path.startswith("..") else Context.IMPORT))
    ) == ["undeclared-filesystem-read"]


def test_writing_into_the_plugin_itself_is_writing() -> None:
    assert ids(run(fact(Act.FILE_WRITE, "__file__"))) == ["undeclared-filesystem-write"]


def test_no_manifest_finds_nothing() -> None:
    assert run(fact(Act.PROCESS_START, "true"), declared=None) == ()


def test_computed_host_is_covered_by_any_declared_one() -> None:
    declared = replace(NOTHING, network=frozenset(["api.example.invalid"]))

    assert ids(run(fact(Act.NETWORK_FETCH), declared=declared)) == []
    assert "undeclared-host" in ids(run(fact(Act.NETWORK_FETCH, "https://{}.other.example.invalid"), declared=declared))


def test_one_permission_is_one_finding_at_the_place_that_runs_first() -> None:
    (finding,) = run(
        fact(Act.PROCESS_START, "b", line=3),
        fact(Act.PROCESS_START, "a", line=9, context=Context.IMPORT),
        fact(Act.PROCESS_START, "c", line=1),
    )

    assert finding.line == 9


def test_finding_of_a_gap_in_power_is_always_suspicious() -> None:
    for seen in (
        fact(Act.NETWORK_SEND, "https://x.example.invalid"),
        fact(Act.PROCESS_START, "x"),
        fact(Act.ENVIRONMENT_READ, "API_KEY"),
        fact(Act.FILE_WRITE, "/x"),
    ):
        (finding,) = run(seen)
        assert points_of(finding) >= SUSPICIOUS_SCORE
        assert not finding.conclusive


ALL_FACTS = (
    fact(Act.NETWORK_FETCH, "https://api.example.invalid/v1"),
    fact(Act.NETWORK_SEND, "https://{region}.cdn.example.invalid/v1"),
    fact(Act.NETWORK_CONNECT),
    fact(Act.ENVIRONMENT_READ, "LANG"),
    fact(Act.ENVIRONMENT_READ, "SHOP_REGION"),
    fact(Act.ENVIRONMENT_READ),
    fact(Act.ENVIRONMENT_READ, "SHOP_API_KEY"),
    fact(Act.FILE_READ, "/data/in"),
    fact(Act.FILE_WRITE, "/data/out"),
    fact(Act.PROCESS_START, "convert"),
    fact(Act.USER_DATA, "message_text"),
    fact(Act.USER_DATA, "contacts"),
)
OWNERS = {
    "network": {"undeclared-host", "undeclared-network"},
    "environment": {"undeclared-environment", "undeclared-environment-common", "undeclared-environment-computed"},
    "secrets": {"undeclared-secret"},
    "filesystem": {"undeclared-filesystem-read", "undeclared-filesystem-write"},
    "subprocess": {"undeclared-subprocess"},
    "user_data": {"undeclared-user-data"},
}


def right_manifest(facts: tuple[Fact, ...]) -> Declared:
    declared = read_declared(("[plugin]\nname = 'x'\n" + suggest_permissions(facts).to_toml()).encode())
    assert declared is not None
    return declared


def deletions(declared: Declared) -> list[tuple[str, str, Declared]]:
    named = [
        (key, name, replace(declared, **{key: getattr(declared, key) - {name}}))
        for key in ("network", "environment", "secrets", "user_data")
        for name in sorted(getattr(declared, key))
    ]
    if declared.subprocess:
        named.append(("subprocess", "", replace(declared, subprocess=False)))
    if declared.filesystem != "none":
        named.append(("filesystem", "", replace(declared, filesystem="none")))
    return named


def test_each_deleted_permission_gives_its_own_finding_and_no_other() -> None:
    deleted = 0
    for size in (1, 2, 3, len(ALL_FACTS)):
        for facts in itertools.combinations(ALL_FACTS, size):
            declared = right_manifest(facts)
            baseline = run(*facts, declared=declared)
            for key, name, less in deletions(declared):
                (finding,) = [f for f in run(*facts, declared=less) if f not in baseline]
                assert finding.rule_id in OWNERS[key]
                assert not name or name in finding.title
                deleted += 1
    assert deleted > 500


def test_suggested_manifest_leaves_nothing_undeclared_or_unused() -> None:
    assert run(*ALL_FACTS, declared=right_manifest(ALL_FACTS)) == ()
    remarks = suggest_permissions(ALL_FACTS).remarks
    assert len(remarks) == 2
    assert all("weather/nodes.py:1" in remark for remark in remarks)


def test_permission_nobody_uses_is_for_information() -> None:
    manifest = "[permissions]\nnetwork = [\n  'a.example.invalid',\n  'b.example.invalid',\n]\nsubprocess = true\n"
    declared = replace(
        NOTHING, network=frozenset(["a.example.invalid", "b.example.invalid"]), subprocess=True, filesystem="write"
    )
    seen = (fact(Act.NETWORK_FETCH, "https://a.example.invalid"), fact(Act.FILE_READ, "/x"))

    findings = run(*seen, declared=declared, manifest=manifest)

    assert ids(findings) == ["unused-permission"] * 3
    assert {f.severity for f in findings} == {Severity.INFO}
    assert [(f.title.partition(": ")[2], f.line) for f in findings] == [
        ("network: b.example.invalid", 4),
        ("subprocess", 6),
        ("filesystem: write", 0),
    ]


@pytest.mark.parametrize(
    "hiding", [fact(Act.CODE_EVAL), fact(Act.CODE_LOAD, "plugins"), fact(Act.NATIVE_LOAD, "libc.so.6")]
)
def test_unused_permission_is_not_claimed_where_code_may_hide(hiding: Fact) -> None:
    assert run(hiding, declared=replace(NOTHING, subprocess=True)) == ()


def test_permission_named_in_a_source_counts_as_used() -> None:
    declared = replace(NOTHING, secrets=frozenset(["SHOP_API_KEY"]))

    assert run(declared=declared, text="def run(bot):\n    return bot.secret('SHOP_API_KEY')\n") == ()
    assert ids(run(declared=declared)) == ["unused-permission"]


@pytest.mark.parametrize(
    ("detail", "kind", "name"),
    [
        ("https://user:pass@API.example.invalid.:443/x?y", HostKind.NAME, "api.example.invalid"),
        ("api.example.invalid:443", HostKind.NAME, "api.example.invalid"),
        ("//api.example.invalid/x", HostKind.NAME, "api.example.invalid"),
        ("https://{}.example.invalid/", HostKind.NAME, "*.example.invalid"),
        ("https://b\u00fccher.example/", HostKind.NAME, "xn--bcher-kva.example"),
        ("https://good.example.invalid\\@evil.example.invalid/", HostKind.NAME, None),
        ("2130706433", HostKind.LOCAL, "127.0.0.1"),
        ("http://[::1]:80/", HostKind.LOCAL, "::1"),
        ("udp://255.255.255.255:9", HostKind.LOCAL, "255.255.255.255"),
        ("/var/run/docker.sock", HostKind.LOCAL, "/var/run/docker.sock"),
        ("http://0306.0x33.25607/", HostKind.ADDRESS, "198.51.100.7"),
        ("[2001:db8::1]:80", HostKind.ADDRESS, "2001:db8::1"),
        ("::ffff:198.51.100.7", HostKind.ADDRESS, "198.51.100.7"),
        ("https://", HostKind.UNKNOWN, ""),
        ("redis:6379", HostKind.UNKNOWN, ""),
        ("a" * 300 + ".example.invalid", HostKind.UNKNOWN, ""),
        ("blob:x", HostKind.NONE, ""),
        ("state.json", HostKind.UNKNOWN, None),
        ("img/a.png?x=1", HostKind.UNKNOWN, None),
        ("https://state.json", HostKind.NAME, "state.json"),
    ],
)  # fmt: skip
def test_host_is_read_as_what_would_be_contacted(detail: str, kind: HostKind, name: str | None) -> None:
    host = read_host(detail)

    assert host.kind is kind
    assert name is None or host.name == name


@pytest.mark.parametrize(
    ("name", "entry", "covered"),
    [
        ("a.example.invalid", "a.example.invalid", True),
        ("a.example.invalid", "*.example.invalid", True),
        ("a.b.example.invalid", "*.example.invalid", True),
        ("example.invalid", "*.example.invalid", False),
        ("badexample.invalid", "*.example.invalid", False),
        ("*.example.invalid", "*.example.invalid", True),
        ("*.a.example.invalid", "*.example.invalid", True),
        ("*.example.invalid", "*.a.example.invalid", False),
        ("*.example.invalid", "example.invalid", False),
    ],
)
def test_wildcard_covers_what_is_below_it(name: str, entry: str, covered: bool) -> None:
    assert is_covered(name, declared=[entry]) is covered


def test_secret_is_told_by_its_name() -> None:
    assert all(map(is_secret, ["BOT_TOKEN", "AWS_SECRET_ACCESS_KEY", "db_password", "STRIPE_API_KEY", "DATABASE_URL"]))
    assert not any(map(is_secret, ["PWD", "KEYBOARD", "TOKENIZERS_PARALLELISM", "AUTHOR", "SHOP_REGION", "MONKEY"]))


def test_capabilities_come_with_their_evidence() -> None:
    found = {
        item.name: item
        for item in summarise_capabilities(
            [
                *ALL_FACTS,
                fact(Act.FILE_READ, "~/.ssh/id_rsa", line=7, context=Context.IMPORT),
                fact(Act.ENVIRONMENT_READ, "*"),
                fact(Act.SCREEN_CAPTURE, context=Context.DEAD),
            ]
        )
    }

    assert found["network"].details == ("*.cdn.example.invalid", "api.example.invalid")
    assert found["secrets"].details == ("*", "SHOP_API_KEY")
    assert found["credential-stores"].places == ("weather/nodes.py:7",)
    assert found["files-read"].contexts == ("import", "runtime")
    assert "screen" not in found
    assert list(found) == sorted(found)
