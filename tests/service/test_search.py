"""find_studies, find_series, find_instances: what matches, what a person may see, and what it costs."""

import pytest

from archive.core.query import Level, parse_query
from archive.services.ingest import IncomingFile, store_instances
from archive.services.search import find_instances, find_series, find_studies
from governance.core.faults import NotFound, Unidentified
from governance.core.policy import ANONYMOUS, operator
from governance.models import AuditEntry
from tests.conftest import make_actor
from tests.small_objects import as_bytes, ct_image, uid

pytestmark = pytest.mark.django_db


def store(*datasets, department="radiology"):
    files = [IncomingFile(data=as_bytes(dataset), source="test") for dataset in datasets]
    outcomes = store_instances(actor=operator(), files=files, department=department)
    assert [outcome.status for outcome in outcomes] == ["stored"] * len(datasets), [outcome.reason for outcome in outcomes]


def study(name, **attributes):
    """Return one instance of a study; `name` makes its UIDs."""
    return ct_image(name, study=name, **{"StudyDate": "20250110", "StudyTime": "101500", "SpecificCharacterSet": "ISO_IR 192"} | attributes)


@pytest.fixture
def studies(db):
    """Four studies of radiology and one of neurology."""
    store(
        study("a", PatientID="A-1", PatientName="Doe^Jane", AccessionNumber="ACC1", StudyDate="20240301", StudyTime="080000"),
        study("b", PatientID="B-2", PatientName="DOERING^Max", AccessionNumber="ACC2", StudyDate="20250110", StudyTime="101500.250"),
        study("c", PatientID="C-3", PatientName="Müller^Jörg^^", StudyDescription="Chest CT", StudyDate="20250110", StudyTime="235959"),
        study("d", PatientID="D-4", PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう", StudyDate="", StudyTime="", Modality="MR"),
    )
    store(study("n", PatientID="N-9", PatientName="Doe^Norbert"), department="neurology")


def found(actor, level="study", **parameters):
    """Return the names of the studies found, newest first."""
    find = {"study": find_studies, "series": find_series, "instance": find_instances}[level]
    results = find(actor=actor.subject, query=parse_query(level, [(key.replace("__", "."), value) for key, value in parameters.items()]))
    names = {uid("study", name): name for name in "abcdn"}
    return "".join(names[row["StudyInstanceUID"]] for row in results.rows)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, "cbad"),
        ({"PatientID": "A-1"}, "a"),
        ({"PatientID": "a-1"}, ""),  # only names are matched without regard to case
        ({"PatientID": "*-?"}, "cbad"),
        ({"PatientID": "A*"}, "a"),
        ({"00100020": "A-1"}, "a"),
        ({"PatientID": ""}, "cbad"),
        ({"PatientID": "[AB]-1"}, ""),  # no other wildcards
        ({"PatientName": "doe^jane"}, "a"),
        ({"PatientName": "DOE*"}, "ba"),
        ({"PatientName": "Doe^*"}, "a"),
        ({"PatientName": "*jane"}, "a"),
        ({"PatientName": "müller^jörg"}, "c"),  # empty last components don't count
        ({"PatientName": "Müller^J?rg"}, "c"),
        ({"PatientName": "Yamada^Tarou"}, "d"),
        ({"PatientName": "山田^太郎"}, "d"),
        ({"PatientName": "山田*"}, "d"),
        ({"PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう"}, "d"),
        ({"PatientName": "太郎"}, ""),
        ({"StudyDate": "20250110"}, "cb"),
        ({"StudyDate": "20240301-20241231"}, "a"),
        ({"StudyDate": "20240302-"}, "cb"),
        ({"StudyDate": "-20240301"}, "a"),  # a study without a date is in no range
        ({"StudyTime": "1015"}, "b"),
        ({"StudyTime": "080000-1015"}, "ba"),
        ({"StudyTime": "10-"}, "cb"),
        ({"AccessionNumber": "ACC*"}, "ba"),
        ({"StudyDescription": "*CT"}, "c"),
        ({"ModalitiesInStudy": "MR"}, "d"),
        ({"ModalitiesInStudy": "C?"}, "cba"),
        ({"ModalitiesInStudy": "CT,MR"}, "cbad"),
        ({"ModalitiesInStudy": "M"}, ""),
        ({"StudyInstanceUID": uid("study", "a") + "," + uid("study", "c")}, "ca"),
        ({"StudyInstanceUID": uid("study", "n")}, ""),
        ({"limit": "1"}, "c"),
        ({"limit": "2", "offset": "1"}, "ba"),
        ({"limit": "0"}, ""),
        ({"offset": "9"}, ""),
        ({"PatientID": "A-1", "StudyDate": "20250110"}, ""),
    ],
)
def test_what_matches(studies, alice, parameters, expected):
    assert found(alice, **parameters) == expected


