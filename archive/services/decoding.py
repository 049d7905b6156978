"""Codec libraries in processes of their own, bounded in time and memory, so that bytes from outside can neither hang nor kill a server.

A decoder that takes too long or dies takes its process with it; the frame is then refused for REFUSED_S without being tried. Two
who want the same frame at once share one decode, and the second waits PATIENCE of the time limit at most.
"""

import atexit
import contextlib
import fcntl
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from archive.core.codecs import library
from governance.core.faults import DecodingStopped, Exhausted

REFUSED_S = 600.0
MAX_REFUSED = 4096
PATIENCE = 0.5
BYTES_A_SECOND = 4_000_000  # what the slowest library decodes on a busy machine, several times over
MEMORY_BYTES, MEMORY_FACTOR, MAX_MEMORY_BYTES = 256_000_000, 16, 4_000_000_000  # OpenJPEG holds 4 bytes a sample, and more beside
IDLE_PROCESSES = 2
START_S = 30.0
_SCRIPT = Path(__file__).with_name("decoder_process.py")
_PIPE_BYTES, _F_SETPIPE_SZ = 1 << 20, 1031

Key = tuple[str, int, int]


class _Died(Exception):
    """The process ended, or was ended because its time was up, before it answered."""


class DecoderProcess:
    """One process that decodes one frame at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={"OPENBLAS_NUM_THREADS": "1"},
            cwd="/",
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._answers = self._process.stdin, self._process.stdout
        os.set_blocking(self._requests.fileno(), False)
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                fcntl.fcntl(pipe.fileno(), _F_SETPIPE_SZ, _PIPE_BYTES)
        try:
            self._read_line(time.monotonic() + START_S)  # what it takes to load is no frame's fault
        except (OSError, EOFError, TimeoutError, json.JSONDecodeError) as exc:
            self.end()
            raise Exhausted("a decoder process did not start") from exc

    def decode(self, function: str, encoded: bytes, options: dict[str, Any], *, limit_s: float, memory_bytes: int) -> Any:
        """Return what the library returns. Raises: ValueError as a library does; MemoryError above the bound; _Died."""
        until = time.monotonic() + limit_s
        request = {"function": function, "options": options, "length": len(encoded), "seconds": int(limit_s) + 2, "memory": memory_bytes}
        try:
            self._write(json.dumps(request).encode("ascii") + b"\n", until)
            self._write(encoded, until)
            head, rest = self._read_line(until)
            if "error" in head:
                raise MemoryError if head["error"] == "MemoryError" else ValueError(head["error"])
            data = self._read(rest, head["length"], until)
        except (OSError, EOFError, TimeoutError, LookupError, json.JSONDecodeError) as exc:
            self.end()
            raise _Died(type(exc).__name__) from exc
        return bytes(data) if "bytes" in head else np.frombuffer(data, head["dtype"]).reshape(head["shape"])

    def _write(self, data: bytes, until: float) -> None:
        view = memoryview(data)
        while view:
            _wait(self._requests.fileno(), until, for_writing=True)
            view = view[self._requests.write(view[:65_536]) or 0 :]

    def _read_line(self, until: float) -> tuple[dict[str, Any], bytes]:
        received = b""
        while b"\n" not in received:
            received += self._some(until)
        line, _, rest = received.partition(b"\n")
        return json.loads(line), rest

    def _some(self, until: float) -> bytes:
        _wait(self._answers.fileno(), until, for_writing=False)
        data = self._answers.read(65_536)
        if not data:
            raise EOFError
        return data

    def _read(self, first: bytes, length: int, until: float) -> bytearray:
        data = bytearray(length)
        data[: len(first)] = first
        view = memoryview(data)[len(first) :]
        while view:
            _wait(self._answers.fileno(), until, for_writing=False)
            count = self._answers.readinto(view)  # type: ignore[attr-defined]  # a raw pipe has it
            if not count:
                raise EOFError
            view = view[count:]
        return data

    def end(self) -> None:
        """Kill the process and forget it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()


def _wait(descriptor: int, until: float, *, for_writing: bool) -> None:
    poller = select.poll()
    poller.register(descriptor, select.POLLOUT if for_writing else select.POLLIN)
    if not poller.poll(max(until - time.monotonic(), 0) * 1000):
        raise TimeoutError


class GuardedDecoder:
    """Decodes in other processes: archive.core.codecs.library.Run."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._flights: dict[Key, Future[Any]] = {}
        self._refused: OrderedDict[Key, float] = OrderedDict()
        atexit.register(self.close)

    def __call__(self, function: str, encoded: bytes, size_bytes: int, options: dict[str, Any]) -> Any:
        """Raises: ValueError as the library; DecodingStopped; Exhausted where somebody else's decode of the same bytes goes on for long."""
        key = (function, len(encoded), hash(encoded))
        limit_s = self._limit_s + size_bytes / BYTES_A_SECOND
        with self._lock:
            self._check(key)
            flight = self._flights.get(key)
            is_mine = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if not is_mine:
            try:
                return flight.result(limit_s * PATIENCE)
            except TimeoutError as exc:
                raise Exhausted("this frame is being decoded") from exc
        try:
            result = self._decode(key, encoded, size_bytes, options, limit_s)
        except BaseException as exc:
            flight.set_exception(exc)
            raise
        else:
            flight.set_result(result)
            return result
        finally:
            with self._lock:
                del self._flights[key]

    def _check(self, key: Key) -> None:
        """Refuse what stopped a decoder before. Holds the lock."""
        until = self._refused.get(key)
        if until is not None and time.monotonic() < until:
            raise DecodingStopped("this frame stopped a decoder before")

    def _decode(self, key: Key, encoded: bytes, size_bytes: int, options: dict[str, Any], limit_s: float) -> Any:
        with self._lock:
            process = self._idle.pop() if self._idle else None
        process = process or DecoderProcess()
        memory_bytes = min(MEMORY_BYTES + MEMORY_FACTOR * size_bytes, MAX_MEMORY_BYTES) + 2 * len(encoded)
        try:
            result = process.decode(key[0], encoded, options, limit_s=limit_s, memory_bytes=memory_bytes)
        except _Died as exc:
            self._refuse(key)
            raise DecodingStopped("a decoder took too long or died") from exc
        except MemoryError as exc:
            self._refuse(key)
            self._keep(process)
            raise DecodingStopped("a decoder wanted too much memory") from exc
        except ValueError:
            self._keep(process)
            raise
        self._keep(process)
        return result

    def _refuse(self, key: Key) -> None:
        with self._lock:
            self._refused[key] = time.monotonic() + REFUSED_S
            if len(self._refused) > MAX_REFUSED:
                self._refused.popitem(last=False)

    def _keep(self, process: DecoderProcess) -> None:
        with self._lock:
            if len(self._idle) < IDLE_PROCESSES:
                self._idle.append(process)
                return
        process.end()

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()


def guard_decoders() -> None:
    """Have codec libraries decode in processes of their own from now on; none is started before it is needed."""
    library.use(GuardedDecoder(settings.DECODE_LIMIT_S))
