"""Every route that Django knows, asked by nobody and by charlie: new routes are covered the day they are added.

Nobody is asked to sign in (401 or a redirect) or finds nothing (404); charlie, a clinician without a department, finds nothing.
alice, who may see the study, shows that the same requests would have found it.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.regex_helper import normalize
from pydicom import examples

from archive.services.ingest import IncomingFile, store_instances
from governance.core.policy import operator
from tests.conftest import Actor, make_actor
from tests.presentation_objects import state
from tests.small_objects import as_bytes
from viewer.services.shared_views import open_shared_view

pytestmark = pytest.mark.django_db(transaction=True)

SECRETS = ("Hidden^Person", "H-4711", "SECRET DESCRIPTION", "19610203")
PUBLIC = {"/healthz", "/sign-in"}
SIGN_IN = ("/sign-in", "/admin/login/", "/admin/")  # /admin/ itself leads on to sign-in
ADMIN_VALUES = {"object_id": "1", "id": "1", "content_type_id": "1", "url": "nothing-here", "app_label": "governance"}


@dataclass(frozen=True)
class Place:
    """A route, filled in: its path and whether the stored study's UIDs are part of it."""

    path: str
    is_of_study: bool


@pytest.fixture(autouse=True)
def a_front_end(settings: Any, tmp_path: Path):
    """A build that has just the pages' entries: what Vite makes of them is the browser tests' business."""
    settings.VITE_MANIFEST = tmp_path / "manifest.json"
    entries = {f"entries/{name}.ts": {"file": f"assets/{name}.js", "isEntry": True} for name in ("list", "study", "sign_in")}
    settings.VITE_MANIFEST.write_text(json.dumps(entries))


@pytest.fixture
def places(transactional_db: None) -> list[Place]:
    """Every route of config.urls, filled in with the UIDs of a study of radiology that is really there."""
    dataset = deepcopy(examples.ct)
    dataset.PatientName, dataset.PatientID, dataset.StudyDescription, dataset.PatientBirthDate = SECRETS
    file = BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    presentation = state(dataset)
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex"):
        setattr(presentation, keyword, dataset.get(keyword))
    files = [IncomingFile(data=data, source="test") for data in (file.getvalue(), as_bytes(presentation))]
    outcomes = store_instances(actor=operator(), files=files, department="radiology")
    assert [outcome.status for outcome in outcomes] == ["stored", "stored"]
    uids = {
        "study_instance_uid": str(dataset.StudyInstanceUID),
        "series_instance_uid": str(dataset.SeriesInstanceUID),
        "sop_instance_uid": str(dataset.SOPInstanceUID),
        "presentation_state_uid": str(presentation.SOPInstanceUID),
        "frame_number": "1",
        "frame_numbers": "1",
    }
    dora = make_actor("dora", "radiologist", "radiology")
    shared = {
        "key": open_shared_view(actor=dora.subject, study_instance_uid=uids["study_instance_uid"]).key,
        "username": dora.username,
    }
    found = []
    for template, names in routes(get_resolver()):
        known = ADMIN_VALUES if template.startswith("admin/") else uids | shared
        unknown = set(names) - set(known)
        assert not unknown, f"say in this test what {unknown} of /{template} may be"
        found.append(Place("/" + template % {name: known[name] for name in names}, bool(set(names) & set(uids))))
    assert len(found) > 40
    return found


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield each route as a %-template and the names in it."""
    for entry in resolver.url_patterns:
        regex = prefix + entry.pattern.regex.pattern.removeprefix("^")
        if isinstance(entry, URLResolver):
            yield from routes(entry, regex)
        else:
            assert isinstance(entry, URLPattern)
            yield normalize(regex)[0]


def body(response: HttpResponseBase) -> str:
    if not isinstance(response, StreamingHttpResponse):
        assert isinstance(response, HttpResponse)
        return response.content.decode("utf-8", "replace")
    if not response.is_async:
        return response.getvalue().decode("utf-8", "replace")

    async def collect() -> bytes:
        return b"".join([chunk async for chunk in response])

    return async_to_sync(collect)().decode("utf-8", "replace")


def leads_to_sign_in(response: HttpResponseBase) -> bool:
    location = response.headers.get("Location", "")
    return response.status_code in (302, 307) and (location.startswith("/sign-") or location.partition("?")[0] in SIGN_IN)


def leaks(response: HttpResponseBase) -> list[str]:
    text = body(response)
    return [secret for secret in SECRETS if secret in text]


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_nobody_gets_no_further_than_sign_in(places: list[Place], method: str):
    wrong = []
    for place in places:
        if place.path in PUBLIC:
            continue
        response = getattr(Client(), method)(place.path)
        if not (response.status_code in (401, 404, 405) or leads_to_sign_in(response)) or leaks(response):
            wrong.append((place.path, response.status_code))
    assert wrong == []


def test_charlie_finds_nothing(places: list[Place], charlie: Actor):
    wrong = []
    for place in places:
        response = charlie.client().get(place.path)
        if place.is_of_study:
            right = response.status_code in (404, 405)
        elif place.path.startswith("/admin/"):
            right = response.status_code in (403, 404, 405) or leads_to_sign_in(response)
        else:
            right = response.status_code in (200, 405)  # lists, which are empty
        if not right or leaks(response):
            wrong.append((place.path, response.status_code))
    assert wrong == []


def test_charlie_changes_nothing(places: list[Place], charlie: Actor):
    wrong = []
    for place in places:
        for method in ("post", "put", "delete"):
            if place.path.endswith("/sign-out") or place.path in PUBLIC:
                continue
            response = getattr(charlie.client(), method)(place.path)
            refused = response.status_code in (400, 403, 404, 405, 415) or leads_to_sign_in(response)
            if not refused or leaks(response):
                wrong.append((method, place.path, response.status_code))
    assert wrong == []


def test_forbidden_and_unknown_look_the_same(places: list[Place], charlie: Actor):
    client, different = charlie.client(), []
    for place in places:
        if place.is_of_study:
            unknown = "/".join("1.2.3.4" if part[:2] in ("1.", "2.") else part for part in place.path.split("/"))
            assert unknown != place.path
            ours, theirs = client.get(place.path), client.get(unknown)
            if (ours.status_code, ours.headers["Content-Type"]) != (theirs.status_code, theirs.headers["Content-Type"]):
                different.append(place.path)
            if len(body(ours)) != len(body(theirs)):
                different.append(place.path)
    assert different == []


def test_alice_finds_the_study_by_the_same_requests(places: list[Place], alice: Actor):
    client = alice.client()
    answers = {place.path: client.get(place.path) for place in places if not place.path.startswith("/admin/")}
    assert [path for path, response in answers.items() if response.status_code not in (200, 405)] == []
    assert sum(bool(leaks(response)) for response in answers.values()) >= 4
