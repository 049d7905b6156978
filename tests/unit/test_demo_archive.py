"""The demo archive as a whole: who is in it, what each part holds, that it is small enough and names nobody real."""

import io

import numpy as np
import pytest
from pydicom import dcmread  # noqa: TID251  (our own drawings)

from demo import catalogue, documents, examples, identity, samples
from tests.small_archive import small_archive


@pytest.fixture(scope="module")
def drawn():
    """Every object of the small archive: (part, data set)."""
    return [(part, dcmread(io.BytesIO(data))) for part, files in small_archive() for data in files]


def test_parts_hold_what_they_promise(drawn):
    for part in catalogue.parts(small=True):
        own = [ds for of, ds in drawn if of.title == part.title]
        assert len(own) == part.count
        assert {ds.StudyInstanceUID for ds in own} == set(part.study_uids)


def test_one_patient_has_every_family(drawn):
    ada = {ds.Modality for _, ds in drawn if ds.PatientID == identity.ADA.patient_id}
    assert ada == {"CT", "US", "ECG", "SM", "SR", "DOC"}
    assert len({ds.StudyInstanceUID for _, ds in drawn if ds.Modality == "CT" and ds.PatientID == identity.ADA.patient_id}) == 2


def test_several_departments_and_patients(drawn):
    assert {part.department for part, _ in drawn} == {"radiology", "cardiology", "pathology", "dermatology", "ophthalmology"}
    assert len({ds.PatientID for _, ds in drawn}) == 8


def test_names_are_synthetic_and_identities_agree(drawn):
    people = {person.patient_id: person for person in vars(identity).values() if isinstance(person, identity.Person)}
    for _, ds in drawn:
        person = people[ds.PatientID]
        assert (ds.PatientName, ds.PatientBirthDate, ds.PatientSex) == (person.name, person.birth_date, person.sex)
        assert ds.IssuerOfPatientID == identity.ISSUER
        for element in ds.iterall():
            assert not element.tag.is_private
            if element.VR == "PN" and element.value:
                assert str(element.value).startswith(("Sample^", person.name)), element.keyword


def test_uids_are_unique_valid_and_apart_from_the_full_archive(drawn):
    uids = [ds.SOPInstanceUID for _, ds in drawn]
    assert len(set(uids)) == len(uids)
    assert all(uid.is_valid and len(uid) <= 64 for uid in uids)
    full = {uid for part in catalogue.parts() for uid in part.study_uids}
    assert not full & {ds.StudyInstanceUID for _, ds in drawn}


def test_every_image_can_be_decoded(drawn):
    for _, ds in drawn:
        if "PixelData" in ds and ds.get("NumberOfFrames", 1) == 1:
            assert ds.pixel_array.size > 0


def test_examples_keep_their_pixels_and_transfer_syntax():
    for example in examples.EXAMPLES:
        before = dcmread(examples.FOLDER / example.file)
        after = dcmread(io.BytesIO(examples.reidentified(example)))
        assert after.file_meta.TransferSyntaxUID in {before.file_meta.TransferSyntaxUID, "1.2.840.10008.1.2.1"}
        assert ("PixelData" in after) == ("PixelData" in before)
        if "PixelData" in before:
            assert after.PixelData == before.PixelData


def test_report_is_a_readable_pdf_and_states_both_volumes():
    ds = dcmread(io.BytesIO(documents.report_pdf()))
    pdf = ds.EncapsulatedDocument[: ds.EncapsulatedDocumentLength]
    assert pdf.startswith(b"%PDF-1.4")
    assert pdf.rstrip().endswith(b"%%EOF")
    start = int(pdf.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert pdf[start : start + 4] == b"xref"
    assert b"4.20 ml" in pdf
    assert b"1.50 ml" in pdf


def test_small_drawings_have_their_stated_values():
    ramp = samples.monochrome1(4, 80).pixel_array
    assert ramp[0, 0] == 0
    assert ramp[0, 79] == 4095
    palette = samples.palette_image(64)
    assert palette.pixel_array[0, 5] == 20
    table = np.frombuffer(palette.GreenPaletteColorLookupTableData, dtype="<u2")
    assert table[20] == (255 - 20) * 257
    stored = np.array([[-5, 7], [32000, -32000]], dtype=np.int16)
    assert np.array_equal(samples.gray_ct(stored, slope=2.0).pixel_array, stored)
