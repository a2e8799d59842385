"""The playbook keeps what it promises, and a bad one is refused with the line and the fix."""

import ast
import io
import json
import re
from datetime import time
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import call_command

from governance.errors import PlaybookError
from governance.management.commands.playbook import Command
from governance.playbook import PLAYBOOK_FILE, beat_entries, load_playbook, playbook
from governance.playbook_parse import find_lines, unit_of
from governance.playbook_rows import ENFORCED_BY, enforced_parts, rows
from governance.playbook_sections import Playbook, list_values

TEXT = PLAYBOOK_FILE.read_text(encoding="utf-8")
VALUES = dict(list_values(playbook()))
ROOT = PLAYBOOK_FILE.parent.parent

# The playbook's own numbers, by section; a change here is a change of what the platform has promised.
PROMISED = {
    "monitoring.sev1_tenant_error_rate_above_percent": 10,
    "monitoring.sev2_platform_error_rate_above_percent": 5,
    "monitoring.queue_depth_above_messages": 500,
    "monitoring.queue_depth_for_minutes": 2,
    "monitoring.latency_above_seconds": 2,
    "monitoring.latency_percentile": 95,
    "monitoring.escalation_path": ("on_call", "lead_engineer", "product_owner"),
    "incidents.sev1.acknowledge_within_minutes": 5,
    "incidents.sev2.acknowledge_within_minutes": 5,
    "incidents.sev2_execution_delay_above_seconds": 5,
    "disaster_recovery.recovery_point_within_minutes": 15,
    "disaster_recovery.recovery_time_within_minutes": 30,
    "disaster_recovery.backup_every_minutes": 15,
    "disaster_recovery.restore_drill_every_months": 3,
    "security_events.breach_notification_within_hours": 72,
    "security_events.legal_informed_within_minutes": 30,
    "capacity.cpu_above_percent": 70,
    "capacity.cpu_for_minutes": 5,
    "capacity.memory_above_percent": 75,
    "capacity.memory_for_minutes": 5,
    "capacity.queue_depth_above_messages": 500,
    "capacity.queue_depth_for_minutes": 2,
    "capacity.database_pool_above_percent": 80,
    "maintenance.window_starts_at_utc": time(2),
    "maintenance.window_ends_at_utc": time(4),
    "compliance.retention_review_every_months": 1,
    "compliance.accessibility_audit_every_months": 6,
    "compliance.accessibility_standard": "WCAG 2.1 AA",
    "compliance.publisher_verification_every_months": 3,
    "compliance.plugin_rescan_every_months": 3,
    "compliance.user_notification_within_hours": 24,
    "improvement.post_mortem_review_every_months": 3,
    "improvement.failover_test_every_months": 12,
}

# One broken rule each: the key that is changed, what is written, and the key blamed when it is another one.
CONTRADICTIONS = [
    ("compliance.user_notification_within_hours", "25", None),
    ("security_events.breach_notification_within_hours", "73", None),
    ("marketplace.reviews.appeal_window_days", "183", None),
    ("incidents.sev1.acknowledge_within_minutes", "6", None),
    ("incidents.sev2.acknowledge_within_minutes", "61", None),
    ("incidents.sev4.acknowledge_within_minutes", "59", "incidents.sev3.acknowledge_within_minutes"),
    ("disaster_recovery.backup_every_minutes", "16", None),
    ("security_events.legal_informed_within_minutes", "4321", None),
    ("maintenance.window_ends_at_utc", "02:15:00", "marketplace.sweeps.rescans_at_utc"),
    ("marketplace.sweeps.rescans_at_utc", "04:00:00", None),
    ("marketplace.sweeps.rescans_at_utc", "01:59:59", "maintenance.window_starts_at_utc"),
    ("marketplace.takedowns.bots_confirmed_within_hours", "25", None),
    ("marketplace.takedowns.users_queued_within_seconds", "86400", None),
    ("marketplace.sweeps.obligations_every_seconds", "61", None),
    ("marketplace.sweeps.outbox_every_seconds", "61", None),
    ("marketplace.takedowns.automatic_below_bots", "101", None),
    ("marketplace.takedowns.automatic_below_users", "101", None),
    ("marketplace.takedowns.trusted_reports", "3", None),
    (
        "marketplace.levels.verified.has_auto_publish",
        "false",
        "marketplace.levels.registered.has_auto_publish",
    ),
    (
        "marketplace.levels.unverified.needs_first_review",
        "false",
        "marketplace.levels.registered.needs_first_review",
    ),
    ("marketplace.levels.verified.most_plugins", "19", "marketplace.levels.registered.most_plugins"),
    ("marketplace.levels.registered.most_plugins", "2", "marketplace.levels.unverified.most_plugins"),
    (
        "marketplace.levels.verified.submissions_per_day",
        "49",
        "marketplace.levels.registered.submissions_per_day",
    ),
    ("marketplace.levels.unverified.submissions_per_day", "51", None),
    ("marketplace.screening.task_limit_seconds", "900", None),
    ("marketplace.obligations.warn_at_percent", "[50, 50, 90]", None),
    ("marketplace.obligations.warn_at_percent", "[50, 75, 100]", None),
    ("marketplace.notices.retry_after_minutes", "[5, 1]", None),
    ("marketplace.notices.retry_after_minutes", "[600, 840]", None),
    ("marketplace.reviews.working_weekdays", "[1, 1]", None),
    ("marketplace.verification.lapse_warning_days", "[1, 7, 14]", None),
    ("marketplace.verification.lapse_warning_days", "[84, 7]", None),
    ("marketplace.feed.refresh_every_minutes", "8", None),
    ("monitoring.escalation_path", '["on_call", "nobody"]', None),
    ("monitoring.escalation_path", '["on_call", "on_call"]', None),
    ("marketplace.owners.review", '"passer_by"', None),
]


