"""Values of a data set that may be wrong, and identities in Unicode by their character set."""

import warnings
from io import BytesIO
from typing import Any

import pytest

from archive.core.dataset import Identity, identity_of, integer, kept_apart, number, person_name, quiet, text
from archive.core.readers import FileSource, read_object
from tests.small_objects import as_bytes, ct_image


def identity(**values: Any) -> Identity:
    with quiet():
        return read_object(FileSource(BytesIO(as_bytes(ct_image(**values))))).identity


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "Buc^Jérôme"),
        ("ISO_IR 101", "Żółty^Łukasz"),
        ("ISO_IR 144", "Люкceмбypг"),
        ("ISO_IR 126", "Διονυσιος"),
        ("ISO_IR 127", "قباني^لنزار"),
        ("ISO_IR 138", "שרון^דבורה"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 192", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
        (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    ],
)
def test_names_are_unicode_whatever_their_character_set(character_set, name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert identity(SpecificCharacterSet=character_set, PatientName=name).patient_name == name


def test_an_unknown_character_set_loses_letters_not_the_file():
    data = as_bytes(ct_image(SpecificCharacterSet="ISO_IR 100", PatientName="Buc^Jérôme")).replace(b"ISO_IR 100", b"NO_SUCHSET")
    with quiet():
        found = read_object(FileSource(BytesIO(data))).identity
    assert found.patient_name.startswith("Buc^J")
    assert found.patient_name.encode("utf-8")


def test_dates_times_and_numbers_of_old_files():
    found = identity(
        PatientBirthDate="1964.01.31", StudyDate="1995.07.20", StudyTime="11:22:07", PatientSex="f", SeriesNumber="3", InstanceNumber=""
    )
    assert (found.patient_birth_date, found.study_date, found.study_time, found.patient_sex) == ("19640131", "19950720", "112207", "F")
    assert (found.series_number, found.instance_number) == (3, None)


def test_trailing_components_and_nul_bytes_are_dropped():
    data = as_bytes(ct_image(PatientName="Doe^Sam^^^^", PatientID="AB\0"))
    found = read_object(FileSource(BytesIO(data))).identity
    assert (found.patient_name, found.patient_id) == ("Doe^Sam", "AB")


def test_values_of_the_wrong_kind_are_nothing():
    dataset = ct_image(SeriesNumber="31", RequestAttributesSequence=[], PatientName=["Doe^Sam", "Roe^Max"])
    data = as_bytes(dataset).replace(b"IS\x02\x0031", b"IS\x02\x00-x").replace(b"CS\x02\x00CT", b"FL\x02\x00CT")
    dataset = read_object(FileSource(BytesIO(data))).dataset
    with quiet():
        assert (integer(dataset, "SeriesNumber"), number(dataset, "PatientID"), text(dataset, "Modality")) == (None, None, "")
        assert text(dataset, "RequestAttributesSequence") == ""
        assert person_name(dataset, "PatientName") == "Doe^Sam"
        assert identity_of(dataset).series_number is None


def test_S12_a_text_that_is_too_long_keeps_its_beginning_and_stays_itself():
    assert kept_apart("x" * 64, 64) == "x" * 64
    texts = ["x" * length + end for length in (64, 65, 200) for end in "abü"]
    kept = [kept_apart(text, 64) for text in texts]
    assert {len(one) for one in kept} == {64}
    assert len(set(kept)) == len(texts)
    assert all(one.startswith("x" * 39 + "…") for one in kept)
    assert kept == [kept_apart(text, 64) for text in texts]
    assert [kept_apart(one, 64) for one in kept] == kept
