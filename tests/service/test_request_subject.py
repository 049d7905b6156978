"""The subject of Django requests: the middleware in both chains, and DRF's way to it."""

from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from governance.core.policy import operator
from governance.http.authentication import SubjectAuthentication
from governance.middleware import PAGE_CSP, security_headers, subject
from governance.services import people
from tests.conftest import Actor

pytestmark = pytest.mark.django_db


class WhoAmI(APIView):
    authentication_classes = (SubjectAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response(request.user.subject.username)  # type: ignore[union-attr]  # a Principal

    post = get


def cookie_of(actor: Actor) -> str:
    return actor.client().cookies[settings.SESSION_COOKIE_NAME].value


def through(middleware: Any, view: Any, request: HttpRequest) -> Any:
    """Send a request through one middleware of the sync chain."""
    return middleware(view)(request)


def test_drf_knows_sessions_and_tokens_and_turns_nobody_away(alice: Actor):
    factory, view = APIRequestFactory(enforce_csrf_checks=True), WhoAmI.as_view()
    token = people.create_token(actor=operator(), username="alice")
    assert view(factory.get("/")).status_code == 401
    assert view(factory.get("/", HTTP_AUTHORIZATION="Bearer vbx_wrong")).status_code == 401
    factory.cookies[settings.SESSION_COOKIE_NAME] = cookie_of(alice)
    assert view(factory.get("/")).data == "alice"
    assert view(factory.post("/")).status_code == 403  # a form of another site
    by_token = through(subject, view, factory.post("/", HTTP_AUTHORIZATION=f"Bearer {token}"))
    assert by_token.data == "alice"


def test_a_request_says_who_asks_when_it_is_asked(alice: Actor, django_assert_num_queries: Any):
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        with django_assert_num_queries(3):
            seen.append(request.subject.username)  # type: ignore[attr-defined]  # the middleware's
        return HttpResponse()

    request = RequestFactory().get("/")
    request.COOKIES[settings.SESSION_COOKIE_NAME] = cookie_of(alice)
    with django_assert_num_queries(3):
        subject(view)(request)
    assert seen == ["alice"]


def test_a_bearer_request_has_no_session_and_needs_no_form_token(alice: Actor):
    request = RequestFactory().post("/", HTTP_AUTHORIZATION="Bearer vbx_wrong")
    request.COOKIES[settings.SESSION_COOKIE_NAME] = cookie_of(alice)
    subject(lambda request: HttpResponse())(request)
    assert settings.SESSION_COOKIE_NAME not in request.COOKIES
    assert request._dont_enforce_csrf_checks is True  # type: ignore[attr-defined]  # Django's own mark
    assert request.subject.user_id is None  # type: ignore[attr-defined]  # the middleware's


@pytest.mark.parametrize("middleware", [security_headers, subject])
async def test_the_async_chain_stays_async_and_off_the_database(middleware: Any):
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok")

    response = await middleware(view)(RequestFactory().get("/"))  # the ORM would refuse to run here
    assert response.content == b"ok"


def test_what_a_view_says_itself_is_left():
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "private", "Content-Security-Policy": "sandbox"})

    response = through(security_headers, view, RequestFactory().get("/"))
    assert (response["Cache-Control"], response["Content-Security-Policy"]) == ("private", "sandbox")
    silent = through(security_headers, lambda request: HttpResponse(), RequestFactory().get("/"))
    assert silent["Content-Security-Policy"] == PAGE_CSP
