"""One small pool of threads for the ORM, each with its persistent connection.

Async code never touches the ORM: it awaits run_in_database(service, ...). A stock sync view under ASGI would open a
connection a request (DESIGN.md section 2; measured on PostgreSQL).
"""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from django.db import close_old_connections, connections

DATABASE_THREADS = 3

T = TypeVar("T")

_executor = ThreadPoolExecutor(max_workers=DATABASE_THREADS, thread_name_prefix="database")


def _call(function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    close_old_connections()  # only drops what is broken or past CONN_MAX_AGE
    return function(*args, **kwargs)


async def run_in_database(function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Run a service on a database thread and return its result; exceptions pass through."""
    context = contextvars.copy_context()
    call = partial(context.run, _call, function, args, kwargs)
    return await asyncio.get_running_loop().run_in_executor(_executor, call)


def close_connections(*, timeout_s: float = 5) -> None:
    """Close the connections of all database threads, at shutdown and between tests; a thread that stays busy keeps its own."""
    all_here = threading.Barrier(DATABASE_THREADS)

    def close() -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            all_here.wait(timeout_s)  # otherwise one idle thread would take two turns
        connections.close_all()

    for closing in [_executor.submit(close) for _ in range(DATABASE_THREADS)]:
        closing.result()
