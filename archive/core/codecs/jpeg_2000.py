"""JPEG 2000 and its high-throughput variant (PS3.5 8.2.4, A.4.4; ISO 15444-1 Annex A, ISO 15444-15)."""

import struct
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from archive.core.codecs import library
from archive.core.codecs.frames import DecodedFrame, check_codestream, frame_bytes, stored_values
from archive.core.description import ImageDescription
from governance.core.faults import Malformed

_SIZ, _COD, _SOT = 0xFF51, 0xFF52, 0xFF90
_SIZE = struct.Struct(">H8LH")
_TILE_PART = struct.Struct(">HHHLBB")


@dataclass(frozen=True, slots=True)
class CodestreamHeader:
    """What the main header says. is_signed: of any component; has_colour_transform: RCT or ICT; is_reversible: the 5-3 wavelet."""

    rows: int
    columns: int
    components: int
    precision: int
    is_signed: bool
    has_colour_transform: bool
    is_reversible: bool


def read_codestream_header(encoded: bytes) -> CodestreamHeader:
    """Return the main header, after a walk that proves every tile-part to be there. Raises: Malformed."""
    start = _codestream_start(encoded)
    try:
        return _read(encoded, start)
    except (struct.error, IndexError, ValueError) as exc:
        raise Malformed("the JPEG 2000 frame is cut short") from exc


def _codestream_start(encoded: bytes) -> int:
    """Return where the codestream begins: at 0, or inside a JP2 file that should not be here but is met."""
    if encoded[:4] == b"\xff\x4f\xff\x51":
        return 0
    if encoded[4:8] == b"jP  ":
        start = encoded.find(b"jp2c\xff\x4f\xff\x51")
        if start > 0:
            return start + 4
    raise Malformed("not a JPEG 2000 codestream")


def _read(encoded: bytes, start: int) -> CodestreamHeader:
    position = start + 2
    size: tuple[int, ...] = ()
    precision = 0
    is_signed = False
    transform = reversible = False
    while True:
        marker, length = struct.unpack_from(">HH", encoded, position)
        content = position + 4
        if marker == _SOT:
            break
        if marker == _SIZ:
            size = _SIZE.unpack_from(encoded, content)
            depths = encoded[content + 36 : content + 36 + 3 * size[9] : 3]
            precision = max((depth & 0x7F) + 1 for depth in depths)
            is_signed = any(depth & 0x80 for depth in depths)
        elif marker == _COD:
            transform, reversible = encoded[content + 4] == 1, encoded[content + 9] == 1
        position += 2 + length
    if not size:
        raise Malformed("the JPEG 2000 frame has no size")
    if len(_walk_tile_parts(encoded, position)) != _number_of_tiles(size):
        raise Malformed("a tile of the JPEG 2000 frame is missing")
    return CodestreamHeader(
        rows=size[2] - size[4],
        columns=size[1] - size[3],
        components=size[9],
        precision=precision,
        is_signed=is_signed,
        has_colour_transform=transform,
        is_reversible=reversible,
    )


def _number_of_tiles(size: tuple[int, ...]) -> int:
    """Return how many tiles the SIZ segment's grid has (ISO 15444-1 B.3)."""
    _, width, height, _, _, tile_width, tile_height, tile_x, tile_y, _ = size
    if not tile_width or not tile_height or tile_x > width or tile_y > height:
        raise Malformed("the JPEG 2000 frame's tiles have no size")
    return -(-(width - tile_x) // tile_width) * -(-(height - tile_y) // tile_height)


def _walk_tile_parts(encoded: bytes, position: int) -> set[int]:
    """Go from tile-part to tile-part by their lengths; each must be there in full (decoders fill gaps silently).

    Returns: the tiles that there is something of.
    """
    end = len(encoded)
    tiles: set[int] = set()
    while position < end:
        if encoded[position : position + 2] == b"\xff\xd9":
            break
        if encoded[position] == 0 and not encoded[position:].strip(b"\0"):  # padding
            break
        marker, _, tile, length, _, _ = _TILE_PART.unpack_from(encoded, position)
        if marker != _SOT:
            raise Malformed("a JPEG 2000 tile-part is damaged")
        tiles.add(tile)
        if length == 0:  # "until the end of the codestream"
            if encoded.rfind(b"\xff\xd9") <= position:
                raise Malformed("the JPEG 2000 frame is cut short")
            break
        if length < 14 or position + length > end:
            raise Malformed("the JPEG 2000 frame is cut short")
        position += length
    return tiles


def signed_as_coded(encoded: bytes, description: ImageDescription) -> ImageDescription:
    """Return the description with the sign that the codestream proves.

    A signed codestream under Pixel Representation 0: its negative samples exist and unsigned numbers could not hold them. The
    other way round nothing is proven, and Pixel Representation says how the bits are meant.
    """
    if description.is_signed or not read_codestream_header(encoded).is_signed:
        return description
    return replace(description, is_signed=True)


def decode_jpeg_2000(encoded: bytes, description: ImageDescription) -> DecodedFrame:
    """Decode one JPEG 2000 or HTJ2K frame. YBR_RCT and YBR_ICT come out as RGB: the transform is the codestream's.

    description: as signed_as_coded returns it.
    """
    header = read_codestream_header(encoded)
    check_codestream(description, rows=header.rows, columns=header.columns, components=header.components, precision=header.precision)
    try:
        # OpenJPEG for HTJ2K too: imagecodecs' OpenJPH is faster (1.6 against 2.5 ms), but hands out unfilled memory for damaged data.
        values: NDArray[Any] = library.decode("jpeg2k_decode", encoded, size_bytes=frame_bytes(description))
    except (RuntimeError, ValueError) as exc:
        raise Malformed("the JPEG 2000 frame is damaged or cut short") from exc
    is_lossy = not header.is_reversible or description.is_lossy
    photometric = description.photometric_interpretation
    if header.components == 3 and (header.has_colour_transform or photometric in ("YBR_RCT", "YBR_ICT")):
        photometric = "RGB"
    values = stored_values(values, precision=header.precision, description=description, is_lossy=is_lossy)
    return DecodedFrame(values, photometric, is_lossy)
