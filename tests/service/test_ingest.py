"""store_instances and retrieve: what goes in comes out, once, and only to those who may see it."""

import hashlib
from dataclasses import replace
from importlib import import_module

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.core.facts import image_facts
from archive.core.query import parse_query
from archive.models import Conflict, Instance, Patient, Quarantined, Series, Study
from archive.services.ingest import IncomingFile, Outcome, store_instances
from archive.services.retrieve import StoredImage, image, images_of_series, read_frame, read_header, read_instance, study_record
from archive.services.search import find_studies
from archive.services.storage import object_store, quarantine
from governance.core.faults import Denied, Duplicate, Malformed, Mismatch, NotFound, Unidentified, Unsupported
from governance.core.policy import ANONYMOUS, operator
from governance.models import AuditEntry
from governance.services.notices import subscribe, unsubscribe
from tests.small_objects import as_bytes, ct_image, encapsulated_image, uid

pytestmark = pytest.mark.django_db


def store(*datasets, department="radiology", **options) -> list[Outcome]:
    files = [
        IncomingFile(data=item if isinstance(item, bytes) else as_bytes(item), source=f"file {number}")
        for number, item in enumerate(datasets)
    ]
    return store_instances(actor=operator(), files=files, department=department, **options)


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


# --- in and out ---


def test_stored_bytes_come_back_as_they_were(alice):
    data = as_bytes(ct_image(NumberOfFrames=2, PixelData=bytes(range(64))))
    [outcome] = store(data)
    assert outcome == Outcome(
        "stored", "file 0", "1.2.840.10008.5.1.4.1.1.2", uid("instance", "one"), uid("study", "study"), uid("series", "study")
    )
    stored = image(actor=alice.subject, sop_instance_uid=outcome.sop_instance_uid)
    assert b"".join(read_instance(stored)) == data
    assert [read_frame(stored, index) for index in (0, 1)] == [bytes(range(32)), bytes(range(32, 64))]
    assert data.startswith(read_header(stored))
    assert (stored.rows, stored.columns, stored.number_of_frames, stored.department) == (4, 4, 2, "radiology")
    assert stored.sha256 == hashlib.sha256(data).hexdigest()


def test_one_bit_and_fragmented_and_deflated_frames(alice):
    bits = ct_image("bits", Rows=3, Columns=3, BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=3)
    bits.PixelData = bytes([0b10101010, 0b1, 0b11111100, 0b1])
    frames = [[b"\xff\xd8aa", b"bb\xff\xd9\0\0"], [b"\xff\xd8cccc\xff\xd9"]]
    split = encapsulated_image(frames, has_bot=True, name="split")
    deflated = ct_image("deflated", transfer_syntax="1.2.840.10008.1.2.1.99")
    uids = [outcome.sop_instance_uid for outcome in store(bits, split, deflated)]
    packed, fragmented, inflated = (image(actor=alice.subject, sop_instance_uid=uid) for uid in uids)
    assert [read_frame(packed, index) for index in range(3)] == [bytes([0b10101010, 1]), bytes([0, 0]), bytes([0b01111111, 0])]
    assert [read_frame(fragmented, index) for index in (0, 1)] == [b"".join(frame) for frame in frames]
    assert read_frame(inflated, 0) == bytes(range(32))
    assert b"P-1" in read_header(inflated)


def test_a_frame_that_is_not_there_and_an_object_without_frames(alice):
    [with_pixels, without] = store(ct_image("a"), ct_image("b", PixelData=None))
    with pytest.raises(NotFound):
        read_frame(image(actor=alice.subject, sop_instance_uid=with_pixels.sop_instance_uid), 1)
    with pytest.raises(Unsupported):
        read_frame(image(actor=alice.subject, sop_instance_uid=without.sop_instance_uid), 0)


def test_damaged_objects_in_the_store_are_malformed_not_wrong_pixels(alice):
    [outcome] = store(ct_image("damaged"))
    stored = image(actor=alice.subject, sop_instance_uid=outcome.sop_instance_uid)
    path = object_store().local_path(stored.sha256)
    assert path is not None
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Malformed):
        read_frame(stored, 0)


# --- the same again, and what disagrees ---


def test_the_same_file_again_is_already_there_and_changes_nothing():
    assert statuses(store(ct_image("a"), ct_image("a"), ct_image("b"))) == ["stored", "already there", "stored"]
    before = (Study.objects.values().get(), list(Series.objects.values()))
    assert statuses(store(ct_image("a"), ct_image("b"))) == ["already there"] * 2
    assert (Study.objects.values().get(), list(Series.objects.values())) == before
    assert before[0]["number_of_instances"] == before[1][0]["number_of_instances"] == 2


