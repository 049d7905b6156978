"""Invitations: what they open, to whom, how they end, and that all of it is in the audit log."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from archive.models import Patient, Study
from archive.services.search import is_there
from governance.core.faults import Denied, NotFound, Unidentified
from governance.core.policy import ANONYMOUS, Subject, operator
from governance.models import AuditEntry, Department, Invitation
from governance.models import Role as RoleRow
from governance.services import access, invitations, people
from governance.services.database import run_in_database
from tests.conftest import Actor, make_actor

User = get_user_model()
pytestmark = pytest.mark.django_db
STUDY, OTHER = "1.2.1", "1.2.2"  # of cardiology, which alice reads and bob and charlie don't
SHARED = "shared view 12"


@pytest.fixture(autouse=True)
def studies(db: None) -> Iterator[None]:
    patient = Patient.objects.create(patient_id="P", patient_name="Secret^Name")
    for study in (STUDY, OTHER):
        Study.objects.create(study_instance_uid=study, department="cardiology", patient=patient)
    access._denials.clear()
    access._recalled.clear()
    yield
    assert not AuditEntry.objects.filter(detail__contains="Secret").exists()


def invite(inviter: Actor, invitee: Actor, study: str = STUDY, context: str = SHARED, department: str = "cardiology") -> bool:
    return invitations.invite(
        actor=subject(inviter), username=invitee.username, study_instance_uid=study, department=department, context=context
    )


def subject(actor: Actor) -> Subject:
    """Return a person's subject as of now."""
    return access.subject_of_user(User.objects.get(pk=actor.user.pk))


def sees(actor: Subject | Actor, study: str = STUDY) -> bool:
    return is_there(actor=subject(actor) if isinstance(actor, Actor) else actor, study_instance_uid=study)


def entries(action: str) -> list[tuple[str, str, dict]]:
    rows = AuditEntry.objects.filter(action=action, outcome="success").order_by("index")
    return [(row.actor, row.study_instance_uid, json.loads(row.detail)) for row in rows]


# --- what it opens ---


def test_an_invitation_opens_this_study_to_this_person_until_it_ends(alice: Actor, bob: Actor, charlie: Actor):
    assert not sees(charlie)
    assert invite(alice, charlie)
    assert sees(charlie)
    assert not sees(charlie, OTHER)
    assert not sees(bob)
    assert invitations.end_invitations(actor=alice.subject, context=SHARED) == 1
    assert not sees(charlie)


def test_inviting_twice_is_inviting_once(alice: Actor, charlie: Actor):
    assert [invite(alice, charlie), invite(alice, charlie)] == [True, False]
    assert Invitation.objects.count() == 1
    assert len(entries("invited")) == 1
    invitations.end_invitations(actor=alice.subject, context=SHARED)
    assert invite(alice, charlie), "after its end it is a new one"


def test_nobody_invites_to_what_they_may_not_read(alice: Actor, bob: Actor, charlie: Actor):
    with pytest.raises(NotFound):
        invite(bob, charlie)
    denial = AuditEntry.objects.get(outcome="denied")
    assert (denial.actor, denial.action, denial.study_instance_uid) == ("bob", "read", STUDY)
    assert not Invitation.objects.exists()
    assert not sees(charlie)


def test_S17_an_invitation_is_not_handed_on(alice: Actor, bob: Actor, charlie: Actor):
    invite(alice, bob)
    assert sees(bob)
    with pytest.raises(NotFound):
        invite(bob, charlie)
    # nor does one that is there grow: bob's own right ends, and an invitation of his to it opens nothing although he was invited too
    bob.user.departments.add(Department.objects.get(slug="cardiology"))
    assert invite(bob, charlie)
    assert sees(charlie)
    bob.user.departments.remove(Department.objects.get(slug="cardiology"))
    assert sees(bob)
    assert not sees(charlie)


def test_an_invitation_makes_nobody_a_reader(alice: Actor):
    root = make_actor("root", "administrator")
    invite(alice, root)
    assert not sees(root)


