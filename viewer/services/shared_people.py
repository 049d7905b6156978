"""The people of shared views: inviting, letting someone see what is withheld, removing, and what each person is invited to.

What an invitation gives is governance's: this study, this person, until the end, never more than the inviter may see by own right
(rule S17). Somebody invited to a case that the inviter may not hand on takes part all the same, and sees that something is withheld.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from archive.services.study_list import ListedStudy, listed_studies
from governance.core.faults import Denied, Exhausted, Mismatch, NotFound
from governance.core.policy import Subject, by_own_right
from governance.services import invitations
from governance.services.audit import record
from governance.services.people import names_of
from viewer.core.shared_view import State, studies_of
from viewer.models import SharedPerson, SharedView
from viewer.services.shared_access import departments_of, require_taking_part, subject_named, visible_studies
from viewer.services.shared_log import locked, state_of, takes_part
from viewer.services.shared_views import MAX_PEOPLE, context_of, end_forgotten

MAX_CARDS = 50


@dataclass(frozen=True, slots=True)
class Participant:
    """Someone who takes part. how: "opened", "invited" or "link"."""

    username: str
    name: str
    how: str


@dataclass(frozen=True, slots=True)
class SharedCard:
    """A shared view that someone opened or was invited to. study: None where it is withheld, or nothing hangs."""

    key: str = field(repr=False)
    opened_by: str
    opened_by_name: str
    presenter: str
    presenter_name: str
    since: datetime
    study: ListedStudy | None = field(repr=False)


def invite(*, actor: Subject, key: str, usernames: Sequence[str]) -> list[Participant]:
    """Invite people, all or none of them; return who takes part now. Whoever takes part may invite. Repeating it changes nothing.

    Each gets to see what hangs now, as far as the actor may by own right. Only who may remove people brings back who was removed.
    Raises: NotFound when the actor takes no part, or somebody isn't there to be invited; Denied; Exhausted.
    """
    require_taking_part(actor)
    _check_exist(usernames)
    now = timezone.now()
    with transaction.atomic():
        row = _row_of_participant(actor, key)
        for username in dict.fromkeys(usernames):
            defaults = {"how": "invited", "invited_by": actor.username, "since": now}
            person, is_new = SharedPerson.objects.get_or_create(shared_view=row, username=username, defaults=defaults)
            if not is_new and not _invite_again(actor, row, person):
                continue
            record(actor=actor, action="shared view invitation", shared_view=row.pk, user=username)
        if SharedPerson.objects.filter(shared_view=row, removed_at=None).count() > MAX_PEOPLE:
            raise Exhausted("people in a shared view")
        _let_see(actor, row, state_of(row), usernames)
        _people_changed(row)
        return _participants(row)


def show_withheld(*, actor: Subject, key: str, usernames: Sequence[str]) -> None:
    """Let people who take part see what hangs now, as its presenter, and as far as the actor may by own right.

    Raises: NotFound when the actor or one of them takes no part; Denied when someone else presents, or the actor may hand nothing on.
    """
    require_taking_part(actor)
    with transaction.atomic():
        row = _row_of_participant(actor, key)
        state = state_of(row)
        if state["presenter"] != actor.username:
            raise Denied("show what is withheld")
        if not all(takes_part(row, username) for username in usernames):
            raise NotFound("person")
        if not _let_see(actor, row, state, usernames) and studies_of(state):
            raise Denied("hand on what one was invited to")
        _people_changed(row)


def remove_person(*, actor: Subject, key: str, username: str) -> None:
    """End someone's part, and what they were invited to see for it; as presenter or whoever opened it.

    Raises: NotFound when the actor or the person takes no part; Denied; Mismatch for oneself or whoever opened it.
    """
    require_taking_part(actor)
    with transaction.atomic():
        row = _row_of_participant(actor, key)
        if not _leads(actor, row):
            raise Denied("remove")
        if username in (actor.username, row.opened_by):
            raise Mismatch("neither oneself nor whoever opened it")
        if not SharedPerson.objects.filter(shared_view=row, username=username, removed_at=None).update(removed_at=timezone.now()):
            raise NotFound("person")
        record(actor=actor, action="shared view person removed", shared_view=row.pk, user=username)
        invitations.end_invitations(actor=actor, context=context_of(row.pk), username=username)
        _people_changed(row)


def my_shared_views(*, actor: Subject) -> list[SharedCard]:
    """Return the open shared views that the actor opened or was invited to, newest first. A few queries for all of them."""
    require_taking_part(actor)
    end_forgotten()
    mine = SharedPerson.objects.filter(username=actor.username, removed_at=None, shared_view__ended_at=None)
    people = list(mine.exclude(how="link").select_related("shared_view").order_by("-since", "-pk")[:MAX_CARDS])
    rows = [person.shared_view for person in people]
    states = {row.pk: state_of(row) for row in rows}
    shown = {uid for state in states.values() if (uid := state["study"]) is not None}
    studies = {study.study_instance_uid: study for study in listed_studies(actor=actor, study_instance_uids=shown)}
    names = names_of({row.opened_by for row in rows} | {state["presenter"] for state in states.values()})
    return [_card(row, states[row.pk], names, studies) for row in rows]


def _card(row: SharedView, state: State, names: dict[str, str], studies: dict[str, ListedStudy]) -> SharedCard:
    return SharedCard(
        key=row.key,
        opened_by=row.opened_by,
        opened_by_name=names[row.opened_by],
        presenter=state["presenter"],
        presenter_name=names[state["presenter"]],
        since=row.opened_at,
        study=studies.get(state["study"] or ""),
    )


def _row_of_participant(actor: Subject, key: str) -> SharedView:
    row = locked(key=key)
    if not takes_part(row, actor.username):
        raise NotFound("shared view")
    return row


def _leads(actor: Subject, row: SharedView) -> bool:
    return actor.username in (state_of(row)["presenter"], row.opened_by)


def _invite_again(actor: Subject, row: SharedView, person: SharedPerson) -> bool:
    """Invite someone who is known here; say whether that changed anything. Raises: Denied for who was removed, unless the actor leads."""
    if person.removed_at is not None and not _leads(actor, row):
        raise Denied("bring back")
    if person.removed_at is None and person.how != "link":
        return False
    person.joined_at = person.joined_at if person.removed_at is None else None
    person.how, person.invited_by, person.since, person.removed_at = "invited", actor.username, timezone.now(), None
    person.save()
    return True


def _check_exist(usernames: Sequence[str]) -> None:
    if not all(subject_named(username) for username in usernames):
        raise NotFound("person")


def _let_see(actor: Subject, row: SharedView, state: State, usernames: Sequence[str]) -> frozenset[str]:
    """Invite people to what hangs, as far as the actor may hand it on; return those studies."""
    departments = departments_of(studies_of(state))
    handed_on = visible_studies(actor=by_own_right(actor), departments=departments)
    for username in dict.fromkeys(usernames):
        for uid in sorted(handed_on):
            department, context = departments[uid], context_of(row.pk)
            invitations.invite(actor=actor, username=username, study_instance_uid=uid, department=department, context=context)
    return handed_on


def _people_changed(row: SharedView) -> None:
    row.people_version += 1
    row.save(update_fields=["people_version"])


def _participants(row: SharedView) -> list[Participant]:
    people = list(SharedPerson.objects.filter(shared_view=row, removed_at=None).order_by("since", "pk").values_list("username", "how"))
    names = names_of(username for username, _ in people)
    return [Participant(username, names[username], how) for username, how in people]
