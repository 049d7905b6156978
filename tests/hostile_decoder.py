"""A decoder process whose JPEG 2000 library hangs, dies or eats memory where the codestream says so: in place of bytes that make it.

Run as a script by the server under test, which takes it for archive/services/decoder_process.py.
"""

import os
import sys
from pathlib import Path

import imagecodecs

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

HANG, DIE, GROW = b"hang here", b"die here", b"grow here"
_decode = imagecodecs.jpeg2k_decode


def hostile(encoded, **options):
    if HANG in encoded:
        while True:  # a library that never comes back holds no lock of Python's and hears no signal of it: as good as this
            pass
    if DIE in encoded:
        os.abort()
    if GROW in encoded:
        held = []
        while True:
            held.append(bytearray(1 << 26))
    return _decode(encoded, **options)


if __name__ == "__main__":
    from archive.services import decoder_process

    imagecodecs.jpeg2k_decode = hostile
    decoder_process.serve(sys.stdin.buffer, sys.stdout.buffer)
