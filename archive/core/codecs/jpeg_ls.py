"""JPEG-LS, lossless and near-lossless (PS3.5 8.2.3, A.4.3)."""

from typing import Any

from numpy.typing import NDArray

from archive.core.codecs import library
from archive.core.codecs.frames import DecodedFrame, check_codestream, frame_bytes, stored_values
from archive.core.codecs.jpeg_stream import SOF_JPEG_LS, has_end, read_jpeg_header
from archive.core.description import ImageDescription
from governance.core.faults import Malformed


def decode_jpeg_ls(encoded: bytes, description: ImageDescription) -> DecodedFrame:
    """Decode one JPEG-LS frame; lossy where its NEAR parameter is not 0, whatever the transfer syntax says."""
    header = read_jpeg_header(encoded)
    if header.frame_marker != SOF_JPEG_LS:
        raise Malformed("not a JPEG-LS stream")
    check_codestream(description, rows=header.rows, columns=header.columns, components=header.components, precision=header.precision)
    if not has_end(encoded, header):  # CharLS 2.4 searches for the end without a bound, for many seconds
        raise Malformed("the JPEG-LS frame is cut short")
    try:
        values: NDArray[Any] = library.decode("jpegls_decode", encoded, size_bytes=frame_bytes(description))
    except (RuntimeError, ValueError) as exc:
        raise Malformed("the JPEG-LS frame is damaged or cut short") from exc
    is_lossy = header.near > 0
    values = stored_values(values, precision=header.precision, description=description, is_lossy=is_lossy)
    return DecodedFrame(values, description.photometric_interpretation, is_lossy)
