"""Shared views over HTTP: what each route answers, to whom, and that nothing else is learnt. Services are tested in tests/service."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from governance.core.policy import operator
from governance.services.people import create_token
from tests.conftest import Actor, make_actor
from tests.shared_case import Case, look, stored_case
from viewer.models import SharedView

pytestmark = pytest.mark.django_db(transaction=True)

UNKNOWN = "x" * 22


@pytest.fixture(autouse=True)
def a_front_end(settings: Any, tmp_path: Path):
    """A build that has just the pages' entries: what Vite makes of them is the browser tests' business."""
    settings.VITE_MANIFEST = tmp_path / "manifest.json"
    entries = {f"entries/{name}.ts": {"file": f"assets/{name}.js", "isEntry": True} for name in ("list", "study", "sign_in")}
    settings.VITE_MANIFEST.write_text(json.dumps(entries))


@pytest.fixture
def ct(transactional_db: None) -> Case:
    """A CT that alice and bob may see."""
    return stored_case("ct", "radiology", StudyDescription="Chest", StudyDate="20240131")


def ask(client: Client, method: str, path: str, body: Any = None, **headers: Any) -> Any:
    """Return the answer to a request with a JSON body; bytes go out as they are."""
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.generic(method, path, data, content_type="application/json", **headers)


def opened(client: Client, ct: Case) -> str:
    """Open a shared view; return its key."""
    response = ask(client, "POST", "/api/shared-views", {"study_instance_uid": ct.study, "panes": [ct.pane(look(2))]})
    assert response.status_code == 201
    return str(json.loads(response.content)["key"])


def routes(key: str, person: str = "bob") -> list[tuple[str, str, Any]]:
    """Every route of one shared view, with a body that would do."""
    return [
        ("GET", f"/shared/{key}", None),
        ("POST", f"/api/shared-views/{key}/people", {"usernames": [person]}),
        ("POST", f"/api/shared-views/{key}/grants", {"usernames": [person]}),
        ("DELETE", f"/api/shared-views/{key}/people/{person}", None),
        ("POST", f"/api/shared-views/{key}/end", {}),
    ]


def test_a_shared_view_from_opening_to_end(alice: Actor, bob: Actor, ct: Case):
    host, guest = alice.client(), bob.client()
    response = ask(host, "POST", "/api/shared-views", {"study_instance_uid": ct.study, "panes": [ct.pane(look(2)), None], "active": 1})
    key = json.loads(response.content)["key"]
    assert (response.status_code, json.loads(response.content)) == (201, {"key": key, "url": f"/shared/{key}"})
    response = ask(host, "POST", f"/api/shared-views/{key}/people", {"usernames": ["bob"]})
    people = [{"person": "alice", "name": "alice", "how": "opened"}, {"person": "bob", "name": "bob", "how": "invited"}]
    assert (response.status_code, json.loads(response.content)) == (200, {"people": people})
    [card] = json.loads(guest.get("/api/shared-views").content)["shared_views"]
    assert card.pop("since")[:2] == "20"
    assert card == {
        "key": key, "url": f"/shared/{key}",
        "opened_by": "alice", "opened_by_name": "alice", "presenter": "alice", "presenter_name": "alice",
        "study": {"patient_name": "Synthetic, Sam", "description": "Chest", "study_date": "20240131"},
    }  # fmt: skip
    page = guest.get(f"/shared/{key}")
    assert page.status_code == 200
    boot = json.loads(page.content.decode().partition('<script id="boot" type="application/json">')[2].partition("</script>")[0])
    assert (boot["shared_view"], boot["user"]["name"]) == (key, "bob")
    assert "study_instance_uid" not in boot
    assert ct.study not in page.content.decode()
    response = ask(host, "POST", f"/api/shared-views/{key}/grants", {"usernames": ["bob"]})
    assert (response.status_code, response.content) == (200, b"{}")
    assert ask(host, "DELETE", f"/api/shared-views/{key}/people/bob").status_code == 204
    assert guest.get(f"/shared/{key}").status_code == 404
    assert ask(host, "POST", f"/api/shared-views/{key}/end", {}).status_code == 204
    assert host.get(f"/shared/{key}").status_code == 404
    assert json.loads(host.get("/api/shared-views").content) == {"shared_views": []}


def test_one_opens_on_a_study_alone(alice: Actor, ct: Case):
    response = ask(alice.client(), "POST", "/api/shared-views", {"study_instance_uid": ct.study})
    assert response.status_code == 201


def test_nobody_is_asked_to_sign_in_and_comes_back_to_the_link(alice: Actor, ct: Case):
    key = opened(alice.client(), ct)
    for method, path, body in [
        *routes(key),
        ("GET", "/api/shared-views", None),
        ("POST", "/api/shared-views", {}),
        ("GET", "/api/people", None),
    ]:
        response = ask(Client(), method, path, body)
        if path.startswith("/shared/"):
            assert (response.status_code, response["Location"]) == (302, f"/sign-in?next=/shared/{key}")
        else:
            assert response.status_code == 401


def test_who_takes_no_part_finds_the_same_as_nothing(alice: Actor, bob: Actor, charlie: Actor, ct: Case):
    key = opened(alice.client(), ct)
    assert bob.client().get(f"/shared/{key}").status_code == 200  # the link is enough to come, not to steer
    for person in (bob, charlie):
        for (method, path, body), (_, unknown, _) in zip(routes(key)[1:], routes(UNKNOWN)[1:], strict=True):
            ours, theirs = (ask(person.client(), method, place, body) for place in (path, unknown))
            assert (ours.status_code, theirs.status_code) == (404, 404)
            assert ours["Content-Type"] == theirs["Content-Type"] == "application/problem+json"
            assert len(ours.content) == len(theirs.content)
    assert SharedView.objects.get().number == 1


def test_removed_ended_and_unknown_pages_look_the_same(alice: Actor, bob: Actor, ct: Case):
    host = alice.client()
    removed, ended = opened(host, ct), opened(host, ct)
    ask(host, "POST", f"/api/shared-views/{removed}/people", {"usernames": ["bob"]})
    ask(host, "DELETE", f"/api/shared-views/{removed}/people/bob")
    ask(host, "POST", f"/api/shared-views/{ended}/end", {})
    answers = [bob.client().get(f"/shared/{key}") for key in (removed, ended, UNKNOWN)]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({len(answer.content) for answer in answers}) == 1


def test_charlie_comes_by_the_link_and_learns_nothing(alice: Actor, charlie: Actor, ct: Case):
    key = opened(alice.client(), ct)
    ask(alice.client(), "POST", f"/api/shared-views/{key}/people", {"usernames": ["charlie"]})
    ask(alice.client(), "DELETE", f"/api/shared-views/{key}/people/charlie")
    assert charlie.client().get(f"/shared/{key}").status_code == 404
    other = opened(alice.client(), ct)
    page = charlie.client().get(f"/shared/{other}")
    assert page.status_code == 200
    assert not [word for word in (ct.study, ct.series, "Sam", "Chest") if word in page.content.decode()]
    assert json.loads(charlie.client().get("/api/shared-views").content) == {"shared_views": []}
    response = ask(charlie.client(), "POST", "/api/shared-views", {"study_instance_uid": ct.study})
    assert response.status_code == 404


def test_machines_and_administrators_have_no_part(alice: Actor, ct: Case):
    key = opened(alice.client(), ct)
    for role in ("service", "administrator"):
        client = make_actor(role, role, "radiology").client()
        for method, path, body in [*routes(key)[1:], ("GET", "/api/shared-views", None), ("GET", "/api/people?q=al", None)]:
            assert ask(client, method, path, body).status_code == 404
        assert client.get(f"/shared/{key}").status_code == (404 if role == "service" else 302)


def test_a_cookie_needs_its_csrf_token_and_a_bearer_token_does_not(alice: Actor, bob: Actor, ct: Case):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice.user)
    body = {"study_instance_uid": ct.study}
    assert ask(client, "POST", "/api/shared-views", body).status_code == 403
    page = client.get("/").content.decode()
    token = json.loads(page.partition('<script id="boot" type="application/json">')[2].partition("</script>")[0])["csrf_token"]
    made = ask(client, "POST", "/api/shared-views", body, HTTP_X_CSRFTOKEN=token)
    assert made.status_code == 201
    key = json.loads(made.content)["key"]
    for method, path, document in routes(key)[1:]:
        assert ask(client, method, path, document).status_code == 403
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {create_token(actor=operator(), username='alice')}"}
    plain = Client(enforce_csrf_checks=True)
    assert [ask(plain, method, path, document, **bearer).status_code for method, path, document in routes(key)] == [200, 200, 200, 204, 204]


WRONG_BODIES: list[tuple[Any, int]] = [
    ({}, 400),
    ([], 400),
    (b"{", 400),
    (b"[" * 60_000, 400),
    (b"\xff", 400),
    (b" " * 70_000, 413),
    ({"study_instance_uid": "1.2", "panes": []}, 400),
    ({"study_instance_uid": "1.2", "panes": [{"study": "1.2"}]}, 400),
    ({"study_instance_uid": "1.2", "active": 1}, 400),
    ({"study_instance_uid": "1.2", "active": True}, 400),
    ({"study_instance_uid": "1.2", "presenter": "bob"}, 400),
    ({"study_instance_uid": 12}, 400),
    ({"study_instance_uid": "1.2"}, 404),
]
WRONG_USERNAMES: list[Any] = [None, "bob", [], [""], [7], ["two words"], ["b"] * 201, [["bob"]]]


def test_a_body_that_cannot_be_does_nothing(alice: Actor, ct: Case):
    client = alice.client()
    answers = [ask(client, "POST", "/api/shared-views", body) for body, _ in WRONG_BODIES]
    assert [answer.status_code for answer in answers] == [status for _, status in WRONG_BODIES]
    assert {answer["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert SharedView.objects.count() == 0
    key = opened(client, ct)
    for route in ("people", "grants"):
        path = f"/api/shared-views/{key}/{route}"
        assert {ask(client, "POST", path, {"usernames": usernames}).status_code for usernames in WRONG_USERNAMES} == {400}


def test_another_media_type_is_refused(alice: Actor, ct: Case):
    response = alice.client().post("/api/shared-views", {"study_instance_uid": ct.study})
    assert response.status_code == 415


def test_people_are_found_by_the_beginnings_of_their_names(alice: Actor, bob: Actor, charlie: Actor):
    make_actor("bot", "service", "radiology")
    answer = json.loads(alice.client().get("/api/people?q=bo").content)
    assert answer == {"people": [{"username": "bob", "name": "bob"}]}
    assert json.loads(alice.client().get("/api/people").content) == {"people": []}
    assert alice.client().get("/api/people?q=" + "b" * 201).status_code == 400
