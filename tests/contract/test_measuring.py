"""Values and measurements over HTTP: who gets what, what is refused, what is audited."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from archive.services.ingest import IncomingFile, store_instances
from governance.core.policy import operator
from governance.models import AuditEntry
from governance.services import people
from tests.conftest import make_actor
from tests.small_objects import as_bytes, ct_image, uid

pytestmark = pytest.mark.django_db(transaction=True)

INSTANCE = uid("instance", "one")
VALUES = f"/api/values/{INSTANCE}/1"
LENGTH: dict[str, Any] = {"sop_instance_uid": INSTANCE, "frame": 1, "shape": "length", "points": [[0, 0], [3, 2]]}


@pytest.fixture(autouse=True)
def stored(transactional_db: None) -> None:
    """A 4 × 4 CT, pixel k (from 0, row by row) stored as (2k + 1) · 256 + 2k; 1 mm across, 2 mm down."""
    data = as_bytes(ct_image(PixelSpacing=[2, 1], RescaleSlope="1", RescaleIntercept="-1024"))
    (outcome,) = store_instances(actor=operator(), files=[IncomingFile(data=data, source="t")], department="radiology")
    assert outcome.status == "stored"


def post(client: Client, body: Any = LENGTH, **more: Any) -> Any:
    data = body if isinstance(body, str) else json.dumps(body)
    return client.post("/api/measurements", data, content_type="application/json", **more)


def test_S07_a_value_over_http(alice):
    response = alice.client().get(f"{VALUES}?column=1&row=2")
    assert (response.status_code, response["Content-Type"], response["Cache-Control"]) == (200, "application/json", "no-store")
    body = response.json()
    stored = 19 * 256 + 18  # k = 9
    assert (body["sop_instance_uid"], body["frame"], body["column"], body["row"]) == (INSTANCE, 1, 1, 2)
    assert (body["stored"], body["quantities"][0]["value"], body["quantities"][0]["unit"]) == (stored, stored - 1024.0, "HU")
    meaning = alice.client().get(VALUES).json()
    assert meaning["quantities"] == [{"kind": "modality", "name": "CT number", "unit": "HU", "code": "[hnsf'U]", "reason": ""}]


def test_S06_a_length_over_http(alice):
    body = post(alice.client()).json()
    assert (body["length"]["value"], body["length"]["unit"], body["length"]["kind"]) == (5.0, "mm", "calibrated")


def test_S07_statistics_over_http(alice):
    """The first two pixels of row 0: 256 and 770, less 1,024: mean -511, sample standard deviation 514 / √2."""
    body = post(alice.client(), LENGTH | {"shape": "rectangle", "points": [[0, 0], [2, 1]]}).json()
    (line,) = body["statistics"]
    assert (body["pixels"], line["mean"], line["min"], line["max"]) == (2, -511.0, -768.0, -254.0)
    assert line["sd"] == pytest.approx(514 / 2**0.5)
    assert (body["area"]["value"], body["area"]["unit"]) == (4.0, "mm²")


def test_opening_is_audited_before_the_answer(alice):
    alice.client().get(f"{VALUES}?column=0&row=0")
    post(alice.client())
    opened = list(AuditEntry.objects.filter(action="study opened").values_list("actor", "study_instance_uid"))
    assert opened
    assert set(opened) == {("alice", uid("study", "study"))}


def test_charlie_nobody_and_the_unknown(alice, charlie):
    unknown = LENGTH | {"sop_instance_uid": "1.2.3"}
    for client in (alice.client(), charlie.client()):
        assert [client.get("/api/values/1.2.3/1").status_code, post(client, unknown).status_code] == [404, 404]
    hidden, missing = post(charlie.client()), post(charlie.client(), unknown)
    assert (hidden.status_code, charlie.client().get(f"{VALUES}?column=0&row=0").status_code) == (404, 404)
    assert {**hidden.json(), "correlation_id": ""} == {**missing.json(), "correlation_id": ""}
    assert [Client().get(VALUES).status_code, post(Client()).status_code] == [401, 401]
    assert not AuditEntry.objects.filter(action="study opened").exists()


def test_a_session_needs_its_csrf_token_a_bearer_token_none(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice.user)
    assert post(browser).status_code == 403
    token = browser.cookies[settings.CSRF_COOKIE_NAME] = "c" * 32
    assert post(browser, headers={"X-CSRFToken": "d" * 32}).status_code == 403
    assert post(browser, headers={"X-CSRFToken": token}).status_code == 200
    make_actor("station", "service", "radiology")
    bearer = people.create_token(actor=operator(), username="station")
    assert post(Client(enforce_csrf_checks=True), headers={"Authorization": f"Bearer {bearer}"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?column=0", 400),
        ("?row=0", 400),
        ("?column=-1&row=0", 400),
        ("?column=0.5&row=0", 400),
        ("?column=²&row=0", 400),
        ("?column=&row=0", 400),
        ("?column=9999999999&row=0", 400),
        ("?column=4&row=0", 404),
        ("?column=0&row=4", 404),
        ("?column=3&row=3", 200),
    ],
)
def test_which_pixels_there_are(alice, query, status):
    response = alice.client().get(VALUES + query)
    assert response.status_code == status
    assert response["Content-Type"] == ("application/json" if status == 200 else "application/problem+json")


def test_frames_that_are_not_there(alice):
    for number in (0, 2, 999_999_999):
        assert alice.client().get(f"/api/values/{INSTANCE}/{number}").status_code == 404
    assert alice.client().get(f"/api/values/{INSTANCE}/-1").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 400),
        (LENGTH | {"more": 1}, 400),
        ({}, 400),
        (LENGTH | {"points": [[0, 0], [5, 0]]}, 400),  # outside
        (LENGTH | {"points": [[0, 0], [1e300, 0]]}, 400),
        (LENGTH | {"frame": 2}, 404),
        ("x" * 70_000, 413),
    ],
)
def test_what_is_no_measurement_is_refused(alice, body, status):
    assert post(alice.client(), body).status_code == status


def test_another_media_type_is_refused(alice):
    response = alice.client().post("/api/measurements", "a=1", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 415
    assert alice.client().get("/api/measurements").status_code == 405
