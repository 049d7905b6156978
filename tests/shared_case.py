"""A house with cases to look at together, for tests of shared views: who may see which of them, and how one looks."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from archive.services.ingest import IncomingFile, store_instances
from governance.core.policy import operator
from governance.models import AuditEntry
from tests.conftest import Actor
from tests.small_objects import as_bytes, ct_image
from viewer.core.shared_messages import Deed
from viewer.core.shared_view import Event, HungPane, StackView
from viewer.services.shared_views import SharedHead, append_event, append_look

HERE = frozenset({"alice", "bob", "charlie", "dora"})


@dataclass(frozen=True)
class Case:
    """A stored study of one series."""

    study: str
    series: str

    def pane(self, view: StackView | None = None) -> HungPane:
        """Return the pane that shows it."""
        return {"study": self.study, "series": self.series, "stack": None, "view": view}


def stored_case(name: str, department: str, *, patient: str = "P-1", **more: Any) -> Case:
    """Store a study of one CT image in a department; of Synthetic^Sam unless another Patient ID is given."""
    image = ct_image(name, study=name, PatientID=patient, **more)
    [outcome] = store_instances(actor=operator(), files=[IncomingFile(data=as_bytes(image))], department=department)
    assert outcome.status == "stored"
    return Case(str(image.StudyInstanceUID), str(image.SeriesInstanceUID))


def look(index: int = 0, **changes: Any) -> StackView:
    """Return a view of a stack's image."""
    view: dict[str, Any] = {
        "kind": "stack", "index": index, "instance": f"{index:032x}", "frame": 1, "window": None, "invert": False,
        "orientation": [1, 0, 0, 1], "zoom": 1, "center": [2, 2], "cine": None,
    }  # fmt: skip
    return cast(StackView, view | changes)


def act(actor: Actor, shared: SharedHead, event: Deed, *, absent_s: float | None = None, present: Collection[str] = HERE) -> Event:
    """Append what a person asks for; unless said otherwise the presenter and everybody else is there."""
    return append_event(actor=actor.subject, pk=shared.pk, event=event, presenter_absent_s=absent_s, present=present)


def looks(actor: Actor, shared: SharedHead, **what: Any) -> Event | None:
    """Append a look at the first pane of the first hang, unless said otherwise."""
    given: dict[str, Any] = {"hang_number": 1, "pane": 0, "active": 0, "view": look(5)} | what
    return append_look(actor=actor.subject, pk=shared.pk, **given)


def audited(action: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return actor, study and detail of the audit entries of an action."""
    entries = AuditEntry.objects.filter(action=action)
    return [(entry.actor, entry.study_instance_uid, json.loads(entry.detail or "{}")) for entry in entries]
