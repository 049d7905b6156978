"""What a user may, read from the tables as values: roles, departments, and the invitations that add to them.

An invitation is read with its inviter's permission epoch before the inviter's rights are, so that a change in between is noticed:
the epoch is then old, and whoever relies on it is asked again.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from django.db import connection
from django.db.models import CharField, QuerySet, Value

from governance.core.policy import Invitation, InviterRights, Subject, sees_every_department
from governance.models import Invitation as InvitationRow
from governance.models import User

CHUNK = 500  # values in one IN (…)

# Every request asks it. Written out, because the ORM takes 1.5 ms to put such a union together and the database 0.1 ms to answer it.
RIGHTS = """
SELECT 'role', role.code, '', 0, 0, 0
  FROM governance_user_roles held JOIN governance_role role ON role.id = held.role_id WHERE held.user_id = %s
UNION ALL
SELECT 'department', department.slug, '', 0, 0, 0
  FROM governance_user_departments held JOIN governance_department department ON department.id = held.department_id WHERE held.user_id = %s
UNION ALL
SELECT 'invitation', invitation.study_instance_uid, invitation.department, invitation.id, inviter.id, inviter.permission_epoch
  FROM governance_invitation invitation JOIN governance_user inviter ON inviter.id = invitation.inviter_id
  WHERE invitation.user_id = %s AND invitation.ended_at IS NULL AND inviter.is_active
"""

# For what stays open it is asked more than twice a second; the ORM took 0.9 % of a core for that. {some}: a list of ids or keys.
STANDING_USERS = "SELECT id, permission_epoch FROM governance_user WHERE is_active AND id IN ({some})"
STANDING_TOKENS = "SELECT id FROM governance_apitoken WHERE revoked_at IS NULL AND id IN ({some})"
STANDING_SESSIONS = "SELECT session_key FROM django_session WHERE session_key IN ({some}) AND expire_date > %s"
OPEN_INVITATIONS = """
SELECT invitation.user_id, invitation.id, invitation.department
  FROM governance_invitation invitation JOIN governance_user inviter ON inviter.id = invitation.inviter_id
  WHERE invitation.user_id IN ({some}) AND invitation.ended_at IS NULL AND inviter.is_active
"""

T = TypeVar("T")


def subject_with_rights(user: User, session_key: str) -> Subject:
    """Return a user's subject as of now. One query; one more where somebody invited them."""
    with connection.cursor() as cursor:
        cursor.execute(RIGHTS, [user.pk] * 3)
        rows: list[tuple[str, str, str, int, int, int]] = cursor.fetchall()
    subject = Subject(
        user_id=user.pk,
        username=user.username,
        roles=frozenset(name for kind, name, *_ in rows if kind == "role"),
        departments=frozenset(name for kind, name, *_ in rows if kind == "department"),
        permission_epoch=user.permission_epoch,
        session_key=session_key,
    )
    needed = [row[1:] for row in rows if row[0] == "invitation" and _is_needed(subject, row[2])]
    return replace(subject, invitations=_invitations(needed)) if needed else subject


def open_invitations() -> "QuerySet[InvitationRow]":
    """Return the invitations that count: not ended, and their inviters active."""
    return InvitationRow.objects.order_by().filter(ended_at__isnull=True, inviter__is_active=True)


def inviters_epochs(invitation_ids: Collection[int]) -> dict[int, int]:
    """Return the inviter's permission epoch by invitation, of those that count. At most one query for CHUNK of them."""
    epochs: dict[int, int] = {}
    for some in chunks(invitation_ids):
        epochs.update(open_invitations().filter(pk__in=some).values_list("pk", "inviter__permission_epoch"))
    return epochs


def needed_invitations(subjects: Collection[Subject]) -> dict[Subject, set[int]]:
    """Return the invitations that subject_with_rights would give each of these now. At most one query for CHUNK people."""
    found: dict[int, list[tuple[int, str]]] = {}
    people = {subject.user_id for subject in subjects if subject.user_id is not None}
    for user_id, pk, department in rows_about(OPEN_INVITATIONS, people):
        found.setdefault(user_id, []).append((pk, department))
    return {
        subject: {pk for pk, department in found.get(subject.user_id or 0, []) if _is_needed(subject, department)} for subject in subjects
    }


def rows_about(query: str, values: Iterable[Any], *others: Any) -> Iterator[Any]:
    """Yield the rows of a query about some ids or keys, put in for {some}; others come after them. One query for CHUNK."""
    for some in chunks(values):
        with connection.cursor() as cursor:
            cursor.execute(query.format(some=", ".join(["%s"] * len(some))), [*some, *others])
            yield from cursor.fetchall()


def chunks(values: Iterable[T]) -> Iterable[list[T]]:
    """Cut values into lists of at most CHUNK."""
    every = list(values)
    return (every[start : start + CHUNK] for start in range(0, len(every), CHUNK))


def _is_needed(subject: Subject, department: str) -> bool:
    """Say whether a study of this department is beyond the subject's own reach.

    Who may read it anyway does not rely on an invitation, so that their streams stay open when it ends.
    """
    return not sees_every_department(subject) and department not in subject.departments


def _invitations(rows: list[tuple[str, str, int, int, int]]) -> frozenset[Invitation]:
    """Make values of rows (study, department, id, inviter's id, inviter's epoch), with the inviters' own rights. One query."""
    epochs = {inviter_id: epoch for _, _, _, inviter_id, epoch in rows}
    held: dict[tuple[int, str], set[str]] = {}
    roles = User.roles.through.objects.order_by().filter(user__in=epochs)
    departments = User.departments.through.objects.order_by().filter(user__in=epochs)
    both = roles.values_list("user_id", _text("role"), "role__code").union(
        departments.values_list("user_id", _text("department"), "department__slug"), all=True
    )
    for user_id, kind, name in both:
        held.setdefault((user_id, kind), set()).add(name)
    inviters = {
        pk: InviterRights(pk, epoch, frozenset(held.get((pk, "role"), ())), frozenset(held.get((pk, "department"), ())))
        for pk, epoch in epochs.items()
    }
    return frozenset(Invitation(pk, study, inviters[inviter_id]) for study, _, pk, inviter_id, _ in rows)


def _text(word: str) -> Value:
    return Value(word, output_field=CharField())
