"""Which codec takes which transfer syntax, and the one way in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from archive.core.codecs.frames import DecodedFrame
from archive.core.codecs.jpeg import browser_jpeg, decode_jpeg
from archive.core.codecs.jpeg_2000 import decode_jpeg_2000, signed_as_coded
from archive.core.codecs.jpeg_ls import decode_jpeg_ls
from archive.core.codecs.jpeg_xl import browser_jpeg_xl, decode_jpeg_xl
from archive.core.codecs.native import decode_deflated_frame, decode_native
from archive.core.codecs.rle import decode_rle
from archive.core.description import ImageDescription
from governance.core.faults import Unsupported

_PREFIX = "1.2.840.10008.1.2"


@dataclass(frozen=True, slots=True)
class Codec:
    """One family.

    corrected: returns a description in which the codestream's own word has replaced a wrong one of the data set.
    browser_bytes: returns a frame's bytes as a browser can show them without decoding here, or None.
    is_light: browser_bytes is a look at markers, cheap enough for an event loop.
    """

    name: str
    transfer_syntax_uids: frozenset[str]
    decode: Callable[[Any, ImageDescription], DecodedFrame]  # of bytes; native also of a view
    corrected: Callable[[bytes, ImageDescription], ImageDescription] | None = None
    browser_bytes: Callable[[bytes, ImageDescription], bytes | None] | None = None
    is_light: bool = False


def _uids(*endings: str) -> frozenset[str]:
    return frozenset(_PREFIX + ending for ending in endings)


CODECS = (
    # An inflated data set (.1.99) is little endian; inflating it is the reader's work.
    Codec("native", _uids("", ".1", ".2", ".1.99", ".1.98"), decode_native),
    Codec("deflated frames", _uids(".8.1"), decode_deflated_frame),
    Codec("RLE", _uids(".5"), decode_rle),
    # .52 to .66 are retired; what libjpeg reads of them is decoded, by the process that the stream itself names.
    Codec("JPEG", _uids(".4.70", *(f".4.{number}" for number in range(50, 67))), decode_jpeg, browser_bytes=browser_jpeg, is_light=True),
    Codec("JPEG-LS", _uids(".4.80", ".4.81"), decode_jpeg_ls),
    Codec("JPEG 2000", _uids(".4.90", ".4.91"), decode_jpeg_2000, corrected=signed_as_coded),
    Codec("HTJ2K", _uids(".4.201", ".4.202", ".4.203"), decode_jpeg_2000, corrected=signed_as_coded),
    Codec("JPEG XL", _uids(".4.110", ".4.111", ".4.112"), decode_jpeg_xl, browser_bytes=browser_jpeg_xl),
)
_BY_UID = {uid: codec for codec in CODECS for uid in codec.transfer_syntax_uids}


def codec_for(transfer_syntax_uid: str) -> Codec:
    """Return the codec of a transfer syntax. Raises: Unsupported when there is none."""
    codec = _BY_UID.get(transfer_syntax_uid)
    if codec is None:
        raise Unsupported("transfer syntax", transfer_syntax_uid)
    return codec


def describe_frames(description: ImageDescription, read_first_frame: Callable[[], bytes]) -> ImageDescription:
    """Return the description corrected by what the first encoded frame says of all of them; most codecs need not read it."""
    codec = _BY_UID.get(description.transfer_syntax_uid)
    return codec.corrected(read_first_frame(), description) if codec is not None and codec.corrected is not None else description


def decode_frame(encoded: bytes | memoryview, description: ImageDescription, frame_index: int = 0) -> DecodedFrame:
    """Decode one frame, already joined from its fragments.

    encoded: exactly the frame (a pad byte is allowed); a 1-bit native frame begins at bit 0. A view is not copied where it is native:
        the values then lie in it.
    description: corrected by `describe_frames`, where the codec has a correction.
    Raises: Unsupported (transfer syntax, process), Malformed (damaged, cut short, not as described), TooLarge.
    """
    codec = codec_for(description.transfer_syntax_uid)
    if isinstance(encoded, memoryview) and codec.decode is not decode_native:
        encoded = bytes(encoded)
    return codec.decode(encoded, description)
