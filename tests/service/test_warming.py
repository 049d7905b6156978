"""Thumbnails are drawn by the task worker once a study has arrived, and nobody is said to have opened it."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

import demo
from archive.services.ingest import IncomingFile, store_instances
from governance.core.policy import operator
from governance.models import AuditEntry


@pytest.mark.django_db(transaction=True)
def test_the_worker_draws_the_thumbnails_of_what_arrived() -> None:
    files = [IncomingFile(data=demo.part10(dataset), source="drawn") for dataset in demo.small_ct(4, 32)]

    outcomes = store_instances(actor=operator(), files=files, department="radiology")
    call_command("db_worker", "--batch", "--no-startup-delay", verbosity=0)

    assert {outcome.status for outcome in outcomes} == {"stored"}
    assert [result.status for result in DBTaskResult.objects.all()] == ["SUCCESSFUL"]
    assert len(list((Path(settings.CACHE_DIR) / "thumbnails").rglob("*.jpg"))) == 1
    assert AuditEntry.objects.filter(action__in=["study opened", "study previewed"]).count() == 0
