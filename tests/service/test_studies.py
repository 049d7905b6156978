"""The study list and the study page: what a person finds, pages, opens; what others don't."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from archive.models import PatientWord, StudyWord
from archive.services.ingest import IncomingFile, store_instances
from governance.core.faults import Malformed, NotFound, Unidentified
from governance.core.policy import ANONYMOUS, operator
from governance.models import AuditEntry
from tests.conftest import make_actor
from tests.small_objects import as_bytes, ct_image, uid
from viewer.core.tray import WHOLE_SLIDE
from viewer.services.studies import check_study, list_page, study_page

pytestmark = pytest.mark.django_db


def store(*datasets, department="radiology"):
    files = [IncomingFile(data=as_bytes(dataset), source="test") for dataset in datasets]
    outcomes = store_instances(actor=operator(), files=files, department=department)
    assert [outcome.status for outcome in outcomes] == ["stored"] * len(datasets), [outcome.reason for outcome in outcomes]


def study(name, **attributes):
    return ct_image(name, study=name, **{"StudyDate": "20250110", "StudyTime": "101500"} | attributes)


def listed(actor, **parameters):
    names = {uid("study", name): name for name in "abcdefghijklmnopqrstuvwxyz"}
    page = list_page(actor=actor.subject, parameters=parameters)
    return "".join(names[one["study_instance_uid"]] for one in page["studies"])


@pytest.fixture
def studies(db):
    store(
        study("a", PatientID="Ab-1", PatientName="Doe^Jane Mary", AccessionNumber="ACC-1", StudyDate="20240301"),
        study("b", PatientID="B-2", PatientName="Doering^Max", StudyDescription="CT Chest/Abdomen", StudyDate="20250110"),
        study("c", PatientID="C-3", PatientName="Smith-Doe^Ann", Modality="MR", StudyDate="20250111"),
        study("d", PatientID="D-4", PatientName="Lee^Bo", StudyDate=""),
    )
    store(study("n", PatientID="N-9", PatientName="Doe^Nora"), department="neurology")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "cbad"),
        ({"search": "doe"}, "cba"),  # begins a word of the name
        ({"search": "DOE"}, "cba"),
        ({"search": "oe"}, ""),
        ({"search": "mary"}, "a"),
        ({"search": "doe jane"}, "a"),
        ({"search": "jane doe"}, "a"),
        ({"search": "ab-1"}, "a"),  # an identifier however it is typed
        ({"search": "B-"}, "b"),
        ({"search": "acc-1"}, "a"),
        ({"search": "abdomen"}, "b"),
        ({"search": "chest doe"}, "b"),
        ({"search": "domen"}, ""),
        ({"search": "%"}, ""),
        ({"search": "_oe"}, ""),
        ({"modality": "MR"}, "c"),
        ({"modality": "M"}, ""),
        ({"department": "radiology"}, "cbad"),
        ({"department": "neurology"}, ""),
        ({"date_from": "20250101"}, "cb"),
        ({"date_to": "20250110"}, "ba"),
        ({"date_from": "20250110", "date_to": "20250110"}, "b"),
        ({"search": "doe", "modality": "CT", "date_from": "20240101"}, "ba"),
    ],
)
def test_what_the_list_shows(studies, alice, parameters, expected):
    assert listed(alice, **parameters) == expected


def test_a_name_that_comes_later_is_found_too(alice):
    store(study("a", PatientID="A", PatientName=""))
    assert listed(alice, search="sam") == ""
    store(study("b", PatientID="A", PatientName="Synthetic^Sam"))
    assert listed(alice, search="sam") == "ba"
    assert listed(alice, search="synthetic sam") == "ba"


def test_studies_stored_before_there_were_words_get_theirs(studies, alice):
    PatientWord.objects.all().delete()
    StudyWord.objects.all().delete()
    assert listed(alice, search="doe") == ""
    for _ in range(2):  # started again, it writes nothing twice
        import_module("archive.migrations.0004_fill_search_words").fill(apps, None)
    assert listed(alice, search="doe") == "cba"
    assert listed(alice, search="abdomen") == "b"
    assert PatientWord.objects.filter(word="doering").count() == 1


def test_a_row_of_the_list(studies, alice):
    row = list_page(actor=alice.subject, parameters={"search": "ACC-1"})["studies"][0]
    assert row == {
        "study_instance_uid": uid("study", "a"),
        "patient": {
            "name": "Doe, Jane Mary", "patient_id": "Ab-1", "issuer": "", "birth_date": "19700101", "sex": "M", "identity_conflict": False,
        },
        "study_date": "20240301",
        "study_time": "101500",
        "accession_number": "ACC-1",
        "description": "",
        "modalities": ["CT"],
        "department": "radiology",
        "number_of_series": 1,
        "number_of_instances": 1,
        "thumbnail": f"/thumbnails/{uid('instance', 'a')}",
    }  # fmt: skip


def test_S15_the_middle_of_the_first_series_stands_for_a_study_and_a_label_never_does(alice):
    slide = {"Modality": "SM", "SOPClassUID": WHOLE_SLIDE, "study": "s"}
    store(
        *(ct_image(n, study="c", series="c2", SeriesNumber=2, InstanceNumber=n) for n in range(1, 8)),
        *(ct_image(n, study="c", series="c3", SeriesNumber=3, InstanceNumber=n) for n in (11, 12)),
        ct_image("report", study="c", series="c1", SeriesNumber=1, Modality="SR", PixelData=None),
        ct_image("label", ImageType=["ORIGINAL", "PRIMARY", "LABEL", "NONE"], InstanceNumber=1, **slide),
        ct_image("level", ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], InstanceNumber=2, **slide),
        ct_image("only report", study="r", Modality="SR", PixelData=None, Rows=0, Columns=0),
    )
    found = {one["study_instance_uid"]: one["thumbnail"] for one in list_page(actor=alice.subject, parameters={})["studies"]}
    assert found == {
        uid("study", "c"): f"/thumbnails/{uid('instance', 3)}",
        uid("study", "s"): f"/thumbnails/{uid('instance', 'level')}",
        uid("study", "r"): None,
    }


def test_pages_follow_each_other_without_gap_or_repeat(alice):
    store(*(study(name, PatientID=name, StudyDate=f"2025011{n % 3}", StudyTime="") for n, name in enumerate("abcdefg")))
    seen, cursor = "", ""
    while True:
        page = list_page(actor=alice.subject, parameters={"limit": "3", "after": cursor})
        seen += "".join(next(n for n in "abcdefg" if uid("study", n) == one["study_instance_uid"]) for one in page["studies"])
        cursor = page["next"]
        if cursor is None:
            break
        store(study(len(seen), PatientID="new", StudyDate="20260101"))  # what comes in on top meanwhile changes no later page
    assert seen == "fcebgda"


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"limit": "²"},
        {"after": "nonsense"},
        {"after": "W10"},
        {"after": "WyJhIiwxLDJd"},
        {"date_from": "2025-01-10"},
        {"date_to": "20259999"},
        {"search": "x" * 300},
        {"search": "a b c d e f g h i"},
        {"search": "a\x00b"},
    ],
)
def test_nonsense_is_refused(alice, parameters):
    with pytest.raises(Malformed):
        list_page(actor=alice.subject, parameters=parameters)


def test_the_list_takes_the_same_statements_however_long_it_is(alice, django_assert_num_queries):
    store(*(study(name, PatientID=name) for name in "abcdefghij"))
    for limit in ("1", "10"):
        with django_assert_num_queries(1):
            assert len(list_page(actor=alice.subject, parameters={"limit": limit})["studies"]) == int(limit)


def test_a_search_is_audited_without_its_words(studies, alice):
    list_page(actor=alice.subject, parameters={"search": "doe"})
    entry = AuditEntry.objects.order_by("-index")[0]
    assert (entry.actor, entry.action) == ("alice", "query")
    assert "doe" not in entry.detail


def test_charlie_machines_and_nobody_see_no_list(studies, charlie):
    assert listed(charlie) == ""
    with pytest.raises(NotFound):
        list_page(actor=make_actor("robot", "service").subject, parameters={})
    with pytest.raises(Unidentified):
        list_page(actor=ANONYMOUS, parameters={})


# --- the study page ---


def test_the_study_page_lists_what_can_be_opened(alice):
    named: dict[str, Any] = {"SeriesNumber": 2, "SeriesDescription": "CT chest 1.5 mm"}
    plane: dict[str, Any] = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    store(
        *(ct_image(n, series="ct", InstanceNumber=n, ImagePositionPatient=[0, 0, 5.0 * n], **named, **plane) for n in (1, 2, 3)),
        ct_image("scout", series="scout", SeriesNumber=1, SeriesDescription="", BodyPartExamined="CHEST"),
        ct_image("pdf", series="doc", SeriesNumber=9, SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1", Modality="DOC", Rows=0, PixelData=None),
    )
    page = study_page(actor=alice.subject, study_instance_uid=uid("study", "study"))
    assert page["study"]["study_instance_uid"] == uid("study", "study")
    scout, stack, document = page["items"]
    assert (scout["kind"], scout["label"], scout["detail"]) == ("image", "CT Chest", "1 image")
    assert (stack["kind"], stack["label"], stack["detail"], stack["count"]) == ("stack", "CT chest 1.5 mm", "3 images", 3)
    assert stack["thumbnail"] == f"/thumbnails/{uid('instance', 2)}"
    assert stack["key"] == f"{uid('series', 'ct')}/{stack['stack']}"
    assert (document["kind"], document["thumbnail"]) == ("object", None)
    assert document["object"] == {
        "name": "PDF document",
        "sop_class": "1.2.840.10008.5.1.4.1.1.104.1",
        "reason": "Viewbox can't show PDF documents yet",
        "download": f"/download/{uid('instance', 'pdf')}",
    }
    assert AuditEntry.objects.filter(action="study opened", study_instance_uid=uid("study", "study")).count() == 1


def test_S12_related_studies_are_of_the_same_patient_only(alice, bob):
    store(
        study("a", StudyDate="20240101"),
        study("b", StudyDate="20250301"),
        study("x", PatientName="Other^Olga", PatientSex="F", StudyDate="20240201"),  # the same number, another person
        study("y", IssuerOfPatientID="elsewhere", StudyDate="20240301"),
        study("z", PatientID="", StudyDate="20240401"),
    )
    store(study("p", StudyDate="20230101"), department="pathology")

    def related(actor, name):
        page = study_page(actor=actor.subject, study_instance_uid=uid("study", name))
        return [(one["study_instance_uid"], one["interval"]) for one in page["related"]]

    assert related(alice, "b") == [(uid("study", "a"), "1 y 2 mo earlier"), (uid("study", "p"), "2 y 2 mo earlier")]
    assert related(bob, "b") == [(uid("study", "a"), "1 y 2 mo earlier")]  # pathology isn't his
    assert [related(alice, name) for name in "xyz"] == [[], [], []]


def test_charlie_and_an_unknown_study_look_the_same(studies, charlie):
    for refused in (study_page, check_study):
        with pytest.raises(NotFound) as forbidden:
            refused(actor=charlie.subject, study_instance_uid=uid("study", "a"))
        with pytest.raises(NotFound) as unknown:
            refused(actor=charlie.subject, study_instance_uid="1.2.3")
        assert str(forbidden.value) == str(unknown.value)
    assert not AuditEntry.objects.filter(action="study opened").exists()
    with pytest.raises(NotFound):
        study_page(actor=make_actor("robot", "service").subject, study_instance_uid=uid("study", "a"))


def test_the_study_page_takes_the_same_statements_however_much_is_in_it(alice, django_assert_num_queries):
    store(*(ct_image(n, study="small", series=n) for n in range(2)))
    store(*(ct_image(n, study="large", series=n) for n in range(100, 120)))
    for name in ("small", "large"):
        study_page(actor=alice.subject, study_instance_uid=uid("study", name))
        with django_assert_num_queries(5):
            study_page(actor=alice.subject, study_instance_uid=uid("study", name))
