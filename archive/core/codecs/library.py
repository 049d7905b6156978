"""The large codec libraries: what is called of them, and by whom. A service may have them called in another process.

OpenJPEG, CharLS, libjxl and libjpeg's rarer processes read bytes from outside; no header check proves that they end, or stay within
memory. The codecs here call them through `decode` alone, so that one guard bounds them all (archive.services.decoding).
"""

from collections.abc import Callable
from typing import Any

import imagecodecs

FUNCTIONS = frozenset({"jpeg8_decode", "jpegls_decode", "jpeg2k_decode", "jpegxl_decode", "jpegxl_decode_jpeg"})
Run = Callable[[str, bytes, int, dict[str, Any]], Any]


def run_here(function: str, encoded: bytes, size_bytes: int, options: dict[str, Any]) -> Any:
    """Call a library in this process, unbounded."""
    return getattr(imagecodecs, function)(encoded, **options)


_run: Run = run_here


def use(run: Run) -> None:
    """Have libraries called by `run` from now on; run_here undoes it."""
    global _run
    _run = run


def decode(function: str, encoded: bytes, *, size_bytes: int, **options: Any) -> Any:
    """Call a library's decoder by its name in imagecodecs; returns what it returns.

    size_bytes: of the decoded frame as its header says, by which time and memory are bounded.
    Raises: ValueError or RuntimeError where the library finds the bytes damaged; DecodingStopped and Exhausted from a guard.
    """
    return _run(function, encoded, size_bytes, options)
