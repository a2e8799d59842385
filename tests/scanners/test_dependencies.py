"""Eve brings code along without shipping it: from an address, under another's name, by a tampered lock file."""

import json
from pathlib import Path

import pytest

from scanners import limits, upstream
from scanners.dependency import exact_version, is_absurd
from scanners.engines.dependencies import run_dependencies
from scanners.facts import Act, Context, Fact
from scanners.lookalikes import Ecosystem, Slip, find_lookalike
from scanners.osv import find_malice
from scanners.report import Finding
from scanners.rules import Rule, load_rules
from scanners.upstream import known_upstream
from tests.scanners.declared_samples import make_manifest, make_sources

RULES = load_rules()
INDEX = "py" + "pi"  # in pieces: no file of ours names a registry
URL = "https://git.example.invalid/x.git"
BUNDLED = "A bundled file that is long enough to be told from every other file.\n"
NAMES = {"python": "setup.py", "text": "requirements.txt"}
FROM_FACTS = {"installation-at-import", "installation-at-run-time"}
SAMPLED = [
    rule
    for rule in RULES.values()
    if rule.engine == "dependencies" and rule.id not in FROM_FACTS | {"bundled-upstream"}
]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A directory of OSV records: one release of a name, every release of another, one withdrawn."""
    folder = tmp_path / "osv"
    entries: dict[str, dict[str, object]] = {
        "known-bad": {"versions": ["1.0"]},
        "all-bad": {"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]},
        "once-bad": {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "1.2"}, {"fixed": "1.4"}]}]},
    }
    for number, (name, entry) in enumerate(entries.items()):
        for ecosystem in ("PyP" + "I", "npm"):
            place = folder / ecosystem / name
            place.mkdir(parents=True)
            record: dict[str, object] = {
                "id": f"MAL-{number}",
                "affected": [{"package": {"ecosystem": ecosystem, "name": name}, **entry}],
            }
            (place / f"MAL-{number}.json").write_text(json.dumps(record))
    withdrawn = {
        "id": "MAL-9",
        "withdrawn": "2024-01-01T00:00:00Z",
        "affected": [{"package": {"ecosystem": "npm", "name": "w"}}],
    }
    (folder / "MAL-9.json").write_text(json.dumps(withdrawn))
    return folder


def run(files: dict[str, str], *, records: Path | None = None) -> tuple[Finding, ...]:
    reading = run_dependencies(make_sources(files), osv_directory=records)
    assert reading.errors == ()
    return reading.findings


def ids(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.rule_id for finding in findings} - {"dependency-unpinned"}


def name_sample(rule: Rule, sample: str) -> str:
    if not sample.strip().startswith("{"):
        return "requirements.txt"
    return "package-lock.json" if "node_modules" in sample else "package.json"


@pytest.mark.parametrize("rule", SAMPLED, ids=lambda rule: rule.id)
def test_rule_finds_its_matching_sample_and_leaves_its_clean_one_alone(rule: Rule, records: Path) -> None:
    found = run({name_sample(rule, rule.match): rule.match.lstrip()}, records=records)
    spared = run({name_sample(rule, rule.clean): rule.clean.lstrip()}, records=records)

    assert rule.id in {finding.rule_id for finding in found}
    assert rule.id not in {finding.rule_id for finding in spared}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", f"left @ git+{URL}\n"),
        ("requirements/base.txt", f"git+{URL}#egg=left\n"),
        ("requirements.in", f"-e git+{URL}#egg=left\n"),
        ("requirements.txt", "-r https://files.example.invalid/more.txt\n"),
        ("constraints.txt", f"left @ \\\n  git+{URL}\n"),
        ("pyproject.toml", f"[project]\ndependencies = ['left @ git+{URL}']\n"),
        ("pyproject.toml", f"[build-system]\nrequires = ['left @ git+{URL}']\n"),
        ("pyproject.toml", f"[tool.poetry.dependencies]\nleft = {{git = '{URL}'}}\n"),
        ("pyproject.toml", f"[tool.uv.sources]\nleft = {{git = '{URL}'}}\n"),
        ("Pipfile", f"[packages]\nleft = {{git = '{URL}'}}\n"),
        ("setup.cfg", f"[options]\ninstall_requires =\n  left @ git+{URL}\n"),
        ("setup.py", f"from setuptools import setup\nsetup(install_requires=['left @ git+{URL}'])\n"),
        ("setup.py", f"from setuptools import setup\nNEEDS = ['left @ git+{URL}']\nsetup(install_requires=NEEDS)\n"),
        ("left-1.0.dist-info/METADATA", f"Name: left\nRequires-Dist: left @ git+{URL}\n\nText\n"),
        ("package.json", json.dumps({"dependencies": {"left": f"git+{URL}"}})),
        ("package.json", json.dumps({"dependencies": {"left": "eve/left"}})),
        ("package.json", json.dumps({"optionalDependencies": {"left": "github:eve/left"}})),
        ("package.json", json.dumps({"dependencies": {"left": "https://files.example.invalid/left.tgz"}})),
        ("package.json", json.dumps({"overrides": {"right": {"left": f"git+{URL}"}}})),
        ("package.json", json.dumps({"resolutions": {"**/left": "git@git.example.invalid:eve/left.git"}})),
        ("nexus-plugin.toml", make_manifest(more=f'[dependencies]\nleft = "git+{URL}"\n')),
    ],
)
def test_dependency_by_address_is_found_wherever_it_is_named(path: str, text: str) -> None:
    (finding,) = [f for f in run({path: text}) if f.rule_id == "dependency-address"]

    assert finding.path == path
    assert finding.line >= 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "requests>=2.31,<3 ; python_version > '3.8'  # why\n-r b.txt\n-c c.txt\n-e .\n./lib\n"),
        ("requirements.txt", "requests==2.32.3 \\\n    --hash=sha256:" + "a" * 64 + "\n"),
        ("requirements.txt", f"-i https://{INDEX}.org/simple\nrequests==2.32.3\n"),
        ("package.json", json.dumps({"dependencies": {"a": "^1.0.0", "b": "npm:c@2", "d": "workspace:*"}})),
        ("package.json", json.dumps({"devDependencies": {"@types/node": "*"}})),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = '^3'\na = {version = '^1'}\n"),
        ("setup.cfg", "[options]\ninstall_requires =\n  requests>=2\n"),
        ("docs/requirements.txt", "sphinx<9\n"),
        ("requirements.txt", "sphinx~=8.0\n"),
        ("package.json", json.dumps({"dependencies": {"a": "~1.2.0"}})),
        ("README.md", f"pip install git+{URL}\n"),
        ("setup.py", "from setuptools import setup\nsetup(install_requires=open('requirements.txt').read().split())\n"),
    ],
)  # fmt: skip
def test_ordinary_dependencies_are_no_finding(path: str, text: str) -> None:
    assert ids(run({path: text})) == set()


def test_what_only_developers_install_is_for_information() -> None:
    files = {
        "tests/requirements.txt": f"left @ git+{URL}\n",
        "package.json": json.dumps({"devDependencies": {"left": f"git+{URL}"}}),
        "pyproject.toml": f"[dependency-groups]\ndev = ['left @ git+{URL}']\n",
    }

    assert ids(run(files)) == {"dependency-address-development"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".npmrc", "registry=https://mirror.example.invalid/\n"),
        (".npmrc", "@eve:registry = https://mirror.example.invalid/\n"),
        (".yarnrc.yml", 'npmRegistryServer: "https://mirror.example.invalid"\n'),
        ("pip.conf", "[global]\nextra-index-url = https://mirror.example.invalid/simple\n"),
        ("requirements.txt", "--extra-" + "index-url=https://mirror.example.invalid/simple\n"),
        ("requirements.txt", "-f https://mirror.example.invalid/links\n"),
        ("pyproject.toml", "[[tool.poetry.source]]\nname = 'x'\nurl = 'https://mirror.example.invalid/simple'\n"),
        ("Pipfile", "[[source]]\nurl = 'https://mirror.example.invalid/simple'\n"),
    ],
)
def test_another_index_is_found(path: str, text: str) -> None:
    assert ids(run({path: text})) == {"dependency-index"}


def test_old_lock_file_is_followed_into_its_depths() -> None:
    inner = {"left": {"version": "1.0.0", "resolved": "https://files.example.invalid/evil/-/evil-1.0.0.tgz"}}
    lock = {"dependencies": {"right": {"version": "2.0.0", "dependencies": inner}}}

    assert ids(run({"npm-shrinkwrap.json": json.dumps(lock, indent=1)})) == {
        "dependency-lock-mismatch",
        "dependency-lock-source",
    }


def test_yarn_and_pnpm_locks_are_read() -> None:
    yarn = 'left@^1.0.0:\n  version "1.0.0"\n  resolved "https://files.example.invalid/evil/-/evil-1.0.0.tgz#abc"\n'
    pnpm = "packages:\n  left@1.0.0:\n    resolution: {tarball: https://files.example.invalid/left.tgz}\n"

    assert ids(run({"yarn.lock": yarn})) == {"dependency-lock-mismatch", "dependency-lock-source"}
    assert [f.line for f in run({"pnpm-lock.yaml": pnpm})] == [3]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package.json", "{" * 100_000),
        ("package-lock.json", "[1]"),
        ("package.json", '{"dependencies": {"a": 1, "b": null}, "overrides": []'),
        ("pyproject.toml", "[" * 5_000),
        ("pyproject.toml", "not toml"),
        ("setup.cfg", "no section\n"),
        ("requirements.txt", "!!! not a requirement\n"),
    ],
)
def test_file_that_cannot_be_read_is_a_finding(path: str, text: str) -> None:
    assert ids(run({path: text})) == {"dependency-file-unreadable"}


@pytest.mark.parametrize(
    "text", ['{"dependencies": []}', '{"dependencies": {"a": {"b": 1}}, "overrides": {"x": [1]}}', "{}"]
)
def test_odd_shapes_are_read_without_a_fault(text: str) -> None:
    assert ids(run({"package.json": text, "package-lock.json": text})) == set()


def test_more_dependencies_than_are_read_is_an_error() -> None:
    text = "\n".join(f"name-{number}==1" for number in range(limits.DEPENDENCIES + 1))

    assert run_dependencies(make_sources({"requirements.txt": text})).errors


@pytest.mark.parametrize(
    ("text", "rule_id"),
    [
        ("known-bad==1.0", "dependency-known-malicious"),
        ("Known_Bad == 1.0", "dependency-known-malicious"),
        ("known-bad==1.1", None),
        ("known-bad", "dependency-malicious-possible"),
        ("known-bad>=0.5", "dependency-malicious-possible"),
        ("known-bad>=1.1", None),
        ("all-bad>=7", "dependency-known-malicious"),
        ("once-bad==1.3", "dependency-known-malicious"),
        ("once-bad==1.4", None),
        ("good==1.0", None),
    ],
)
def test_known_malicious_release_is_told_from_the_others(text: str, rule_id: str | None, records: Path) -> None:
    assert ids(run({"requirements.txt": text + "\n"}, records=records)) == ({rule_id} if rule_id else set())


def test_locked_release_is_looked_up_as_well(records: Path) -> None:
    lock = {
        "packages": {"node_modules/a/node_modules/known-bad": {"version": "1.0"}, "node_modules/w": {"version": "1"}}
    }

    (finding,) = run({"package-lock.json": json.dumps(lock)}, records=records)

    assert finding.rule_id == "dependency-known-malicious"
    assert finding.conclusive


@pytest.mark.parametrize(("wanted", "is_possible"), [("^1.0.0", True), ("^2.0.0", False), ("*", True), (">=0.1", True)])
def test_range_of_npm_is_looked_at_by_its_first_number(wanted: str, is_possible: bool, records: Path) -> None:
    found = ids(run({"package.json": json.dumps({"dependencies": {"known-bad": wanted}})}, records=records))

    assert found == ({"dependency-malicious-possible"} if is_possible else set())


def test_records_that_cannot_be_read_are_an_error_of_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"requirements.txt": "left==1\n"}
    (tmp_path / "bad.json").write_text("{")

    assert run_dependencies(make_sources(files), osv_directory=tmp_path).errors
    assert run_dependencies(make_sources(files), osv_directory=tmp_path / "none").errors
    monkeypatch.setenv("NEXUS_OSV_DIR", str(tmp_path / "none"))
    assert run_dependencies(make_sources(files)).errors


def test_record_is_never_looked_for_outside_its_directory(records: Path) -> None:
    assert find_malice("../../x", ecosystem=Ecosystem.JAVASCRIPT, directory=records) == ()


@pytest.mark.parametrize(
    ("context", "rule_id"),
    [
        (Context.INSTALL, "installation-at-import"),
        (Context.IMPORT, "installation-at-import"),
        (Context.RUNTIME, "installation-at-run-time"),
        (Context.DEAD, None),
    ],
)
def test_installation_by_the_code_itself_is_found(context: Context, rule_id: str | None) -> None:
    seen = Fact(Act.SOFTWARE_INSTALL, "a.py", 3, 4, context, "", detail="left")
    findings = run_dependencies(make_sources({"a.py": "pass\n"}, facts=(seen,))).findings

    assert [(f.rule_id, f.line, f.end_line) for f in findings] == ([(rule_id, 3, 4)] if rule_id else [])


@pytest.mark.parametrize(
    ("name", "popular", "slip"),
    [
        ("reqeusts", "requests", Slip.LETTER),
        ("requets", "requests", Slip.LETTER),
        ("numppy", "numpy", Slip.LETTER),
        ("Python_Dateutils", "python-dateutil", Slip.LETTER),
        ("pythondateutil", "python-dateutil", Slip.SEPARATOR),
        ("c0lorama", "colorama", Slip.HOMOGLYPH),
        ("nurnpy", "numpy", Slip.HOMOGLYPH),
        ("r\u0435quests", "requests", Slip.HOMOGLYPH),
        ("requests-official", "requests", Slip.COMBINED),
    ],
)
def test_name_like_a_popular_one_is_recognised(name: str, popular: str, slip: Slip) -> None:
    lookalike = find_lookalike(name, ecosystem=Ecosystem.PYTHON)

    assert lookalike is not None
    assert (lookalike.popular, lookalike.slip) == (popular, slip)


@pytest.mark.parametrize(
    "name",
    [
        "requests",
        "Typing_Extensions",
        "aiofile",
        "cattrs",
        "boto",
        "requests-toolbelt",
        "my-tools",
        "a",
        "",
        "psycopg3",
    ],
)
def test_honest_name_is_left_alone(name: str) -> None:
    assert find_lookalike(name, ecosystem=Ecosystem.PYTHON) is None


@pytest.mark.parametrize(
    ("name", "popular"),
    [("lodahs", "lodash"), ("crossenv", "cross-env"), ("discordjs", "discord.js"), ("@bable/other", "@babel")],
)
def test_name_of_a_module_like_a_popular_one_is_recognised(name: str, popular: str) -> None:
    lookalike = find_lookalike(name, ecosystem=Ecosystem.JAVASCRIPT)

    assert lookalike is not None
    assert lookalike.popular == popular


@pytest.mark.parametrize(
    "name", ["@types/lodahs", "@babel/anything", "@eve/lodash", "color", "http-proxy-agent", "@trpc/server"]
)
def test_honest_name_of_a_module_is_left_alone(name: str) -> None:
    assert find_lookalike(name, ecosystem=Ecosystem.JAVASCRIPT) is None


def test_absurd_version_is_told_from_dates_and_bounds() -> None:
    assert all(map(is_absurd, ["99.0.0", "==99.10.9", "^999.1.0", "9999.0.0"]))
    assert not any(map(is_absurd, ["9.9.9", "2024.1", "<99.0", "1.99.0", "990.1", "306"]))
    assert [exact_version(text) for text in ("==1.0", "v1.0", "1.0.0-rc.1", "^1.0", "==1.*", "1.x", "")] == [
        "1.0", "1.0", "1.0.0-rc.1", "", "", "", "",
    ]  # fmt: skip


def test_copy_of_a_published_file_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "left-1.2.3"
    project.mkdir()
    (project / "a.py").write_text(BUNDLED)
    (project / "empty.py").write_text("")
    index = tmp_path / "index"
    assert upstream.main(["build", str(project), "-o", str(index)]) == 0
    monkeypatch.setenv("NEXUS_UPSTREAM_INDEX", str(index))

    (finding,) = run({"vendor/a.py": BUNDLED, "b.py": BUNDLED + "x = 1\n", "c.py": ""})

    assert (finding.rule_id, finding.path) == ("bundled-upstream", "vendor/a.py")
    assert finding.title.endswith("left 1.2.3 a.py")


def test_index_names_projects_by_their_own_metadata(tmp_path: Path) -> None:
    wheel, module = tmp_path / "a", tmp_path / "b"
    (wheel / "left-1.0.dist-info").mkdir(parents=True)
    (wheel / "left-1.0.dist-info" / "METADATA").write_text("Name: left\nVersion: 1.0\n\n" + "x" * 100)
    module.mkdir()
    (module / "package.json").write_text(json.dumps({"name": "right", "version": "2.0", "description": "y" * 100}))
    (module / "link.js").symlink_to(wheel / "left-1.0.dist-info" / "METADATA")

    lines = [line.split("\t")[1:] for line in upstream.build_lines([module, wheel])]

    assert sorted(lines) == [["left", "1.0", "left-1.0.dist-info/METADATA"], ["right", "2.0", "package.json"]]


def test_index_that_cannot_be_read_is_an_error_of_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = tmp_path / "index"
    index.write_text("no line of an index\n")
    monkeypatch.setenv("NEXUS_UPSTREAM_INDEX", str(index))

    assert run_dependencies(make_sources({"a.py": "pass\n"})).errors
    monkeypatch.delenv("NEXUS_UPSTREAM_INDEX")
    assert known_upstream("0" * 64) is None
