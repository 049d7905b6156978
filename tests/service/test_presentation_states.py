"""Presentation states and key images of a study: listed, applied, and only for those who may see the images."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from archive.services.ingest import IncomingFile, store_instances
from governance.core.faults import Malformed, NotFound
from governance.core.policy import operator
from governance.models import AuditEntry
from tests.presentation_objects import grey_ramp, item, key_objects, lut, overlay, reference, state, window
from tests.small_objects import as_bytes, ct_image, dcmread, uid
from tests.stored_files import stored_bytes
from viewer.core.applied import Applied
from viewer.core.view import ViewState
from viewer.services.opening import open_target
from viewer.services.presentation_states import StateInUse
from viewer.services.rendering import render_frame
from viewer.services.studies import presentation_document, study_page

STUDY, SERIES = uid("study", "study"), uid("series", "study")
PLANE = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [1, 1], "FrameOfReferenceUID": "1.2.3"}


def slices(count: int = 3) -> list[Dataset]:
    """Return slices that are shown in this order: head first."""
    return [grey_ramp(f"slice {k}", InstanceNumber=k + 1, ImagePositionPatient=[0, 0, -k], **PLANE) for k in range(count)]


def store(*datasets: Dataset, department: str = "radiology") -> None:
    files = [IncomingFile(data=as_bytes(dataset), source="test") for dataset in datasets]
    outcomes = store_instances(actor=operator(), files=files, department=department)
    assert [outcome.status for outcome in outcomes] == ["stored"] * len(datasets), [outcome.reason for outcome in outcomes]


def items_of(actor: Any) -> dict[str, dict[str, Any]]:
    """Return the tray's items by series."""
    return {each["series_instance_uid"]: each for each in study_page(actor=actor.subject, study_instance_uid=STUDY)["items"]}


def named(made: Dataset, **more: Any) -> ViewState:
    return ViewState(codec="png", presentation=str(made.SOPInstanceUID), **more)


def levels(image: Dataset, made: Dataset, frame_index: int = 0, view: ViewState | None = None) -> tuple[np.ndarray, Applied]:
    """Return what a frame looks like in a lossless picture that names a state, and what the picture says was applied."""
    view = view or named(made)
    picture = render_frame(
        image=stored_bytes(as_bytes(image)), frame_index=frame_index, view=view, state=StateInUse(stored_bytes(as_bytes(made)))
    )
    return np.asarray(Image.open(io.BytesIO(picture.data))), picture.applied


# --- listed ---


def test_a_state_is_listed_with_the_stack_that_it_is_about(alice):
    images = slices()
    of_two = [reference(image.SOPInstanceUID) for image in images[1:]]
    store(*images, state(images[0], references=of_two))
    found = items_of(alice)
    assert found[SERIES]["presentations"] == [{
        "sop_instance_uid": uid("instance", "state"), "label": "BONE", "description": "as reported", "creator": "Reader, Rita",
        "created": "20260102030405", "kind": "grayscale", "is_applied": True, "reason": "",
        "applies_to": {"frames": 2, "of": 3, "first": 1},
    }]  # fmt: skip
    own = found[uid("series", "states")]  # the object itself stays where it was filed
    assert (own["kind"], own["object"]["name"], own["presentations"]) == ("object", "Presentation state", [])


def test_key_images_are_counted_with_their_places_title_and_description(alice):
    images = slices()
    first = key_objects(images[0], "one", references=[reference(image.SOPInstanceUID) for image in (images[0], images[2])])
    second = key_objects(images[0], "two", references=[reference(images[2].SOPInstanceUID), reference(uid("instance", "elsewhere"))])
    store(*images, first, second)
    found = items_of(alice)
    stack = found[SERIES]
    assert stack["key_images"] == 2, "an image that two notes mark is one key image"
    assert [(note["title"], note["description"], note["creator"], note["frames"]) for note in stack["key_notes"]] == [
        ("Of Interest", "the fracture", "Reader, Rita", [0, 2]), ("Of Interest", "the fracture", "Reader, Rita", [2]),
    ]  # fmt: skip
    own = found[uid("series", "key objects")]
    assert (own["kind"], own["object"]["name"], own["key_images"]) == ("object", "Key object selection", 0)


def test_a_study_without_such_objects_says_there_are_none(alice):
    store(*slices())
    stack = items_of(alice)[SERIES]
    assert (stack["presentations"], stack["key_images"], stack["key_notes"]) == ([], 0, [])


