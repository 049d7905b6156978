"""The access policy as a truth table: every role and action, in an own department, another one, and without any."""

from dataclasses import replace
from itertools import product

import pytest

from governance.core.policy import (
    ANONYMOUS,
    Action,
    Invitation,
    InviterRights,
    Resource,
    Role,
    Subject,
    by_own_right,
    decide,
    departments_read_by,
    operator,
)

PEOPLE = (Role.CLINICIAN, Role.RADIOLOGIST, Role.CARDIOLOGIST, Role.PATHOLOGIST, Role.BOARD_MEMBER)
# (role, action): what holds for a study of an own department, of another department, and for a subject without departments.
TABLE = {
    **{(role, Action.READ): (True, False, False) for role in PEOPLE},
    (Role.ADMINISTRATOR, Action.READ): (False, False, False),
    (Role.SERVICE, Action.READ): (True, False, True),  # without departments a machine is not limited
    (Role.CLINICIAN, Action.STORE): (False, False, False),
    (Role.RADIOLOGIST, Action.STORE): (True, False, False),
    (Role.CARDIOLOGIST, Action.STORE): (True, False, False),
    (Role.PATHOLOGIST, Action.STORE): (True, False, False),
    (Role.BOARD_MEMBER, Action.STORE): (False, False, False),
    (Role.ADMINISTRATOR, Action.STORE): (False, False, False),
    (Role.SERVICE, Action.STORE): (True, False, True),
    **{(role, Action.USE_PAGES): (True, True, True) for role in (*PEOPLE, Role.ADMINISTRATOR)},
    (Role.SERVICE, Action.USE_PAGES): (False, False, False),
    **{(role, Action.ADMINISTER): (False, False, False) for role in (*PEOPLE, Role.SERVICE)},
    (Role.ADMINISTRATOR, Action.ADMINISTER): (True, True, True),
}


def subject(role: Role | None, *departments: str) -> Subject:
    return Subject(user_id=1, username="alice", roles=frozenset({role} if role else ()), departments=frozenset(departments))


def test_the_table_has_every_role_and_action():
    assert set(TABLE) == set(product(Role, Action))


@pytest.mark.parametrize(("role", "action"), TABLE)
def test_each_role_may_do_what_the_table_says(role: Role, action: Action):
    own = decide(subject(role, "radiology"), action, Resource("radiology"))
    other = decide(subject(role, "radiology"), action, Resource("cardiology"))
    none = decide(subject(role), action, Resource("radiology"))
    assert (own.allowed, other.allowed, none.allowed) == TABLE[role, action]


@pytest.mark.parametrize("action", Action)
def test_nobody_and_people_without_a_role_may_do_nothing(action: Action):
    assert not decide(ANONYMOUS, action, Resource("radiology")).allowed
    assert not decide(subject(None, "radiology"), action, Resource("radiology")).allowed


@pytest.mark.parametrize("action", Action)
def test_an_operator_may_do_everything(action: Action):
    assert decide(operator(), action, Resource("radiology")).allowed


def test_roles_add_up():
    both = Subject(user_id=1, username="bob", roles=frozenset({Role.ADMINISTRATOR, Role.RADIOLOGIST}), departments=frozenset({"radiology"}))
    assert decide(both, Action.ADMINISTER, Resource()).allowed
    assert decide(both, Action.READ, Resource("radiology")).allowed
    assert not decide(both, Action.READ, Resource("pathology")).allowed


def test_unassigned_is_a_department_like_any_other():
    assert not decide(subject(Role.CLINICIAN, "radiology"), Action.READ, Resource("unassigned")).allowed
    assert decide(subject(Role.CLINICIAN, "unassigned"), Action.READ, Resource("unassigned")).allowed


def test_a_person_who_is_also_a_machine_is_still_limited_to_departments():
    limited = Subject(user_id=1, username="gateway", roles=frozenset({Role.SERVICE}), departments=frozenset({"radiology"}))
    assert not decide(limited, Action.READ, Resource("cardiology")).allowed


# --- invitations ---

STUDY = "1.2.3"
CARDIOLOGIST = InviterRights(user_id=2, permission_epoch=1, roles=frozenset({Role.CARDIOLOGIST}), departments=frozenset({"cardiology"}))


def invited(role: Role | None = Role.CLINICIAN, inviter: InviterRights = CARDIOLOGIST, study: str = STUDY) -> Subject:
    """A person of radiology who is invited to one study."""
    return replace(subject(role, "radiology"), invitations=frozenset({Invitation(1, study, inviter)}))


@pytest.mark.parametrize("role", PEOPLE)
def test_an_invitation_lets_a_reader_read_that_study_and_no_other(role: Role):
    decision = decide(invited(role), Action.READ, Resource("cardiology", STUDY))
    assert (decision.allowed, decision.rule) == (True, "invitation")
    assert not decide(invited(role), Action.READ, Resource("cardiology", "1.2.4")).allowed
    assert decide(invited(role), Action.READ, Resource("radiology", "1.2.4")).rule == "department"
    assert not decide(by_own_right(invited(role)), Action.READ, Resource("cardiology", STUDY)).allowed


@pytest.mark.parametrize("role", [None, Role.ADMINISTRATOR])
def test_an_invitation_makes_nobody_a_reader(role: Role | None):
    assert not decide(invited(role), Action.READ, Resource("cardiology", STUDY)).allowed


@pytest.mark.parametrize("action", [Action.STORE, Action.ADMINISTER, Action.USE_PAGES])
@pytest.mark.parametrize("role", [None, *Role])
def test_an_invitation_changes_nothing_but_reading(role: Role | None, action: Action):
    asked = Resource("cardiology", STUDY)
    assert decide(invited(role), action, asked) == decide(by_own_right(invited(role)), action, asked)


@pytest.mark.parametrize(
    "inviter",
    [
        replace(CARDIOLOGIST, departments=frozenset({"pathology"})),
        replace(CARDIOLOGIST, departments=frozenset()),
        replace(CARDIOLOGIST, roles=frozenset()),
        replace(CARDIOLOGIST, roles=frozenset({Role.ADMINISTRATOR})),
    ],
)
def test_S17_an_invitation_is_worth_what_the_inviter_may_read(inviter: InviterRights):
    assert not decide(invited(inviter=inviter), Action.READ, Resource("cardiology", STUDY)).allowed


def test_S17_an_invitation_follows_a_study_only_to_where_the_inviter_may_read():
    assert not decide(invited(), Action.READ, Resource("pathology", STUDY)).allowed
    limited = replace(CARDIOLOGIST, roles=frozenset({Role.SERVICE, Role.CLINICIAN}))
    assert departments_read_by(limited) == frozenset({"cardiology"})
    everywhere = replace(limited, departments=frozenset())
    assert departments_read_by(everywhere) is None
    assert decide(invited(inviter=everywhere), Action.READ, Resource("pathology", STUDY)).allowed


def test_an_invitation_counts_only_where_the_study_is_named():
    assert not decide(invited(), Action.READ, Resource("cardiology")).allowed
    assert not decide(invited(study=""), Action.READ, Resource("cardiology", "")).allowed


def test_a_subject_with_another_invitation_is_another_key():
    changed = invited(inviter=replace(CARDIOLOGIST, permission_epoch=2))
    assert len({invited(), changed, by_own_right(invited())}) == 3
    assert invited() == invited()
