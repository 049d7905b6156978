"""QIDO-RS parameters as values (PS3.18 8.3.4, PS3.4 C.2.2.2), and results as DICOM JSON (PS3.18 F)."""

import pytest

from archive.core.dicom_json import data_set, element
from archive.core.query import (
    MAX_RESULTS,
    AnyOf,
    Between,
    Single,
    Whole,
    Wildcard,
    keyword_of,
    name_key,
    parse_query,
    upper_bound,
)
from governance.core.faults import Malformed


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("PatientID", "A-1", Single("PatientID", "A-1")),
        ("00100020", "A-1", Single("PatientID", "A-1")),
        ("PatientName", "Doe*", Wildcard("PatientName", "Doe*")),
        ("PatientName", "Doe***", Wildcard("PatientName", "Doe*")),
        ("PatientName", "D?e", Wildcard("PatientName", "D?e")),
        ("StudyInstanceUID", "1.2,1.3", AnyOf("StudyInstanceUID", ("1.2", "1.3"))),
        ("StudyInstanceUID", "1.2\\1.3", AnyOf("StudyInstanceUID", ("1.2", "1.3"))),
        ("0020000d", "1.2", AnyOf("StudyInstanceUID", ("1.2",))),
        ("StudyDate", "20250110", Between("StudyDate", "20250110", "20250110")),
        ("StudyDate", "20250110-20250210", Between("StudyDate", "20250110", "20250210")),
        ("StudyDate", "-20250210", Between("StudyDate", "", "20250210")),
        ("StudyDate", "20250110-", Between("StudyDate", "20250110", "")),
        ("StudyTime", "10-1130", Between("StudyTime", "10", "1130")),
        ("StudyTime", "235959.123456", Between("StudyTime", "235959.123456", "235959.123456")),
        ("ModalitiesInStudy", "CT", Single("ModalitiesInStudy", "CT")),
        ("ModalitiesInStudy", "CT,MR", AnyOf("ModalitiesInStudy", ("CT", "MR"))),
    ],
)
def test_what_a_parameter_means(name, value, match):
    assert parse_query("study", [(name, value)]).matches == (match,)


def test_whole_numbers_are_numbers():
    assert parse_query("instance", [("InstanceNumber", "007"), ("Rows", "512")]).matches == (
        Whole("InstanceNumber", 7),
        Whole("Rows", 512),
    )


@pytest.mark.parametrize("value", ["", "*"])
def test_universal_matching_matches_everything(value):
    assert parse_query("study", [("PatientName", value)]).matches == ()


@pytest.mark.parametrize(
    "parameters",
    [
        [("NoSuchThing", "1")],
        [("PatientNames", "x")],
        [("0010001", "x")],
        [("00100011", "x")],
        [("", "x")],
        [("StudyDate", "2025-01-10")],
        [("StudyDate", "20251399")],
        [("StudyDate", "-")],
        [("StudyDate", "yesterday")],
        [("StudyTime", "25")],
        [("StudyTime", "1061")],
        [("StudyInstanceUID", "1.2;drop")],
        [("StudyInstanceUID", "1.2,")],
        [("StudyInstanceUID", "1.*")],
        [("limit", "-1")],
        [("limit", "many")],
        [("limit", "")],
        [("offset", "1.5")],
        [("offset", "٣")],
        [("fuzzymatching", "perhaps")],
        [("includefield", "NoSuchThing")],
        [("PatientID", "A"), ("00100020", "B")],
        [("PatientID", "A\x00B")],
        [("PatientID", "x" * 5000)],
        [("PatientName", "*a*a*a*a*a*a*a*a*a")],
    ],
)
def test_nonsense_is_refused(parameters):
    with pytest.raises(Malformed):
        parse_query("study", parameters)


def test_numbers_that_are_none_are_refused():
    with pytest.raises(Malformed):
        parse_query("instance", [("InstanceNumber", "seven")])


@pytest.mark.parametrize(
    ("level", "name"),
    [
        ("study", "SeriesInstanceUID"),  # of a level below
        ("study", "PatientComments"),  # not in the index
        ("series", "RequestAttributesSequence.ScheduledProcedureStepID"),
        ("series", "00400275.00400009"),
    ],
)
def test_what_cannot_be_matched_is_ignored_and_said(level, name):
    query = parse_query(level, [(name, "X"), ("PatientID", "A")])
    assert query.matches == (Single("PatientID", "A"),)
    assert query.warnings == (f"Matching on {keyword_of(name)} is not supported at this level. It has been ignored.",)


@pytest.mark.parametrize("name", ["fuzzymatching", "emptyvaluematching", "multiplevaluematching"])
def test_parameters_that_are_not_supported_are_said(name):
    assert parse_query("study", [(name, "false")]).warnings == ()
    (warning,) = parse_query("study", [(name, "true")]).warnings
    assert warning.startswith(f"The {name} parameter is not supported.")


def test_fields_to_include():
    assert parse_query("study", []).include == frozenset()
    query = parse_query("instance", [("includefield", "SliceThickness,00080008"), ("includefield", "KVP")])
    assert query.include == frozenset({"SliceThickness", "ImageType", "KVP"})
    assert parse_query("instance", [("includefield", "KVP"), ("includefield", "all")]).include is None


def test_limit_and_offset():
    query = parse_query("study", [("limit", "20"), ("offset", "40")])
    assert (query.limit, query.offset, query.is_limit_ours) == (20, 40, False)
    assert parse_query("study", []).is_limit_ours
    beyond = parse_query("study", [("limit", "999999")])
    assert (beyond.limit, beyond.is_limit_ours) == (MAX_RESULTS, True)


@pytest.mark.parametrize(
    ("name", "key"),
    [("Doe^Jane^^", "doe^jane"), ("DOE^JANE", "doe^jane"), ("Yamada^T==", "yamada^t"), ("Straße", "strasse"), ("Ａ^Ｂ", "a^b")],
)
def test_names_are_compared_by_their_key(name, key):
    assert name_key(name) == key


@pytest.mark.parametrize(("prefix", "following"), [("doe", "dof"), ("a\U0010ffff", "b"), ("\ud7ff", "\ue000"), ("é", "ê")])
def test_the_end_of_a_prefix(prefix, following):
    assert upper_bound(prefix) == following


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("PatientName", "Yamada^Tarou=山田^太郎=やまだ^たろう", {
            "vr": "PN", "Value": [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}]}),
        ("PatientName", "=山田", {"vr": "PN", "Value": [{"Ideographic": "山田"}]}),
        ("PatientName", "", {"vr": "PN"}),
        ("SeriesNumber", 4, {"vr": "IS", "Value": [4]}),
        ("SeriesNumber", None, {"vr": "IS"}),
        ("Rows", 512, {"vr": "US", "Value": [512]}),
        ("SliceThickness", "1.5", {"vr": "DS", "Value": [1.5]}),
        ("ModalitiesInStudy", ("CT", "SR"), {"vr": "CS", "Value": ["CT", "SR"]}),
        ("ModalitiesInStudy", (), {"vr": "CS"}),
        ("FrameIncrementPointer", "FrameTime", {"vr": "AT", "Value": ["00181063"]}),
        ("StudyInstanceUID", "1.2", {"vr": "UI", "Value": ["1.2"]}),
    ],
)  # fmt: skip
def test_elements_of_dicom_json(keyword, value, expected):
    assert element(keyword, value) == expected


def test_a_data_set_is_in_the_order_of_its_tags():
    found = data_set({"SeriesNumber": 1, "PatientID": "A", "StudyDate": "20250110"})
    assert list(found) == ["00080020", "00100020", "00200011"]