def test_only_people_invite_people(alice: Actor, charlie: Actor):
    robot = make_actor("robot", "service")
    with pytest.raises(Denied):
        invite(robot, charlie)
    with pytest.raises(NotFound):
        invite(alice, robot)
    with pytest.raises(Unidentified):
        invitations.invite(actor=ANONYMOUS, username="charlie", study_instance_uid=STUDY, department="cardiology", context=SHARED)
    with pytest.raises(NotFound):
        invitations.invite(actor=operator(), username="charlie", study_instance_uid=STUDY, department="cardiology", context=SHARED)
    User.objects.filter(username="charlie").update(is_active=False)
    for name in ("charlie", "nobody"):
        with pytest.raises(NotFound):
            invitations.invite(actor=alice.subject, username=name, study_instance_uid=STUDY, department="cardiology", context=SHARED)
    assert not invite(alice, alice)
    assert not Invitation.objects.exists()


# --- how it ends ---


def loses_department(inviter: Actor) -> None:
    inviter.user.departments.remove(Department.objects.get(slug="cardiology"))


def loses_role(inviter: Actor) -> None:
    inviter.user.roles.set([RoleRow.objects.get(code="administrator")])


def is_disabled(inviter: Actor) -> None:
    User.objects.filter(pk=inviter.user.pk).update(is_active=False)


def ends_it(inviter: Actor) -> None:
    invitations.end_invitations(actor=inviter.subject, context=SHARED)


def study_moves(inviter: Actor) -> None:
    Study.objects.filter(study_instance_uid=STUDY).update(department="dermatology")


@pytest.mark.parametrize("happens", [loses_department, loses_role, is_disabled, ends_it])
def test_S17_what_the_inviter_loses_the_invitee_loses_with_every_open_stream(alice: Actor, charlie: Actor, happens: Callable):
    invite(alice, charlie)
    open_stream = subject(charlie)
    assert access.current_epochs([open_stream]) == {open_stream: True}
    happens(alice)
    assert access.current_epochs([open_stream]) == {open_stream: False}
    assert not sees(charlie)
    assert subject(charlie) != open_stream, "cached decisions have another key"


def test_a_study_that_moves_out_of_the_inviters_reach_is_gone_for_the_invitee(alice: Actor, charlie: Actor):
    invite(alice, charlie)
    study_moves(alice)
    assert not sees(charlie)


def test_a_new_invitation_leaves_open_streams_open_and_reaches_them(alice: Actor, charlie: Actor, django_assert_num_queries: Callable):
    open_stream = access.subject_of_session(_session_of(charlie))
    assert access.current_subjects([open_stream]) == {open_stream: open_stream}
    invite(alice, charlie)
    assert access.current_epochs([open_stream]) == {open_stream: True}
    renewed = access.current_subjects([open_stream])[open_stream]
    assert renewed is not None
    assert (renewed.session_key, renewed.username) == (open_stream.session_key, "charlie")
    assert sees(renewed)
    assert not sees(open_stream)
    with django_assert_num_queries(4):  # users, sessions, invitations relied on, invitations there are
        assert access.current_subjects([renewed]) == {renewed: renewed}
    invite(alice, charlie, OTHER)
    invitations.end_invitations(actor=alice.subject, context=SHARED)
    assert access.current_subjects([renewed, open_stream]) == {renewed: None, open_stream: open_stream}


def test_who_may_read_anyway_does_not_rely_on_an_invitation(alice: Actor, bob: Actor):
    bob.user.departments.add(Department.objects.get(slug="cardiology"))
    invite(alice, bob)
    open_stream = subject(bob)
    assert not open_stream.invitations
    assert access.current_subjects([open_stream]) == {open_stream: open_stream}
    ends_it(alice)
    assert access.current_epochs([open_stream]) == {open_stream: True}
    invite(alice, bob)
    bob.user.departments.remove(Department.objects.get(slug="cardiology"))
    assert access.current_epochs([open_stream]) == {open_stream: False}
    assert sees(bob), "without the department, the invitation counts"


def test_one_persons_invitations_end_and_others_stay(alice: Actor, bob: Actor, charlie: Actor):
    for person in (bob, charlie):
        invite(alice, person)
        invite(alice, person, OTHER)
    invite(alice, bob, STUDY, "shared view 13")
    assert invitations.end_invitations(actor=alice.subject, context=SHARED, username="charlie") == 2
    assert (sees(charlie), sees(charlie, OTHER)) == (False, False)
    assert (sees(bob), sees(bob, OTHER)) == (True, True)
    assert invitations.end_invitations(actor=alice.subject, context=SHARED, username="nobody") == 0
    assert invitations.end_invitations(actor=alice.subject, context=SHARED) == 2
    assert (sees(bob), sees(bob, OTHER)) == (True, False), "the other shared view still lets him in"


