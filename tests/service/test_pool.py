"""The render pool: bounded, in order of priority, cancellable, and counting."""

import asyncio
import threading
from functools import partial

import pytest

from governance.core.faults import Exhausted, Malformed
from viewer.services import pool
from viewer.services.pool import Priority, RenderPool


class Gate:
    """Holds a pool's threads until it is opened, and says when they are all held."""

    def __init__(self, render_pool: RenderPool, threads: int) -> None:
        self._open = threading.Event()
        self._held = threading.Semaphore(0)
        self.futures = [render_pool.submit(self._hold, Priority.INTERACTIVE) for _ in range(threads)]
        for _ in range(threads):
            assert self._held.acquire(timeout=10)

    def _hold(self) -> None:
        self._held.release()
        assert self._open.wait(10)

    def open(self) -> None:
        self._open.set()


async def test_a_result_and_a_fault_come_back():
    assert await pool.run(divmod, 7, 2) == (3, 1)
    assert await pool.run(sorted, [2, 1], reverse=True) == [2, 1]

    def fail():
        raise Malformed("here")

    with pytest.raises(Malformed):
        await pool.run(fail)


async def test_calls_run_beside_the_event_loop():
    assert await pool.run(threading.current_thread) is not threading.current_thread()


def test_the_queue_is_bounded():
    render_pool = RenderPool(threads=1, max_waiting=3)
    gate = Gate(render_pool, 1)
    refused = pool.counters.calls_refused
    waiting = [render_pool.submit(int, Priority.INTERACTIVE) for _ in range(3)]
    with pytest.raises(Exhausted):
        render_pool.submit(int, Priority.INTERACTIVE)
    assert pool.counters.calls_refused == refused + 1
    gate.open()
    assert [future.result(10) for future in waiting] == [0, 0, 0]
    assert render_pool.submit(int, Priority.INTERACTIVE).result(10) == 0


def test_interactive_calls_go_first_and_equals_in_order():
    render_pool = RenderPool(threads=1)
    gate = Gate(render_pool, 1)
    done: list[str] = []
    asked = [
        ("thumbnail", Priority.BACKGROUND),
        ("still", Priority.STILL),
        ("drag 1", Priority.INTERACTIVE),
        ("drag 2", Priority.INTERACTIVE),
    ]
    futures = [render_pool.submit(partial(done.append, name), priority) for name, priority in asked]
    gate.open()
    for future in futures:
        future.result(10)
    assert done == ["drag 1", "drag 2", "still", "thumbnail"]


def test_cancelled_calls_are_not_run_and_make_room():
    render_pool = RenderPool(threads=1, max_waiting=2)
    gate = Gate(render_pool, 1)
    ran: list[int] = []
    first = render_pool.submit(lambda: ran.append(1), Priority.INTERACTIVE)
    render_pool.submit(lambda: ran.append(2), Priority.INTERACTIVE)
    assert first.cancel()
    last = render_pool.submit(lambda: ran.append(3), Priority.INTERACTIVE)  # the queue was full of one cancelled call
    gate.open()
    last.result(10)
    assert ran == [2, 3]


async def test_cancelling_the_awaiting_task_takes_its_call_out():
    render_pool = RenderPool(threads=1)
    gate = Gate(render_pool, 1)
    ran: list[int] = []
    task = asyncio.ensure_future(asyncio.wrap_future(render_pool.submit(lambda: ran.append(1), Priority.INTERACTIVE)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)  # the loop hands the cancellation on in its next turn
    gate.open()
    render_pool.submit(int, Priority.BACKGROUND).result(10)
    assert ran == []


def test_two_threads_work_at_once():
    render_pool = RenderPool(threads=2)
    gate = Gate(render_pool, 2)
    gate.open()
    assert [future.result(10) for future in gate.futures] == [None, None]


def test_counting_from_many_threads_loses_nothing():
    before = pool.counters.pictures_rendered

    def count_many() -> None:
        for _ in range(1000):
            pool.count(pictures_rendered=1)

    threads = [threading.Thread(target=count_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pool.counters.pictures_rendered == before + 4000