def test_other_content_under_a_known_uid_is_kept_and_listed(alice):
    first, other = as_bytes(ct_image()), as_bytes(ct_image(PixelData=bytes(32)))
    assert statuses(store(first)) == ["stored"]
    for _ in range(2):  # sent again it is the same conflict
        [outcome] = store(other)
        assert (outcome.status, type(outcome.fault)) == ("conflict", Duplicate)
        assert outcome.reason == "Other content is stored under this SOP Instance UID."
    conflict = Conflict.objects.get()
    assert (conflict.sha256, conflict.source, conflict.department) == (hashlib.sha256(other).hexdigest(), "file 0", "radiology")
    assert object_store().read(conflict.sha256, 0, conflict.size_bytes) == other
    assert b"".join(read_instance(image(actor=alice.subject, sop_instance_uid=outcome.sop_instance_uid))) == first


def test_conflicts_inside_one_request():
    assert statuses(store(ct_image(), ct_image(PixelData=bytes(32)))) == ["stored", "conflict"]


def test_a_series_under_two_studies_is_a_conflict():
    [first, second] = store(ct_image("a", study="one", series="s"), ct_image("b", study="two", series="s"))
    assert (first.status, second.status) == ("stored", "conflict")
    assert second.reason == "Its series is stored under another study."
    assert Study.objects.count() == 1


# --- S12 ---


def test_S12_one_study_under_two_patients_is_a_conflict():
    outcomes = store(
        ct_image("a"),
        ct_image("b", PatientID="P-2"),
        ct_image("c", PatientID=""),
        ct_image("d", PatientName="Other^Olga"),
        ct_image("e", PatientBirthDate="19800101"),
        ct_image("f", PatientName="", PatientBirthDate="", PatientSex=""),
        ct_image("g", PatientName="SYNTHETIC^SAM^^^"),
    )
    assert statuses(outcomes) == ["stored", "conflict", "conflict", "conflict", "conflict", "stored", "stored"]
    assert {outcome.reason for outcome in outcomes if outcome.status == "conflict"} == {"Its study is stored under another patient."}
    assert type(outcomes[1].fault) is Mismatch
    assert (Patient.objects.count(), Study.objects.get().number_of_instances) == (1, 3)


@pytest.mark.parametrize("more", [{"PatientName": "Other^Olga"}, {"PatientBirthDate": "19800101"}, {"PatientSex": "F"}])
def test_S12_the_same_id_with_another_person_is_flagged_never_joined(more, alice):
    assert statuses(store(ct_image("a", study=1), ct_image("b", study=2, **more))) == ["stored", "stored"]
    assert list(Patient.objects.values_list("patient_id", "identity_conflict")) == [("P-1", True), ("P-1", True)]
    assert study_record(actor=alice.subject, study_instance_uid=uid("study", 1)).patient.identity_conflict
    assert store(ct_image("c", study=3))[0].status == "stored"
    assert Study.objects.get(study_instance_uid=uid("study", 3)).patient == Study.objects.get(study_instance_uid=uid("study", 1)).patient


def test_S12_what_one_study_leaves_empty_is_filled_and_then_compared():
    store(ct_image("a", study=1, PatientBirthDate=""), ct_image("b", study=2), ct_image("c", study=3, PatientBirthDate="19800101"))
    patients = [Study.objects.get(study_instance_uid=uid("study", number)).patient for number in (1, 2, 3)]
    assert patients[0] == patients[1] != patients[2]
    assert (patients[1].patient_birth_date, patients[2].patient_birth_date) == ("19700101", "19800101")
    assert patients[2].identity_conflict
    store(ct_image("d", study=4, PatientBirthDate=""))  # would fit both: none is guessed
    assert Study.objects.get(study_instance_uid=uid("study", 4)).patient not in patients


def test_S12_an_empty_id_makes_a_patient_of_each_study():
    store(*(ct_image((study, name), study=study, PatientID="") for study in (1, 2) for name in "ab"))
    assert Patient.objects.count() == 2
    assert {patient.lone_study_uid for patient in Patient.objects.all()} == {uid("study", 1), uid("study", 2)}
    assert not Patient.objects.filter(identity_conflict=True).exists()


def test_S12_the_issuer_tells_equal_ids_apart():
    store(ct_image("a", study=1), issuer="NORTH")
    store(ct_image("b", study=2), issuer="SOUTH")
    store(ct_image("c", study=3, IssuerOfPatientID="NORTH"), issuer="SOUTH")
    issuers = [Study.objects.get(study_instance_uid=uid("study", number)).patient.issuer_of_patient_id for number in (1, 2, 3)]
    assert (issuers, Patient.objects.count()) == (["NORTH", "SOUTH", "NORTH"], 2)


