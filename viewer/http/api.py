"""The JSON that pages live on. Errors are Problem Details (RFC 9457)."""

from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.core.policy import Subject
from governance.services.access import authenticate_request
from viewer.services.studies import list_page, presentation_document, study_page


class PageView(APIView):
    """A view whose service decides who may: anonymous gets 401, machines and strangers 404."""

    permission_classes: tuple[Any, ...] = ()

    def actor(self, request: Request) -> Subject:
        django_request: HttpRequest = request._request
        return authenticate_request(django_request)


class StudiesView(PageView):
    """GET /api/studies: a page of the study list."""

    def get(self, request: Request) -> Response:
        parameters = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
        return Response(list_page(actor=self.actor(request), parameters=parameters))


class StudyView(PageView):
    """GET /api/studies/<uid>: one study, its tray, the patient's other studies. The opening is audited."""

    def get(self, request: Request, study_instance_uid: str) -> Response:
        return Response(study_page(actor=self.actor(request), study_instance_uid=study_instance_uid))


class PresentationView(PageView):
    """GET /api/presentations/<uid>: geometry, graphics and notes of a presentation state. The opening of its study is audited."""

    def get(self, request: Request, presentation_state_uid: str) -> Response:
        return Response(presentation_document(actor=self.actor(request), sop_instance_uid=presentation_state_uid))
