"""Sync views on the database threads, so that no request runs the ORM on the loop or opens a connection of its own."""

from collections.abc import Callable, Coroutine
from functools import update_wrapper
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse

from governance.services.database import run_in_database


def in_database_pool(view: Callable[..., HttpResponseBase]) -> Callable[..., Coroutine[Any, Any, HttpResponseBase]]:
    """Return an async view that runs a sync one, and renders its answer, on a database thread."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        return response.render() if isinstance(response, SimpleTemplateResponse) else response

    async def pooled(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return await run_in_database(answer, request, *args, **kwargs)

    update_wrapper(pooled, view)  # keeps marks such as csrf_exempt
    return pooled
