"""Connections for several web processes that listen on one socket: each goes to the process that has fewest.

The kernel deals by chance, with SO_REUSEPORT: eight connections fall two and six or worse in 29 cases of 100, and one process rests. A
process that has more than another leaves a connection to it, for a moment: whoever waits is served even if that process is busy or dying.
"""

import asyncio
import contextlib
import errno
import logging
import mmap
import os
import socket
import tempfile
from collections.abc import Callable

LEFT_S = 0.005  # so long a connection is left to a process that has fewer
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
EXHAUSTED_S = 1.0  # before another try, as asyncio does
ABSENT = 2**31 - 1
_BYTES = 4

log = logging.getLogger("viewbox")


class ConnectionCounts:
    """How many connections each process has, in memory that they share; each writes its own. handle: of another process's."""

    def __init__(self, processes: int, *, handle: int | None = None) -> None:
        if handle is None:
            with tempfile.TemporaryFile() as file:
                file.truncate(processes * _BYTES)
                self._handle = os.dup(file.fileno())
        else:
            self._handle = handle
        self._counts = memoryview(mmap.mmap(self._handle, processes * _BYTES)).cast("i")
        if handle is None:
            for place in range(processes):
                self.leave(place)

    def fileno(self) -> int:
        """Return what another process may make its own of."""
        return self._handle

    def tell(self, place: int, connections: int) -> None:
        """Say how many connections the process at a place (from 0) has."""
        self._counts[place] = connections

    def leave(self, place: int) -> None:
        """Say that there is no process at a place."""
        self._counts[place] = ABSENT

    def fewest(self) -> int:
        """Return how many connections the process has that has fewest."""
        return min(self._counts)


class Dealer:
    """Takes connections from a listening socket for one process. place: its own in counts."""

    def __init__(self, listener: socket.socket, counts: ConnectionCounts, place: int) -> None:
        self._listener = listener
        self._counts = counts
        self._place = place
        self._beginning: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None

    def start(self, protocol: Callable[[], asyncio.Protocol], connections: Callable[[], int]) -> None:
        """Take connections on the running event loop. connections: returns how many there are that have begun and not ended."""
        self._loop, self._protocol, self._connections = asyncio.get_running_loop(), protocol, connections
        self._listener.setblocking(False)
        self.count()
        self._loop.add_reader(self._listener, self._one_waits)

    def stop(self) -> None:
        """Take none any more."""
        self._counts.leave(self._place)
        self._loop.remove_reader(self._listener)
        if self._later is not None:
            self._later.cancel()

    def count(self) -> int:
        """Tell the others how many connections there are; return it."""
        connections = self._connections() + len(self._beginning)
        self._counts.tell(self._place, connections)
        return connections

    def _one_waits(self) -> None:
        if self.count() <= self._counts.fewest():
            self._take()
        else:
            self._pause(LEFT_S)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._listener)
        self._later = self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._loop.add_reader(self._listener, self._one_waits)
        self._take()  # whoever has fewest

    def _take(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as exc:  # another process was faster, or the peer is gone
            if exc.errno in EXHAUSTED:
                log.warning("a connection waits: %s", os.strerror(exc.errno or 0))
                self._pause(EXHAUSTED_S)
            return
        connection.setblocking(False)
        task = self._loop.create_task(self._begin(connection))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        self.count()

    async def _begin(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the peer is gone
            await self._loop.connect_accepted_socket(self._protocol, connection)
