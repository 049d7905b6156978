"""How numba kernels are made here: compiled when imported, from stated signatures, cached on disk, without the GIL.

Eager signatures and the cache keep compilation out of requests: a server imports every kernel module before it listens.
"""

from collections.abc import Callable
from typing import Any

import numba
from numba import types

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


def kernel(*signatures: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function for the given signatures, releasing the GIL."""
    compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.njit(list(signatures), nogil=True, cache=True)
    return compiled