def line_of(key: str) -> int:
    """Found by walking the shipped file, apart from the code under test."""
    section, _, name = key.rpartition(".")
    lines = TEXT.splitlines()
    start = lines.index(next(line for line in lines if line.partition("]")[0] == f"[{section}"))
    return next(n for n in range(start, len(lines)) if lines[n].startswith(f"{name} =")) + 1


def with_value(key: str, value: str | None) -> str:
    """The shipped text with another value at this key, or without its line."""
    lines = TEXT.splitlines()
    name = key.rpartition(".")[2]
    lines[line_of(key) - 1] = f"{name} = {value}" if value is not None else ""
    return "\n".join(lines)


def refusal(tmp_path: Path, text: str | bytes) -> list[str]:
    path = tmp_path / "playbook.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PlaybookError) as caught:
        load_playbook(path)
    return [line.removeprefix(str(path)) for line in str(caught.value).splitlines()]


def load(tmp_path: Path, text: str) -> Playbook:
    path = tmp_path / "playbook.toml"
    path.write_text(text, encoding="utf-8")
    return load_playbook(path)


@pytest.mark.parametrize("key", PROMISED)
def test_shipped_playbook_keeps_the_promised_number(key: str) -> None:
    assert VALUES[key] == PROMISED[key]


def test_digest_is_of_the_bytes_in_the_file(tmp_path: Path) -> None:
    assert playbook().digest == sha256(PLAYBOOK_FILE.read_bytes()).hexdigest()
    assert load(tmp_path, TEXT + "# a note\n").digest != playbook().digest


def test_sections_stand_in_the_playbooks_own_order() -> None:
    headings = re.findall(r"^\[(\w+)", TEXT, re.MULTILINE)
    assert list(dict.fromkeys(headings)) == [
        "monitoring", "incidents", "disaster_recovery", "security_events", "capacity", "maintenance",
        "compliance", "marketplace", "roles", "improvement",
    ]  # fmt: skip


def test_every_number_names_its_unit() -> None:
    numbers = [key for key, value in VALUES.items() if type(value) is int or type(value) is tuple]
    unitless = [key for key in numbers if unit_of(key) is None]
    assert unitless == ["monitoring.escalation_path"]  # a list of roles, not of numbers


@pytest.mark.parametrize("key", VALUES)
def test_missing_key_is_refused_at_its_section(key: str, tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, with_value(key, None))
    section = key.rpartition(".")[0]
    heading = next(n for n, text in enumerate(TEXT.splitlines(), 1) if text.partition("]")[0] == f"[{section}")
    assert line.startswith(f":{heading}: {key}: found nothing; expected ")
    assert f"add the line `{key.rpartition('.')[2]} = ...`" in line


@pytest.mark.parametrize("key", VALUES)
def test_wrong_type_is_refused_at_its_line(key: str, tmp_path: Path) -> None:
    for wrong in ("1.5", "2026-01-01", "[[1]]", "[]", "{}"):
        (line,) = refusal(tmp_path, with_value(key, wrong))
        assert line.startswith(f":{line_of(key)}: {key}: found ")


