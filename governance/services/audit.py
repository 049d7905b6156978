"""The audit log: who did what to which study, hash-chained and append-only.

Entries carry user names, UIDs and actions, never a patient's name or number. Inside a caller's transaction an entry commits with the
effect it records; otherwise it is committed when record() returns.

An *opening* is one person's session (or one token) using one study without a pause longer than OPENING_PAUSE_S. It makes one
"study opened" entry before the first byte leaves; the frames sent meanwhile are counted in memory and flushed as one entry at a time.
A thumbnail in a list is a "study previewed": sent, but not opened (rule S16).
"""

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.utils import timezone

from governance.core.audit_chain import Break, DetailValue, Link, Sealed, canonical_json, digest, first_break
from governance.core.policy import Subject
from governance.models import AuditEntry, AuditHead

OPENING_PAUSE_S = 30 * 60
MAX_OPENINGS = 20_000  # remembered in this process; beyond it the oldest are looked up in the log again

Opening = tuple[str, str, str]  # user name, session fingerprint, Study Instance UID

_lock = threading.Lock()
_last_used: dict[tuple[str, Opening], float] = {}  # by action; monotonic seconds, in order of opening
_frames: Counter[Opening] = Counter()


def record(*, actor: Subject, action: str, study_instance_uid: str = "", outcome: str = "success", **detail: DetailValue) -> None:
    """Append one entry. Detail values are short facts: UIDs, counts, codes, user names."""
    with transaction.atomic():
        _append(actor.username, _fingerprint(actor), action, study_instance_uid, outcome, detail)


def record_change(*, actor: Subject, action: str, facts: dict[str, DetailValue]) -> None:
    """Append one entry about a row of governance: which it is and what now holds."""
    with transaction.atomic():
        _append(actor.username, _fingerprint(actor), action, "", "success", facts)


def study_opened(*, actor: Subject, study_instance_uid: str) -> None:
    """Record that an actor opens a study, once an opening; when this returns the entry is committed.

    Calls during the same opening cost a dictionary look-up. Other processes' entries of the same opening count.
    Raises: RuntimeError inside a transaction, which could undo the entry after pictures were sent.
    """
    _record_once("study opened", actor, study_instance_uid)


def study_previewed(*, actor: Subject, study_instance_uid: str) -> None:
    """Record that thumbnails of a study go to an actor, on study_opened's terms; a command on the server sends none."""
    if not actor.is_operator:
        _record_once("study previewed", actor, study_instance_uid)


def _record_once(action: str, actor: Subject, study_instance_uid: str) -> None:
    opening = _opening(actor, study_instance_uid)
    key = (action, opening)
    now = time.monotonic()
    with _lock:
        last = _last_used.get(key)
        if last is not None and now - last < OPENING_PAUSE_S:
            _last_used[key] = now
            return
    with transaction.atomic(durable=True):
        _lock_head()  # two threads or processes opening the same study: the second sees the first's entry
        if not _is_recorded(action, opening):
            _append(actor.username, opening[1], action, study_instance_uid, "success", {})
    with _lock:
        if len(_last_used) >= MAX_OPENINGS:
            del _last_used[next(iter(_last_used))]
        _last_used[key] = now


def count_frames(*, actor: Subject, study_instance_uid: str, frames: int) -> None:
    """Add to the frames (or tiles) sent in an opening; in memory, for the hot path."""
    with _lock:
        _frames[_opening(actor, study_instance_uid)] += frames


def flush_frames() -> None:
    """Write one "frames sent" entry for each opening that sent any since the last flush."""
    with _lock:
        counted = dict(_frames)
        _frames.clear()
    if not counted:
        return
    try:
        with transaction.atomic():
            for (username, session, study_instance_uid), frames in counted.items():
                _append(username, session, "frames sent", study_instance_uid, "success", {"frames": frames})
    except Exception:
        with _lock:
            _frames.update(counted)
        raise


def verify() -> tuple[int, str, Break | None]:
    """Check the whole chain. Returns the number of entries, the digest of the last one, and the first break if there is one."""
    head = AuditHead.objects.get(pk=1)
    return head.last_index, head.last_sha256, first_break(_sealed(), last_index=head.last_index, last_sha256=head.last_sha256)


def _append(username: str, session: str, action: str, study_instance_uid: str, outcome: str, detail: dict[str, DetailValue]) -> None:
    """Seal one entry and move the head; the caller holds a transaction."""
    head = _lock_head()
    now = timezone.now()
    facts = {**detail, "session": session} if session else detail
    link = Link(
        index=head.last_index + 1,
        recorded_at=_moment(now),
        actor=username,
        action=action,
        outcome=outcome,
        study_instance_uid=study_instance_uid,
        detail=canonical_json(facts) if facts else "",
    )
    sha256 = digest(head.last_sha256, link)
    AuditEntry.objects.create(
        index=link.index,
        recorded_at=now,
        actor=username,
        action=action,
        outcome=outcome,
        study_instance_uid=study_instance_uid,
        detail=link.detail,
        previous_sha256=head.last_sha256,
        sha256=sha256,
    )
    AuditHead.objects.filter(pk=1).update(last_index=link.index, last_sha256=sha256)


def _lock_head() -> AuditHead:
    """Return the chain's head, locked until the transaction ends (SQLite: by BEGIN IMMEDIATE, which the settings ask for)."""
    return AuditHead.objects.select_for_update().get(pk=1)


def _is_recorded(action: str, opening: Opening) -> bool:
    """Say whether the log already has this opening, written by another process or before a restart."""
    username, session, study_instance_uid = opening
    since = timezone.now() - timedelta(seconds=OPENING_PAUSE_S)
    recent = AuditEntry.objects.filter(
        study_instance_uid=study_instance_uid, actor=username, action=action, outcome="success", recorded_at__gte=since
    )
    facts = canonical_json({"session": session}) if session else ""
    return recent.filter(detail=facts).exists()


def _opening(actor: Subject, study_instance_uid: str) -> Opening:
    return actor.username, _fingerprint(actor), study_instance_uid


def _fingerprint(actor: Subject) -> str:
    """Return what tells an actor's sessions apart in the log without being of use to sign in with."""
    return _fingerprint_of(actor.session_key) if actor.session_key else ""


@lru_cache(maxsize=1024)
def _fingerprint_of(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:16]


def _moment(value: datetime) -> str:
    return value.astimezone(timezone.get_fixed_timezone(0)).isoformat(timespec="microseconds")


def _sealed() -> Iterator[Sealed]:
    for entry in AuditEntry.objects.order_by("index").iterator(chunk_size=2000):
        link = Link(
            index=entry.index,
            recorded_at=_moment(entry.recorded_at),
            actor=entry.actor,
            action=entry.action,
            outcome=entry.outcome,
            study_instance_uid=entry.study_instance_uid,
            detail=entry.detail,
        )
        yield Sealed(link=link, previous_sha256=entry.previous_sha256, sha256=entry.sha256)
