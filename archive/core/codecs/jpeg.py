"""JPEG: baseline, extended and progressive DCT with 8 or 12 bits, and the lossless process (PS3.5 8.2.1, A.4.1, A.4.2)."""

from typing import Any

import simplejpeg
from numpy.typing import NDArray

from archive.core.codecs import library
from archive.core.codecs.frames import DecodedFrame, check_codestream, frame_bytes, stored_values
from archive.core.codecs.jpeg_stream import (
    SOF_BASELINE,
    SOF_EXTENDED,
    SOF_LOSSLESS,
    SOF_PROGRESSIVE,
    JpegHeader,
    has_end,
    read_jpeg_header,
    say_rgb,
    without_exif,
)
from archive.core.description import ImageDescription
from governance.core.faults import Malformed, TooLarge, Unsupported

# What libjpeg remarks on and gets right: padding between data and marker, and a scan header field that sequential scans ignore.
_HARMLESS = ("extraneous bytes", "Invalid SOS parameters")
_DCT = frozenset({SOF_BASELINE, SOF_EXTENDED, SOF_PROGRESSIVE})
MAX_SCANNED_PIXELS = 1 << 30  # in all scans: some 10 s
MAX_SCANS = 100  # encoders make about ten; each scan of a few bytes may cost a walk over all coefficients


def decode_jpeg(encoded: bytes, description: ImageDescription) -> DecodedFrame:
    """Decode one JPEG frame by what its own markers say, whichever JPEG transfer syntax the file states."""
    header = _checked_header(encoded, description)
    if header.is_lossless_process:
        return _decode_lossless(encoded, header, description)
    if header.frame_marker not in _DCT:
        raise Unsupported("JPEG process", f"SOF{header.frame_marker - 0xC0}")
    decode = _decode_8_bit if header.precision == 8 else _decode_12_bit
    values = decode(encoded, header, description)
    photometric = "RGB" if header.components == 3 else description.photometric_interpretation
    return DecodedFrame(stored_values(values, precision=header.precision, description=description, is_lossy=True), photometric, True)


def browser_jpeg(encoded: bytes, description: ImageDescription) -> bytes | None:
    """Return bytes that a browser shows as this decoder does, or None when it cannot show them.

    They are the stored ones, except that RGB components get the marker that says so (rule S10), and that Exif, by which a browser
    would turn or mirror the picture, is left out (rule S02). Raises: Malformed.
    """
    header = _checked_header(encoded, description)
    if header.frame_marker not in _DCT or header.precision != 8 or not has_end(encoded, header):
        return None
    if header.exif:
        encoded = without_exif(encoded, header)
        header = read_jpeg_header(encoded)
    if header.components == 3:
        is_rgb = header.is_rgb(description.photometric_interpretation)
        if is_rgb != header.is_taken_for_rgb:
            return say_rgb(encoded, header) if is_rgb else None
    return encoded


def _checked_header(encoded: bytes, description: ImageDescription) -> JpegHeader:
    header = read_jpeg_header(encoded)
    check_codestream(description, rows=header.rows, columns=header.columns, components=header.components, precision=header.precision)
    if header.frame_marker == SOF_PROGRESSIVE:
        scans = encoded.count(b"\xff\xda", header.scan_offset)
        if scans > MAX_SCANS or scans * header.rows * header.columns > MAX_SCANNED_PIXELS:
            raise TooLarge("scans of a progressive JPEG frame")
    return header


def _decode_8_bit(encoded: bytes, header: JpegHeader, description: ImageDescription) -> NDArray[Any]:
    colorspace = "GRAY"
    if header.components == 3:
        colorspace = "RGB"
        is_rgb = header.is_rgb(description.photometric_interpretation)
        if is_rgb and not header.is_taken_for_rgb:
            encoded = say_rgb(encoded, header)
    is_ended = has_end(encoded, header)
    if not is_ended:
        encoded += b"\xff\xd9"  # complete but for its end: decodes; cut short: the strict decoder says so
    values: NDArray[Any]
    try:
        values = simplejpeg.decode_jpeg(encoded, colorspace)
    except ValueError as exc:
        if not is_ended or not any(words in str(exc) for words in _HARMLESS):
            raise Malformed("the JPEG frame is damaged or cut short") from exc
        values = simplejpeg.decode_jpeg(encoded, colorspace, strict=False)
    return values[..., 0] if header.components == 1 else values


def _decode_12_bit(encoded: bytes, header: JpegHeader, description: ImageDescription) -> NDArray[Any]:
    colours: dict[str, Any] = {}
    if header.components == 3:
        is_rgb = header.is_rgb(description.photometric_interpretation)
        colours = {"colorspace": "RGB" if is_rgb else "YCBCR", "outcolorspace": "RGB"}
    return _libjpeg(encoded, header, description, **colours)


def _decode_lossless(encoded: bytes, header: JpegHeader, description: ImageDescription) -> DecodedFrame:
    """Decode the lossless process, whose components are stored as they are: no colour transform belongs to it."""
    if header.frame_marker != SOF_LOSSLESS:
        raise Unsupported("JPEG process", f"SOF{header.frame_marker - 0xC0}")
    colours: dict[str, Any] = {"colorspace": "RGB", "outcolorspace": "RGB"} if header.components == 3 else {}
    values = _libjpeg(encoded, header, description, **colours)
    photometric = description.photometric_interpretation
    if photometric in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        photometric = photometric.removesuffix("_422")
    return DecodedFrame(stored_values(values, precision=header.precision, description=description, is_lossy=False), photometric, False)


def _libjpeg(encoded: bytes, header: JpegHeader, description: ImageDescription, **colours: Any) -> NDArray[Any]:
    if not has_end(encoded, header):
        raise Malformed("the JPEG frame is cut short")
    try:
        values: NDArray[Any] = library.decode("jpeg8_decode", encoded, size_bytes=frame_bytes(description), **colours)
    except (RuntimeError, ValueError) as exc:
        raise Malformed("the JPEG frame is damaged") from exc
    return values
