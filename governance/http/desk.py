"""Sync views (sign-in, Django admin) on the desk's threads, so that no request opens a database connection of its own."""

from collections.abc import Callable, Coroutine
from functools import update_wrapper
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.template.response import SimpleTemplateResponse

from governance.services.database import run_at_desk


def at_desk(view: Callable[..., HttpResponseBase]) -> Callable[..., Coroutine[Any, Any, HttpResponseBase]]:
    """Return an async view that runs a sync one, and renders its answer, at the desk."""

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        return response.render() if isinstance(response, SimpleTemplateResponse) else response

    async def pooled(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return await run_at_desk(answer, request, *args, **kwargs)

    update_wrapper(pooled, view)
    return pooled
