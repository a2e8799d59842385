"""The database itself refuses to rewrite what has happened, whoever asks: proven by plain SQL."""

# ruff: noqa: S608  every table and column in these statements is named in this file

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from governance.flows.reports import file_report
from governance.flows.runtime import receive_acknowledgement, receive_installation
from governance.flows.submission import decide_review, screen_version
from governance.flows.takedown import contain_plugin, sign_removal
from governance.ledger.actions import sign_checkpoint
from governance.notifications.models import DeliveryAttempt, Notice
from governance.obligations.actions import escalate_due, open_obligation
from governance.reviews.actions import Judgement
from governance.reviews.models import Review
from governance.takedowns.feed import current_feed
from governance.takedowns.known_files import list_file
from governance.takedowns.models import Pin, PublisherTakedown, Takedown
from plugins.models import BlocklistEntry, Version
from scanners.report import Verdict
from tests.samples.engines import FakeEngine, make_finding
from tests.samples.factories import BotActor, PublisherActor, make_version

APPEND_ONLY = [
    "ledger_entry",
    "ledger_checkpoint",
    "notifications_deliveryattempt",
    "obligations_escalation",
    "plugins_artifactfile",
    "plugins_runtimereport",
    "plugins_versionmove",
    "reviews_decision",
    "screening_finding",
    "takedowns_acknowledgement",
    "takedowns_feedchange",
    "takedowns_signoff",
    "takedowns_statementofreasons",
]
FROZEN = {
    "notifications_notice": ["kind", "cause", "recipient", "subject", "body", "queued_at"],
    "obligations_obligation": ["kind", "subject", "opened_at", "due_at"],
    "plugins_artifact": ["sha256", "size_bytes", "storage_key", "created_at"],
    "plugins_blocklistentry": [
        "takedown_id",
        "plugin_id",
        "publisher_id",
        "versions",
        "artifact_sha256",
        "file_sha256",
        "reason",
        "sequence",
        "blocked_at",
    ],
    "plugins_installation": ["bot_id", "plugin_id", "version_id", "started_at"],
    "plugins_version": ["plugin_id", "number", "release", "artifact_id", "manifest", "submitted_at"],
    "screening_scan": ["version_id", "cause", "attempt", "lease_token", "started_at"],
    "takedowns_knownfile": ["sha256", "takedown_id", "reason", "listed_by_id", "listed_at"],
    "takedowns_pin": ["takedown_id", "installation_id", "bot_id", "direction", "version_id", "ordered_at"],
    "takedowns_publishertakedown": [
        "publisher_id",
        "status_before",
        "grounds",
        "statement",
        "ordered_by_id",
        "ordered_at",
    ],
    "takedowns_switchorder": ["takedown_id", "installation_id", "bot_id", "action", "ordered_at"],
    "takedowns_takedown": [
        "plugin_id",
        "versions",
        "artifact_sha256",
        "file_sha256",
        "automatic_cause",
        "publisher_takedown_id",
        "grounds",
        "statement",
        "exposed_since",
        "ordered_by_id",
        "contained_at",
    ],
    "takedowns_takedownversion": ["takedown_id", "version_id", "status_before"],
}
SET_ONCE = {
    "notifications_notice": ["delivered_at"],
    "obligations_obligation": ["met_at", "missed_at", "cancelled_at"],
    "plugins_blocklistentry": ["lifted_at", "lifted_sequence"],
    "plugins_installation": ["ended_at"],
    "screening_scan": ["finished_at", "report"],
    "takedowns_pin": ["withdrawn_at"],
    "takedowns_publishertakedown": ["undone_at"],
    "takedowns_switchorder": ["acknowledgement_id", "delivered_at"],
}
FIRST_VALUE = {
    "lifted_sequence": "99",
    "report": "'{}'",
    "acknowledgement_id": "(SELECT max(id) FROM takedowns_acknowledgement)",
}
OTHER_VALUE = {
    "ARRAY": "ARRAY['x']::varchar[]",
    "bigint": "{column} + 1",
    "integer": "{column} + 1",
    "smallint": "{column} + 1",
    "character varying": "overlay({column} placing '~' from 1)",
    "text": "overlay({column} placing '~' from 1)",
    "jsonb": """'{{"x": 1}}'::jsonb""",
    "timestamp with time zone": "{column} + interval '1 second'",
    "uuid": "gen_random_uuid()",
}


