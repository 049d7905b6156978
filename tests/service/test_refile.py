"""refile: an index made stale is as intake would file it today; identity is left alone."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from archive.core.frame import FrameTable
from archive.models import Instance
from archive.services import refile as service
from archive.services.ingest import IncomingFile, store_instances
from archive.services.storage import object_store
from governance.core.policy import operator
from governance.models import AuditEntry
from tests.small_objects import as_bytes, ct_image, encapsulated_image

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored():
    """Return the rows of four instances as intake files them, by SOP Instance UID."""
    files = [as_bytes(ct_image(name, FrameTime=40, FrameIncrementPointer=0x00181063)) for name in ("one", "two", "three")]
    files.append(as_bytes(encapsulated_image([[b"\xff\xd8ab"], [b"\xff\xd8cd"]], has_bot=False, name="loop")))
    outcomes = store_instances(actor=operator(), files=[IncomingFile(data=data) for data in files], department="radiology")
    assert {outcome.status for outcome in outcomes} == {"stored"}
    return rows()


def rows():
    fields = ("pk", "series_id", "instance_number", "sha256", "stored_by", *service.FIELDS)
    return {row["sop_instance_uid"]: row for row in Instance.objects.values("sop_instance_uid", *fields)}


def make_stale():
    Instance.objects.update(facts={}, rows=0, columns=0, number_of_frames=0, frame_table=FrameTable.DEFERRED.pack())


def refiled(*arguments):
    out = StringIO()
    call_command("refile", *arguments, stdout=out)
    return out.getvalue().strip().splitlines()


def test_a_stale_index_is_made_as_intake_files_it(stored):
    make_stale()
    assert rows() != stored
    assert refiled() == ["4 of 4 instances changed, 0 could not be read"]
    assert rows() == stored
    entry = AuditEntry.objects.filter(action="instances refiled").get()
    assert entry.actor == "refile"
    assert json.loads(entry.detail)["changed"] == 4


def test_what_is_right_is_not_written_again(stored):
    assert refiled() == ["0 of 4 instances changed, 0 could not be read"]
    assert rows() == stored
    assert not AuditEntry.objects.filter(action="instances refiled").exists()


def test_a_stopped_run_goes_on_where_it_was(stored, monkeypatch):
    make_stale()
    monkeypatch.setattr(service, "BATCH", 3)
    first = next(service.refile(actor=operator()))
    assert (first.seen, first.changed) == (3, 3)
    assert refiled("--after", str(first.last)) == ["1 of 1 instances changed, 0 could not be read"]
    assert rows() == stored


def test_an_object_that_is_gone_leaves_its_row_and_the_others_go_on(stored):
    lost = next(iter(stored.values()))
    path = object_store().local_path(lost["sha256"])
    assert path is not None
    kept = path.read_bytes()
    path.unlink()
    make_stale()
    try:
        lines = refiled()
    finally:
        path.write_bytes(kept)
    assert lines[-1] == "3 of 4 instances changed, 1 could not be read"
    assert lines[0].startswith("left as it was: ")
    assert Instance.objects.get(pk=lost["pk"]).facts == {}