def test_a_state_that_is_not_applied_is_listed_as_such(alice):
    images = slices()
    store(*images, state(images[0], kind="8"))
    (listed,) = items_of(alice)[SERIES]["presentations"]
    assert (listed["kind"], listed["is_applied"]) == ("advanced blending", False)
    assert listed["reason"] == "Viewbox doesn't apply states of this kind yet: advanced blending"


def test_the_real_state_is_listed_over_all_its_slices(alice, shared_data):
    folder = shared_data / "radiology" / "mr-liver-philips-25-slices-with-gsps"
    files = [IncomingFile(data=path.read_bytes(), source="test") for path in sorted(folder.glob("*.dcm"))]
    store_instances(actor=operator(), files=files, department="radiology")
    study = str(_study_of(files))
    listed = [one for each in study_page(actor=alice.subject, study_instance_uid=study)["items"] for one in each["presentations"]]
    assert [(one["label"], one["is_applied"], one["applies_to"]["of"]) for one in listed] == [("AS LAST SEEN", True, 25)]
    assert listed[0]["applies_to"]["frames"] == 25


def _study_of(files: list[IncomingFile]) -> str:
    return str(dcmread(io.BytesIO(files[0].data), stop_before_pixels=True).StudyInstanceUID)  # type: ignore[arg-type]


# --- applied ---


def test_levels_by_a_state_and_the_picture_says_so():
    """LINEAR, center 100, width 101, as tests/unit/test_presented.py has it by hand."""
    image = grey_ramp()
    shown, applied = levels(image, state(image, SoftcopyVOILUTSequence=[window(100, 101)]))
    assert [int(shown.reshape(-1)[value]) for value in (49, 100, 150)] == [0, 129, 255]
    assert applied & Applied.PRESENTED


def angiogram() -> Dataset:
    """Return a run of three frames of 4 x 4: all 100, all 84, all 132; it recommends nothing."""
    values = np.repeat(np.array([100, 84, 132], np.uint16), 16)
    return ct_image("run", SOPClassUID="1.2.840.10008.5.1.4.1.1.12.1", Modality="XA", NumberOfFrames=3, PixelData=values.tobytes())


MASK = item(MaskOperation="AVG_SUB", MaskFrameNumbers=1)


def test_S09_a_states_mask_is_subtracted_and_its_window_is_one_of_differences():
    """LINEAR around 0, 65 wide: y = ((d + 0.5) / 64 + 0.5) * 255: 0 -> 129.49, -16 -> 65.7, 32 -> 257."""
    run = angiogram()
    made = state(run, kind="5", MaskSubtractionSequence=[MASK], SoftcopyVOILUTSequence=[window(0, 65)])
    assert [int(levels(run, made, index)[0][0, 0]) for index in range(3)] == [129, 66, 255]
    assert levels(run, made)[1] & (Applied.SUBTRACTED | Applied.PRESENTED) == Applied.SUBTRACTED | Applied.PRESENTED
    shown, applied = levels(run, made, 1, named(made, subtraction=False))
    assert not applied & Applied.SUBTRACTED
    assert int(shown[0, 0]) == 255, "84 is far above the window"


def test_S09_a_state_that_recommends_the_native_view_keeps_its_mask_at_hand():
    run = angiogram()
    made = state(run, kind="5", MaskSubtractionSequence=[MASK], RecommendedViewingMode="NAT", SoftcopyVOILUTSequence=[window(100, 65)])
    assert not levels(run, made)[1] & Applied.SUBTRACTED
    assert levels(run, made, view=named(made, subtraction=True))[1] & Applied.SUBTRACTED


def test_S09_a_states_mask_goes_through_the_states_modality_stage():
    """Twice the values: twice the difference, whatever a mask of the same frames was made of before."""
    run = angiogram()
    plain = state(run, kind="5", MaskSubtractionSequence=[MASK], SoftcopyVOILUTSequence=[window(0, 65)])
    twice: dict[str, Any] = {"RescaleSlope": 2, "RescaleIntercept": 0, "RescaleType": "US"}
    made = state(run, "twice", kind="5", MaskSubtractionSequence=[MASK], SoftcopyVOILUTSequence=[window(0, 65)], **twice)
    assert int(levels(run, plain, 1)[0][0, 0]) == 66
    assert int(levels(run, made, 1)[0][0, 0]) == 2  # d = -32: 1.99


