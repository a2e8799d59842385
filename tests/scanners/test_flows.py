"""Facts become findings when a rule's condition is met, and only then."""

from dataclasses import replace
from typing import Any

import pytest

from scanners.errors import RulesInvalid
from scanners.facts import Act, Context, Fact, Label, Origin, Trick
from scanners.flows import Flow, find_companions, load_flows, load_places, match_flows, parse_flow, select
from scanners.report import Kind
from scanners.rules import load_rules

SENT = Fact(
    act=Act.NETWORK_SEND, path="a.py", line=9, end_line=9, context=Context.RUNTIME, scope="run",
    detail="https://collect.example.invalid", origins=(Origin(Label.ENVIRONMENT_ALL, 4),), snippet="post(x)",
)  # fmt: skip
RULE = load_rules()["environment-sent"]


def flow(**table: Any) -> Flow:
    return parse_flow(RULE, {"acts": ["network.send"], **table})


def is_met(condition: Flow, *facts: Fact) -> bool:
    by_act: dict[Act, list[Fact]] = {}
    for fact in facts:
        by_act.setdefault(fact.act, []).append(fact)
    return any(
        all(find_companions(companion, fact=fact, by_act=by_act) is not None for companion in condition.companions)
        for fact in select(condition.pattern, by_act=by_act)
    )


def test_fact_with_the_label_is_a_finding_with_its_way() -> None:
    finding = next(item for item in match_flows([SENT]) if item.rule_id == RULE.id)
    assert (finding.path, finding.line, finding.snippet) == ("a.py", 9, "post(x)")
    assert finding.trace[0] == "environment-all enters at line 4"
    assert "collect.example.invalid" in finding.trace[1]


def test_same_act_with_harmless_data_is_no_finding() -> None:
    assert match_flows([replace(SENT, origins=(Origin(Label.ARGUMENT, 4),))]) == []


def test_dead_code_is_no_finding() -> None:
    assert match_flows([replace(SENT, context=Context.DEAD)]) == []


@pytest.mark.parametrize(
    ("table", "met"),
    [
        ({"labels": ["environment-all", "keys"]}, True),
        ({"labels": ["keys"]}, False),
        ({"all_labels": ["environment-all"]}, True),
        ({"all_labels": ["environment-all", "keys"]}, False),
        ({"without": ["environment-all"]}, False),
        ({"origins": 2}, False),
        ({"origins": 1}, True),
        ({"tricks": ["shell"]}, False),
        ({"detail": "collect"}, True),
        ({"detail": "gather"}, False),
        ({"detail_not": "collect"}, False),
        ({"contexts": ["import"]}, False),
        ({"contexts": ["runtime"]}, True),
        ({"acts": ["network.fetch"]}, False),
    ],
)
def test_every_condition_decides(table: dict[str, Any], met: bool) -> None:
    assert is_met(flow(**table), SENT) is met


@pytest.mark.parametrize(
    ("within", "path", "scope", "met"),
    [
        ("scope", "a.py", "run", True),
        ("scope", "a.py", "stop", False),
        ("file", "a.py", "stop", True),
        ("file", "b.py", "run", False),
        ("plugin", "b.py", "stop", True),
    ],
)
def test_companion_stands_near_enough(within: str, path: str, scope: str, met: bool) -> None:
    condition = flow(also=[{"within": within, "acts": ["process.start"], "tricks": ["shell"]}])
    other = replace(SENT, act=Act.PROCESS_START, path=path, scope=scope, tricks=frozenset([Trick.SHELL]))
    assert is_met(condition, SENT, other) is met
    assert not is_met(condition, SENT, replace(other, tricks=frozenset()))


def test_fact_is_not_its_own_companion() -> None:
    assert not is_met(flow(also=[{"acts": ["network.send"]}]), SENT)


def test_absent_companion_must_not_be_there() -> None:
    condition = flow(also=[{"acts": ["process.start"], "absent": True}])
    assert is_met(condition, SENT)
    assert not is_met(condition, SENT, replace(SENT, act=Act.PROCESS_START))