def test_S12_a_derived_object_without_issuer_stays_in_its_study():
    assert statuses(store(ct_image("a", IssuerOfPatientID="NORTH"), ct_image("b"), ct_image("c", IssuerOfPatientID="SOUTH"))) == [
        "stored",
        "stored",
        "conflict",
    ]


LONG_ID = "HOSPITAL-NORTH/DEPARTMENT-OF-RADIOLOGY/REGISTRY-2026/PATIENT-NUMBER-"  # 68 characters of which an LO may have 64


def patients_of(*studies):
    return [Study.objects.get(study_instance_uid=uid("study", number)).patient for number in studies]


@pytest.mark.parametrize("same", [{}, {"PatientName": "", "PatientBirthDate": "", "PatientSex": ""}])
def test_S12_ids_that_differ_behind_the_64th_character_are_two_patients(same, alice):
    outcomes = store(*(ct_image(n, study=n, PatientID=f"{LONG_ID}{1 + n // 2}", **same) for n in range(4)))
    assert statuses(outcomes) == ["stored"] * 4
    first, again, other, other_again = patients_of(0, 1, 2, 3)
    assert first == again != other == other_again
    shown = [study_record(actor=alice.subject, study_instance_uid=uid("study", n)).patient.patient_id for n in (0, 2)]
    assert shown[0] != shown[1], "nor are they taken for one on the screen"
    assert all(len(one) == 64 and one.startswith(LONG_ID[:39] + "…") for one in shown)
    [conflict] = store(ct_image("late", study=0, PatientID=f"{LONG_ID}2", **same))
    assert (conflict.status, conflict.reason) == ("conflict", "Its study is stored under another patient.")


def test_S12_an_id_of_64_characters_stays_as_it_is_and_is_not_the_longer_one():
    whole = LONG_ID[:64]
    store(ct_image("a", study=1, PatientID=whole), ct_image("b", study=2, PatientID=whole + "1"))
    patients = patients_of(1, 2)
    assert patients[0] != patients[1]
    assert patients[0].patient_id == whole


def test_S12_issuers_that_differ_behind_the_64th_character_tell_ids_apart():
    store(ct_image("a", study=1, IssuerOfPatientID=LONG_ID + "1"), ct_image("b", study=2, IssuerOfPatientID=LONG_ID + "2"))
    store(ct_image("c", study=3), issuer=LONG_ID + "1")
    store(ct_image("d", study=4), issuer=LONG_ID + "2")
    first, second, third, fourth = patients_of(1, 2, 3, 4)
    assert first == third != second == fourth


def test_S12_names_that_differ_behind_what_the_index_keeps_are_two_people():
    name = "Synthetic^" + "a" * 330
    store(*(ct_image(n, study=n, PatientName=name + end) for n, end in enumerate("xxy")))
    first, again, other = patients_of(0, 1, 2)
    assert first == again != other
    assert other.identity_conflict


def test_S12_a_long_id_is_found_by_the_whole_of_it(alice):
    store(ct_image("a", study=1, PatientID=LONG_ID + "1"), ct_image("b", study=2, PatientID=LONG_ID + "2"))
    for pattern, found in ((LONG_ID + "1", [1]), (LONG_ID + "2", [2]), (LONG_ID[:20] + "*", [1, 2]), (LONG_ID[:64], [])):
        query = parse_query("study", [("PatientID", pattern)])
        uids = {row["StudyInstanceUID"] for row in find_studies(actor=alice.subject, query=query).rows}
        assert uids == {uid("study", number) for number in found}


def test_S12_ids_that_may_have_been_cut_before_are_flagged():
    store(ct_image("a", study=1, PatientID=LONG_ID[:64]), ct_image("b", study=2, PatientID=LONG_ID[:63]), ct_image("c", study=3))
    store(ct_image("d", study=4, IssuerOfPatientID=LONG_ID[:64]))
    import_module("archive.migrations.0005_flag_cut_patient_ids").flag(apps, None)
    assert [patient.identity_conflict for patient in patients_of(1, 2, 3, 4)] == [True, False, False, True]


