"""open_target: frames in order with everything to be said of them, for those who may; audited before it answers."""

from copy import deepcopy
from typing import Any

import pytest
from pydicom import examples

from archive.services.ingest import IncomingFile, store_instances
from governance.core.faults import Malformed, NotFound, Unsupported
from governance.core.policy import operator
from governance.models import AuditEntry
from tests.small_objects import as_bytes, ct_image, uid
from viewer.services.opening import open_target

pytestmark = pytest.mark.django_db


def store(*datasets, department="radiology"):
    files = [IncomingFile(data=as_bytes(dataset), source="test") for dataset in datasets]
    outcomes = store_instances(actor=operator(), files=files, department=department)
    assert [outcome.status for outcome in outcomes] == ["stored"] * len(datasets), [outcome.reason for outcome in outcomes]


def ct_slice(number, z, **attributes):
    plane: dict[str, Any] = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "ImagePositionPatient": [0, 0, z]}
    attributes = {"PixelSpacing": [0.7, 0.7], "SliceThickness": "5", **plane, **attributes}
    return ct_image(number, InstanceNumber=number, **attributes)


@pytest.fixture
def stack(db):
    """A CT of four slices, stored out of order; the third position is missing."""
    store(*(ct_slice(n, z, StudyDate="20250110") for n, z in [(3, 0.0), (1, 20.0), (2, 15.0), (4, 10.0), (5, 5.0)]))
    return {"series_instance_uid": uid("series", "study")}


def test_S01_frames_come_in_stack_order_with_the_identity_of_their_instance(stack, alice):
    opened = open_target(actor=alice.subject, target=stack)
    assert opened.kind == "stack"
    assert [image.instance_number for image, _ in opened.frames] == [1, 2, 4, 5, 3]
    document = opened.document
    for (image, frame_index), frame in zip(opened.frames, document["frames"], strict=True):
        instance = document["instances"][frame["instance"]]
        assert instance["sop_instance_uid"] == image.sop_instance_uid
        assert frame["frame_number"] == frame_index + 1
    assert document["patient"] == {
        "name": "Synthetic, Sam", "patient_id": "P-1", "issuer": "", "birth_date": "19700101", "sex": "M", "identity_conflict": False,
    }  # fmt: skip
    assert (document["study"]["date"], document["study"]["department"]) == ("20250110", "radiology")
    assert document["spacing"] == {"row_mm": 0.7, "column_mm": 0.7, "kind": "calibrated", "label": "Pixel Spacing (0028,0030)"}


def test_the_opening_is_audited_once_and_before_the_answer(stack, alice, bob):
    for actor in (alice, alice, bob):
        open_target(actor=actor.subject, target=stack)
    entries = AuditEntry.objects.filter(action="study opened", study_instance_uid=uid("study", "study"))
    assert [entry.actor for entry in entries] == ["alice", "bob"]


def test_charlie_and_an_unknown_series_look_the_same(stack, charlie):
    with pytest.raises(NotFound) as forbidden:
        open_target(actor=charlie.subject, target=stack)
    with pytest.raises(NotFound) as unknown:
        open_target(actor=charlie.subject, target={"series_instance_uid": "1.2.3"})
    assert str(forbidden.value) == str(unknown.value)
    assert not AuditEntry.objects.filter(action="study opened").exists()


@pytest.mark.parametrize("target", [{}, {"series_instance_uid": 7}, {"series_instance_uid": ""}, {"series_instance_uid": "1" * 65}])
def test_a_target_that_names_no_series_is_malformed(alice, target):
    with pytest.raises(Malformed):
        open_target(actor=alice.subject, target=target)


def test_a_stack_that_is_not_there_is_not_found(stack, alice):
    with pytest.raises(NotFound):
        open_target(actor=alice.subject, target={**stack, "stack": "nothing"})
    with pytest.raises(Malformed):
        open_target(actor=alice.subject, target={**stack, "stack": 3})


def test_without_a_stack_the_largest_one_opens_and_each_can_be_named(alice):
    store(
        *(ct_slice(n, float(n), ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]) for n in (1, 2)),
        *(ct_slice(n, float(n), ImageType=["ORIGINAL", "PRIMARY", "AXIAL"]) for n in (3, 4, 5)),
    )
    series = {"series_instance_uid": uid("series", "study")}
    largest = open_target(actor=alice.subject, target=series)
    assert len(largest.frames) == 3
    again = open_target(actor=alice.subject, target={**series, "stack": largest.document["stack"]})
    assert again.document == largest.document


def test_S12_a_conflict_of_identity_is_told_in_the_viewport(alice):
    store(ct_image("one", study="one"))
    store(ct_image("two", study="two", PatientName="Other^Olga", PatientSex="F"))
    for name, shown in (("one", "Synthetic, Sam"), ("two", "Other, Olga")):
        patient = open_target(actor=alice.subject, target={"series_instance_uid": uid("series", name)}).document["patient"]
        assert (patient["name"], patient["identity_conflict"]) == (shown, True)


