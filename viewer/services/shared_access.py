"""Who may take part in a shared view, and who may see what hangs there: plain facts for governance's decision."""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence

from django.conf import settings

from archive.services.study_facts import StudyFacts, facts_of_studies, studies_of_series
from governance.core.faults import Denied, Mismatch, NotFound
from governance.core.policy import Action, Resource, Subject, decide
from governance.services.access import require, subject_of_user
from governance.services.people import people_with_pages
from viewer.core.shared_view import HungPane, State, studies_of


def require_taking_part(actor: Subject) -> None:
    """Return when the actor may look at studies together with others: a person (pages) with a role that reads.

    Raises: Unidentified; NotFound for machines and for who reads nothing.
    """
    try:
        require(subject=actor, action=Action.USE_PAGES, resource=Resource())
    except Denied as exc:
        raise NotFound("shared views") from exc
    require(subject=actor, action=Action.READ, resource=Resource())


def subject_named(username: str) -> Subject | None:
    """Return the subject of someone who could take part, None when there is nobody active, with pages, who reads."""
    user = people_with_pages().filter(username=username).first()
    subject = subject_of_user(user) if user else None
    return subject if subject and decide(subject, Action.READ, Resource()).allowed else None


def departments_of(study_instance_uids: Collection[str]) -> dict[str, str]:
    """Return the departments of those of these studies that are stored: what visible_studies decides by. One query."""
    if not study_instance_uids:
        return {}
    return {uid: facts.department for uid, facts in facts_of_studies(study_instance_uids=study_instance_uids).items()}


def visible_studies(*, actor: Subject, departments: Mapping[str, str]) -> frozenset[str]:
    """Return which studies the actor may read, of those given with their departments. Pure; a study that is gone is not visible."""
    return frozenset(uid for uid, department in departments.items() if decide(actor, Action.READ, Resource(department, uid)).allowed)


def sees_all(subject: Subject | None, state: State) -> bool:
    """Say whether somebody may see everything that hangs; nobody may not."""
    studies = studies_of(state)
    return subject is not None and visible_studies(actor=subject, departments=departments_of(studies)) == studies


def check_hanging(actor: Subject, study: str | None, panes: Sequence[HungPane | None]) -> str | None:
    """Return the patient's opaque name when the actor may read all that is to hang, and it is of one patient (rules S04 and S17).

    Call it outside a transaction: a denial is recorded before it raises.
    Raises: NotFound for what is unknown or not for this actor, also a series that isn't the study's; Mismatch for two patients.
    """
    hung = [pane for pane in panes if pane is not None]
    studies = {pane["study"] for pane in hung} | ({study} if study is not None else set())
    facts = facts_of_studies(study_instance_uids=studies)
    for uid in sorted(studies):
        if uid not in facts:
            raise NotFound("study")
        require(subject=actor, action=Action.READ, resource=Resource(facts[uid].department, uid))
    of_series = studies_of_series(series_instance_uids={pane["series"] for pane in hung})
    if any(of_series.get(pane["series"]) != pane["study"] for pane in hung):
        raise NotFound("series")
    if len({each.patient_key for each in facts.values()}) > 1:
        raise Mismatch("panes of two patients")
    return patient_digest(facts[study]) if study is not None else None


def patient_digest(facts: StudyFacts) -> str:
    """Return 16 hex digits that are the same for all studies of a patient in this installation, and tell nothing else."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"patient of a shared view {facts.patient_key}".encode(), hashlib.sha256).hexdigest()[:16]
