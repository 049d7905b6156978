"""A process takes a connection at once where nobody has fewer, leaves it to one that has, and takes it in the end."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from viewer.services import dealing
from viewer.services.dealing import ABSENT, ConnectionCounts, Dealer

DEADLINE_S = 10.0


class Greeter(asyncio.Protocol):
    """Says hello to whoever comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"hello")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def counts() -> ConnectionCounts:
    return ConnectionCounts(2)


@pytest.fixture
async def dealer(listener: socket.socket, counts: ConnectionCounts) -> AsyncIterator[Dealer]:
    """Takes connections for the process at place 0, which has five."""
    made = Dealer(listener, counts, 0)
    made.start(Greeter, lambda: 5)
    yield made
    made.stop()


async def greeted(listener: socket.socket) -> bytes:
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await reader.readexactly(5)
    finally:
        writer.close()


def test_processes_see_each_others_counts(counts: ConnectionCounts) -> None:
    assert counts.fewest() == ABSENT, "nobody is there yet"
    other = ConnectionCounts(2, handle=counts.fileno())
    other.tell(1, 7)
    counts.tell(0, 9)
    assert (counts.fewest(), other.fewest()) == (7, 7)
    other.leave(1)
    assert counts.fewest() == 9


@pytest.mark.parametrize("others", [ABSENT, 5, 6])
async def test_where_nobody_has_fewer_it_is_taken_at_once(
    dealer: Dealer, listener: socket.socket, counts: ConnectionCounts, others: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dealing, "LEFT_S", 10 * DEADLINE_S)
    counts.tell(1, others)
    assert await greeted(listener) == b"hello"


async def test_one_that_has_fewer_gets_the_chance_and_whoever_waits_is_served_all_the_same(
    dealer: Dealer, listener: socket.socket, counts: ConnectionCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dealing, "LEFT_S", 0.2)
    counts.tell(1, 4)
    began = asyncio.get_running_loop().time()
    assert await greeted(listener) == b"hello"
    assert asyncio.get_running_loop().time() - began >= 0.2
    counts.tell(1, 9)
    assert await greeted(listener) == b"hello", "and goes on"


async def test_the_other_process_takes_what_is_left_to_it(
    dealer: Dealer, listener: socket.socket, counts: ConnectionCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dealing, "LEFT_S", 0.2)
    counts.tell(1, 4)
    reader, writer = await asyncio.open_connection(*listener.getsockname())
    connection, _ = await asyncio.get_running_loop().sock_accept(listener)
    connection.sendall(b"other")
    assert await reader.readexactly(5) == b"other"
    connection.close()
    writer.close()
    counts.tell(1, 9)
    assert await greeted(listener) == b"hello", "it found nothing, and goes on"


async def test_without_file_descriptors_it_waits_and_tries_again(
    listener: socket.socket, counts: ConnectionCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Exhausted:
        tries = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(listener, name)

        def accept(self) -> tuple[socket.socket, Any]:
            self.tries += 1
            if self.tries == 1:
                raise OSError(errno.EMFILE, "too many")
            return listener.accept()

    monkeypatch.setattr(dealing, "EXHAUSTED_S", 0.1)
    exhausted = Exhausted()
    dealer = Dealer(exhausted, counts, 0)  # type: ignore[arg-type]  # a socket but for accept
    dealer.start(Greeter, lambda: 0)
    assert await greeted(listener) == b"hello"
    assert exhausted.tries >= 2
    dealer.stop()


async def test_connections_that_begin_count_and_those_that_end_do_not(listener: socket.socket, counts: ConnectionCounts) -> None:
    dealer, have = Dealer(listener, counts, 0), 3
    dealer.start(Greeter, lambda: have)
    assert counts.fewest() == 3
    have = 1
    assert dealer.count() == counts.fewest() == 1
    dealer.stop()
    assert counts.fewest() == ABSENT
