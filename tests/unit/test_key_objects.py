"""Key object selections are read as they were written: literals, highdicom's, a given one (PS3.3 A.35.4; PS3.16 TID 2010)."""

import io

import pytest
from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from highdicom.sr import CodedConcept

from governance.core.faults import Malformed
from tests.presentation_objects import grey_ramp, key_objects, reference
from tests.small_objects import as_bytes, uid
from viewer.core.key_objects import read_key_objects
from viewer.core.references import Reference


def test_a_selection_says_what_was_marked_and_why():
    image = grey_ramp()
    made = read_key_objects(as_bytes(key_objects(image, references=[reference(image.SOPInstanceUID, 2, 5), reference("1.2.3")])))
    assert (made.title, made.description, made.observer, made.created) == ("Of Interest", "the fracture", "Reader, Rita", "20260203040506")
    assert made.references == (Reference(image.SOPInstanceUID, (2, 5)), Reference("1.2.3"))


def test_highdicoms_selection():
    image = grey_ramp(StudyDate="", StudyTime="", AccessionNumber="", ReferringPhysicianName="", StudyID="", SeriesNumber=1)
    title = CodedConcept("113004", "DCM", "For Teaching")
    content = KeyObjectSelection(document_title=title, referenced_objects=[image], description="look here")
    document = KeyObjectSelectionDocument(
        evidence=[image], content=content, series_instance_uid=uid("series", "ko"), series_number=9, sop_instance_uid=uid("ko"),
        instance_number=1, manufacturer="m", institution_name="i",
    )  # fmt: skip
    buffer = io.BytesIO()
    document.save_as(buffer)
    made = read_key_objects(buffer.getvalue())
    assert (made.title, made.description) == ("For Teaching", "look here")
    assert made.references == (Reference(image.SOPInstanceUID),)
    assert made.others == 0


def test_the_given_selection(shared_data):
    made = read_key_objects((shared_data / "documents" / "kos-key-object-selection-synthetic.dcm").read_bytes())
    assert (made.title, made.description) == ("Of Interest", "Synthetic key object selection parity fixture")
    assert made.references == (Reference("2.25.122400110"),)


@pytest.mark.parametrize("data", [as_bytes(grey_ramp()), b"nothing of the kind"])
def test_what_is_no_selection_is_refused(data):
    with pytest.raises(Malformed):
        read_key_objects(data)


def test_every_cut_of_a_selection_is_read_or_refused_and_nothing_else():
    whole = as_bytes(key_objects(grey_ramp()))
    for length in range(132, len(whole), 5):
        try:
            read_key_objects(whole[:length])
        except Malformed:
            continue
