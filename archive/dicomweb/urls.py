"""Routes of DICOMweb under Django: search (QIDO-RS). Storing goes ahead of Django; rendered pictures belong to the viewer."""

from django.urls import path, re_path

from archive.dicomweb.qido import search_view

STUDY = r"(?P<study_instance_uid>[0-9.]{1,64})"
SERIES = r"(?P<series_instance_uid>[0-9.]{1,64})"

urlpatterns = [
    path("studies", search_view("study"), name="qido-studies"),
    path("series", search_view("series"), name="qido-series"),
    path("instances", search_view("instance"), name="qido-instances"),
    re_path(rf"^studies/{STUDY}/series$", search_view("series"), name="qido-study-series"),
    re_path(rf"^studies/{STUDY}/instances$", search_view("instance"), name="qido-study-instances"),
    re_path(rf"^studies/{STUDY}/series/{SERIES}/instances$", search_view("instance"), name="qido-series-instances"),
]
