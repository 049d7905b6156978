"""Signing in and out: rotation, throttling, where it leads, and what the log says."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from governance.models import AuditEntry
from governance.services import access
from governance.services.sign_in import TRIES_PER_ADDRESS, TRIES_PER_NAME
from tests.conftest import PASSWORD, Actor, make_actor
from tests.server import free_port

pytestmark = pytest.mark.django_db(transaction=True)  # its views run on threads of their own
WRONG = "User name or password is wrong."
WAIT = "Too many attempts. Wait 15 minutes, then try again."


@pytest.fixture(autouse=True)
def no_tries_yet():
    for each in caches.all(initialized_only=False):
        each.clear()


@pytest.fixture(autouse=True)
def a_front_end(settings: Any, tmp_path: Path):
    """A build that has just this page: what Vite makes of it is the browser tests' business."""
    settings.VITE_MANIFEST = tmp_path / "manifest.json"
    settings.VITE_MANIFEST.write_text(json.dumps({"entries/sign_in.ts": {"file": "assets/sign_in.js", "isEntry": True}}))


def attempt(client: Client, username: str, password: str, **extra: str):
    address = extra.pop("address", "127.0.0.1")
    return client.post("/sign-in", {"username": username, "password": password, **extra}, REMOTE_ADDR=address)


def log(action: str) -> list[tuple[str, str]]:
    return list(AuditEntry.objects.filter(action=action).values_list("actor", "outcome"))


