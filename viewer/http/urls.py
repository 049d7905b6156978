"""Routes of the pages and their JSON. A path that can't be a UID or a key is no route: it answers 404 like an unknown one."""

from django.urls import path, re_path

from viewer.http import pages
from viewer.http.api import PresentationView, StudiesView, StudyView
from viewer.http.database_pool import in_database_pool
from viewer.http.download import download
from viewer.http.measuring import MeasurementsView, ValuesView, on_render_thread
from viewer.http.shared import EndView, FindPeopleView, GrantsView, PeopleView, PersonView, SharedViewsView

STUDY = r"(?P<study_instance_uid>[0-9.]{1,64})"
STATE = r"(?P<presentation_state_uid>[0-9.]{1,64})"
INSTANCE = r"(?P<sop_instance_uid>[0-9.]{1,64})"
KEY = r"(?P<key>[A-Za-z0-9_-]{22})"
PERSON = r"(?P<username>[\w.@+-]{1,150})"

urlpatterns = [
    path("", pages.study_list, name="study-list"),
    re_path(rf"^study/{STUDY}$", pages.study, name="study"),
    re_path(rf"^shared/{KEY}$", pages.shared, name="shared-view"),
    path("api/studies", in_database_pool(StudiesView.as_view()), name="api-studies"),
    re_path(rf"^api/studies/{STUDY}$", in_database_pool(StudyView.as_view()), name="api-study"),
    re_path(rf"^api/presentations/{STATE}$", in_database_pool(PresentationView.as_view()), name="api-presentation"),
    path("api/shared-views", in_database_pool(SharedViewsView.as_view()), name="api-shared-views"),
    re_path(rf"^api/shared-views/{KEY}/people$", in_database_pool(PeopleView.as_view()), name="api-shared-people"),
    re_path(rf"^api/shared-views/{KEY}/people/{PERSON}$", in_database_pool(PersonView.as_view()), name="api-shared-person"),
    re_path(rf"^api/shared-views/{KEY}/grants$", in_database_pool(GrantsView.as_view()), name="api-shared-grants"),
    re_path(rf"^api/shared-views/{KEY}/end$", in_database_pool(EndView.as_view()), name="api-shared-end"),
    re_path(rf"^api/values/{INSTANCE}/(?P<frame_number>[0-9]{{1,9}})$", on_render_thread(ValuesView.as_view()), name="api-values"),
    path("api/measurements", on_render_thread(MeasurementsView.as_view()), name="api-measurements"),
    path("api/people", in_database_pool(FindPeopleView.as_view()), name="api-people"),
    re_path(rf"^download/{INSTANCE}$", download, name="download"),
]
