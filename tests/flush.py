"""What a test with real transactions needs at its end: Django flushes every table then, which the triggers of the audit log and
of shared views' events refuse, and which takes the seeded roles and departments along. So the triggers step aside, and the seeds come back.
"""

import importlib

from django.apps import apps
from django.db import connection
from django.test import TransactionTestCase

from governance.services.database import close_connections

_seed = importlib.import_module("governance.migrations.0002_seed")
_append_only = importlib.import_module("governance.migrations.0003_append_only_audit")
_append_only_events = importlib.import_module("viewer.migrations.0002_append_only_events")
_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]  # Django's own, not in its stubs


def _flush_and_seed(case: TransactionTestCase) -> None:
    close_connections()  # of the database threads, which such a test used
    with connection.schema_editor() as editor:
        _append_only.rewritable(apps, editor)
        _append_only_events.rewritable(apps, editor)
    _flush(case)
    with connection.schema_editor() as editor:
        _seed.seed(apps, editor)
        _append_only.begin_chain(apps, editor)
        _append_only.append_only(apps, editor)
        _append_only_events.append_only(apps, editor)


def install() -> None:
    """Make every flush of a test do so."""
    TransactionTestCase._fixture_teardown = _flush_and_seed  # type: ignore[attr-defined]  # as above
