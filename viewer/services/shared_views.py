"""Shared views: opening one, taking part, and everything that becomes one of its events (docs/adr/0006-shared-views.md).

The database is asked and told here; who is connected is viewer.services.shared_rooms' business, which hands in what it knows of
presence. Whoever takes part but may not do something is Denied; whoever does not take part finds nothing.
"""

import secrets
import threading
import time
from collections.abc import Collection, Sequence
from datetime import timedelta

import orjson
from django.db import transaction
from django.utils import timezone

from governance.core.faults import Denied, Exhausted, Malformed, Mismatch, NotFound
from governance.core.policy import Subject, operator
from governance.services.audit import record
from governance.services.invitations import end_invitations
from viewer.core.shared_messages import Deed, End, HandOver, Hang, TakeOver
from viewer.core.shared_view import EMPTY, Event, HungPane, PaneView
from viewer.models import SharedPerson, SharedView
from viewer.services.shared_access import check_hanging, departments_of, require_taking_part, sees_all, subject_named, visible_studies
from viewer.services.shared_log import Poll, SharedHead, append, events_since, head_from, head_of, locked, poll, state_of, takes_part

__all__ = [
    "Poll",
    "SharedHead",
    "append_event",
    "append_look",
    "check_shared_view",
    "context_of",
    "departments_of",
    "end_forgotten",
    "end_shared_view",
    "events_since",
    "head_of",
    "join_shared_view",
    "open_shared_view",
    "poll",
    "visible_studies",
]

ABSENT_S = 3.0  # so long the presenter must be gone before someone may take over
MAX_PEOPLE = 500  # of one shared view
MAX_OPEN = 50  # of one person
FORGOTTEN = timedelta(hours=12)  # without an event: whoever opened it forgot to end it
FORGOTTEN_PAUSE_S = 600.0
SERVER = operator("the server")  # no user can be called so


def context_of(pk: int) -> str:
    """Return what invitations for a shared view are made for: ended with it, and named so in the audit."""
    return f"shared view {pk}"


# --- opening and taking part ---


def open_shared_view(*, actor: Subject, study_instance_uid: str, panes: Sequence[HungPane | None] = (None,), active: int = 0) -> SharedHead:
    """Open a shared view on a study, with what the actor has hanging; they present.

    Raises: NotFound for what the actor may not read; Denied for machines; Mismatch for panes of two patients; Exhausted.
    """
    require_taking_part(actor)
    patient = check_hanging(actor, study_instance_uid, panes)
    now = timezone.now()
    with transaction.atomic():
        if SharedView.objects.filter(opened_by=actor.username, ended_at=None).count() >= MAX_OPEN:
            raise Exhausted("open shared views")
        row = SharedView(key=secrets.token_urlsafe(16), opened_by=actor.username, opened_at=now, changed_at=now)
        row.state = orjson.dumps(EMPTY).decode()
        row.save()
        hanging = {"study": study_instance_uid, "patient": patient, "active": active, "panes": list(panes)}
        append(row, actor=actor.username, kind="opened", presenter=actor.username, **hanging)
        SharedPerson.objects.create(shared_view=row, username=actor.username, how="opened", since=now, joined_at=now)
        record(actor=actor, action="shared view opened", study_instance_uid=study_instance_uid, shared_view=row.pk)
    return head_from(row)


def join_shared_view(*, actor: Subject, key: str) -> SharedHead:
    """Take part in a shared view, invited or by its link; the first time is audited.

    Raises: NotFound when it is unknown or ended, or the actor was removed, or reads nothing here; Denied for machines; Exhausted.
    """
    require_taking_part(actor)
    row = _open_row(key)
    person = SharedPerson.objects.filter(shared_view=row, username=actor.username).first()
    if person is None or person.joined_at is None:
        with transaction.atomic():
            row = locked(key=key)
            _first_join(actor, row)
    elif person.removed_at is not None:
        raise NotFound("shared view")
    return head_from(row)


def check_shared_view(*, actor: Subject, key: str) -> None:
    """Return when the actor could join. Raises: as join_shared_view."""
    require_taking_part(actor)
    if SharedPerson.objects.filter(shared_view=_open_row(key), username=actor.username, removed_at__isnull=False).exists():
        raise NotFound("shared view")


def end_shared_view(*, actor: Subject, key: str) -> None:
    """End a shared view for all, as its presenter or whoever opened it. Raises: NotFound, Denied."""
    require_taking_part(actor)
    with transaction.atomic():
        row = locked(key=key)
        _check_part(actor, row)
        _end(actor, row)


def end_forgotten(*, at_once: bool = False) -> int:
    """End the shared views in which nothing happened for FORGOTTEN, so that their invitations end; return how many.

    Looks at most every FORGOTTEN_PAUSE_S in a process, unless at_once.
    """
    if not at_once and not _is_due():
        return 0
    before, ended = timezone.now() - FORGOTTEN, 0
    for pk in SharedView.objects.filter(ended_at=None, opened_at__lt=before, changed_at__lt=before).values_list("pk", flat=True):
        with transaction.atomic():
            row = SharedView.objects.select_for_update().filter(pk=pk, ended_at=None, changed_at__lt=before).first()
            if row is not None:
                _end(SERVER, row)
                ended += 1
    return ended


# --- events ---


