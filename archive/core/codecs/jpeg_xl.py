"""JPEG XL: lossless, recompressed JPEG, and lossy (PS3.5 8.2.15, A.4.12; ISO 18181)."""

from typing import Any

from numpy.typing import NDArray

from archive.core.codecs import library
from archive.core.codecs.frames import DecodedFrame, check_codestream, frame_bytes, stored_values
from archive.core.codecs.jpeg import browser_jpeg, decode_jpeg
from archive.core.description import ImageDescription
from governance.core.faults import Malformed

JPEG_XL_LOSSLESS = "1.2.840.10008.1.2.4.110"
JPEG_XL_RECOMPRESSION = "1.2.840.10008.1.2.4.111"
_RATIOS = ((1, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_SIZE_BITS = (9, 13, 18, 30)


class _Bits:
    """Reads little-endian bit fields, as JPEG XL headers are written."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:32], "little")
        self._left = min(len(data), 32) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise Malformed("the JPEG XL frame is cut short")
        taken = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return taken


def read_size(encoded: bytes) -> tuple[int, int]:
    """Return (rows, columns) of a JPEG XL codestream, bare or in its container (ISO 18181-1 SizeHeader)."""
    bits = _Bits(_codestream_start(encoded)[2:])
    is_small = bits.take(1)
    rows = (bits.take(5) + 1) * 8 if is_small else bits.take(_SIZE_BITS[bits.take(2)]) + 1
    ratio = bits.take(3)
    if ratio:
        numerator, denominator = _RATIOS[ratio]
        return rows, rows * numerator // denominator
    columns = (bits.take(5) + 1) * 8 if is_small else bits.take(_SIZE_BITS[bits.take(2)]) + 1
    return rows, columns


def _codestream_start(encoded: bytes) -> bytes:
    if encoded[:2] == b"\xff\x0a":
        return encoded[:64]
    if encoded[4:8] == b"JXL ":
        for name, skipped in ((b"jxlc", 4), (b"jxlp", 8)):
            start = encoded.find(name)
            if start > 0 and encoded[start + skipped : start + skipped + 2] == b"\xff\x0a":
                return encoded[start + skipped : start + skipped + 64]
    raise Malformed("not a JPEG XL stream")


def original_jpeg(encoded: bytes, size_bytes: int) -> bytes | None:
    """Return the JPEG stream that was recompressed, bit for bit, or None when this is no recompressed JPEG."""
    try:
        return bytes(library.decode("jpegxl_decode_jpeg", encoded, size_bytes=size_bytes, numthreads=1))
    except (RuntimeError, ValueError):
        return None


def browser_jpeg_xl(encoded: bytes, description: ImageDescription) -> bytes | None:
    """Return the original JPEG of a recompressed one as a browser shows it, or None."""
    if description.transfer_syntax_uid != JPEG_XL_RECOMPRESSION:
        return None
    original = original_jpeg(encoded, frame_bytes(description))
    return browser_jpeg(original, description) if original is not None else None


def decode_jpeg_xl(encoded: bytes, description: ImageDescription) -> DecodedFrame:
    """Decode one JPEG XL frame. Three samples come out as RGB: the decoder undoes XYB and JPEG's YCbCr.

    A recompressed JPEG is decoded as the JPEG that it was, so that it looks as it always did.
    """
    rows, columns = read_size(encoded)
    check_codestream(description, rows=rows, columns=columns, components=description.samples_per_pixel, precision=description.bits_stored)
    if (
        description.transfer_syntax_uid == JPEG_XL_RECOMPRESSION
        and (original := original_jpeg(encoded, frame_bytes(description))) is not None
    ):
        return decode_jpeg(original, description)
    try:
        values: NDArray[Any] = library.decode("jpegxl_decode", encoded, size_bytes=frame_bytes(description), numthreads=1)
    except (RuntimeError, ValueError) as exc:
        raise Malformed("the JPEG XL frame is damaged or cut short") from exc
    components = values.shape[2] if values.ndim == 3 else 1
    check_codestream(description, rows=values.shape[0], columns=values.shape[1], components=components, precision=description.bits_stored)
    is_lossy = description.transfer_syntax_uid != JPEG_XL_LOSSLESS
    photometric = "RGB" if components == 3 else description.photometric_interpretation
    precision = min(values.dtype.itemsize * 8, description.bits_stored)
    return DecodedFrame(stored_values(values, precision=precision, description=description, is_lossy=is_lossy), photometric, is_lossy)
