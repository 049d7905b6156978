"""The access decision as values: subject, action, resource, decision. Pure; services/access.py supplies the facts.

decide() is the point decision, services.access.narrow() the same rule as a query filter; a property test holds them equal.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum


class Role(StrEnum):
    """The seeded roles."""

    CLINICIAN = "clinician"
    RADIOLOGIST = "radiologist"
    CARDIOLOGIST = "cardiologist"
    PATHOLOGIST = "pathologist"
    BOARD_MEMBER = "board-member"
    ADMINISTRATOR = "administrator"
    SERVICE = "service"


class Action(StrEnum):
    """What can be asked of a resource."""

    READ = "read"  # list, query, view, download
    STORE = "store"
    USE_PAGES = "use-pages"  # the browser's pages; machines have none
    ADMINISTER = "administer"


READERS = frozenset({Role.CLINICIAN, Role.RADIOLOGIST, Role.CARDIOLOGIST, Role.PATHOLOGIST, Role.BOARD_MEMBER, Role.SERVICE})
STORERS = frozenset({Role.SERVICE, Role.RADIOLOGIST, Role.CARDIOLOGIST, Role.PATHOLOGIST})


@dataclass(frozen=True, slots=True)
class InviterRights:
    """An active user who invited somebody, with rights of their own: what they were invited to is not among them (no chains)."""

    user_id: int
    permission_epoch: int
    roles: frozenset[str]
    departments: frozenset[str]


@dataclass(frozen=True, slots=True)
class Invitation:
    """Lets whoever holds it read one study, until it ends, as long as the inviter may by role and department (rule S17)."""

    id: int
    study_instance_uid: str
    inviter: InviterRights


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks: a person or a machine, as plain facts.

    is_operator: a management command run on the server itself; may do everything and is audited under its own name.
    permission_epoch: grows with every change of this user's rights; cached decisions are keyed by it.
    session_key: the browser session, or the token's id as "token:<id>", or "" for an operator.
    invitations: what this subject may read beyond its departments. Part of equality: a cached decision ends with an invitation.
    """

    user_id: int | None
    username: str
    roles: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    permission_epoch: int = 0
    session_key: str = field(default="", repr=False)
    is_operator: bool = False
    invitations: frozenset[Invitation] = field(default=frozenset(), repr=False)


ANONYMOUS = Subject(user_id=None, username="")


def operator(username: str = "operator") -> Subject:
    """Return the subject of a management command."""
    return Subject(user_id=None, username=username, is_operator=True)


@dataclass(frozen=True, slots=True)
class Resource:
    """What is asked for. department is None for what belongs to the house as a whole (pages, administration).

    study_instance_uid: the study that it is or belongs to; invitations are to studies. "" for none, and then none counts.
    """

    department: str | None = None
    study_instance_uid: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer and, for the log, the rule that gave it."""

    allowed: bool
    rule: str


def sees_every_department(subject: Subject) -> bool:
    """Say whether department does not limit this subject: operators, and machines that are not limited to some."""
    return subject.is_operator or (Role.SERVICE in subject.roles and not subject.departments)


def by_own_right(subject: Subject) -> Subject:
    """Return the subject without what others invited it to: what it may hand on to somebody else."""
    return replace(subject, invitations=frozenset())


def departments_read_by(inviter: InviterRights) -> frozenset[str] | None:
    """Return the departments whose studies an inviter may read, and so let others read; None for every one."""
    if not inviter.roles & READERS:
        return frozenset()
    return None if Role.SERVICE in inviter.roles and not inviter.departments else inviter.departments


def decide(subject: Subject, action: Action, resource: Resource) -> Decision:
    """Decide one request. Everything not allowed by a rule is denied."""
    if subject.is_operator:
        return Decision(True, "operator")
    if subject.user_id is None:
        return Decision(False, "nobody")
    if action is Action.ADMINISTER:
        return Decision(Role.ADMINISTRATOR in subject.roles, "administrators administer")
    if action is Action.USE_PAGES:
        return Decision(bool(subject.roles - {Role.SERVICE}), "people have pages")
    holders = READERS if action is Action.READ else STORERS
    if not subject.roles & holders:
        return Decision(False, f"role may not {action}")
    if resource.department is None or sees_every_department(subject):
        return Decision(True, "role")
    if resource.department in subject.departments:
        return Decision(True, "department")
    if action is Action.READ and any(_lets_in(invitation, resource) for invitation in subject.invitations):
        return Decision(True, "invitation")
    return Decision(False, "department")


def _lets_in(invitation: Invitation, resource: Resource) -> bool:
    if not resource.study_instance_uid or invitation.study_instance_uid != resource.study_instance_uid:
        return False
    departments = departments_read_by(invitation.inviter)
    return departments is None or resource.department in departments
