"""Makes the database itself refuse changes to rows that are facts: for use in migrations.
The model refusing would not be enough; whoever reaches the table by SQL meets the same wall."""

from django.db.migrations import RunSQL

DEFINE_REFUSAL = RunSQL(
    """
    CREATE OR REPLACE FUNCTION nexus_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'raise_exception';
    END $$;
    """,
    "DROP FUNCTION nexus_refuse_change();",
)


def refuse_change(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE of a table."""
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION nexus_refuse_change();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION nexus_refuse_change();
        """,
        f"DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table};",
    )


def freeze_columns(table: str, *columns: str) -> RunSQL:
    """Refuse DELETE and TRUNCATE of a table, and any change of these columns."""
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in columns)
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION nexus_refuse_change();
        CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION nexus_refuse_change();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION nexus_refuse_change();
        """,
        f"DROP TRIGGER {table}_frozen ON {table}; DROP TRIGGER {table}_no_delete ON {table};"
        f" DROP TRIGGER {table}_no_truncate ON {table};",
    )


def freeze_once_set(table: str, column: str) -> RunSQL:
    """Let a column be written once: what it says then stands for good."""
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_{column}_once BEFORE UPDATE ON {table}
            FOR EACH ROW WHEN (OLD.{column} IS NOT NULL AND OLD.{column} IS DISTINCT FROM NEW.{column})
            EXECUTE FUNCTION nexus_refuse_change();
        """,
        f"DROP TRIGGER {table}_{column}_once ON {table};",
    )
