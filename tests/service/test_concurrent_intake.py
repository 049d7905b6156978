"""Several requests at once with the same studies, series, patients and instances: each is filed once, and counts add up."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from archive.models import Conflict, Instance, Patient, Series, Study
from archive.services.ingest import IncomingFile, Outcome, store_instances
from governance.core.policy import operator
from tests.small_objects import as_bytes, ct_image, uid

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS = 6


def store_all(requests: list[list[bytes]]) -> list[Outcome]:
    def one(files: list[bytes]) -> list[Outcome]:
        try:
            return store_instances(actor=operator(), files=[IncomingFile(data=data) for data in files], department="radiology")
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as pool:
        return [outcome for outcomes in pool.map(one, requests) for outcome in outcomes]


def test_the_same_instances_from_many_sides():
    files = [
        as_bytes(ct_image((study, number), study=study, PatientID=f"P-{study % 2}", InstanceNumber=number))
        for study in range(4)
        for number in range(8)
    ]
    requests = [random.Random(seed).sample(files, len(files)) for seed in range(REQUESTS)]
    outcomes = store_all(requests)
    tally = Counter(outcome.status for outcome in outcomes)
    assert tally == {"stored": len(files), "already there": len(files) * (REQUESTS - 1)}
    assert Instance.objects.count() == len(files)
    assert set(Study.objects.values_list("number_of_instances", "number_of_series")) == {(8, 1)}
    assert set(Series.objects.values_list("number_of_instances", flat=True)) == {8}
    assert set(Patient.objects.values_list("patient_id", "identity_conflict")) == {("P-0", False), ("P-1", False)}
    assert Patient.objects.count() == 2


def test_one_uid_with_other_content_in_other_studies():
    requests = [[as_bytes(ct_image("same", study=number, PixelData=bytes([number] * 32)))] for number in range(REQUESTS)]
    tally = Counter(outcome.status for outcome in store_all(requests))
    assert tally == {"stored": 1, "conflict": REQUESTS - 1}
    assert (Instance.objects.count(), Conflict.objects.count(), Study.objects.count()) == (1, REQUESTS - 1, 1)


def test_S12_contradicting_patients_at_the_same_time_are_flagged():
    requests = [[as_bytes(ct_image(number, study=number, PatientName=f"Person^{number % 3}"))] for number in range(REQUESTS)]
    assert {outcome.status for outcome in store_all(requests)} == {"stored"}
    rows = Patient.objects.filter(patient_id="P-1")
    assert (rows.count(), rows.filter(identity_conflict=True).count()) == (3, 3)
    assert Study.objects.filter(study_instance_uid=uid("study", 0)).get().patient.patient_name == "Person^0"
