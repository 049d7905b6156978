"""Work done ahead of being asked for: a study's thumbnails, drawn once it has arrived."""

from archive.services import retrieve
from governance.core.faults import Fault
from governance.core.policy import Subject
from viewer.core.tray import items_of_series
from viewer.services.studies import picture_of
from viewer.services.thumbnails import thumbnail


def warm_thumbnails(*, actor: Subject, study_instance_uid: str) -> int:
    """Draw the thumbnails of a study's tray into the cache; returns how many could be drawn.

    A frame that cannot be drawn is left to its viewport, which says why.
    Raises: NotFound.
    """
    record = retrieve.study_record(actor=actor, study_instance_uid=study_instance_uid, is_preview=True)
    drawn = 0
    for series in record.series:
        for item in items_of_series(series.modality, series.images):
            if item.object:
                continue
            try:
                thumbnail(actor=actor, sop_instance_uid=picture_of(item, series.images))
            except Fault:
                continue
            drawn += 1
    return drawn
