"""store_instances and retrieve: what goes in comes out, once, and only to those who may see it."""

from io import BytesIO

import pytest
from pydicom import examples
from pydicom.dataset import Dataset

from archive.services.ingest import IncomingFile, store_instances
from archive.services.retrieve import image, images_of_series, read_frame, read_header, read_instance, study_record
from governance.core.faults import NotFound
from governance.core.policy import operator

pytestmark = pytest.mark.django_db


def part10(dataset: Dataset) -> bytes:
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_stored_bytes_come_back_as_they_were(alice, charlie):
    data = part10(examples.ct)
    [outcome] = store_instances(actor=operator(), files=[IncomingFile(data=data, source="ct.dcm")], department="radiology")
    assert outcome.status == "stored"
    stored = image(actor=alice.subject, sop_instance_uid=outcome.sop_instance_uid)
    assert b"".join(read_instance(stored)) == data
    assert read_frame(stored, 0) == examples.ct.PixelData
    assert data.startswith(read_header(stored))
    record = study_record(actor=alice.subject, study_instance_uid=outcome.study_instance_uid)
    assert record.series[0].images == (stored,)
    assert images_of_series(actor=alice.subject, series_instance_uid=outcome.series_instance_uid) == [stored]
    for refused in (
        lambda: image(actor=charlie.subject, sop_instance_uid=outcome.sop_instance_uid),
        lambda: study_record(actor=charlie.subject, study_instance_uid=outcome.study_instance_uid),
        lambda: images_of_series(actor=charlie.subject, series_instance_uid=outcome.series_instance_uid),
    ):
        with pytest.raises(NotFound):
            refused()
