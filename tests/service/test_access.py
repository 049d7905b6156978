"""Who asks and what they may see: narrow equals decide, credentials, and the permission epoch."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from archive.models import Patient, Series, Study
from governance.core.faults import Denied, Malformed, NotFound, Unidentified
from governance.core.policy import ANONYMOUS, Action, Invitation, InviterRights, Resource, Role, Subject, decide, operator
from governance.models import ApiToken, AuditEntry, Department, ModalityDepartment
from governance.models import Role as RoleRow
from governance.services import access, people
from governance.services.database import run_in_database
from tests.conftest import PASSWORD, Actor

User = get_user_model()
DEPARTMENTS = ["radiology", "cardiology", "pathology", "dermatology", "unassigned"]

inviters = st.builds(
    InviterRights,
    user_id=st.integers(2, 4),
    permission_epoch=st.just(1),
    roles=st.frozensets(st.sampled_from([*Role, "a role of tomorrow"]), max_size=2),
    departments=st.frozensets(st.sampled_from([*DEPARTMENTS, "a department of tomorrow"]), max_size=3),
)
STUDIES = [(f"1.2.{place}.{number}", slug) for place, slug in enumerate(DEPARTMENTS) for number in range(3)]
invitations = st.builds(
    Invitation,
    id=st.integers(1, 100),
    study_instance_uid=st.sampled_from([*(study for study, _ in STUDIES), "9.9", ""]),
    inviter=inviters,
)
subjects = st.one_of(
    st.just(ANONYMOUS),
    st.just(operator()),
    st.builds(
        Subject,
        user_id=st.just(1),
        username=st.just("alice"),
        roles=st.frozensets(st.sampled_from([*Role, "a role of tomorrow"]), max_size=3),
        departments=st.frozensets(st.sampled_from([*DEPARTMENTS, "a department of tomorrow"]), max_size=4),
        invitations=st.frozensets(invitations, max_size=6),
    ),
)


@pytest.fixture
def studies(db: None) -> None:
    """Three studies in each department."""
    patient = Patient.objects.create(patient_id="P")
    for study, department in STUDIES:
        Study.objects.create(study_instance_uid=study, department=department, patient=patient)


@hypothesis_settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=subjects, action=st.sampled_from(Action))
def test_narrow_keeps_exactly_the_rows_that_decide_allows(studies: None, subject: Subject, action: Action):
    kept = Study.objects.filter(access.narrow(subject, action, "department", "study_instance_uid"))
    allowed = {study for study, department in STUDIES if decide(subject, action, Resource(department, study)).allowed}
    assert sorted(kept.values_list("study_instance_uid", flat=True)) == sorted(allowed)


def test_narrow_follows_the_callers_paths(studies: None):
    rights = InviterRights(2, 1, frozenset({Role.CLINICIAN}), frozenset({"cardiology"}))
    invited = frozenset({Invitation(1, "1.2.1.0", rights), Invitation(2, "1.2.3.0", rights)})  # of cardiology, and of dermatology
    subject = Subject(1, "alice", frozenset({Role.CLINICIAN}), frozenset({"pathology"}), invitations=invited)
    for study in Study.objects.all():
        Series.objects.create(study=study, series_instance_uid=f"{study.study_instance_uid}.1")
    kept = Series.objects.filter(access.narrow(subject, Action.READ, "study__department", "study__study_instance_uid"))
    assert set(kept.values_list("series_instance_uid", flat=True)) == {"1.2.1.0.1", "1.2.2.0.1", "1.2.2.1.1", "1.2.2.2.1"}


# --- require ---


@pytest.mark.django_db
def test_what_may_not_be_read_does_not_exist_and_the_denial_is_recorded_once(charlie: Actor):
    access._denials.clear()
    resource = Resource("radiology", study_instance_uid="1.2.3")
    for _ in range(3):
        with pytest.raises(NotFound):
            access.require(subject=charlie.subject, action=Action.READ, resource=resource)
    denial = AuditEntry.objects.get(outcome="denied")
    assert (denial.actor, denial.action, denial.study_instance_uid) == ("charlie", "read", "1.2.3")


@pytest.mark.django_db
def test_who_may_not_store_is_told_so_and_nobody_is_asked_to_sign_in(alice: Actor, bob: Actor):
    access._denials.clear()
    with pytest.raises(Denied):
        access.require(subject=alice.subject, action=Action.STORE, resource=Resource("radiology"))
    with pytest.raises(Unidentified):
        access.require(subject=ANONYMOUS, action=Action.STORE, resource=Resource("radiology"))
    access.require(subject=bob.subject, action=Action.STORE, resource=Resource("radiology"))
    assert list(AuditEntry.objects.filter(outcome="denied").values_list("actor", flat=True)) == ["alice"]


@pytest.mark.django_db
def test_an_allowed_request_touches_no_database(alice: Actor, django_assert_num_queries: Callable):
    with django_assert_num_queries(0):
        access.require(subject=alice.subject, action=Action.READ, resource=Resource("radiology"))


# --- credentials ---


def cookie(client: Client) -> dict[bytes, bytes]:
    name = settings.SESSION_COOKIE_NAME
    return {b"cookie": f"theme=dark; {name}={client.cookies[name].value}".encode()}


def bearer(token: str) -> dict[bytes, bytes]:
    return {b"authorization": f"Bearer {token}".encode()}


@pytest.mark.django_db
def test_a_session_cookie_gives_its_person_in_three_queries(alice: Actor, django_assert_num_queries: Callable):
    headers = cookie(alice.client())
    with django_assert_num_queries(3):
        subject = access.subject_of_headers(headers)
    assert subject.username == "alice"
    assert subject.roles == {"clinician"}
    assert subject.departments == {"radiology", "cardiology", "pathology"}
    assert subject.session_key


@pytest.mark.django_db
def test_a_token_gives_its_user_in_two_queries_and_is_not_stored(alice: Actor, django_assert_num_queries: Callable):
    token = people.create_token(actor=operator(), username="alice")
    assert token.startswith("vbx_")
    assert len(token) >= 43 + 4  # 256 bits in base64
    with django_assert_num_queries(2):
        subject = access.subject_of_headers(bearer(token))
    assert (subject.username, subject.departments) == ("alice", alice.subject.departments)
    stored = [str(value) for row in ApiToken.objects.values() for value in row.values()]
    assert not any(token.removeprefix("vbx_") in value for value in stored)
    assert access.subject_of_token(token) == subject


@pytest.mark.django_db
def test_a_bearer_token_counts_alone_even_a_wrong_one(alice: Actor, bob: Actor):
    token = people.create_token(actor=operator(), username="bob")
    both = cookie(alice.client()) | bearer(token)
    assert access.subject_of_headers(both).username == "bob"
    assert access.subject_of_headers(both | bearer("vbx_wrong")) == ANONYMOUS
    assert access.subject_of_headers(both | bearer("")) == ANONYMOUS


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers", [{}, {b"cookie": b""}, {b"cookie": b"viewbox_session=' OR 1=1"}, {b"cookie": b"viewbox_session=" + b"a" * 41}]
)
def test_without_credentials_there_is_nobody_and_no_query(headers: dict[bytes, bytes], django_assert_num_queries: Callable):
    with django_assert_num_queries(0):
        assert access.subject_of_headers(headers) == ANONYMOUS


@pytest.mark.django_db
def test_ended_sessions_and_revoked_tokens_give_nobody(alice: Actor):
    client = alice.client()
    headers, key = cookie(client), client.cookies[settings.SESSION_COOKIE_NAME].value
    assert access.subject_of_session(key).username == "alice"
    Session.objects.filter(session_key=key).update(expire_date=timezone.now() - timedelta(seconds=1))
    assert access.subject_of_headers(headers) == ANONYMOUS
    assert access.subject_of_session("never-was") == ANONYMOUS
    token = people.create_token(actor=operator(), username="alice")
    people.revoke_token(actor=operator(), token_id=ApiToken.objects.get().pk)
    assert access.subject_of_token(token) == ANONYMOUS


@pytest.mark.django_db
def test_a_change_of_password_ends_older_sessions(alice: Actor):
    headers = cookie(alice.client())
    people.create_user(actor=operator(), username="alice", role="clinician", departments=["radiology"], password="another-long-password")
    assert access.subject_of_headers(headers) == ANONYMOUS


@pytest.mark.django_db
def test_an_inactive_user_is_nobody(alice: Actor):
    headers, token = cookie(alice.client()), people.create_token(actor=operator(), username="alice")
    User.objects.filter(username="alice").update(is_active=False)
    assert access.subject_of_headers(headers) == ANONYMOUS
    assert access.subject_of_headers(bearer(token)) == ANONYMOUS


@pytest.mark.django_db
def test_a_request_is_looked_up_once(alice: Actor, django_assert_num_queries: Callable):
    request = RequestFactory().get("/")
    request.COOKIES[settings.SESSION_COOKIE_NAME] = alice.client().cookies[settings.SESSION_COOKIE_NAME].value
    with django_assert_num_queries(3):
        assert access.authenticate_request(request).username == "alice"
        assert access.authenticate_request(request).username == "alice"


# --- the permission epoch: it grows whatever changes a user's rights ---


def take_role(user) -> None:
    user.roles.clear()


def give_role(user) -> None:
    user.roles.add(RoleRow.objects.get(code="pathologist"))


def take_department(user) -> None:
    user.departments.remove(Department.objects.get(slug="radiology"))


def give_department_in_bulk(user) -> None:
    through = User.departments.through
    through.objects.bulk_create([through(user_id=user.pk, department_id=Department.objects.get(slug="endoscopy").pk)])


def deactivate_by_update(user) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def change_password(user) -> None:
    user.set_password("another-long-password")
    user.save()


def rename(user) -> None:
    User.objects.filter(pk=user.pk).update(username="alice2")


def rename_department(user) -> None:
    Department.objects.filter(slug="radiology").update(slug="imaging")


def rename_role(user) -> None:
    RoleRow.objects.filter(code="clinician").update(code="doctor")


def delete_role(user) -> None:
    RoleRow.objects.get(code="clinician").delete()


def use_service(user) -> None:
    people.create_user(actor=operator(), username="alice", role="clinician", departments=["radiology"])


CHANGES = [
    take_role,
    give_role,
    take_department,
    give_department_in_bulk,
    deactivate_by_update,
    change_password,
    rename,
    rename_department,
    rename_role,
    delete_role,
    use_service,
]


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_each_change_of_rights_counts_the_epoch_up(alice: Actor, bob: Actor, change: Callable):
    token = people.create_token(actor=operator(), username="alice")
    subject = access.subject_of_token(token)
    assert access.current_epochs([subject]) == {subject: True}
    change(User.objects.get(pk=alice.user.pk))
    assert access.current_epochs([subject]) == {subject: False}
    assert User.objects.get(pk=alice.user.pk).permission_epoch > subject.permission_epoch


@pytest.mark.django_db
def test_what_changes_no_right_leaves_the_epoch_and_others_are_left_alone(alice: Actor, bob: Actor):
    user = User.objects.get(username="alice")
    user.full_name, user.last_login = "Dr A. Ice", timezone.now()
    user.save()
    use_same = people.create_user(
        actor=operator(), username="alice", role="clinician", departments=sorted(alice.subject.departments), password=PASSWORD
    )
    assert use_same.permission_epoch == alice.subject.permission_epoch
    take_role(user)
    assert access.current_epochs([alice.subject, bob.subject]) == {alice.subject: False, bob.subject: True}


@pytest.mark.django_db
def test_a_stale_copy_saved_later_does_not_bring_an_old_epoch_back(alice: Actor):
    stale = User.objects.get(username="alice")
    take_role(User.objects.get(username="alice"))
    raised = User.objects.get(username="alice").permission_epoch
    stale.full_name = "stale"
    stale.save()
    assert User.objects.get(username="alice").permission_epoch > raised


@pytest.mark.django_db
def test_standing_is_asked_in_three_queries_for_any_number_of_streams(alice: Actor, bob: Actor, django_assert_num_queries: Callable):
    sessions = [access.subject_of_headers(cookie(alice.client())) for _ in range(20)]
    tokens = [access.subject_of_token(people.create_token(actor=operator(), username="bob")) for _ in range(20)]
    with django_assert_num_queries(3):
        standing = access.current_epochs([*sessions, *tokens, operator(), ANONYMOUS])
    assert all(standing[subject] for subject in [*sessions, *tokens, operator()])
    assert not standing[ANONYMOUS]
    Session.objects.filter(session_key=sessions[0].session_key).delete()
    people.revoke_token(actor=operator(), token_id=int(tokens[0].session_key.removeprefix("token:")))
    standing = access.current_epochs([*sessions, *tokens])
    assert {subject for subject, stands in standing.items() if not stands} == {sessions[0], tokens[0]}


# --- the hot lane ---


@pytest.mark.django_db(transaction=True)
async def test_many_requests_at_once_are_one_lookup_and_memory_is_short(alice: Actor, monkeypatch: pytest.MonkeyPatch):
    token = await run_in_database(people.create_token, actor=operator(), username="alice")
    lookups: list[str] = []
    real = access._subject_of

    def counted(credential: access.Credential) -> Subject:
        lookups.append(credential[0])
        return real(credential)

    monkeypatch.setattr(access, "_subject_of", counted)
    found = await asyncio.gather(*(access.identify(bearer(token)) for _ in range(50)))
    assert {subject.username for subject in found} == {"alice"}
    assert lookups == ["token"]
    await access.identify(bearer(token))
    assert lookups == ["token"]
    monkeypatch.setattr(access, "RECALL_S", 0.0)
    await access.identify(bearer(token))
    assert lookups == ["token", "token"]
    assert await access.identify(bearer("vbx_wrong")) == ANONYMOUS
    assert await access.identify({}) == ANONYMOUS


# --- departments of new studies ---


@pytest.mark.django_db
def test_a_new_study_gets_its_department_as_stated_else_the_actors_else_by_modality(bob: Actor, alice: Actor, charlie: Actor):
    assert access.department_for(actor=operator(), modality="CT", stated="Wound care") == "wound-care"
    assert access.department_for(actor=bob.subject, modality="SM") == "radiology"
    assert access.department_for(actor=alice.subject, modality="SM") == "pathology"  # she has three: the table decides
    assert access.department_for(actor=charlie.subject, modality="US") == "cardiology"
    assert access.department_for(actor=charlie.subject, modality="XYZ") == "unassigned"
    assert access.department_for(actor=operator(), modality="") == "unassigned"
    ModalityDepartment.objects.filter(modality="US").update(department=Department.objects.get(slug="radiology"))
    assert access.department_for(actor=charlie.subject, modality="US") == "radiology"


@pytest.mark.django_db
def test_only_an_operator_makes_a_department_by_stating_it(bob: Actor):
    assert access.department_for(actor=operator(), modality="CT", stated="Sports Medicine") == "sports-medicine"
    assert AuditEntry.objects.filter(action="department created", detail__contains="sports-medicine").count() == 1
    assert access.department_for(actor=bob.subject, modality="CT", stated="sports-medicine") == "sports-medicine"
    with pytest.raises(Malformed):
        access.department_for(actor=bob.subject, modality="CT", stated="nowhere")
