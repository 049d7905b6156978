"""Routes of all HTTP edges, joined."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 once the server is ready; says nothing else."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz),
    path("admin/", admin.site.urls),
    path("", include("governance.http.urls")),
    path("dicomweb/", include("archive.dicomweb.urls")),
    path("", include("viewer.http.urls")),
]
