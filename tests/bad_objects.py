"""Images with something wrong in each, and what a viewport says of it: the list of issue 4, "Bad input"."""

from collections.abc import Callable
from dataclasses import dataclass

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLossless, JPEGLSLossless, RLELossless

from tests.hostile_decoder import DIE, GROW, HANG
from tests.small_objects import as_bytes, ct_image, encapsulated_image, uid

Builder = Callable[[str], Dataset]

SIZE = 64
GREY = (np.add.outer(np.arange(SIZE), np.arange(SIZE)) % 256).astype(np.uint8)
DEEP = (np.add.outer(np.arange(SIZE), np.arange(SIZE)) * 100).astype(np.uint16)
J2K = bytes(imagecodecs.jpeg2k_encode(GREY, level=0, codecformat="j2k", reversible=True))
JLS = bytes(imagecodecs.jpegls_encode(GREY))
JPEG = bytes(imagecodecs.jpeg8_encode(GREY, level=90))
LOSSLESS = bytes(imagecodecs.jpeg8_encode(GREY, lossless=True))

PICTURE, REFUSED = "a picture", "refused at intake"
DAMAGED = "The pixels of this image are damaged, or not as its header says."
STOPPED = "Decoding this image took too long or too much memory, and was stopped."
TOO_LARGE = "This image is larger than what can be shown."


@dataclass(frozen=True)
class BadObject:
    """A file, the series it makes, and what its first frame answers: a picture, or a fault's sentence."""

    name: str
    data: bytes
    answer: str

    @property
    def series(self) -> str:
        return uid("series", self.name)


def commented(word: bytes) -> bytes:
    """Return the JPEG 2000 codestream with a comment behind its SIZ segment."""
    after = 4 + int.from_bytes(J2K[4:6], "big")
    return J2K[:after] + b"\xff\x64" + (len(word) + 4).to_bytes(2, "big") + b"\0\1" + word + J2K[after:]


def native(**more: object) -> Builder:
    """Return what makes an uncompressed image under a name; more: attributes, None leaves one out."""
    attributes = {"Rows": SIZE, "Columns": SIZE, "PixelData": DEEP.tobytes(), "WindowCenter": 6000, "WindowWidth": 12000} | more
    given = {keyword: value for keyword, value in attributes.items() if value is not None or not keyword.startswith("Window")}
    return lambda name: ct_image(name, study=name, **given)  # type: ignore[arg-type]


def encoded(syntax: str, frame: bytes, **more: object) -> Builder:
    """Return what makes a compressed image of one frame under a name."""
    attributes = {"Rows": SIZE, "Columns": SIZE} | more
    fragments = [[frame + b"\0" * (len(frame) % 2)]]
    return lambda name: encapsulated_image(fragments, has_bot=True, transfer_syntax=syntax, name=name, study=name, **attributes)


def sized(codestream: bytes, width: int, height: int) -> bytes:
    """Return a JPEG 2000 codestream that claims another size (SIZ: Xsiz, Ysiz, then tiles as large)."""
    changed = bytearray(codestream)
    for offset, value in ((8, width), (12, height), (24, width), (28, height)):
        changed[offset : offset + 4] = value.to_bytes(4, "big")
    return bytes(changed)


def bomb(segments: int) -> bytes:
    """Return an RLE frame whose runs would fill far more than the frame."""
    offsets = [64 + 20_000 * number for number in range(segments)]
    header = segments.to_bytes(4, "little") + b"".join(offset.to_bytes(4, "little") for offset in offsets)
    return header.ljust(64, b"\0") + b"\x81\xff" * (10_000 * segments)


OBJECTS: dict[str, tuple[Builder, str]] = {
    # attributes missing
    "no rows": (native(Rows=None), REFUSED),
    "no columns": (native(Columns=None), REFUSED),
    "no bits allocated": (native(BitsAllocated=None), REFUSED),
    "no photometric interpretation": (native(PhotometricInterpretation=None), PICTURE),
    "no windows": (native(WindowCenter=None, WindowWidth=None), PICTURE),
    "no pixel representation": (native(PixelRepresentation=None), PICTURE),
    # attributes that contradict each other
    "more bits stored than allocated": (native(BitsStored=20), PICTURE),
    "high bit outside": (native(HighBit=31), PICTURE),
    "three samples of grey": (native(SamplesPerPixel=3, BitsAllocated=8, BitsStored=8, HighBit=7), REFUSED),
    "two samples": (native(SamplesPerPixel=2), REFUSED),
    "24 bits": (native(BitsAllocated=24, BitsStored=24, HighBit=23), REFUSED),
    # windows
    "zero window": (native(WindowWidth=0), PICTURE),
    "negative window": (native(WindowWidth=-100), PICTURE),
    "a centre without a width": (native(WindowWidth=None), PICTURE),
    "rescale slope zero": (native(RescaleSlope=0, RescaleIntercept=5), PICTURE),
    # frames
    "more frames than there are": (native(NumberOfFrames=10), REFUSED),
    "no frames": (native(NumberOfFrames=0), REFUSED),
    "a short frame": (native(PixelData=DEEP.tobytes()[:5000]), REFUSED),
    "a JPEG cut short": (encoded(JPEGBaseline8Bit, JPEG[: len(JPEG) // 2]), DAMAGED),
    "a lossless JPEG cut short": (encoded(JPEGLossless, LOSSLESS[: len(LOSSLESS) // 2]), DAMAGED),
    "a JPEG 2000 cut short": (encoded(JPEG2000, J2K[: len(J2K) // 2]), DAMAGED),
    "a JPEG-LS cut short": (encoded(JPEGLSLossless, JLS[: len(JLS) // 2]), DAMAGED),
    "an RLE cut short": (encoded(RLELossless, bomb(1)[:90]), DAMAGED),
    "noise": (encoded(JPEG2000, np.random.default_rng(7).bytes(4000)), DAMAGED),
    # dimensions
    "65,535 x 65,535 of nothing": (native(Rows=65535, Columns=65535), REFUSED),
    "65,535 x 65,535 JPEG 2000": (
        encoded(JPEG2000Lossless, sized(J2K, 65535, 65535), Rows=65535, Columns=65535),
        TOO_LARGE,
    ),
    "a codestream larger than it says": (
        encoded(JPEG2000Lossless, sized(J2K, 60000, 60000)),
        DAMAGED,
    ),
    "a codestream that lacks tiles": (
        encoded(JPEG2000Lossless, sized(J2K, SIZE, SIZE)[:24] + b"\0\0\0\x20" * 2 + J2K[32:]),
        DAMAGED,
    ),
    "megabytes behind a small frame": (encoded(JPEGBaseline8Bit, JPEG + bytes(3_000_000)), TOO_LARGE),
    "an RLE bomb": (encoded(RLELossless, bomb(1)), PICTURE),
    # decoders
    "hangs": (encoded(JPEG2000, commented(HANG)), STOPPED),
    "hangs for another": (encoded(JPEG2000, commented(HANG + b" too")), STOPPED),
    "dies": (encoded(JPEG2000, commented(DIE)), STOPPED),
    "grows": (encoded(JPEG2000, commented(GROW)), STOPPED),
}


def bad_objects() -> list[BadObject]:
    """Return them all."""
    return [BadObject(name, as_bytes(build(name)), answer) for name, (build, answer) in OBJECTS.items()]


def good_object() -> BadObject:
    """Return an image with nothing wrong, of a codec that the hostile process decodes too."""
    return BadObject("good", as_bytes(encoded(JPEG2000Lossless, J2K)("good")), PICTURE)