def test_companions_are_counted_by_place() -> None:
    condition = flow(also=[{"acts": ["file.read"], "count": 2}])
    read = replace(SENT, act=Act.FILE_READ, detail="a")
    assert not is_met(condition, SENT, read)
    assert is_met(condition, SENT, read, replace(read, detail="b"))


@pytest.mark.parametrize(
    "table",
    [
        {"acts": ["network.shout"]},
        {"labels": ["gossip"]},
        {"detail": "("},
        {"detail": "@nowhere"},
        {"more": 1},
        {"also": [{"acts": ["file.read"], "within": "world"}]},
    ],
)
def test_condition_with_an_unknown_word_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(RulesInvalid):
        flow(**table)


def test_every_place_is_used_by_a_rule() -> None:
    texts = str([rule.flow for rule in load_rules().values()])
    assert [name for name in load_places() if f"'@{name}'" not in texts] == []


def test_every_flow_rule_has_a_condition() -> None:
    assert {condition.rule.id for condition in load_flows()} == {
        rule.id for rule in load_rules().values() if rule.engine == "flows"
    }


def test_companion_on_the_same_line_is_asked_for() -> None:
    condition = flow(also=[{"within": "line", "acts": ["file.read"]}])
    assert is_met(condition, SENT, replace(SENT, act=Act.FILE_READ))
    assert not is_met(condition, SENT, replace(SENT, act=Act.FILE_READ, line=8))


def test_companion_that_shares_nothing_is_not_enough() -> None:
    condition = flow(also=[{"within": "scope", "shared": True, "acts": ["message.address"]}])
    other = replace(SENT, act=Act.MESSAGE_ADDRESS, line=7)
    assert is_met(condition, SENT, other)
    assert not is_met(condition, SENT, replace(other, origins=(Origin(Label.ENVIRONMENT_ALL, 5),)))


def test_companion_where_the_data_enters_is_asked_for() -> None:
    condition = flow(also=[{"within": "file", "source": True, "acts": ["file.read"]}])
    assert is_met(condition, SENT, replace(SENT, act=Act.FILE_READ, line=4))
    assert not is_met(condition, SENT, replace(SENT, act=Act.FILE_READ, line=5))


def test_origin_of_that_name_is_asked_for() -> None:
    condition = flow(labels=["message"], named=r"^\*$")
    assert is_met(condition, replace(SENT, origins=(Origin(Label.MESSAGE, 4, "*"),)))
    assert not is_met(condition, replace(SENT, origins=(Origin(Label.MESSAGE, 4), Origin(Label.SECRET, 4, "*"))))


@pytest.mark.parametrize(
    ("name", "host", "met"),
    [
        ("GH_TOKEN", "https://api.github.com/user", False),
        ("GH_TOKEN", "https://collect.example.invalid/user", True),
        ("WEATHER_TOKEN", "https://api.github.com/user", True),
    ],
)
def test_secret_at_its_own_service_is_at_home(name: str, host: str, met: bool) -> None:
    sent = replace(SENT, detail=host, origins=(Origin(Label.SECRET, 4, name),))
    assert is_met(flow(labels=["secret"], unowned=True), sent) is met


def test_origin_in_the_same_file_is_asked_for() -> None:
    near = flow(labels=["environment-all"], here=True)
    assert is_met(near, SENT)
    assert not is_met(near, replace(SENT, origins=(Origin(Label.ENVIRONMENT_ALL, 0),)))


@pytest.mark.parametrize(("detail", "met"), [("{}.t.example.invalid", True), ("", True), ("t.example.invalid", False)])
def test_name_that_is_looked_up_carries_only_what_is_filled_in(detail: str, met: bool) -> None:
    asked = replace(SENT, act=Act.NETWORK_LOOKUP, detail=detail)
    assert any(finding.rule_id == RULE.id for finding in match_flows([asked])) is met


@pytest.mark.parametrize(("kinds", "met"), [({Kind.PYTHON}, True), ({Kind.JAVASCRIPT}, False), (set(), True)])
def test_rule_is_asked_about_files_of_its_language(kinds: set[Kind], met: bool) -> None:
    found = match_flows([replace(SENT, path="bin/tool")], kinds={"bin/tool": frozenset(kinds)})
    assert any(finding.rule_id == RULE.id for finding in found) is met
