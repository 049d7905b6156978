"""The database itself refuses to change or remove audit entries; the head of the chain only moves forward, by one.

SQLite forgets the triggers of a table that a later migration rebuilds: such a migration calls append_only() again
(tests/service/test_audit.py fails otherwise).
"""

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON governance_auditentry
       BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END""",
    """CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON governance_auditentry
       BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END""",
    """CREATE TRIGGER audit_head_forward BEFORE UPDATE ON governance_audithead WHEN NEW.last_index <> OLD.last_index + 1 OR NEW.id <> OLD.id
       BEGIN SELECT RAISE(ABORT, 'the audit head moves forward by one'); END""",
    """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON governance_audithead
       BEGIN SELECT RAISE(ABORT, 'the audit head moves forward by one'); END""",
]
SQLITE_UNDO = [
    f"DROP TRIGGER IF EXISTS {name}"
    for name in ("audit_entry_no_update", "audit_entry_no_delete", "audit_head_forward", "audit_head_no_delete")
]

POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION governance_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$""",
    """CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON governance_auditentry
       FOR EACH ROW EXECUTE FUNCTION governance_refuse()""",
    """CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON governance_auditentry
       FOR EACH STATEMENT EXECUTE FUNCTION governance_refuse()""",
    """CREATE TRIGGER audit_head_forward BEFORE UPDATE ON governance_audithead
       FOR EACH ROW WHEN (NEW.last_index <> OLD.last_index + 1 OR NEW.id <> OLD.id) EXECUTE FUNCTION governance_refuse()""",
    """CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON governance_audithead
       FOR EACH ROW EXECUTE FUNCTION governance_refuse()""",
    """CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON governance_audithead
       FOR EACH STATEMENT EXECUTE FUNCTION governance_refuse()""",
]
POSTGRESQL_UNDO = [
    "DROP TRIGGER IF EXISTS audit_entry_no_change ON governance_auditentry",
    "DROP TRIGGER IF EXISTS audit_entry_no_truncate ON governance_auditentry",
    "DROP TRIGGER IF EXISTS audit_head_forward ON governance_audithead",
    "DROP TRIGGER IF EXISTS audit_head_no_delete ON governance_audithead",
    "DROP TRIGGER IF EXISTS audit_head_no_truncate ON governance_audithead",
]


def append_only(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def rewritable(apps, schema_editor):
    for statement in SQLITE_UNDO if schema_editor.connection.vendor == "sqlite" else POSTGRESQL_UNDO:
        schema_editor.execute(statement)


def begin_chain(apps, schema_editor):
    apps.get_model("governance", "AuditHead").objects.get_or_create(pk=1, defaults={"last_index": 0, "last_sha256": "0" * 64})


class Migration(migrations.Migration):
    dependencies = [("governance", "0002_seed")]
    operations = [
        migrations.RunPython(begin_chain, migrations.RunPython.noop),
        migrations.RunPython(append_only, rewritable),
    ]