@pytest.mark.parametrize("level", ["series", "instance"])
def test_attributes_of_the_levels_above_match_below(studies, alice, level):
    assert found(alice, level, PatientName="doe*", StudyDate="20240301-") == "ba"
    assert found(alice, level, Modality="MR") == "d"
    assert found(alice, level, StudyInstanceUID=uid("study", "b")) == "b"


def test_instances_match_and_come_in_the_order_of_their_numbers(alice):
    store(*(ct_image(n, InstanceNumber=n, SeriesNumber=4) for n in (3, 1, 2)))
    rows = find_instances(actor=alice.subject, query=parse_query("instance", [("SeriesNumber", "4")])).rows
    assert [row["InstanceNumber"] for row in rows] == [1, 2, 3]
    rows = find_instances(actor=alice.subject, query=parse_query("instance", [("InstanceNumber", "2"), ("Rows", "4")])).rows
    assert [row["SOPInstanceUID"] for row in rows] == [uid("instance", 2)]


def test_facts_beyond_the_index_are_returned_when_asked_for(alice):
    store(ct_image(SliceThickness="1.5", ImageType=["ORIGINAL", "PRIMARY", "AXIAL"]))

    def first(*parameters):
        return find_instances(actor=alice.subject, query=parse_query("instance", parameters)).rows[0]

    assert "SliceThickness" not in first()
    assert first(("includefield", "SliceThickness,00080008"))["SliceThickness"] == 1.5
    assert first(("includefield", "all"))["ImageType"] == ["ORIGINAL", "PRIMARY", "AXIAL"]


def test_a_result_that_the_server_cuts_says_so(studies, alice, monkeypatch):
    monkeypatch.setattr("archive.core.query.MAX_RESULTS", 3)
    assert find_studies(actor=alice.subject, query=parse_query("study", [("limit", "9")])).is_cut
    assert not find_studies(actor=alice.subject, query=parse_query("study", [("limit", "2")])).is_cut


def test_bob_sees_his_department_and_charlie_nothing(studies, bob, charlie):
    assert found(bob) == "cbad"
    assert [found(charlie, level) for level in ("study", "series", "instance")] == ["", "", ""]
    assert found(charlie, StudyInstanceUID=uid("study", "a")) == ""


def test_nobody_searches_and_who_may_not_read_finds_no_search(studies):
    with pytest.raises(Unidentified):
        find_studies(actor=ANONYMOUS, query=parse_query("study", []))
    with pytest.raises(NotFound):
        find_studies(actor=make_actor("adam", "administrator").subject, query=parse_query("study", []))


def test_a_query_is_audited_by_its_hash_without_values(studies, alice):
    query = parse_query("study", [("PatientName", "Doe^Jane")])
    find_studies(actor=alice.subject, query=query)
    entry = AuditEntry.objects.order_by("-index")[0]
    assert (entry.actor, entry.action) == ("alice", "query")
    assert query.digest() in entry.detail
    assert '"results":1' in entry.detail.replace(" ", "")
    assert "Doe" not in entry.detail
    assert query.digest() == parse_query("study", [("00100010", "Doe^Jane")]).digest()
    assert query.digest() != parse_query("study", [("PatientName", "Doe^June")]).digest()


@pytest.mark.parametrize("find", [find_studies, find_series, find_instances])
def test_a_search_takes_the_same_statements_for_one_and_for_many(alice, find, django_assert_num_queries):
    levels: dict[object, Level] = {find_studies: "study", find_series: "series", find_instances: "instance"}
    store(*(study(f"s{n}", PatientID=f"P{n}") for n in range(12)))

    def search(limit):
        return find(actor=alice.subject, query=parse_query(levels[find], [("limit", str(limit))])).rows

    with django_assert_num_queries(6):  # the search; savepoint, chain head, entry, head, release
        assert len(search(1)) == 1
    with django_assert_num_queries(6):
        assert len(search(12)) == 12
