"""The log of shared views in the database: reading it, and appending to it under the lock of the view's row.

The state beside the log is only its fold, kept so that nobody folds from the beginning; both change in one transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import orjson
from django.utils import timezone

from governance.core.faults import NotFound
from viewer.core.shared_view import Event, State, fold, state_hash
from viewer.models import SharedEvent, SharedPerson, SharedView

MAX_EVENTS_AT_ONCE = 1000
_CHUNK = 500  # values in one IN (…)
_IN_COLUMNS = {"number", "kind", "actor", "at"}
_UNTURNED: dict[str, Any] = {"invert": False, "orientation": [1, 0, 0, 1], "cine": None}  # of most looks: bodies leave it out


@dataclass(frozen=True, slots=True)
class SharedHead:
    """Where a shared view stands.

    hang_number: of the last event that hung something; motion for another hang is dropped. people_version: grows when someone was invited,
    was shown what was withheld, or was removed.
    """

    pk: int
    key: str = field(repr=False)
    opened_by: str
    number: int
    hang_number: int
    people_version: int
    is_ended: bool
    state: State = field(repr=False)

    @property
    def hash(self) -> str:
        """Hash of the whole state; a follower's own is that of what they may see."""
        return state_hash(self.state)


class Poll(NamedTuple):
    """What tells whether anything happened to a shared view, here or by another process."""

    number: int
    people_version: int
    is_ended: bool


def head_from(row: SharedView) -> SharedHead:
    """Return a row as a value."""
    is_ended = row.ended_at is not None
    return SharedHead(row.pk, row.key, row.opened_by, row.number, row.hang_number, row.people_version, is_ended, state_of(row))


def state_of(row: SharedView) -> State:
    return cast(State, orjson.loads(row.state))


def head_of(*, pk: int) -> SharedHead:
    """Return where a shared view stands, ended or not. Raises: NotFound."""
    row = SharedView.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound("shared view")
    return head_from(row)


def events_since(*, pk: int, number: int, limit: int = MAX_EVENTS_AT_ONCE) -> list[Event]:
    """Return the events after `number`, in order, at most `limit` of them."""
    rows = SharedEvent.objects.filter(shared_view=pk, number__gt=number).order_by("number")
    return [_event(*row) for row in rows.values_list("number", "kind", "actor", "recorded_at_ms", "body")[:limit]]


def poll(pks: Collection[int]) -> dict[int, Poll]:
    """Return number, people_version and whether it ended for each of these shared views. One query for _CHUNK of them."""
    every, found = sorted(pks), {}
    for start in range(0, len(every), _CHUNK):
        rows = SharedView.objects.filter(pk__in=every[start : start + _CHUNK])
        for pk, number, people_version, ended_at in rows.values_list("pk", "number", "people_version", "ended_at"):
            found[pk] = Poll(number, people_version, ended_at is not None)
    return found


def locked(**which: Any) -> SharedView:
    """Return an open shared view's row, locked until the caller's transaction ends (SQLite: by BEGIN IMMEDIATE).

    Raises: NotFound when it is unknown or ended.
    """
    row = SharedView.objects.select_for_update().filter(ended_at=None, **which).first()
    if row is None:
        raise NotFound("shared view")
    return row


def takes_part(row: SharedView, username: str) -> bool:
    """Say whether someone takes part and wasn't removed."""
    return SharedPerson.objects.filter(shared_view=row, username=username, removed_at=None).exists()


def append(row: SharedView, *, actor: str, **fields: Any) -> Event:
    """Append the next event to a locked shared view and fold it into its state. fields: kind, and what that kind carries.

    Raises: Mismatch when nothing may follow.
    """
    now = timezone.now()
    at_ms = int(now.timestamp() * 1000)
    event = cast(Event, {"number": row.number + 1, "actor": actor, "at": at_ms, **fields})
    state = fold(state_of(row), event)
    row.number, row.changed_at = state["number"], now
    row.state = orjson.dumps(state).decode()
    if event["kind"] in ("opened", "hang"):
        row.hang_number = state["number"]
    if state["ended"]:
        row.ended_at = now
    SharedEvent.objects.create(
        shared_view=row, number=state["number"], kind=event["kind"], actor=actor, recorded_at_ms=at_ms, body=_body(event)
    )
    row.save(update_fields=["number", "changed_at", "state", "hang_number", "ended_at"])
    return event


def _body(event: Event) -> str:
    """Return what the columns don't say, as short JSON: looks are all but a few of the events of an hour."""
    body: dict[str, Any] = {name: value for name, value in event.items() if name not in _IN_COLUMNS}
    view = body.get("view")
    if view is not None and view["kind"] == "stack":
        body["view"] = {name: value for name, value in view.items() if name not in _UNTURNED or value != _UNTURNED[name]}
    return orjson.dumps(body).decode()


def _event(number: int, kind: str, actor: str, at_ms: int, text: str) -> Event:
    body = orjson.loads(text)
    view = body.get("view")
    if view is not None and view["kind"] == "stack":
        body["view"] = _UNTURNED | view
    return cast(Event, {"number": number, "kind": kind, "actor": actor, "at": at_ms, **body})