@pytest.mark.parametrize("key", [key for key, value in VALUES.items() if type(value) is int])
def test_number_out_of_range_is_refused_with_the_range(key: str, tmp_path: Path) -> None:
    unit = unit_of(key)
    assert unit is not None
    for wrong in ("0", "-1", "99999999", "true", "0x" + "f" * 9000):
        (line,) = refusal(tmp_path, with_value(key, wrong))
        assert line.startswith(f":{line_of(key)}: {key}: found ")
        assert f"expected a whole number of {unit.name} from {unit.low} to {unit.high}" in line


@pytest.mark.parametrize(("key", "value", "blamed"), CONTRADICTIONS)
def test_contradiction_is_refused_at_its_line(key: str, value: str, blamed: str | None, tmp_path: Path) -> None:
    lines = refusal(tmp_path, with_value(key, value))
    blamed = blamed or key
    assert [line.split(": ")[:2] for line in lines] == [[f":{line_of(blamed)}", blamed]]


def test_window_that_ends_before_it_starts_is_refused(tmp_path: Path) -> None:
    lines = refusal(tmp_path, with_value("maintenance.window_starts_at_utc", "05:00:00"))
    expected = "expected less than maintenance.window_ends_at_utc, which is 04:00:00"
    assert [line for line in lines if "window_starts_at_utc: found 05:00:00" in line and expected in line]


def test_lesser_level_is_never_allowed_more(tmp_path: Path) -> None:
    text = with_value("marketplace.levels.unverified.has_auto_publish", "true")
    start = text.index("[marketplace.levels.registered]")
    text = text[:start] + text[start:].replace("has_auto_publish = true", "has_auto_publish = false", 1)
    (line,) = refusal(tmp_path, text)
    assert "marketplace.levels.unverified.has_auto_publish: found true" in line


def test_misspelt_key_is_refused_with_the_right_spelling(tmp_path: Path) -> None:
    text = TEXT.replace("cpu_for_minutes", "cpu_for_minute")
    unknown, missing = sorted(refusal(tmp_path, text), key=lambda line: "found nothing" in line)
    assert unknown.startswith(f":{line_of('capacity.cpu_for_minutes')}: capacity.cpu_for_minute: found a key")
    assert unknown.endswith("did you mean 'cpu_for_minutes'?")
    assert "capacity.cpu_for_minutes: found nothing" in missing


def test_unknown_section_is_refused(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, TEXT + "[weather]\nrain_percent = 5\n")
    assert line.startswith(f":{len(TEXT.splitlines()) + 1}: weather: found a key this playbook does not have")


def test_missing_section_is_refused_with_its_heading(tmp_path: Path) -> None:
    start, end = TEXT.index("[improvement]"), len(TEXT)
    (line,) = refusal(tmp_path, TEXT[:start] + TEXT[end:])
    assert line == ":1: improvement: found nothing; expected a section; add the section [improvement]"


def test_value_where_a_section_belongs_is_refused(tmp_path: Path) -> None:
    text = "improvement = 3\n" + TEXT[: TEXT.index("[improvement]")]
    (line,) = refusal(tmp_path, text)
    assert line.startswith(":1: improvement: found 3; expected a section;")


def test_digest_cannot_be_written_into_the_file(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, 'digest = "00"\n' + TEXT)
    assert line.startswith(":1: digest: found a key this playbook does not have")


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = TEXT.replace("cpu_for_minutes = 5", "cpu_for_minutes = 0").replace("latency_percentile = 95", "")
    first, second = refusal(tmp_path, text)
    assert "monitoring.latency_percentile" in first
    assert "capacity.cpu_for_minutes" in second


def test_text_that_is_not_toml_is_refused_at_its_line(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, with_value("capacity.cpu_for_minutes", "five"))
    assert line.startswith(f":{line_of('capacity.cpu_for_minutes')}: found no valid TOML")


def test_file_cut_short_is_refused_at_its_last_line(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "[monitoring]\n\nescalation_path = [")
    assert line.startswith(":3: found no valid TOML")


def test_byte_that_is_not_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, b"# one\n# two \xff\n")
    assert line.startswith(":2: found a byte that is not UTF-8")


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    (line,) = refusal(tmp_path, "a = " + "[" * 60_000)
    assert "nested too deeply" in line


def test_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match="cannot be read"):
        load_playbook(tmp_path / "none.toml")