def test_a_frame_that_the_state_is_not_about_is_as_stored_and_the_picture_says_so():
    image, other = grey_ramp(WindowCenter="100", WindowWidth="1"), grey_ramp("other")
    shown, applied = levels(image, state(other, SoftcopyVOILUTSequence=[window(200, 1)]))
    assert [int(shown.reshape(-1)[value]) for value in (99, 100, 199)] == [0, 255, 255]
    assert not applied & Applied.PRESENTED


def test_the_states_overlay_is_drawn_and_the_images_is_not_unless_the_state_wants_it():
    image = grey_ramp()
    diagonal = np.eye(16, dtype=bool)
    overlay(0x6000, diagonal, image)
    without, applied = levels(image, state(image))
    assert without.max() < 255
    assert not applied & Applied.OVERLAYS
    wanted = state(image, "wanted")
    wanted.add_new((0x6000, 0x1001), "CS", "MARKS")
    shown, applied = levels(image, wanted)
    assert np.array_equal(shown == 255, diagonal)
    assert applied & Applied.OVERLAYS
    own = state(image, "own")
    overlay(0x6000, diagonal[::-1], own, layer="MARKS")
    assert np.array_equal(levels(image, own)[0] == 255, diagonal[::-1])


def test_a_bitmap_shutter_of_the_state_hides_what_it_marks():
    image = grey_ramp()
    made = state(image, ShutterShape="BITMAP", ShutterOverlayGroup=0x6000, ShutterPresentationValue=65_535)
    half = np.zeros((16, 16), bool)
    half[:, 8:] = True
    overlay(0x6000, half, made)
    shown, applied = levels(image, made)
    assert np.array_equal(shown == 255, half)
    assert applied & Applied.SHUTTER


def test_the_images_own_shutter_gives_way_to_the_state_without_one():
    image = grey_ramp(ShutterShape="CIRCULAR", CenterOfCircularShutter=[8, 8], RadiusOfCircularShutter=2)
    shown, applied = levels(image, state(image, SoftcopyVOILUTSequence=[window(100, 101)]))
    assert int(shown[15, 15]) == 255
    assert not applied & Applied.SHUTTER


def test_a_state_that_is_not_applied_is_refused_in_words():
    image = grey_ramp()
    with pytest.raises(Malformed, match="doesn't apply"):
        levels(image, state(image, kind="8"))


def test_a_view_that_names_a_state_needs_that_state():
    image = grey_ramp()
    with pytest.raises(NotFound):
        render_frame(image=stored_bytes(as_bytes(image)), frame_index=0, view=ViewState(presentation="1.2.3"))
    with pytest.raises(NotFound):
        levels(image, state(image), view=ViewState(presentation="1.2.3"))


def test_a_presentation_table_of_a_stored_jpeg_never_passes_stored_bytes():
    """Eight bits as stored would be the levels already; a table that turns them round is not forgotten."""
    eight = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelData": bytes(range(256))}
    image = grey_ramp(**eight)
    made = state(image, PresentationLUTShape=None, PresentationLUTSequence=[lut(0, [255 - k for k in range(256)], 8)])
    shown, _ = levels(image, made)
    assert shown.reshape(-1).tolist() == [255 - k for k in range(256)]


# --- who may ---


def test_an_opened_target_offers_the_states_of_its_study_and_no_others(alice):
    images = slices()
    store(*images, state(images[0]))
    other = grey_ramp("other", study="another study")
    store(other, state(other, "foreign", SeriesInstanceUID=uid("series", "foreign")))
    opened = open_target(actor=alice.subject, target={"series_instance_uid": SERIES})
    assert list(opened.states) == [uid("instance", "state")]


def test_the_document_is_audited_and_nothing_for_those_who_may_not_see_the_images(alice, charlie):
    images = slices()
    store(*images, state(images[0], ImageRotation=90, GraphicAnnotationSequence=[item(GraphicLayer="A")]))
    before = AuditEntry.objects.filter(actor="alice", study_instance_uid=STUDY).count()
    document = presentation_document(actor=alice.subject, sop_instance_uid=uid("instance", "state"))
    assert (document["label"], document["geometry"]["rotation"], len(document["annotations"])) == ("BONE", 90, 1)
    assert AuditEntry.objects.filter(actor="alice", study_instance_uid=STUDY).count() == before + 1
    for actor, asked in ((charlie, uid("instance", "state")), (alice, images[0].SOPInstanceUID), (alice, "1.2.3")):
        with pytest.raises(NotFound):
            presentation_document(actor=actor.subject, sop_instance_uid=str(asked))
