"""How numba kernels are made here: compiled when imported, from stated signatures, cached on disk, without the GIL unless brief.

Eager signatures and the cache keep compilation out of requests: a server imports every kernel module before it listens.
"""

from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any, cast

import numba
from numba import types

BRIEF = 512 * 512  # samples that a kernel of a few operations a sample may hold the GIL for: up to 0.05 ms

# numba's types are callable both as signatures and as casts; no type checker follows that.
void: Any = types.void
boolean: Any = types.boolean
int8: Any = types.int8
int16: Any = types.int16
int32: Any = types.int32
int64: Any = types.int64
uint8: Any = types.uint8
uint16: Any = types.uint16
uint32: Any = types.uint32
uint64: Any = types.uint64
float32: Any = types.float32
float64: Any = types.float64


def pair(dtype: Any) -> Any:
    """Return the numba type of a tuple of two numbers."""
    return types.UniTuple(dtype, 2)  # type: ignore[no-untyped-call]  # numba has no types


def readonly(dtype: Any, dimensions: int = 1) -> Any:
    """Return the numba type of a C-contiguous array that a kernel only reads; it also takes buffers that are read-only."""
    return types.Array(dtype, dimensions, "C", readonly=True)


def writable(dtype: Any, dimensions: int = 1) -> Any:
    """Return the numba type of a C-contiguous array that a kernel fills."""
    return types.Array(dtype, dimensions, "C")


def kernel(*signatures: Any, brief: int = 0) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for the given signatures, releasing the GIL; keeping it where the first argument has at most `brief` elements.

    Who gives the GIL away waits for it afterwards, behind an event loop and another render thread: for 512x512 levels, drawn in
    0.04 ms, that took longer than the work. Keeping it for the steps of a picture before its encoding is worth 10 % of pictures
    with two render threads and 20 % with one.
    """

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        releasing: Callable[..., Any] = numba.njit(list(signatures), nogil=True, cache=True)(function)
        if not brief:
            return releasing
        keeping: Callable[..., Any] = numba.njit(list(signatures), cache=True)(_twin(function))

        @wraps(function)
        def either(first: Any, *others: Any) -> Any:
            return keeping(first, *others) if first.size <= brief else releasing(first, *others)

        return either

    return compiled


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function that kernels may call at no cost. Of numbers, not arrays: to those each call would count references."""
    made: Callable[..., Any] = numba.njit(inline="always")(function)
    return made


def _twin(function: Callable[..., Any]) -> FunctionType:
    """Return the same function by another name: numba's cache on disk doesn't tell options apart."""
    original = cast(FunctionType, function)
    twin = FunctionType(original.__code__, original.__globals__, original.__name__, original.__defaults__, original.__closure__)
    twin.__module__, twin.__qualname__ = original.__module__, f"{original.__qualname__}_keeping"
    return twin
