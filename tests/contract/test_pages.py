"""Pages, their JSON and downloads over HTTP: who gets what."""

import json
import re

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import Client

from archive.services.ingest import IncomingFile, store_instances
from governance.core.policy import operator
from governance.models import AuditEntry
from tests.conftest import make_actor
from tests.small_objects import as_bytes, ct_image, uid

pytestmark = pytest.mark.django_db(transaction=True)

STUDY, INSTANCE = uid("study", "study"), uid("instance", "one")


@pytest.fixture
def data(transactional_db: None) -> bytes:
    data = as_bytes(ct_image(PatientName="Synthetic^Sam</script><script>alert(1)"))
    (outcome,) = store_instances(actor=operator(), files=[IncomingFile(data=data, source="t")], department="radiology")
    assert outcome.status == "stored"
    return data


def boot_of(response):
    found = re.search(r'<script id="boot" type="application/json">(.*?)</script>', response.content.decode())
    assert found
    return json.loads(found[1])


def body_of(response):
    assert isinstance(response, StreamingHttpResponse)

    async def collect():
        return b"".join([piece async for piece in response])

    return async_to_sync(collect)()


def test_nobody_goes_to_sign_in_and_back(data):
    assert Client().get("/").headers["Location"] == "/sign-in?next=/"
    response = Client().get(f"/study/{STUDY}")
    assert (response.status_code, response.headers["Location"]) == (302, f"/sign-in?next=/study/{STUDY}")
    for path in ("/api/studies", f"/api/studies/{STUDY}", f"/download/{INSTANCE}"):
        response = Client().get(path)
        assert (response.status_code, response.headers["Content-Type"]) == (401, "application/problem+json")


def test_the_pages_carry_their_boot_data(data, alice):
    client = alice.client()
    listing, study = client.get("/"), client.get(f"/study/{STUDY}")
    boot = boot_of(listing)
    assert boot["user"] == {"name": "alice", "roles": ["clinician"], "departments": ["cardiology", "pathology", "radiology"]}
    assert boot["intended_use"] == "not for primary diagnosis"
    assert len(boot["csrf_token"]) == 64
    assert boot_of(study)["study_instance_uid"] == STUDY
    assert "Synthetic" not in study.content.decode()  # names come by the audited API


def test_administrators_go_to_administration_and_machines_have_no_pages(data):
    assert make_actor("adam", "administrator").client().get("/").headers["Location"] == "/admin/"
    robot = make_actor("robot", "service").client()
    for path in ("/", f"/study/{STUDY}", "/api/studies", f"/api/studies/{STUDY}"):
        assert robot.get(path).status_code == 404
    assert robot.get(f"/download/{INSTANCE}").status_code == 200


def test_the_list_and_the_study_as_json(data, alice):
    client = alice.client()
    listing = client.get("/api/studies?search=synthetic").json()
    assert [one["study_instance_uid"] for one in listing["studies"]] == [STUDY]
    assert listing["next"] is None
    study = client.get(f"/api/studies/{STUDY}").json()
    assert (study["items"][0]["kind"], study["related"]) == ("image", [])
    assert AuditEntry.objects.filter(action="study opened", actor="alice").count() == 1
    refused = client.get("/api/studies?limit=0")
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", ["/study/{}", "/api/studies/{}"])
def test_charlie_and_unknown_look_the_same(data, charlie, path):
    client = charlie.client()
    forbidden, unknown = client.get(path.format(STUDY)), client.get(path.format("1.2.3"))
    assert (forbidden.status_code, unknown.status_code) == (404, 404)
    assert forbidden.json() | {"correlation_id": ""} == unknown.json() | {"correlation_id": ""}
    assert client.get("/api/studies").json() == {"studies": [], "next": None}


def test_a_download_is_the_file_as_it_came_and_is_audited(data, alice):
    response = alice.client().get(f"/download/{INSTANCE}")
    assert body_of(response) == data
    assert response.headers["Content-Type"] == "application/dicom"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{INSTANCE}.dcm"'
    assert response.headers["Content-Length"] == str(len(data))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    entry = AuditEntry.objects.get(action="download")
    assert (entry.actor, entry.study_instance_uid) == ("alice", STUDY)


def test_charlie_downloads_nothing(data, charlie):
    client = charlie.client()
    forbidden, unknown = client.get(f"/download/{INSTANCE}"), client.get("/download/1.2.3")
    assert (forbidden.status_code, unknown.status_code) == (404, 404)
    assert forbidden.json() | {"correlation_id": ""} == unknown.json() | {"correlation_id": ""}
    assert not AuditEntry.objects.filter(action="download", outcome="success").exists()


@pytest.mark.parametrize("path", ["/study/..%2f..%2fetc", "/api/studies/1'--", "/download/" + "1" * 65, "/study/"])
def test_what_can_be_no_uid_is_no_route(data, alice, path):
    assert alice.client().get(path).status_code == 404