@pytest.mark.parametrize("nothing", ["?", "??^??", " ? ", "^?", "?=?", "^^", "   "])
def test_S12_a_name_that_says_nothing_is_filled_and_then_compared(nothing):
    store(ct_image("a", study=1, PatientName=nothing), ct_image("b", study=2), ct_image("c", study=3, PatientName="Other^Olga"))
    first, second, other = patients_of(1, 2, 3)
    assert first == second != other
    assert (second.patient_name, other.patient_name) == ("Synthetic^Sam", "Other^Olga")
    assert other.identity_conflict
    store(ct_image("d", study=4, PatientName=nothing))  # would fit both: none is guessed
    assert patients_of(4)[0] not in {first, other}


def test_S12_a_name_that_says_nothing_fills_nothing():
    store(ct_image("a", study=1, PatientName="", PatientSex=""), ct_image("b", study=2, PatientName="?"))
    first, second = patients_of(1, 2)
    assert first == second
    assert (second.patient_name, second.patient_sex) == ("", "M")


# --- refusals ---


def test_S14_refused_files_are_kept_in_the_quarantine_with_their_reason():
    data = as_bytes(ct_image())[:-5]
    outcomes = store(data, b"", b"hello", as_bytes(ct_image("good")), b"hello")
    assert statuses(outcomes) == ["refused", "refused", "refused", "stored", "refused"]
    kept = {row.sha256: row for row in Quarantined.objects.all()}
    assert set(kept) == {hashlib.sha256(content).hexdigest() for content in (data, b"", b"hello")}
    row = kept[hashlib.sha256(data).hexdigest()]
    assert (row.size_bytes, row.source) == (len(data), "file 0")
    assert row.reason == outcomes[0].reason == "Pixel Data is cut short: 32 bytes are declared, 27 are in the file."
    assert quarantine().read(row.sha256, 0, row.size_bytes) == data
    assert Instance.objects.count() == 1


def test_a_file_that_cannot_be_read_costs_only_itself(tmp_path):
    good = tmp_path / "good.dcm"
    good.write_bytes(as_bytes(ct_image()))
    files = [
        IncomingFile(path=tmp_path / "gone.dcm", source="gone"),
        IncomingFile(path=tmp_path, source="a folder"),
        IncomingFile(path=good),
    ]
    outcomes = store_instances(actor=operator(), files=files)
    assert statuses(outcomes) == ["refused", "refused", "stored"]
    assert outcomes[0].reason == "The file could not be read: No such file or directory."
    assert good.exists()


def test_a_reader_that_fails_in_an_unforeseen_way_costs_only_that_file(monkeypatch):
    monkeypatch.setattr(
        "archive.services.arrivals.image_facts", lambda dataset: [][1] if dataset.InstanceNumber == 7 else image_facts(dataset)
    )
    outcomes = store(ct_image("a", InstanceNumber=7), ct_image("b"))
    assert statuses(outcomes) == ["refused", "stored"]
    assert outcomes[0].reason == "The file is damaged in a way that the reader doesn't know."


def test_another_study_than_expected_is_refused():
    outcomes = store(ct_image("a", study=1), ct_image("b", study=2), expected_study_uid=uid("study", 1))
    assert statuses(outcomes) == ["stored", "refused"]
    assert type(outcomes[1].fault) is Mismatch


def test_the_spool_is_empty_afterwards():
    store(ct_image("a"), b"junk")
    assert list(settings.SPOOL_DIR.iterdir()) == []


# --- who, where, and what is told ---


def test_who_may_store_and_where(alice, bob, charlie):
    file = IncomingFile(data=as_bytes(ct_image()), source="x")
    with pytest.raises(Unidentified):
        store_instances(actor=ANONYMOUS, files=[file])
    for reader in (alice, charlie):
        with pytest.raises(Denied):
            store_instances(actor=reader.subject, files=[file])
    assert not Instance.objects.exists()
    [outcome] = store_instances(actor=bob.subject, files=[file])
    assert (outcome.status, Study.objects.get().department) == ("stored", "radiology")


def test_a_study_of_another_department_takes_nothing_from_outside(bob):
    store(ct_image("a"), department="cardiology")
    new = IncomingFile(data=as_bytes(ct_image("b")), source="b")
    [outcome] = store_instances(actor=bob.subject, files=[new])
    assert (outcome.status, type(outcome.fault)) == ("refused", Denied)
    assert Study.objects.get().number_of_instances == 1
    assert not Quarantined.objects.exists()
    assert AuditEntry.objects.filter(actor="bob", outcome="denied").exists()


def test_a_known_study_keeps_its_department_and_a_new_one_has_its_images_department():
    store(ct_image("a"), department="cardiology")
    store(ct_image("b"), department="radiology")
    assert Study.objects.get().department == "cardiology"
    store(ct_image("s", study=2, series="r", Modality="SR"), ct_image("u", study=2, Modality="US"), department=None)
    with_images = Study.objects.get(study_instance_uid=uid("study", 2))
    store(ct_image("v", study=3, Modality="US"), department=None)
    assert with_images.department == Study.objects.get(study_instance_uid=uid("study", 3)).department != "unassigned"


