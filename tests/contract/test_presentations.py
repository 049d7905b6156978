"""Presentation states over HTTP and in the study's document: the same for a stranger as if there were none."""

import pytest
from django.test import Client

from archive.services.ingest import IncomingFile, store_instances
from governance.core.policy import operator
from governance.models import AuditEntry
from tests.presentation_objects import grey_ramp, item, key_objects, state
from tests.small_objects import as_bytes, uid

pytestmark = pytest.mark.django_db(transaction=True)

STATE, STUDY = uid("instance", "state"), uid("study", "study")


@pytest.fixture(autouse=True)
def stored(transactional_db: None) -> None:
    image = grey_ramp()
    words = item(UnformattedTextValue="here", AnchorPoint=[3, 4], AnchorPointAnnotationUnits="PIXEL", AnchorPointVisibility="N")
    made = state(
        image, GraphicAnnotationSequence=[item(GraphicLayer="A", TextObjectSequence=[words])], ImageHorizontalFlip="Y", ImageRotation=0
    )
    files = [IncomingFile(data=as_bytes(each), source="t") for each in (image, made, key_objects(image))]
    outcomes = store_instances(actor=operator(), files=files, department="radiology")
    assert [outcome.status for outcome in outcomes] == ["stored"] * 3


def test_the_document_says_geometry_and_graphics(alice):
    response = alice.client().get(f"/api/presentations/{STATE}")
    assert response.status_code == 200
    body = response.json()
    assert (body["label"], body["kind"], body["is_applied"], body["notes"]) == ("BONE", "grayscale", True, [])
    assert body["geometry"]["is_flipped"] is True
    assert body["geometry"]["areas"][0]["bottom_right"] == [16, 16]
    assert body["annotations"][0]["texts"][0]["text"] == "here"
    assert body["applies_to"] == [
        {"series_instance_uid": uid("series", "study"), "sop_instance_uid": uid("instance", "ramp"), "frames": None}
    ]
    assert AuditEntry.objects.filter(actor="alice", study_instance_uid=STUDY).exists()


def test_charlie_gets_404_as_for_what_is_not_there(charlie):
    answers = [charlie.client().get(f"/api/presentations/{uid_}") for uid_ in (STATE, "1.2.3")]
    assert [answer.status_code for answer in answers] == [404, 404]
    seen, unknown = (answer.json() for answer in answers)
    assert {key: seen[key] for key in ("title", "status")} == {key: unknown[key] for key in ("title", "status")}
    assert charlie.client().get(f"/api/studies/{STUDY}").status_code == 404


def test_an_image_is_no_presentation_state(alice):
    assert alice.client().get(f"/api/presentations/{uid('instance', 'ramp')}").status_code == 404


def test_nobody_is_asked_to_sign_in():
    assert Client().get(f"/api/presentations/{STATE}").status_code == 401


def test_the_study_lists_the_state_and_the_key_image(alice):
    items = {each["kind"]: each for each in alice.client().get(f"/api/studies/{STUDY}").json()["items"]}
    assert [one["label"] for one in items["image"]["presentations"]] == ["BONE"]
    assert (items["image"]["key_images"], items["image"]["key_notes"][0]["title"]) == (1, "Of Interest")