def session_key(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_the_right_password_begins_a_session_and_is_recorded(alice: Actor):
    client = Client()
    response = attempt(client, "alice", PASSWORD)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert access.subject_of_session(session_key(client)).username == "alice"
    assert log("sign-in") == [("alice", "success")]
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_signing_in_again_gives_the_session_another_key(alice: Actor):
    client = Client()
    attempt(client, "alice", PASSWORD)
    first = session_key(client)
    attempt(client, "alice", PASSWORD)
    assert session_key(client) != first
    assert not Session.objects.filter(session_key=first).exists()


def test_a_wrong_password_an_unknown_name_and_an_inactive_user_look_the_same(alice: Actor, bob: Actor):
    bob.user.is_active = False
    bob.user.save()
    bodies = []
    for name, password in (("alice", "wrong"), ("nobody", "wrong"), ("bob", PASSWORD)):
        response = attempt(Client(), name, password)
        assert response.status_code == 200
        assert response.context["form"].non_field_errors() == [WRONG]
        bodies.append(response.content.count(WRONG.encode()))
    assert bodies == [1, 1, 1]
    assert log("sign-in") == [("alice", "failure"), ("", "failure"), ("bob", "failure")]  # never what was typed as a name
    assert "nobody" not in json.dumps(list(AuditEntry.objects.values_list("detail", flat=True)))


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_after_some_failures_one_waits_whether_or_not_the_user_exists(alice: Actor, name: str):
    for _ in range(TRIES_PER_NAME):
        assert attempt(Client(), name, "wrong").status_code == 200
    for _ in range(3):
        response = attempt(Client(), name, PASSWORD)
        assert response.status_code == 429
        assert int(response["Retry-After"]) == 900
        assert response.context["form"].non_field_errors() == [WAIT]
    assert [outcome for _, outcome in log("sign-in")] == ["failure"] * TRIES_PER_NAME + ["throttled"]


def test_elsewhere_and_for_others_nothing_is_held_up(alice: Actor, bob: Actor):
    for _ in range(TRIES_PER_NAME + 1):
        attempt(Client(), "alice", "wrong", address="198.51.100.7")
    assert attempt(Client(), "alice", PASSWORD, address="198.51.100.8").status_code == 302
    assert attempt(Client(), "bob", PASSWORD, address="198.51.100.7").status_code == 302


def test_a_network_of_ipv6_addresses_counts_as_one(alice: Actor):
    for number in range(TRIES_PER_NAME):
        attempt(Client(), "alice", "wrong", address=f"2001:db8::{number}")
    assert attempt(Client(), "alice", PASSWORD, address="2001:db8::ffff").status_code == 429
    assert attempt(Client(), "alice", PASSWORD, address="2001:db8:0:1::1").status_code == 302


def test_one_password_tried_on_many_names_is_throttled_by_address_and_success_does_not_count(alice: Actor):
    for _ in range(TRIES_PER_ADDRESS // 4):
        assert attempt(Client(), "alice", PASSWORD).status_code == 302
    for number in range(TRIES_PER_ADDRESS):
        assert attempt(Client(), f"guess{number}", "summer2026").status_code == 200
    assert attempt(Client(), "alice", PASSWORD).status_code == 429


def test_signing_in_and_its_throttle_go_on_while_the_shared_cache_is_out_of_reach(alice: Actor, settings: Any):
    """Nothing listens at the address: as with a Redis that is down."""
    nowhere = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = {**settings.CACHES, "default": nowhere}
    assert attempt(Client(), "alice", PASSWORD).status_code == 302
    for _ in range(TRIES_PER_NAME):
        assert attempt(Client(), "alice", "wrong").status_code == 200
    assert attempt(Client(), "alice", PASSWORD).status_code == 429


def test_machines_and_people_without_a_role_have_no_pages():
    make_actor("gateway", "service", "radiology")
    roleless = make_actor("dora", "clinician", "radiology")
    roleless.user.roles.clear()
    for name in ("gateway", "dora"):
        client = Client()
        response = attempt(client, name, PASSWORD)
        assert response.context["form"].non_field_errors() == ["This account has no pages. Ask an administrator for a role."]
        assert settings.SESSION_COOKIE_NAME not in client.cookies
    assert log("sign-in") == [("gateway", "denied"), ("dora", "denied")]


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/study/1.2.3?x=1", "/study/1.2.3?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("study/1.2.3", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_only_to_our_own_pages(alice: Actor, wanted: str, goes_to: str):
    assert attempt(Client(), "alice", PASSWORD, next=wanted)["Location"] == goes_to
    assert Client().get("/sign-in", {"next": wanted}).context["next"] == goes_to


def test_signing_out_ends_the_session_for_everything_that_it_opened(alice: Actor):
    client = Client()
    attempt(client, "alice", PASSWORD)
    subject = access.subject_of_session(session_key(client))
    assert access.current_epochs([subject]) == {subject: True}
    assert client.get("/sign-out").status_code == 405
    response = client.post("/sign-out")
    assert (response.status_code, response["Location"]) == (302, "/sign-in")
    assert access.current_epochs([subject]) == {subject: False}
    assert log("sign-out") == [("alice", "success")]


def test_forms_without_their_token_are_refused(alice: Actor):
    client = Client(enforce_csrf_checks=True)
    assert attempt(client, "alice", PASSWORD).status_code == 403
    client.force_login(alice.user)
    assert client.post("/sign-out").status_code == 403
    assert Session.objects.count() == 1


def test_a_request_with_a_bearer_token_leaves_the_session_beside_it_alone(alice: Actor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice.user)
    response = client.post("/sign-out", headers={"authorization": "Bearer vbx_wrong"})
    assert response.status_code == 302
    assert Session.objects.count() == 1  # no CSRF token was asked for, and nothing of alice's was touched
    assert log("sign-out") == []


def test_pages_carry_strict_headers():
    response = Client().get("/sign-in")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for directive in ("script-src 'self'", "img-src 'self' blob:", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
        assert directive in policy
    assert response["Cache-Control"] == "no-store"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in response["Permissions-Policy"]


def test_sessions_that_ran_out_leave_the_table(alice: Actor):
    for _ in range(3):
        attempt(Client(), "alice", PASSWORD)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    attempt(Client(), "alice", PASSWORD)
    assert Session.objects.count() == 1