def test_charlie_finds_nothing_and_alices_opening_is_audited(alice, charlie):
    [outcome] = store(ct_image())
    ways = [
        lambda actor: image(actor=actor, sop_instance_uid=outcome.sop_instance_uid),
        lambda actor: images_of_series(actor=actor, series_instance_uid=outcome.series_instance_uid)[0],
        lambda actor: study_record(actor=actor, study_instance_uid=outcome.study_instance_uid).series[0].images[0],
    ]
    for way in ways:
        with pytest.raises(NotFound):
            way(charlie.subject)
    assert not AuditEntry.objects.filter(action="study opened").exists()
    found = [way(alice.subject) for way in ways]
    assert len(set(found)) == 1
    entry = AuditEntry.objects.get(action="study opened")
    assert (entry.actor, entry.study_instance_uid) == ("alice", outcome.study_instance_uid)


def test_an_unknown_uid_looks_like_a_forbidden_one(alice):
    for way in (
        lambda: image(actor=alice.subject, sop_instance_uid="1.2.3"),
        lambda: images_of_series(actor=alice.subject, series_instance_uid="1.2.3"),
        lambda: study_record(actor=alice.subject, study_instance_uid="1.2.3"),
    ):
        with pytest.raises(NotFound):
            way()


def test_one_audit_entry_a_request(alice):
    store(ct_image("a", study=1), ct_image("b", study=2), ct_image("a", study=1), b"junk")
    entry = AuditEntry.objects.get(action="instances stored")
    assert all(part in entry.detail for part in ('"stored":2', '"already_there":1', '"refused":1', '"conflicts":0', uid("study", 1)))
    assert "Synthetic" not in entry.detail
    assert "P-1" not in entry.detail


@pytest.mark.django_db(transaction=True)
def test_a_notice_after_commit_names_what_grew():
    heard: list[dict[str, list[str]]] = []
    subscribe("instances.stored", heard.append)
    try:
        store(ct_image("a"), ct_image("b", study=2))
        store(ct_image("a"))
    finally:
        unsubscribe("instances.stored", heard.append)
    assert heard == [
        {
            "study_instance_uids": sorted([uid("study", "study"), uid("study", 2)]),
            "series_instance_uids": sorted([uid("series", "study"), uid("series", 2)]),
        }
    ]


# --- counts and queries ---


def test_counts_modalities_and_sizes_of_a_study():
    images = [ct_image(("ct", number), series="c", InstanceNumber=number) for number in range(3)]
    report = ct_image("sr", series="r", Modality="SR", PixelData=None)
    store(*images)
    store(report)
    study = Study.objects.get()
    assert (study.number_of_series, study.number_of_instances, study.modalities) == (2, 4, "\\CT\\SR\\")
    assert study.size_bytes == sum(len(as_bytes(dataset)) for dataset in (*images, report))
    assert list(Series.objects.order_by("modality").values_list("modality", "number_of_instances")) == [("CT", 3), ("SR", 1)]


def test_queries_do_not_grow_with_the_number_of_instances(alice):
    def stored_with(count: int, study: str) -> int:
        datasets = [ct_image((study, number), study=study, InstanceNumber=number) for number in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert set(statuses(store(*datasets))) == {"stored"}
        return len(queries)

    assert stored_with(60, "large") <= stored_with(2, "small") + 2  # a new patient and its words
    with CaptureQueriesContext(connection) as queries:
        record = study_record(actor=alice.subject, study_instance_uid=uid("study", "large"))
    assert [stored.instance_number for stored in record.series[0].images] == list(range(60))
    assert len([query for query in queries if "archive_" in query["sql"]]) == 3
    with CaptureQueriesContext(connection) as queries:
        images = images_of_series(actor=alice.subject, series_instance_uid=uid("series", "large"))
    assert len(images) == 60
    assert len([query for query in queries if "archive_" in query["sql"]]) == 2


def test_lists_leave_frame_tables_out_and_say_so(alice):
    [outcome] = store(ct_image())
    listed: StoredImage = study_record(actor=alice.subject, study_instance_uid=outcome.study_instance_uid).series[0].images[0]
    with pytest.raises(ValueError, match="without its frame table"):
        read_frame(listed, 0)
    assert listed == replace(listed) == image(actor=alice.subject, sop_instance_uid=outcome.sop_instance_uid)
