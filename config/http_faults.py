"""Faults on HTTP: one middleware for Django's views and one handler for DRF, both over the fault table."""

import logging
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from rest_framework.response import Response

from governance.core.faults import Answer, Exhausted, Fault, NotFound, answer_for

log = logging.getLogger("viewbox.http")


def problem(answer: Answer, correlation_id: str) -> dict[str, Any]:
    """Return a Problem Details body (RFC 9457): a fixed sentence and the id under which the log has the rest."""
    return {"type": "about:blank", "title": answer.sentence, "status": answer.http, "correlation_id": correlation_id}


def fault_response(exc: BaseException) -> HttpResponse:
    """Answer an exception by the table; what is not a fault is logged with its traceback."""
    if isinstance(exc, Http404):
        exc = NotFound()
    answer, correlation_id = answer_for(exc), uuid.uuid4().hex
    if not isinstance(exc, Fault):
        log.error("unexpected error %s", correlation_id, exc_info=exc)
    response = JsonResponse(problem(answer, correlation_id), status=answer.http, content_type="application/problem+json")
    if isinstance(exc, Exhausted):
        response["Retry-After"] = "2"
    return response


class FaultMiddleware:
    """Turn exceptions that views raise into answers; works in the sync and the async chain."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        if isinstance(exc, Fault):
            return fault_response(exc)
        return None if request.path.startswith("/admin") else fault_response(exc)


def drf_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook: faults by the table, DRF's own exceptions by DRF."""
    from rest_framework.views import exception_handler

    if isinstance(exc, Fault):
        answer = answer_for(exc)
        return Response(problem(answer, uuid.uuid4().hex), status=answer.http, content_type="application/problem+json")
    return exception_handler(exc, context)
