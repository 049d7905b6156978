"""Django application configuration; subscribes the viewer to news from the archive."""

from typing import Any

from django.apps import AppConfig


def _draw_thumbnails_of(arrived: dict[str, Any]) -> None:
    from viewer.tasks import draw_thumbnails

    for study_instance_uid in arrived["study_instance_uids"]:
        draw_thumbnails.enqueue(study_instance_uid)


class ViewerConfig(AppConfig):
    name = "viewer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from governance.services import notices

        notices.subscribe("instances.stored", _draw_thumbnails_of)