def append_event(*, actor: Subject, pk: int, event: Deed, presenter_absent_s: float | None, present: Collection[str]) -> Event:
    """Append what someone who takes part asks for, if they may; return the event.

    presenter_absent_s: for how long the presenter has been gone, None (or 0) while here. present: user names of who is here.
    Raises: NotFound when the view ended, the actor takes no part in it, or may not read what they hang; Denied when the deed isn't
    theirs, or whoever is to present may not see everything that hangs; Mismatch when it comes too late, or for panes of two patients.
    """
    if isinstance(event, Hang):
        _check_hanger(actor, pk)
        return _hang(actor, pk, event, check_hanging(actor, event.study, event.panes))
    with transaction.atomic():
        row = locked(pk=pk)
        _check_part(actor, row)
        match event:
            case HandOver(presenter=presenter):
                return _hand_over(actor, row, presenter, present)
            case TakeOver():
                return _take_over(actor, row, event, presenter_absent_s or 0.0)
            case End():
                return _end(actor, row)


def append_look(*, actor: Subject, pk: int, hang_number: int, pane: int, active: int | None, view: PaneView | None) -> Event | None:
    """Append what a pane shows now; None when that is nothing new, or too late: the actor presents no more, or another case hangs.

    hang_number: of the hang that the view belongs to (rule S17). active, view: None keeps what it was. view is quantised.
    """
    with transaction.atomic():
        try:
            row = locked(pk=pk)
        except NotFound:
            return None
        state = state_of(row)
        if row.hang_number != hang_number or state["presenter"] != actor.username or not takes_part(row, actor.username):
            return None
        now_hung = state["panes"][pane] if pane < len(state["panes"]) else None
        if now_hung is None or "withheld" in now_hung:
            return None
        active = state["active"] if active is None or active >= len(state["panes"]) else active
        view = now_hung["view"] if view is None else view
        if (view, active) == (now_hung["view"], state["active"]):
            return None
        return append(row, actor=actor.username, kind="look", pane=pane, active=active, view=view)


def _hang(actor: Subject, pk: int, deed: Hang, patient: str | None) -> Event:
    with transaction.atomic():
        row = locked(pk=pk)
        _check_part(actor, row)
        before = state_of(row)
        if before["presenter"] != actor.username:
            raise Denied("hang")
        hanging = {"study": deed.study, "patient": patient, "active": deed.active, "panes": list(deed.panes)}
        event = append(row, actor=actor.username, kind="hang", **hanging)
        if deed.study is not None and deed.study != before["study"]:
            record(actor=actor, action="shared view hung", study_instance_uid=deed.study, shared_view=row.pk)
        return event


def _hand_over(actor: Subject, row: SharedView, presenter: str, present: Collection[str]) -> Event:
    state = state_of(row)
    if state["presenter"] != actor.username:
        raise Denied("hand over")
    if presenter == actor.username or presenter not in present or not takes_part(row, presenter):
        raise Mismatch("not someone else who is here")
    if not sees_all(subject_named(presenter), state):
        raise Denied("hand over to someone who may not see what hangs")
    event = append(row, actor=actor.username, kind="hand_over", presenter=presenter)
    record(actor=actor, action="shared view handed over", shared_view=row.pk, user=presenter)
    return event


def _take_over(actor: Subject, row: SharedView, deed: TakeOver, absent_s: float) -> Event:
    state = state_of(row)
    if deed.presenter not in (None, actor.username):
        raise Malformed("one takes over for oneself")
    if deed.absent != state["presenter"] or deed.absent == actor.username or absent_s < ABSENT_S:
        raise Mismatch("the presenter is here, or is someone else by now")
    if not sees_all(actor, state):
        raise Denied("take over without seeing what hangs")
    event = append(row, actor=actor.username, kind="take_over", presenter=actor.username, **{"from": deed.absent})
    record(actor=actor, action="shared view taken over", shared_view=row.pk, user=deed.absent)
    return event


def _end(actor: Subject, row: SharedView) -> Event:
    """Append the end, and end what people were invited to see for it. The row is locked."""
    if actor.username not in (state_of(row)["presenter"], row.opened_by) and not actor.is_operator:
        raise Denied("end")
    event = append(row, actor=actor.username, kind="end")
    record(actor=actor, action="shared view ended", shared_view=row.pk, events=row.number)
    end_invitations(actor=actor, context=context_of(row.pk))
    return event


def _open_row(key: str) -> SharedView:
    row = SharedView.objects.filter(key=key, ended_at=None).first()
    if row is None:
        raise NotFound("shared view")
    return row


def _first_join(actor: Subject, row: SharedView) -> None:
    """Note that someone came; the row is locked."""
    now = timezone.now()
    defaults = {"how": "link", "since": now}
    person, is_new = SharedPerson.objects.get_or_create(shared_view=row, username=actor.username, defaults=defaults)
    if person.removed_at is not None:
        raise NotFound("shared view")
    if is_new and SharedPerson.objects.filter(shared_view=row, removed_at=None).count() > MAX_PEOPLE:
        raise Exhausted("people in a shared view")
    if person.joined_at is None:
        person.joined_at = now
        person.save(update_fields=["joined_at"])
        record(actor=actor, action="shared view joined", shared_view=row.pk, how=person.how)


def _check_part(actor: Subject, row: SharedView) -> None:
    if not takes_part(row, actor.username):
        raise NotFound("shared view")


def _check_hanger(actor: Subject, pk: int) -> None:
    """Say early, and before a denial about a study is recorded, that it isn't this actor's to hang."""
    row = SharedView.objects.filter(pk=pk, ended_at=None).first()
    if row is None or not takes_part(row, actor.username):
        raise NotFound("shared view")
    if state_of(row)["presenter"] != actor.username:
        raise Denied("hang")


_looked_at = float("-inf")
_lock = threading.Lock()


def _is_due() -> bool:
    global _looked_at
    with _lock:
        now = time.monotonic()
        if now - _looked_at < FORGOTTEN_PAUSE_S:
            return False
        _looked_at = now
        return True