@pytest.fixture
def one_row_everywhere(
    ada: PublisherActor, ben: User, cleo: User, dev_bot: BotActor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submission judged by a person, its takedown signed and obeyed, a notice tried, a deadline warned about."""
    engine = FakeEngine()
    engine.finds(Verdict.SUSPICIOUS, make_finding())
    monkeypatch.setattr("governance.flows.submission.scan_artifact", engine)
    version = make_version(ada, now=now)
    screen_version(version.pk, clock=lambda: now)
    decide_review(
        Review.objects.get().pk, actor=ben, judgement=Judgement("approve", "no_objection", "It is fine."), now=now
    )
    receive_installation(dev_bot.sign_installation(version, at=now), now=now)
    file_report(
        publisher_slug="ada-labs",
        plugin_name="greeter",
        number=None,
        category="malware",
        description="It steals.",
        reporter_email="dev@example.invalid",
        now=now,
    )
    takedown = contain_plugin(
        plugin_id=version.plugin_id,
        versions="*",
        grounds="malware",
        statement="It steals.",
        exposed_since=now,
        report_ids=[],
        actor=cleo,
        now=now,
    )
    current_feed(now=now)
    block = BlocklistEntry.objects.get()
    statement = dev_bot.sign_acknowledgement(
        {"id": str(block.pk), "takedown": str(takedown.pk)}, version=version, at=now, sequence=block.sequence
    )
    receive_acknowledgement(statement, now=now)
    sign_removal(takedown.pk, actor=cleo, reason="It steals.", now=now)
    notice = Notice.objects.earliest("pk")
    DeliveryAttempt.objects.create(notice=notice, lease_token=notice.pk, at=now, is_accepted=False, detail="busy")
    open_obligation("review", subject="review:0", owner_role="reviewer", due_at=now + timedelta(hours=1), now=now)
    escalate_due(thresholds_percent=[50], path=["on_call"], now=now + timedelta(minutes=40))
    list_file("b" * 64, reason="A stealer.", actor=cleo, now=now)
    make_order_and_pin(takedown, version=version, actor=cleo, now=now)
    sign_checkpoint(now=now)
    run_sql("SET CONSTRAINTS ALL IMMEDIATE")  # else a deferred check would be the one to refuse


def make_order_and_pin(takedown: Takedown, *, version: Version, actor: User, now: datetime) -> None:
    """Rows that this small story has no other cause for."""
    PublisherTakedown.objects.create(
        publisher=version.plugin.publisher, status_before="active", grounds="malware", statement="It steals.",
        ordered_by=actor, ordered_at=now,
    )  # fmt: skip
    order = takedown.orders.get()
    Pin.objects.create(
        takedown=takedown, installation_id=order.installation_id, bot_id=order.bot_id, direction="back",
        version=version, ordered_at=now,
    )  # fmt: skip


def run_sql(sql: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.rowcount)


def type_of(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data_type FROM information_schema.columns WHERE table_name = %s AND column_name = %s",
            [table, column],
        )
        return str(cursor.fetchone()[0])


def other_value(table: str, column: str) -> str:
    return OTHER_VALUE[type_of(table, column)].format(column=f'"{column}"')


@pytest.mark.usefixtures("one_row_everywhere")
def test_append_only_tables_refuse_update_delete_and_truncate() -> None:
    for table in APPEND_ONLY:
        assert run_sql(f"SELECT * FROM {table}") > 0, f"{table} has no row to try it on"
        for sql in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            is_numbered = table in {"ledger_entry", "takedowns_feedchange"}
            statement = sql.replace("id = id", "sequence = sequence") if is_numbered else sql
            with pytest.raises(DatabaseError, match="append-only"):
                run_sql(statement)


@pytest.mark.usefixtures("one_row_everywhere")
def test_frozen_columns_refuse_every_change_and_their_rows_stay() -> None:
    for table, columns in FROZEN.items():
        assert run_sql(f"SELECT * FROM {table}") > 0, f"{table} has no row to try it on"
        for sql in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(DatabaseError, match="append-only"):
                run_sql(sql)
        for column in columns:
            with pytest.raises(DatabaseError, match=f"append-only: UPDATE on {table}"):
                run_sql(f'UPDATE {table} SET "{column}" = {other_value(table, column)}')


@pytest.mark.usefixtures("one_row_everywhere")
def test_what_is_written_once_is_neither_unset_nor_changed() -> None:
    run_sql("UPDATE plugins_blocklistentry SET lifted_at = now(), lifted_sequence = 99")
    for table, columns in SET_ONCE.items():
        for column in columns:
            first = FIRST_VALUE.get(column, "now()")
            run_sql(f'UPDATE {table} SET "{column}" = {first} WHERE "{column}" IS NULL')
            for changed in ("NULL", other_value(table, column)):
                with pytest.raises(DatabaseError, match=f"append-only: UPDATE on {table}"):
                    run_sql(f'UPDATE {table} SET "{column}" = {changed}')


@pytest.mark.usefixtures("one_row_everywhere")
def test_what_may_change_still_changes() -> None:
    assert run_sql("UPDATE plugins_version SET status = 'held'") == 1
    assert run_sql("UPDATE obligations_obligation SET escalation_step = 3") > 0
    assert run_sql("UPDATE notifications_notice SET attempts = 7") > 0
    assert Takedown.objects.update(state=Takedown.State.REINSTATED, reinstated_at=Takedown.objects.get().contained_at)


def test_every_table_of_facts_is_covered_here() -> None:
    """A new table is either append-only, frozen in parts, or named here as one that may be rewritten."""
    rewritable = {
        "notifications_notice",
        "plugins_apitoken",
        "plugins_bot",
        "plugins_botowner",
        "plugins_feedhead",
        "plugins_member",
        "plugins_plugin",
        "plugins_presence",
        "plugins_publisher",
        "plugins_tenant",
        "reviews_onetimepassword",
        "reviews_review",
        "screening_keptresult",
        "takedowns_abusereport",
        "takedowns_feedbase",
        "takedowns_feedsnapshot",
        "takedowns_reporter",
        "verification_attestation",
        "verification_emailchallenge",
    }
    ours = {model._meta.db_table for model in apps.get_models() if not model.__module__.startswith("django.")}

    assert ours - rewritable - set(APPEND_ONLY) - set(FROZEN) == set()


def triggers_of(table: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass", [table])
        return dict(cursor.fetchall())


@pytest.mark.django_db
def test_triggers_are_enabled_after_the_tests_own_flush() -> None:
    for table in [*APPEND_ONLY, *FROZEN]:
        ours = {name: state for name, state in triggers_of(table).items() if name.startswith(table)}
        assert ours, table
        assert set(ours.values()) <= {"O", b"O"}, table
