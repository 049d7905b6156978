"""The one way in: every protocol, import and upload ends in store_instances (DESIGN.md section 3, rules S12 and S14).

Spool, fsync, hash, rename into the store, fsync the folder, then one database transaction for the request. What is acknowledged is
therefore complete and durable; what isn't is absent, or complete and found "already there" when it is sent again.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from django.db import IntegrityError, OperationalError, connection, transaction

from archive.core.dataset import MAX_IDENTIFIER, kept_apart
from archive.models import Quarantined, Study
from archive.services import failpoints
from archive.services.arrivals import Arrival, IncomingFile, Outcome, Status, receive
from archive.services.filing import file_arrivals
from archive.services.spool import spool_room
from archive.services.storage import object_store, quarantine
from governance.core.faults import Denied, Exhausted, Mismatch
from governance.core.policy import Action, Resource, Subject
from governance.services.access import UNASSIGNED, department_for, require
from governance.services.audit import record
from governance.services.notices import publish

__all__ = ["IncomingFile", "Outcome", "Status", "store_instances"]

ATTEMPTS = 5
_CHUNK = 500
# Objects that accompany images: a study takes its department from what it is about.
_ACCOMPANYING = frozenset({"", "SR", "PR", "KO", "SEG", "DOC", "REG", "RWV", "AU", "OT"})


def store_instances(
    *,
    actor: Subject,
    files: Iterable[IncomingFile],
    department: str | None = None,
    issuer: str | None = None,
    expected_study_uid: str | None = None,
) -> list[Outcome]:
    """Store what can be stored; return one outcome a file, in order.

    department: for studies that are new; else as governance.services.access.department_for says. A known study keeps its own.
    issuer: of the Patient IDs in these files that don't name theirs (the default of this source, rule S12).
    expected_study_uid: files of another study are refused (STOW-RS to /studies/{study}).
    Outcomes: "stored"; "already there" (same UID, same bytes); "conflict" (disagrees with what is stored: kept and listed); "refused"
    (kept in the quarantine with its reason, unless this actor may not store there).
    Raises: Unidentified, Denied when the actor may store nothing at all; Malformed for an unknown department; Exhausted when the
    database stays busy. Nothing is stored then.
    """
    require(subject=actor, action=Action.STORE, resource=Resource())
    with spool_room() as room:
        arrivals = [_received(room, file, issuer, expected_study_uid) for file in files]
        _assign_departments(actor, arrivals, department)
        _check_rights(actor, arrivals)
        _keep_bytes(arrivals)
        _file(actor, arrivals)
    return [arrival.outcome() for arrival in arrivals]


def _received(room: Path, file: IncomingFile, issuer: str | None, expected_study_uid: str | None) -> Arrival:
    arrival = receive(room, file)
    if arrival.identity is not None and arrival.status is None:
        arrival.issuer = arrival.identity.issuer_of_patient_id or kept_apart((issuer or "").strip(), MAX_IDENTIFIER)
        if expected_study_uid and arrival.identity.study_instance_uid != expected_study_uid:
            arrival.refuse(Mismatch("The object belongs to another study than the one it was sent to."))
    return arrival


def _open(arrivals: Iterable[Arrival]) -> list[Arrival]:
    return [arrival for arrival in arrivals if arrival.status is None]


def _assign_departments(actor: Subject, arrivals: list[Arrival], stated: str | None) -> None:
    """Give each arrival its study's department: the stored one, or one for the new study as a whole."""
    by_study: dict[str, list[Arrival]] = {}
    for arrival in _open(arrivals):
        assert arrival.identity is not None  # open arrivals were understood
        by_study.setdefault(arrival.identity.study_instance_uid, []).append(arrival)
    known = departments_of(by_study)

    @cache
    def by_modality(modality: str) -> str:
        return department_for(actor=actor, modality=modality, stated=stated)

    for study_uid, members in by_study.items():
        department = known.get(study_uid) or _department_of_new(members, by_modality)
        for arrival in members:
            arrival.department = department


