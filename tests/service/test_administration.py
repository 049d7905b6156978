"""Django admin: for administrators alone, without patients, and every change in the audit log and the permission epoch."""

import json

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client

from governance.core.policy import operator
from governance.models import ApiToken, AuditEntry, Department, Invitation, ModalityDepartment, Role
from governance.services import access, invitations, people
from tests.conftest import PASSWORD, Actor, make_actor

User = get_user_model()
pytestmark = pytest.mark.django_db(transaction=True)  # its views run on threads of their own


@pytest.fixture
def root() -> Actor:
    return make_actor("root", "administrator")


@pytest.fixture
def desk(root: Actor) -> Client:
    return root.client()


def changes() -> list[tuple[str, str, dict]]:
    entries = AuditEntry.objects.filter(actor="root").order_by("index")
    return [(entry.actor, entry.action, json.loads(entry.detail)) for entry in entries]


def person_form(user, **changed):
    return {
        "full_name": user.full_name,
        "is_active": "on",
        "roles": [role.pk for role in user.roles.all()],
        "departments": [department.pk for department in user.departments.all()],
        **changed,
    }


def test_only_administrators_get_in(desk: Client, alice: Actor):
    assert b"Viewbox administration" in desk.get("/admin/").content
    nobody = Client().get("/admin/governance/user/", follow=False)
    assert (nobody.status_code, nobody["Location"]) == (302, "/admin/login/?next=/admin/governance/user/")
    assert Client().get(nobody["Location"])["Location"] == "/sign-in?next=%2Fadmin%2Fgovernance%2Fuser%2F"
    for_alice = alice.client().get("/admin/", follow=True)
    assert for_alice.status_code == 403
    assert AuditEntry.objects.get(outcome="denied").actor == "alice"


def test_admins_own_sign_in_form_does_not_exist(root: Actor):
    response = Client().post("/admin/login/", {"username": "root", "password": PASSWORD})
    assert response["Location"].startswith("/sign-in")
    assert AuditEntry.objects.filter(action="sign-in").count() == 0


