"""The process in which codec libraries decode: started by archive.services.decoding as a script, without Django, secrets or files.

It reads requests from its standard input and writes answers to its standard output until the input ends. A request is a line of
JSON {"function", "options", "length", "seconds", "memory"} and `length` bytes; an answer is a line of JSON {"length"} and `length`
bytes, with "dtype" and "shape" where they are an array; or {"error": the exception's class}.
The first line says that the libraries are loaded.
"""

import json
import resource
import signal
import sys
from typing import Any, BinaryIO

import imagecodecs
import numpy as np

FUNCTIONS = ("jpeg8_decode", "jpegls_decode", "jpeg2k_decode", "jpegxl_decode", "jpegxl_decode_jpeg")


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer one request after the other."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    base_bytes = _virtual_bytes()
    answers.write(b'{"ready": true}\n')
    answers.flush()
    while line := requests.readline():
        request = json.loads(line)
        encoded = requests.read(request["length"])
        signal.alarm(request["seconds"])  # ends this process, also inside a library, should nobody be left to kill it
        resource.setrlimit(resource.RLIMIT_AS, (base_bytes + request["memory"], resource.RLIM_INFINITY))
        head, data = _answer(request, encoded)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        signal.alarm(0)
        answers.write(json.dumps(head).encode("ascii") + b"\n")
        if data is not None:
            answers.write(data)
        answers.flush()


def _answer(request: dict[str, Any], encoded: bytes) -> tuple[dict[str, Any], Any]:
    if request["function"] not in FUNCTIONS:
        return {"error": "LookupError"}, None
    try:
        result = getattr(imagecodecs, request["function"])(encoded, **request["options"])
        if isinstance(result, (bytes, bytearray)):
            return {"length": len(result), "bytes": True}, result
        values = np.ascontiguousarray(result)
        return {"length": values.nbytes, "dtype": values.dtype.str, "shape": values.shape}, values.data.cast("B")
    except Exception as exc:  # whatever a library raises about bytes from outside
        return {"error": type(exc).__name__}, None


def _virtual_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    for name in FUNCTIONS:
        getattr(imagecodecs, name)  # loads its library, before memory is bounded
    serve(sys.stdin.buffer, sys.stdout.buffer)
