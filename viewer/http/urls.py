"""Routes of the pages and their JSON. A path that can't be a UID is no route: it answers 404 like an unknown one."""

from django.urls import path, re_path

from viewer.http import pages
from viewer.http.api import StudiesView, StudyView
from viewer.http.database_pool import in_database_pool
from viewer.http.download import download

STUDY = r"(?P<study_instance_uid>[0-9.]{1,64})"
INSTANCE = r"(?P<sop_instance_uid>[0-9.]{1,64})"

urlpatterns = [
    path("", pages.study_list, name="study-list"),
    re_path(rf"^study/{STUDY}$", pages.study, name="study"),
    path("api/studies", in_database_pool(StudiesView.as_view()), name="api-studies"),
    re_path(rf"^api/studies/{STUDY}$", in_database_pool(StudyView.as_view()), name="api-study"),
    re_path(rf"^download/{INSTANCE}$", download, name="download"),
]
