"""SHA-256 of frames that go out as they were stored: taken once, then remembered, since stored bytes never change.

A cine loop of 60 frames a second for 30 people asks 1,800 times a second; hashing 50 kB each time would be 5 % of a core. What is
remembered is of the bytes as they were when first sent, so bytes that a disk changed later no longer match it. Tiles have none: a
pan asks for thousands a second, each once, and 32 µs for 50 kB would be more than half of the 55 µs that such a tile costs in all.
"""

import hashlib
import threading
from collections import OrderedDict

from archive.services.retrieve import StoredImage
from viewer.core.picture import Picture
from viewer.core.picture_digest import DigestKind
from viewer.core.picture_header import Fidelity

MAX_REMEMBERED = 16_384  # some 250 bytes each

_remembered: OrderedDict[tuple[str, int], bytes] = OrderedDict()
_lock = threading.Lock()


def digest_of(image: StoredImage, frame_index: int, picture: Picture) -> tuple[DigestKind, bytes]:
    """Return the digest of a frame's picture (frame from 0), also where it is stored bytes passed through."""
    if picture.fidelity is not Fidelity.STORED:
        return picture.digest_kind, picture.digest
    key = (image.sha256, frame_index)
    with _lock:
        known = _remembered.get(key)
        if known is not None:
            _remembered.move_to_end(key)
    if known is None:
        known = hashlib.sha256(picture.data).digest()
        with _lock:
            _remembered[key] = known
            if len(_remembered) > MAX_REMEMBERED:
                _remembered.popitem(last=False)
    return DigestKind.PAYLOAD_SHA256, known
