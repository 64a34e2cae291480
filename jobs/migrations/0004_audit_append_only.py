"""The database itself refuses to change the history. docs/audit.md says what each rule is for.

SQLite drops a table's triggers when a later migration rebuilds the table: such a migration has
to create them again, and tests/audit/test_append_only.py says so when it does not.
"""

import re

from django.db import migrations

GENESIS = "0" * 64
TRIGGER = re.compile(r"CREATE TRIGGER (\w+)\s+BEFORE [\w\s,]*? ON (\w+)")

SQLITE = [
    """
    CREATE TRIGGER jobs_auditevent_no_update BEFORE UPDATE ON jobs_auditevent
    BEGIN SELECT RAISE(ABORT, 'the history is append-only: an event is never changed'); END
    """,
    """
    CREATE TRIGGER jobs_auditevent_no_delete BEFORE DELETE ON jobs_auditevent
    BEGIN SELECT RAISE(ABORT, 'the history is append-only: an event is never deleted'); END
    """,
    # INSERT OR REPLACE deletes without firing the trigger above unless the connection has
    # recursive_triggers on. It could only replace an event by one that does not follow the last.
    f"""
    CREATE TRIGGER jobs_auditevent_follows_last BEFORE INSERT ON jobs_auditevent
    WHEN NEW.seq IS NOT 1 + coalesce((SELECT max(seq) FROM jobs_auditevent), 0)
      OR NEW.previous_hash IS NOT coalesce(
        (SELECT hash FROM jobs_auditevent ORDER BY seq DESC LIMIT 1), '{GENESIS}')
    BEGIN SELECT RAISE(ABORT, 'the history is append-only: an event follows the last one'); END
    """,
    """
    CREATE TRIGGER jobs_auditpersonal_no_update BEFORE UPDATE ON jobs_auditpersonal
    BEGIN SELECT RAISE(ABORT, 'a personal value is erased or stays as it is'); END
    """,
    """
    CREATE TRIGGER jobs_auditpersonal_no_replace BEFORE INSERT ON jobs_auditpersonal
    WHEN EXISTS (SELECT 1 FROM jobs_auditpersonal
                 WHERE (event_seq = NEW.event_seq AND field = NEW.field) OR id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'a personal value is erased or stays as it is'); END
    """,
    """
    CREATE TRIGGER jobs_audithead_only_forward BEFORE UPDATE ON jobs_audithead
    WHEN NEW.id IS NOT OLD.id OR NEW.seq <= OLD.seq
    BEGIN SELECT RAISE(ABORT, 'the head of the history only moves forward'); END
    """,
    """
    CREATE TRIGGER jobs_audithead_no_delete BEFORE DELETE ON jobs_audithead
    BEGIN SELECT RAISE(ABORT, 'the head of the history only moves forward'); END
    """,
    """
    CREATE TRIGGER jobs_audithead_no_replace BEFORE INSERT ON jobs_audithead
    WHEN EXISTS (SELECT 1 FROM jobs_audithead)
    BEGIN SELECT RAISE(ABORT, 'the head of the history only moves forward'); END
    """,
    """
    CREATE TRIGGER jobs_auditcheckpoint_no_update
    BEFORE UPDATE OF seq, hash, at, text, signature, public_key ON jobs_auditcheckpoint
    BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END
    """,
    """
    CREATE TRIGGER jobs_auditcheckpoint_no_delete BEFORE DELETE ON jobs_auditcheckpoint
    BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END
    """,
    """
    CREATE TRIGGER jobs_auditcheckpoint_no_replace BEFORE INSERT ON jobs_auditcheckpoint
    WHEN EXISTS (SELECT 1 FROM jobs_auditcheckpoint WHERE seq = NEW.seq OR id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END
    """,
]

POSTGRESQL = [
    """
    CREATE FUNCTION jobs_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% of % is refused: the history is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    f"""
    CREATE FUNCTION jobs_audit_follows_last() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE last record;
    BEGIN
      SELECT seq, hash INTO last FROM jobs_auditevent ORDER BY seq DESC LIMIT 1;
      IF NEW.seq <> 1 + coalesce(last.seq, 0)
         OR NEW.previous_hash <> coalesce(last.hash, '{GENESIS}') THEN
        RAISE EXCEPTION 'event % is refused: an event follows the last one', NEW.seq
          USING ERRCODE = 'integrity_constraint_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER jobs_auditevent_no_change BEFORE UPDATE OR DELETE ON jobs_auditevent
    FOR EACH ROW EXECUTE FUNCTION jobs_audit_refuse()
    """,
    """
    CREATE TRIGGER jobs_auditevent_no_truncate BEFORE TRUNCATE ON jobs_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_audit_refuse()
    """,
    """
    CREATE TRIGGER jobs_auditevent_follows_last BEFORE INSERT ON jobs_auditevent
    FOR EACH ROW EXECUTE FUNCTION jobs_audit_follows_last()
    """,
    """
    CREATE TRIGGER jobs_auditpersonal_no_update BEFORE UPDATE ON jobs_auditpersonal
    FOR EACH ROW EXECUTE FUNCTION jobs_audit_refuse()
    """,
    """
    CREATE TRIGGER jobs_audithead_only_forward BEFORE UPDATE ON jobs_audithead
    FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.seq <= OLD.seq)
    EXECUTE FUNCTION jobs_audit_refuse()
    """,
    """
    CREATE TRIGGER jobs_audithead_no_delete BEFORE DELETE ON jobs_audithead
    FOR EACH ROW EXECUTE FUNCTION jobs_audit_refuse()
    """,
    """
    CREATE TRIGGER jobs_audithead_no_truncate BEFORE TRUNCATE ON jobs_audithead
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_audit_refuse()
    """,
    """
    CREATE TRIGGER jobs_auditcheckpoint_no_update
    BEFORE UPDATE OF seq, hash, at, text, signature, public_key ON jobs_auditcheckpoint
    FOR EACH ROW EXECUTE FUNCTION jobs_audit_refuse()
    """,
    """
    CREATE TRIGGER jobs_auditcheckpoint_no_delete BEFORE DELETE ON jobs_auditcheckpoint
    FOR EACH ROW EXECUTE FUNCTION jobs_audit_refuse()
    """,
    """
    CREATE TRIGGER jobs_auditcheckpoint_no_truncate BEFORE TRUNCATE ON jobs_auditcheckpoint
    FOR EACH STATEMENT EXECUTE FUNCTION jobs_audit_refuse()
    """,
]

def create_triggers(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in POSTGRESQL if postgresql else SQLITE:
        schema_editor.execute(statement, params=None)
    if postgresql:
        # ALWAYS: they hold in a session with session_replication_role = replica, too.
        for name, table in _triggers(POSTGRESQL):
            schema_editor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, table in _triggers(POSTGRESQL):
            schema_editor.execute(f"DROP TRIGGER {name} ON {table}")
        schema_editor.execute("DROP FUNCTION jobs_audit_refuse, jobs_audit_follows_last")
    else:
        for name, _table in _triggers(SQLITE):
            schema_editor.execute(f"DROP TRIGGER {name}")


def _triggers(statements):
    return TRIGGER.findall("".join(statements))


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0003_audit_desk'),
    ]

    operations = [migrations.RunPython(create_triggers, drop_triggers)]