def departments_of(study_uids: Iterable[str]) -> dict[str, str]:
    """Return the departments of those studies that are stored."""
    uids, found = list(study_uids), dict[str, str]()
    for start in range(0, len(uids), _CHUNK):
        rows = Study.objects.filter(study_instance_uid__in=uids[start : start + _CHUNK])
        found.update(rows.values_list("study_instance_uid", "department"))
    return found


def _department_of_new(members: list[Arrival], by_modality: Callable[[str], str]) -> str:
    modalities = {member.identity.modality: None for member in members if member.identity}  # in order of arrival
    for modality in sorted(modalities, key=lambda modality: modality in _ACCOMPANYING):
        department = by_modality(modality)
        if department != UNASSIGNED:
            return department
    return UNASSIGNED


def _check_rights(actor: Subject, arrivals: list[Arrival]) -> None:
    refused: dict[str, bool] = {}
    for arrival in _open(arrivals):
        department = arrival.department
        if department not in refused:
            try:
                require(subject=actor, action=Action.STORE, resource=Resource(department))
                refused[department] = False
            except Denied:
                refused[department] = True
        if refused[department]:
            arrival.refuse(Denied("You may not store in the department that this study belongs to."), keep=False)


def _keep_bytes(arrivals: list[Arrival]) -> None:
    """Move the bytes to where they stay: the store, or the quarantine."""
    object_store().put_many([(arrival.path, arrival.sha256) for arrival in _open(arrivals)])
    refused = [(arrival.path, arrival.sha256) for arrival in arrivals if arrival.status == "refused" and arrival.is_kept]
    if refused:
        quarantine().put_many(refused)


def _file(actor: Subject, arrivals: list[Arrival]) -> None:
    """Write everything in one transaction; again from the start when another request was faster with the same UIDs."""
    for attempt in range(1, ATTEMPTS + 1):
        waiting = _open(arrivals)
        try:
            with transaction.atomic(durable=True):
                file_arrivals(actor, waiting)
                _list_quarantined(actor, arrivals)
                _record(actor, arrivals)
                _announce(waiting)
                failpoints.reach("transaction")
            return
        except (IntegrityError, OperationalError) as exc:
            for arrival in waiting:
                arrival.status = None
                arrival.reason, arrival.fault = "", None
            if attempt == ATTEMPTS:
                raise Exhausted("the database is busy") from exc
            if isinstance(exc, OperationalError):
                connection.close_if_unusable_or_obsolete()


def _list_quarantined(actor: Subject, arrivals: list[Arrival]) -> None:
    rows = {
        arrival.sha256: Quarantined(
            sha256=arrival.sha256,
            size_bytes=arrival.size_bytes,
            reason=arrival.reason[:256],
            source=arrival.source,
            department=arrival.department,
        )
        for arrival in arrivals
        if arrival.status == "refused" and arrival.is_kept
    }
    Quarantined.objects.bulk_create(rows.values(), ignore_conflicts=True, batch_size=_CHUNK)


def _record(actor: Subject, arrivals: list[Arrival]) -> None:
    """Write the request's one audit entry: counts, and the studies that grew."""
    counts = Counter(arrival.status for arrival in arrivals)
    studies = sorted({arrival.identity.study_instance_uid for arrival in arrivals if arrival.identity and arrival.status == "stored"})
    record(
        actor=actor,
        action="instances stored",
        study_instance_uid=studies[0] if len(studies) == 1 else "",
        outcome="success" if counts["stored"] or counts["already there"] else "refused",
        stored=counts["stored"],
        already_there=counts["already there"],
        conflicts=counts["conflict"],
        refused=counts["refused"],
        studies=" ".join(studies[:50]),
        number_of_studies=len(studies),
    )


def _announce(arrivals: list[Arrival]) -> None:
    stored = [arrival.identity for arrival in arrivals if arrival.identity and arrival.status == "stored"]
    if stored:
        publish(
            "instances.stored",
            {
                "study_instance_uids": sorted({identity.study_instance_uid for identity in stored}),
                "series_instance_uids": sorted({identity.series_instance_uid for identity in stored}),
            },
        )
