"""Invitations: a person lets another read one study, at most what they may read themselves, until it ends (rule S17).

What an invitation gives is decided anew with each request, by the inviter's rights at that moment (governance.core.policy); these
functions only say who invited whom to what, and record it. Whoever calls them decides who may lead people together.
"""

from collections import defaultdict
from functools import partial

from django.db import transaction
from django.utils import timezone

from governance.core.faults import NotFound
from governance.core.policy import Action, Resource, Subject, by_own_right
from governance.models import Invitation, User
from governance.services.access import forget_person, require
from governance.services.audit import record
from governance.services.people import people_with_pages

MAX_INVITATIONS = 200  # that count at once for a person; the oldest end for a new one


def invite(*, actor: Subject, username: str, study_instance_uid: str, department: str, context: str) -> bool:
    """Let a person read a study until end_invitations; repeating it changes nothing. Returns whether the invitation is new.

    department: the study's. context: what it is for, as in "shared view 12"; without patient data, it is audited.
    Call it outside a transaction: a refusal is recorded before it raises. Nobody can invite themselves, which is not a fault.
    Raises: NotFound when the actor may not read the study by own right (an invitation can't be handed on), or nobody active who has
    pages is called so; Denied for machines.
    """
    require(subject=actor, action=Action.USE_PAGES, resource=Resource())
    require(subject=by_own_right(actor), action=Action.READ, resource=Resource(department, study_instance_uid))
    person = people_with_pages().filter(username=User.normalize_username(username)).first()
    if person is None or actor.user_id is None:
        raise NotFound("person")
    if person.pk == actor.user_id:
        return False
    with transaction.atomic():
        _, is_new = Invitation.objects.get_or_create(
            user=person,
            inviter_id=actor.user_id,
            study_instance_uid=study_instance_uid,
            context=context,
            ended_at=None,
            defaults={"department": department},
        )
        if is_new:
            record(actor=actor, action="invited", study_instance_uid=study_instance_uid, user=person.username, context=context)
            _end_oldest(actor, person)
            transaction.on_commit(partial(forget_person, person.pk))
    return is_new


def end_invitations(*, actor: Subject, context: str, username: str | None = None) -> int:
    """End all invitations of a context, or those of one person in it; their streams that relied on them close within a second.

    Who may end what is the caller's decision: ending takes rights away and gives none. Returns how many ended.
    """
    found = Invitation.objects.filter(context=context, ended_at__isnull=True)
    if username is not None:
        found = found.filter(user__username=User.normalize_username(username))
    with transaction.atomic():
        return _end(actor, list(found.select_for_update(of=("self",)).select_related("user")))


def end_invitation(*, actor: Subject, invitation_id: int) -> None:
    """End one invitation, as an administrator. Ending it again changes nothing."""
    require(subject=actor, action=Action.ADMINISTER, resource=Resource())
    with transaction.atomic():
        found = Invitation.objects.filter(pk=invitation_id, ended_at__isnull=True)
        _end(actor, list(found.select_for_update(of=("self",)).select_related("user")))


def _end_oldest(actor: Subject, person: User) -> None:
    """Keep a person's open invitations within MAX_INVITATIONS: they are read with every request."""
    others = Invitation.objects.filter(user=person, ended_at__isnull=True).order_by("-pk").select_related("user")
    _end(actor, list(others[MAX_INVITATIONS:]))


def _end(actor: Subject, rows: list[Invitation]) -> int:
    """End these rows and record it, an entry a study and context; the caller holds a transaction and their locks."""
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        people[row.study_instance_uid, row.context].add(row.user.username)
    Invitation.objects.filter(pk__in=[row.pk for row in rows], ended_at__isnull=True).update(ended_at=timezone.now())
    for (study, context), names in sorted(people.items()):
        record(actor=actor, action="invitation ended", study_instance_uid=study, users=sorted(names), context=context)
    for user_id in {row.user_id for row in rows}:
        transaction.on_commit(partial(forget_person, user_id))
    return len(rows)
