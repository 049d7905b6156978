"""Handing out the original bytes of an instance."""

from archive.services.retrieve import StoredImage, image
from governance.core.policy import Action, Resource, Subject
from governance.services import audit
from governance.services.access import require


def instance_for_download(*, actor: Subject, sop_instance_uid: str) -> StoredImage:
    """Return an instance whose bytes are about to leave, after that is recorded.

    Raises: Unidentified; NotFound, also for what this actor may not see.
    """
    require(subject=actor, action=Action.READ, resource=Resource())
    found = image(actor=actor, sop_instance_uid=sop_instance_uid)
    audit.record(
        actor=actor,
        action="download",
        study_instance_uid=found.study_instance_uid,
        sop_instance_uid=sop_instance_uid,
        size_bytes=found.size_bytes,
    )
    return found
