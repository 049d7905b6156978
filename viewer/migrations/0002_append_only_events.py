"""The database itself refuses to change or remove events of shared views, and takes only the next number of a view.

SQLite forgets the triggers of a table that a later migration rebuilds: such a migration calls append_only() again
(tests/service/test_shared_views.py fails otherwise).
"""

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER shared_event_no_update BEFORE UPDATE ON viewer_sharedevent
       BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    """CREATE TRIGGER shared_event_no_delete BEFORE DELETE ON viewer_sharedevent
       BEGIN SELECT RAISE(ABORT, 'events are append-only'); END""",
    """CREATE TRIGGER shared_event_next BEFORE INSERT ON viewer_sharedevent
       WHEN NEW.number <> 1 + (SELECT COALESCE(MAX(number), 0) FROM viewer_sharedevent WHERE shared_view_id = NEW.shared_view_id)
       BEGIN SELECT RAISE(ABORT, 'events have no gap'); END""",
]
SQLITE_UNDO = [f"DROP TRIGGER IF EXISTS {name}" for name in ("shared_event_no_update", "shared_event_no_delete", "shared_event_next")]

POSTGRESQL = [
    """CREATE OR REPLACE FUNCTION viewer_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$""",
    """CREATE OR REPLACE FUNCTION viewer_next_event() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN
         IF NEW.number <> 1 + (SELECT COALESCE(MAX(number), 0) FROM viewer_sharedevent WHERE shared_view_id = NEW.shared_view_id) THEN
           RAISE EXCEPTION 'events have no gap';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER shared_event_no_change BEFORE UPDATE OR DELETE ON viewer_sharedevent
       FOR EACH ROW EXECUTE FUNCTION viewer_refuse()""",
    """CREATE TRIGGER shared_event_no_truncate BEFORE TRUNCATE ON viewer_sharedevent
       FOR EACH STATEMENT EXECUTE FUNCTION viewer_refuse()""",
    """CREATE TRIGGER shared_event_next BEFORE INSERT ON viewer_sharedevent
       FOR EACH ROW EXECUTE FUNCTION viewer_next_event()""",
]
POSTGRESQL_UNDO = [
    "DROP TRIGGER IF EXISTS shared_event_no_change ON viewer_sharedevent",
    "DROP TRIGGER IF EXISTS shared_event_no_truncate ON viewer_sharedevent",
    "DROP TRIGGER IF EXISTS shared_event_next ON viewer_sharedevent",
]


def append_only(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def rewritable(apps, schema_editor):
    for statement in SQLITE_UNDO if schema_editor.connection.vendor == "sqlite" else POSTGRESQL_UNDO:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("viewer", "0001_shared_views")]
    operations = [migrations.RunPython(append_only, rewritable)]