def test_line_numbers_are_not_misled_by_quoted_headings() -> None:
    text = '[a]\ntext = """\n[b]\nx = 1\n"""\nlist = [\n  "c = 1", # [d]\n]\n[b]\n"x" . y = 2\n'
    assert find_lines(text) == {"": 1, "a": 1, "a.text": 2, "a.list": 6, "b": 9, "b.x": 10, "b.x.y": 10}


def test_beat_follows_the_playbook(tmp_path: Path) -> None:
    text = with_value("marketplace.sweeps.outbox_every_seconds", "7").replace("02:15:00", "03:05:00")
    entries = {entry.name: entry for entry in beat_entries(load(tmp_path, text))}
    assert entries["sweep_outbox"].every_seconds == 7
    assert entries["refresh_feed"].every_seconds == 300
    assert (entries["sweep_rescans"].hour, entries["sweep_rescans"].minute) == (3, 5)


def test_every_beat_entry_has_one_kind_of_schedule_and_a_task_of_its_name() -> None:
    entries = beat_entries(playbook())
    assert {entry.name for entry in entries} == {
        "sweep_submissions", "sweep_outbox", "sweep_obligations", "reconcile_takedowns", "checkpoint_ledger",
        "refresh_feed", "sweep_rescans", "sweep_verifications", "sweep_automatic", "sweep_fan_outs",
    }  # fmt: skip
    for entry in entries:
        assert entry.task == f"governance.tasks.{entry.name}"
        assert (entry.every_seconds is None) == (entry.hour is not None and entry.minute is not None)


def test_cause_level_and_kind_are_found_by_name() -> None:
    market = playbook().marketplace
    assert market.reviews.due_working_days["appeal"] == market.reviews.due_working_days.appeal
    assert market.levels["verified"] is market.levels.verified
    assert market.owners["users_notified"] == "support"
    assert list(market.levels) == ["unverified", "registered", "verified"]


@pytest.mark.parametrize("name", ["rumour", "__class__", "keys", ""])
def test_unknown_name_is_an_error_and_never_a_default(name: str) -> None:
    market = playbook().marketplace
    for section in (market.reviews.due_working_days, market.levels, market.owners):
        assert name not in section
        with pytest.raises(KeyError):
            section[name]


def test_table_shows_every_value_once_with_its_unit() -> None:
    shown = {f"{row.section}.{row.name}": row for row in rows(playbook())}
    assert list(shown) == list(VALUES)
    assert shown["maintenance.window_starts_at_utc"].value == "02:00"
    assert shown["maintenance.window_starts_at_utc"].unit == "UTC"
    assert shown["marketplace.obligations.warn_at_percent"].value == "50, 75, 90"
    assert shown["marketplace.levels.verified.has_auto_publish"].value == "yes"


def test_promise_no_code_keeps_is_not_called_enforced() -> None:
    enforced = {f"{row.section}.{row.name}" for row in enforced_parts(playbook())}
    assert "disaster_recovery.recovery_time_within_minutes" not in enforced
    assert "marketplace.levels.registered.most_plugins" not in enforced
    assert "compliance.user_notification_within_hours" in enforced


@pytest.mark.parametrize("key", ENFORCED_BY)
def test_enforced_key_is_a_key_of_the_playbook(key: str) -> None:
    assert any(name == key or (key.endswith(".") and name.startswith(key)) for name in VALUES)


@pytest.mark.parametrize("path", sorted(set(ENFORCED_BY.values())))
def test_code_that_keeps_a_promise_exists(path: str) -> None:
    module, _, name = path.rpartition(".")
    source = (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
    body = ast.parse(source).body
    defined = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {ast.unparse(target) for node in body if isinstance(node, ast.Assign) for target in node.targets}
    assert name in defined | assigned


def test_command_prints_values_in_full_and_what_enforces_them() -> None:
    out = io.StringIO()
    call_command(Command(), stdout=out)
    assert re.search(r"user_notification_within_hours .* 24 .* hours .* governance\.", out.getvalue())
    assert re.search(r"recovery_time_within_minutes .* 30 .* minutes .* - ", out.getvalue())
    assert playbook().digest in out.getvalue()
    assert "\u2026" not in out.getvalue()  # nothing is cut short


def test_command_prints_one_json_object_for_a_program() -> None:
    out = io.StringIO()
    call_command(Command(), "--json", stdout=out)
    printed = json.loads(out.getvalue())
    assert printed["digest"] == playbook().digest
    assert len(printed["rows"]) == len(VALUES)
