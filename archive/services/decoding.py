"""Codec libraries in processes of their own, bounded in time and memory, so that bytes from outside can neither hang nor kill a server.

A decoder that takes too long or dies takes its process with it; the frame is then refused for REFUSED_S without being tried. Only one
frame at a time may take longer than its share, so that of several threads that render one alone can be held up for long: others are
told to try again. Two who want the same frame at once share one decode.
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
SHARE_S = 1.0  # what a frame may take beside others, and a second for every BYTES_A_SECOND
BYTES_A_SECOND = 4_000_000  # what the slowest library decodes on a busy machine, several times over
MEMORY_BYTES, MEMORY_FACTOR, MAX_MEMORY_BYTES = 256_000_000, 16, 4_000_000_000  # OpenJPEG holds 4 bytes a sample, and more beside
IDLE_PROCESSES = 2
START_S = 30.0
_SCRIPT = Path(__file__).with_name("decoder_process.py")
_PIPE_BYTES, _F_SETPIPE_SZ = 1 << 20, 1031

Key = tuple[str, str, int, int]  # function, its options, length and hash of the bytes


class _Died(Exception):
    """The process ended, or was ended because its time was up, before it answered."""


class _Busy(Exception):
    """The decode has used its share of time, and another one is over its own already."""


class _Patience:
    """The time of one decode: its share, and then the rest of its limit if nobody else is over theirs."""

    def __init__(self, share_s: float, limit_s: float, overtime: threading.Lock) -> None:
        now = time.monotonic()
        self._until, self._latest = now + min(share_s, limit_s), now + limit_s
        self._overtime = overtime
        self._is_over = False

    def wait(self, descriptor: int, event: int) -> None:
        """Wait until a pipe is ready. Raises: _Busy; TimeoutError."""
        poller = select.poll()
        poller.register(descriptor, event)
        if poller.poll(self._left_ms()):
            return
        if self._is_over or self._until >= self._latest:
            raise TimeoutError
        if not self._overtime.acquire(blocking=False):
            raise _Busy
        self._is_over, self._until = True, self._latest
        if not poller.poll(self._left_ms()):
            raise TimeoutError

    def _left_ms(self) -> float:
        return max(self._until - time.monotonic(), 0) * 1000

    def end(self) -> None:
        """Let another one take long."""
        if self._is_over:
            self._overtime.release()


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
            self._read_line(_Patience(START_S, START_S, threading.Lock()))  # what it takes to load is no frame's fault
        except (OSError, EOFError, TimeoutError, json.JSONDecodeError) as exc:
            self.end()
            raise Exhausted("a decoder process did not start") from exc

    def decode(
        self, function: str, encoded: bytes, options: dict[str, Any], *, seconds: int, memory_bytes: int, patience: _Patience
    ) -> Any:
        """Return what the library returns. Raises: ValueError as a library does; MemoryError above the bound; _Died, _Busy.

        seconds: after which the process ends by itself, should this one be gone.
        """
        request = {"function": function, "options": options, "length": len(encoded), "seconds": seconds, "memory": memory_bytes}
        try:
            self._write(json.dumps(request).encode("ascii") + b"\n", patience)
            self._write(encoded, patience)
            head, rest = self._read_line(patience)
            if "error" in head:
                raise MemoryError if head["error"] == "MemoryError" else ValueError(head["error"])
            data = self._read(rest, head["length"], patience)
        except _Busy:
            self.end()
            raise
        except (OSError, EOFError, TimeoutError, LookupError, json.JSONDecodeError) as exc:
            self.end()
            raise _Died(type(exc).__name__) from exc
        return bytes(data) if "bytes" in head else np.frombuffer(data, head["dtype"]).reshape(head["shape"])

    def _write(self, data: bytes, patience: _Patience) -> None:
        view = memoryview(data)
        while view:
            patience.wait(self._requests.fileno(), select.POLLOUT)
            view = view[self._requests.write(view[:65_536]) or 0 :]

    def _read_line(self, patience: _Patience) -> tuple[dict[str, Any], bytes]:
        received = b""
        while b"\n" not in received:
            received += self._some(patience)
        line, _, rest = received.partition(b"\n")
        return json.loads(line), rest

    def _some(self, patience: _Patience) -> bytes:
        patience.wait(self._answers.fileno(), select.POLLIN)
        data = self._answers.read(65_536)
        if not data:
            raise EOFError
        return data

    def _read(self, first: bytes, length: int, patience: _Patience) -> bytearray:
        data = bytearray(length)
        data[: len(first)] = first
        view = memoryview(data)[len(first) :]
        while view:
            patience.wait(self._answers.fileno(), select.POLLIN)
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


class GuardedDecoder:
    """Decodes in other processes: archive.core.codecs.library.Run."""

    def __init__(self, limit_s: float, *, share_s: float = SHARE_S) -> None:
        self._limit_s, self._share_s = limit_s, share_s
        self._overtime = threading.Lock()
        self._lock = threading.Lock()
        self._idle: list[DecoderProcess] = []
        self._flights: dict[Key, Future[Any]] = {}
        self._refused: OrderedDict[Key, float] = OrderedDict()
        atexit.register(self.close)

    def __call__(self, function: str, encoded: bytes, size_bytes: int, options: dict[str, Any]) -> Any:
        """Raises: ValueError as the library; DecodingStopped; Exhausted where somebody else's decode of the same bytes goes on for long."""
        key = (function, json.dumps(options, sort_keys=True), len(encoded), hash(encoded))
        with self._lock:
            self._check(key)
            flight = self._flights.get(key)
            is_mine = flight is None
            if flight is None:
                flight = self._flights[key] = Future()
        if not is_mine:
            try:
                return flight.result(self._share_s + size_bytes / BYTES_A_SECOND)
            except TimeoutError as exc:
                raise Exhausted("this frame is being decoded") from exc
        try:
            result = self._decode(key, encoded, size_bytes, options)
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

    def _decode(self, key: Key, encoded: bytes, size_bytes: int, options: dict[str, Any]) -> Any:
        with self._lock:
            process = self._idle.pop() if self._idle else None
        process = process or DecoderProcess()
        memory_bytes = min(MEMORY_BYTES + MEMORY_FACTOR * size_bytes, MAX_MEMORY_BYTES) + 2 * len(encoded)
        more_s = size_bytes / BYTES_A_SECOND
        seconds = int(self._limit_s + more_s) + 2
        patience = _Patience(self._share_s + more_s, self._limit_s + more_s, self._overtime)
        try:
            result = process.decode(key[0], encoded, options, seconds=seconds, memory_bytes=memory_bytes, patience=patience)
        except _Busy as exc:
            raise Exhausted("another frame takes long to decode") from exc
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
        finally:
            patience.end()
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