def test_an_administrator_ends_one(alice: Actor, charlie: Actor):
    invite(alice, charlie)
    number = Invitation.objects.get().pk
    with pytest.raises(Denied):
        invitations.end_invitation(actor=charlie.subject, invitation_id=number)
    for _ in range(2):
        invitations.end_invitation(actor=make_actor("root", "administrator").subject, invitation_id=number)
    assert not sees(charlie)
    assert entries("invitation ended") == [("root", STUDY, {"context": SHARED, "users": ["charlie"]})]


def test_the_oldest_invitation_ends_when_there_are_too_many(alice: Actor, charlie: Actor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(invitations, "MAX_INVITATIONS", 2)
    invite(alice, charlie, STUDY)
    invite(alice, charlie, OTHER)
    assert not entries("invitation ended")
    invite(alice, charlie, "1.2.3")
    assert entries("invitation ended") == [("alice", STUDY, {"context": SHARED, "users": ["charlie"]})]
    assert {invitation.study_instance_uid for invitation in subject(charlie).invitations} == {OTHER, "1.2.3"}


# --- audit ---


def test_inviting_and_its_end_are_recorded_with_their_context(alice: Actor, bob: Actor, charlie: Actor):
    invite(alice, charlie)
    invite(alice, bob)
    invite(alice, bob, OTHER)
    assert entries("invited") == [
        ("alice", STUDY, {"user": "charlie", "context": SHARED}),
        ("alice", STUDY, {"user": "bob", "context": SHARED}),
        ("alice", OTHER, {"user": "bob", "context": SHARED}),
    ]
    invitations.end_invitations(actor=alice.subject, context=SHARED)
    assert entries("invitation ended") == [
        ("alice", STUDY, {"users": ["bob", "charlie"], "context": SHARED}),
        ("alice", OTHER, {"users": ["bob"], "context": SHARED}),
    ]
    invitations.end_invitations(actor=alice.subject, context=SHARED)
    assert len(entries("invitation ended")) == 2


# --- cost, and the hot lane ---


def _session_of(actor: Actor) -> str:
    return actor.client().cookies[settings.SESSION_COOKIE_NAME].value


def test_one_more_query_where_somebody_is_invited(alice: Actor, bob: Actor, charlie: Actor, django_assert_num_queries: Callable):
    key = _session_of(charlie)
    with django_assert_num_queries(3):
        assert not access.subject_of_session(key).invitations
    root = make_actor("root", "radiologist", "cardiology", "radiology")
    for inviter in (alice, root):
        invite(inviter, charlie)
        invite(inviter, charlie, OTHER)
    with django_assert_num_queries(4):
        found = access.subject_of_session(key).invitations
    assert len(found) == 4
    rights = {invitation.inviter.user_id: invitation.inviter for invitation in found}
    assert rights[alice.user.pk].roles == {"clinician"}
    assert rights[alice.user.pk].departments == {"radiology", "cardiology", "pathology"}
    assert rights[root.user.pk].departments == {"radiology", "cardiology"}


def test_many_open_streams_are_checked_in_four_queries(alice: Actor, charlie: Actor, django_assert_num_queries: Callable):
    invite(alice, charlie)
    invite(alice, charlie, OTHER)
    tokens = people.create_token(actor=operator(), username="charlie"), people.create_token(actor=operator(), username="alice")
    subjects = [access.subject_of_token(token) for token in tokens] + [access.subject_of_session(_session_of(charlie)) for _ in range(9)]
    with django_assert_num_queries(4):
        assert all(access.current_epochs(subjects).values())


@pytest.mark.django_db(transaction=True)
async def test_an_invitation_counts_at_once_in_the_process_that_made_it(alice: Actor, charlie: Actor):
    token = await run_in_database(people.create_token, actor=operator(), username="charlie")
    headers = {b"authorization": f"Bearer {token}".encode()}
    assert not (await access.identify(headers)).invitations
    await run_in_database(invite, alice, charlie)
    assert (await access.identify(headers)).invitations
    await run_in_database(ends_it, alice)
    assert not (await access.identify(headers)).invitations
