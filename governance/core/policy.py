"""The access decision as values: subject, action, resource, decision. Pure; services/access.py supplies the facts.

decide() is the point decision, services.access.narrow() the same rule as a query filter; a property test holds them equal.
"""

from dataclasses import dataclass, field
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
class Subject:
    """Who asks: a person or a machine, as plain facts.

    is_operator: a management command run on the server itself; may do everything and is audited under its own name.
    permission_epoch: grows with every change of this user's rights; cached decisions are keyed by it.
    session_key: the browser session, or the token's id as "token:<id>", or "" for an operator.
    """

    user_id: int | None
    username: str
    roles: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    permission_epoch: int = 0
    session_key: str = field(default="", repr=False)
    is_operator: bool = False


ANONYMOUS = Subject(user_id=None, username="")


def operator(username: str = "operator") -> Subject:
    """Return the subject of a management command."""
    return Subject(user_id=None, username=username, is_operator=True)


@dataclass(frozen=True, slots=True)
class Resource:
    """What is asked for. department is None for what belongs to the house as a whole (pages, administration).

    study_instance_uid is for the audit entry of a denial; it takes no part in the decision.
    """

    department: str | None = None
    study_instance_uid: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer and, for the log, the rule that gave it."""

    allowed: bool
    rule: str


def sees_every_department(subject: Subject) -> bool:
    """Say whether department does not limit this subject: operators, and machines that are not limited to some."""
    return subject.is_operator or (Role.SERVICE in subject.roles and not subject.departments)


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
    return Decision(resource.department in subject.departments, "department")