def test_there_is_no_patient_in_what_administrators_are_shown(desk: Client, root: Actor):
    user = User.objects.get(username="root")
    shown = {model._meta.label for model in admin.site._registry if user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")}
    assert {label for label in shown if not label.startswith("governance.")} <= {"archive.Conflict", "archive.Quarantined"}
    for model in apps.get_app_config("archive").get_models():
        if model.__name__ not in ("Conflict", "Quarantined"):
            assert not user.has_perm(f"archive.view_{model._meta.model_name}")


def test_giving_a_department_is_recorded_and_counts_the_epoch(desk: Client, charlie: Actor):
    user = charlie.user
    form = person_form(user, departments=[Department.objects.get(slug="radiology").pk])
    assert desk.post(f"/admin/governance/user/{user.pk}/change/", form).status_code == 302
    assert access.current_epochs([charlie.subject]) == {charlie.subject: False}
    assert set(User.objects.get(pk=user.pk).departments.values_list("slug", flat=True)) == {"radiology"}
    (_, action, detail) = changes()[-1]
    assert action == "user changed"
    assert (detail["user"], detail["departments"], detail["fields"]) == ("charlie", ["radiology"], ["Departments"])


def test_deactivating_is_recorded_and_ends_what_is_open(desk: Client, bob: Actor):
    form = person_form(bob.user)
    del form["is_active"]
    desk.post(f"/admin/governance/user/{bob.user.pk}/change/", form)
    assert access.current_epochs([bob.subject]) == {bob.subject: False}
    assert changes()[-1][2]["active"] is False


def test_a_new_user_is_recorded_with_rights(desk: Client):
    form = {
        "username": "dora",
        "full_name": "D. Ora",
        "usable_password": "true",
        "password1": "hardly-guessable-9",
        "password2": "hardly-guessable-9",
        "roles": [Role.objects.get(code="clinician").pk],
        "departments": [Department.objects.get(slug="pathology").pk],
    }
    assert desk.post("/admin/governance/user/add/", form).status_code == 302
    assert User.objects.get(username="dora").check_password("hardly-guessable-9")
    (_, action, detail) = changes()[-1]
    assert (action, detail["user"], detail["roles"], detail["departments"]) == ("user created", "dora", ["clinician"], ["pathology"])
    assert "hardly" not in json.dumps(detail)


def test_a_new_password_is_recorded_and_ends_what_is_open(desk: Client, bob: Actor):
    form = {"usable_password": "true", "password1": "hardly-guessable-9", "password2": "hardly-guessable-9", "set-password": "1"}
    assert desk.post(f"/admin/governance/user/{bob.user.pk}/password/", form).status_code == 302
    assert User.objects.get(username="bob").check_password("hardly-guessable-9")
    assert access.current_epochs([bob.subject]) == {bob.subject: False}
    assert changes()[-1][2]["fields"] == ["password"]


def test_ones_own_password_too(desk: Client):
    form = {"old_password": PASSWORD, "new_password1": "hardly-guessable-9", "new_password2": "hardly-guessable-9"}
    assert desk.post("/admin/password_change/", form).status_code == 302
    assert User.objects.get(username="root").check_password("hardly-guessable-9")
    _, action, detail = changes()[-1]
    assert (action, detail["user"], detail["fields"]) == ("user changed", "root", ["password"])


def test_users_are_not_deleted_or_renamed(desk: Client, bob: Actor):
    assert desk.post(f"/admin/governance/user/{bob.user.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post(f"/admin/governance/user/{bob.user.pk}/change/", person_form(bob.user, username="mallory"))
    assert User.objects.filter(username="bob").exists()


def test_departments_and_the_modality_table_are_edited_and_recorded(desk: Client):
    assert desk.post("/admin/governance/department/add/", {"slug": "sleep-lab", "name": "Sleep lab"}).status_code == 302
    sleep_lab = Department.objects.get(slug="sleep-lab")
    desk.post(f"/admin/governance/department/{sleep_lab.pk}/change/", {"slug": "other", "name": "Sleep medicine"})
    assert Department.objects.get(pk=sleep_lab.pk).slug == "sleep-lab"
    row = ModalityDepartment.objects.get(modality="ECG")
    desk.post(f"/admin/governance/modalitydepartment/{row.pk}/change/", {"modality": "ECG", "department": sleep_lab.pk})
    assert access.department_for(actor=operator(), modality="ECG") == "sleep-lab"
    desk.post(f"/admin/governance/modalitydepartment/{row.pk}/delete/", {"post": "yes"})
    assert [action for _, action, _ in changes()] == [
        "department created",
        "department changed",
        "modality's department changed",
        "modality's department deleted",
    ]


def test_tokens_are_listed_and_revoked(desk: Client, alice: Actor):
    token = people.create_token(actor=operator(), username="alice")
    page = desk.get("/admin/governance/apitoken/").content.decode()
    assert "alice" in page
    assert token not in page
    row = ApiToken.objects.get()
    assert row.token_sha256 not in page
    desk.post("/admin/governance/apitoken/", {"action": "revoke", "_selected_action": [row.pk]})
    assert access.subject_of_token(token).user_id is None
    assert changes()[-1][1] == "token revoked"


def test_invitations_are_listed_and_ended(desk: Client, alice: Actor, charlie: Actor):
    for number in range(2):
        invitations.invite(
            actor=alice.subject, username="charlie", study_instance_uid=f"1.2.{number}", department="cardiology", context="shared view 7"
        )
    first, second = Invitation.objects.order_by("pk")
    page = desk.get("/admin/governance/invitation/").content.decode()
    for text in ("alice", "charlie", "1.2.0", "1.2.1", "shared view 7"):
        assert text in page
    assert desk.get("/admin/governance/invitation/add/").status_code == 403
    desk.post("/admin/governance/invitation/", {"action": "end", "_selected_action": [first.pk]})
    assert [one.study_instance_uid for one in access.subject_of_user(charlie.user).invitations] == [second.study_instance_uid]
    _, action, detail = changes()[-1]
    assert (action, detail["users"], detail["context"]) == ("invitation ended", ["charlie"], "shared view 7")


def test_the_audit_log_is_read_only(desk: Client):
    people.create_token(actor=operator(), username="root")
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert entry.action.encode() in desk.get("/admin/governance/auditentry/").content
    assert desk.get("/admin/governance/auditentry/add/").status_code == 403
    assert desk.post(f"/admin/governance/auditentry/{entry.pk}/change/", {"actor": "mallory"}).status_code == 403
    assert desk.post(f"/admin/governance/auditentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert desk.get("/admin/governance/auditentry/", {"q": "root"}).status_code == 200


def test_signing_out_of_admin_is_signing_out(desk: Client, root: Actor):
    response = desk.post("/admin/logout/")
    assert (response.status_code, response["Location"]) == (307, "/sign-out")
    desk.post("/sign-out")
    assert desk.get("/admin/").status_code == 302


def test_admin_has_a_policy_it_works_under(desk: Client):
    policy = desk.get("/admin/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
