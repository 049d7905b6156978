"""Background work of the viewer, run by the task worker."""

from django_tasks import task

from governance.core.policy import operator
from viewer.services.warming import warm_thumbnails


@task()
def draw_thumbnails(study_instance_uid: str) -> int:
    """Draw the tray's thumbnails of a study into the cache; returns how many pictures there are now."""
    return warm_thumbnails(actor=operator("thumbnails"), study_instance_uid=study_instance_uid)