def test_an_object_that_cannot_be_drawn_is_refused_by_name(alice):
    document = ct_image(SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1", Modality="DOC", PixelData=None, Rows=None, Columns=None)
    document.EncapsulatedDocument, document.MIMETypeOfEncapsulatedDocument = b"%PDF", "application/pdf"
    store(document)
    with pytest.raises(Unsupported, match="PDF document"):
        open_target(actor=alice.subject, target={"series_instance_uid": uid("series", "study")})


def test_S06_S08_an_echo_loop_has_its_clock_and_its_regions(alice):
    echo = deepcopy(examples.ybr_color)  # a real ultrasound loop
    store(echo, department="cardiology")
    opened = open_target(actor=alice.subject, target={"series_instance_uid": str(echo.SeriesInstanceUID)})
    document = opened.document
    assert (opened.kind, len(opened.frames), document["modality"], document["colour"]) == ("clip", 30, "US", True)
    assert document["cine"]["source"] == "Frame Time (0018,1063)"
    assert document["cine"]["rate"] == pytest.approx(30.0, abs=0.001)
    assert document["spacing"]["kind"] == "regions"
    (region,) = document["regions"]
    assert (region["x0"], region["y0"], region["x1"], region["y1"]) == (84, 31, 595, 414)
    assert (region["unit_x"], region["unit_y"]) == ("cm", "cm")
    assert region["spatial"] is False  # 320 × 240 pixels, made of 640 × 480: the region reaches beyond them, and its cm are wrong by two
    assert document["orientation"] == "unknown"
    assert document["lossy"]["is_lossy"]


def test_opening_takes_the_same_statements_for_a_short_and_a_long_series(alice, django_assert_num_queries):
    for start, name, length in ((0, "other", 1), (10, "short", 2), (100, "long", 30)):
        store(*(ct_image(n, series=name, InstanceNumber=n) for n in range(start, start + length)))
    open_target(actor=alice.subject, target={"series_instance_uid": uid("series", "other")})  # audits the opening of the study
    for name, frames in (("short", 2), ("long", 30)):
        target = {"series_instance_uid": uid("series", name)}
        with django_assert_num_queries(4):
            assert len(open_target(actor=alice.subject, target=target).frames) == frames
        with django_assert_num_queries(2):  # what it shows is remembered
            assert len(open_target(actor=alice.subject, target=target).frames) == frames


def test_what_is_remembered_never_outlives_a_change_or_a_right(stack, alice, charlie):
    before = open_target(actor=alice.subject, target=stack)
    store(ct_slice(6, -5.0))
    after = open_target(actor=alice.subject, target=stack)
    assert (len(before.frames), len(after.frames)) == (5, 6)
    with pytest.raises(NotFound):
        open_target(actor=charlie.subject, target=stack)


def test_S12_who_it_is_about_is_read_anew(stack, alice):
    assert not open_target(actor=alice.subject, target=stack).document["patient"]["identity_conflict"]
    store(ct_image("two", study="two", PatientName="Other^Olga", PatientSex="F"))
    assert open_target(actor=alice.subject, target=stack).document["patient"]["identity_conflict"]


# --- real files ---


def test_a_real_slide_opens_with_its_levels(shared_data, alice):
    folder = shared_data / "pathology" / "dicom-wsi-fluorescence-bpaec"
    files = [IncomingFile(path=path, source=path.name) for path in sorted(folder.glob("*.dcm"))]
    outcomes = store_instances(actor=operator(), files=files, department="pathology")
    opened = open_target(actor=alice.subject, target={"series_instance_uid": outcomes[2].series_instance_uid})
    assert opened.kind == "slide"
    assert [(level.columns, level.tiles_across, level.tiles_down) for level in opened.levels][:2] == [(3072, 3, 3), (1536, 2, 2)]
    assert opened.levels[0].frame_index_of(2, 1) == 5
    assert opened.levels[0].frame_index_of(3, 0) is None
    assert opened.document["slide"]["mpp_um"] == pytest.approx([1.29, 1.29])
    assert opened.document["instances"][1]["sop_instance_uid"] == opened.levels[1].image.sop_instance_uid
    assert opened.document["notes"] == ["3 optical paths stored, the first shown"]


def test_S03_real_fmri_opens_a_time_point_at_a_time(shared_data, alice):
    folder = shared_data / "radiology" / "mr-fmri-ge-multi-timepoint"
    files = [IncomingFile(path=path, source=path.name) for path in sorted(folder.glob("*.dcm"))]
    outcomes = store_instances(actor=operator(), files=files, department="radiology")
    opened = open_target(actor=alice.subject, target={"series_instance_uid": outcomes[0].series_instance_uid})
    assert len(opened.frames) == 15
    assert opened.document["notes"] == ["4 passes over the same positions, told apart by Instance Number"]
    assert opened.document["frames"][0]["edges"] == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
