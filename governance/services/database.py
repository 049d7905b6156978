"""Small pools of threads for the ORM, each thread with its persistent connection.

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
DESK_THREADS = 2
WATCH_THREADS = 1

T = TypeVar("T")

_database = ThreadPoolExecutor(max_workers=DATABASE_THREADS, thread_name_prefix="database")
_desk = ThreadPoolExecutor(max_workers=DESK_THREADS, thread_name_prefix="desk")
_watch = ThreadPoolExecutor(max_workers=WATCH_THREADS, thread_name_prefix="watch")


async def run_in_database(function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Run a service on a database thread and return its result; exceptions pass through."""
    return await _run(_database, function, args, kwargs)


async def run_at_desk(function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Run what may take its time (a password's hash, administration) beside the threads that readers wait for."""
    return await _run(_desk, function, args, kwargs)


async def run_on_watch(function: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Run the look-up of who may still see: while the database threads are busy storing, a signed-out stream must not stay open."""
    return await _run(_watch, function, args, kwargs)


def close_connections(*, timeout_s: float = 5) -> None:
    """Close the connections of all these threads, at shutdown and between tests; a thread that stays busy keeps its own."""
    for executor, threads in ((_database, DATABASE_THREADS), (_desk, DESK_THREADS), (_watch, WATCH_THREADS)):
        together = threading.Barrier(threads)
        for closing in [executor.submit(_close, together, timeout_s) for _ in range(threads)]:
            closing.result()


async def _run(executor: ThreadPoolExecutor, function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    context = contextvars.copy_context()
    call = partial(context.run, _call, function, args, kwargs)
    return await asyncio.get_running_loop().run_in_executor(executor, call)


def _call(function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    close_old_connections()  # only drops what is broken or past CONN_MAX_AGE
    return function(*args, **kwargs)


def _close(together: threading.Barrier, timeout_s: float) -> None:
    with contextlib.suppress(threading.BrokenBarrierError):
        together.wait(timeout_s)  # otherwise one idle thread would take two turns
    connections.close_all()
