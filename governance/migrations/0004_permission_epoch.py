"""The database counts a user's permission_epoch up with every change of their rights, whatever made the change.

Counted: roles and departments given or taken, a role's code or a department's slug, the active flag, the password, the name.
A stale copy saved over it cannot turn the epoch back. SQLite forgets the triggers of a table that a later migration rebuilds:
such a migration calls count_epochs() again (tests/service/test_access.py fails otherwise).
"""

# ruff: noqa: S608  (the SQL is made of the constants below)

from django.db import migrations

LINKS = ("roles", "departments")
NAMED = (("role", "code"), ("department", "slug"))
CHANGED = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in ("is_active", "password", "username"))
RAISE = "UPDATE governance_user SET permission_epoch = permission_epoch + 1 WHERE"


def _sqlite():
    yield f"""CREATE TRIGGER user_epoch AFTER UPDATE ON governance_user WHEN {CHANGED} OR NEW.permission_epoch < OLD.permission_epoch
        BEGIN UPDATE governance_user SET permission_epoch = MAX(OLD.permission_epoch, NEW.permission_epoch) + 1 WHERE id = NEW.id; END"""
    for link in LINKS:
        for event, rows in (("INSERT", "NEW.user_id"), ("DELETE", "OLD.user_id"), ("UPDATE", "OLD.user_id, NEW.user_id")):
            yield f"""CREATE TRIGGER user_{link}_epoch_{event.lower()} AFTER {event} ON governance_user_{link}
                BEGIN {RAISE} id IN ({rows}); END"""
    for table, column in NAMED:
        yield f"""CREATE TRIGGER {table}_epoch AFTER UPDATE OF {column} ON governance_{table} WHEN NEW.{column} <> OLD.{column}
            BEGIN {RAISE} id IN (SELECT user_id FROM governance_user_{table}s WHERE {table}_id = NEW.id); END"""


def _postgresql():
    yield f"""CREATE OR REPLACE FUNCTION governance_user_epoch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF {CHANGED} OR NEW.permission_epoch < OLD.permission_epoch THEN
            NEW.permission_epoch := GREATEST(OLD.permission_epoch, NEW.permission_epoch) + 1;
        END IF; RETURN NEW; END $$"""
    yield "CREATE TRIGGER user_epoch BEFORE UPDATE ON governance_user FOR EACH ROW EXECUTE FUNCTION governance_user_epoch()"
    yield f"""CREATE OR REPLACE FUNCTION governance_link_epoch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'INSERT' THEN {RAISE} id = OLD.user_id; END IF;
        IF TG_OP <> 'DELETE' THEN {RAISE} id = NEW.user_id; END IF;
        RETURN NULL; END $$"""
    for link in LINKS:
        yield f"""CREATE TRIGGER user_{link}_epoch AFTER INSERT OR UPDATE OR DELETE ON governance_user_{link}
            FOR EACH ROW EXECUTE FUNCTION governance_link_epoch()"""
    for table, column in NAMED:
        yield f"""CREATE OR REPLACE FUNCTION governance_{table}_epoch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            {RAISE} id IN (SELECT user_id FROM governance_user_{table}s WHERE {table}_id = NEW.id); RETURN NULL; END $$"""
        yield f"""CREATE TRIGGER {table}_epoch AFTER UPDATE ON governance_{table} FOR EACH ROW
            WHEN (NEW.{column} <> OLD.{column}) EXECUTE FUNCTION governance_{table}_epoch()"""


def count_epochs(apps, schema_editor):
    for statement in _sqlite() if schema_editor.connection.vendor == "sqlite" else _postgresql():
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("governance", "0003_append_only_audit")]
    operations = [migrations.RunPython(count_epochs, migrations.RunPython.noop)]
