"""JPEG streams by their markers: sizes, colour, completeness; without decoding (ISO 10918-1 Annex B, ISO 14495-1 Annex C)."""

from dataclasses import dataclass, replace

from governance.core.faults import Malformed

SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
APP0, APP1, APP8, APP14 = 0xE0, 0xE1, 0xE8, 0xEE
SOF_BASELINE, SOF_EXTENDED, SOF_PROGRESSIVE, SOF_LOSSLESS, SOF_JPEG_LS = 0xC0, 0xC1, 0xC2, 0xC3, 0xF7
_SOF = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7})
_ALONE = frozenset({0x01, SOI, *range(0xD0, 0xD8)})
_ADOBE_RGB = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What the markers before the first scan say.

    sampling: (horizontal, vertical) of each component. adobe_transform: of APP14, None without one.
    scan_offset: of the first SOS marker. near: JPEG-LS's largest error, 0 = lossless.
    app0: byte range of the JFIF segment, or None. exif: byte ranges of Exif segments.
    """

    frame_marker: int
    precision: int
    rows: int
    columns: int
    component_ids: bytes
    sampling: tuple[tuple[int, int], ...]
    adobe_transform: int | None
    app0: tuple[int, int] | None
    scan_offset: int
    near: int
    exif: tuple[tuple[int, int], ...] = ()

    @property
    def components(self) -> int:
        return len(self.component_ids)

    @property
    def is_lossless_process(self) -> bool:
        return self.frame_marker == SOF_LOSSLESS

    @property
    def is_subsampled(self) -> bool:
        return len(set(self.sampling)) > 1

    def is_rgb(self, photometric_interpretation: str) -> bool:
        """Say whether three DCT components are RGB, not YCbCr: the stream's own word first, then the data set's.

        Adobe's marker, JFIF (always YCbCr), component ids "RGB", halved chroma (never RGB); with none of these
        Photometric Interpretation decides.
        """
        if self.adobe_transform is not None:
            return self.adobe_transform == 0
        if self.app0 is not None:
            return False
        if self.component_ids == b"RGB":
            return True
        if self.is_subsampled:
            return False
        return photometric_interpretation == "RGB"

    @property
    def is_taken_for_rgb(self) -> bool:
        """Say what libjpeg, and so every browser, takes three components for without being told."""
        if self.app0 is not None:
            return False
        if self.adobe_transform is not None:
            return self.adobe_transform == 0
        return self.component_ids == b"RGB"


_remembered: dict[bytes, tuple[bytes, JpegHeader]] = {}  # by the first bytes: everything up to the scan data, and what it says
_MAX_REMEMBERED, _MAX_REMEMBERED_BYTES = 256, 65_536


def read_jpeg_header(encoded: bytes) -> JpegHeader:
    """Return what the markers up to the first scan say. Raises: Malformed when they are damaged or missing.

    The frames of a slide or loop mostly share these bytes to the last; they are then compared, not read again.
    """
    known = _remembered.get(encoded[:64])
    if known is not None and encoded.startswith(known[0]):
        return known[1]
    header = _read_markers(encoded)
    end = header.scan_offset + 2 + (encoded[header.scan_offset + 2] << 8 | encoded[header.scan_offset + 3])
    if end <= _MAX_REMEMBERED_BYTES:
        if len(_remembered) >= _MAX_REMEMBERED:
            _remembered.clear()
        _remembered[encoded[:64]] = (encoded[:end], header)
    return header


def _read_markers(encoded: bytes) -> JpegHeader:
    if encoded[:2] != b"\xff\xd8":
        raise Malformed("not a JPEG stream")
    position, end = 2, len(encoded)
    adobe: int | None = None
    app0: tuple[int, int] | None = None
    exif: list[tuple[int, int]] = []
    frame: tuple[int, int] | None = None  # marker, offset of its segment's content
    while position + 4 <= end:
        if encoded[position] != 0xFF:
            raise Malformed("a JPEG marker is missing")
        marker = encoded[position + 1]
        if marker == 0xFF or marker in _ALONE:
            position += 1 if marker == 0xFF else 2
            continue
        length = encoded[position + 2] << 8 | encoded[position + 3]
        content = position + 4
        if length < 2 or position + 2 + length > end:
            break
        if marker == SOS:
            if frame is None:
                break
            return replace(_header(encoded, frame, adobe, app0, position), exif=tuple(exif))
        if marker == APP0 and encoded[content : content + 5] == b"JFIF\0":
            app0 = (position, position + 2 + length)
        elif marker == APP1 and encoded[content : content + 5] == b"Exif\0":
            exif.append((position, position + 2 + length))
        elif marker == APP14 and encoded[content : content + 5] == b"Adobe" and length >= 14:
            adobe = encoded[content + 11]
        elif marker in _SOF and frame is None:
            frame = (marker, content)
        position += 2 + length
    raise Malformed("the JPEG stream ends before its first scan")


def _header(encoded: bytes, frame: tuple[int, int], adobe: int | None, app0: tuple[int, int] | None, scan_offset: int) -> JpegHeader:
    marker, content = frame
    length = encoded[content - 2] << 8 | encoded[content - 1]
    components = encoded[content + 5]
    if length < 8 + 3 * components or components == 0:
        raise Malformed("the JPEG frame header is damaged")
    table = encoded[content + 6 : content + 6 + 3 * components]
    near = encoded[scan_offset + 5 + 2 * encoded[scan_offset + 4]] if marker == SOF_JPEG_LS else 0
    return JpegHeader(
        frame_marker=marker,
        precision=encoded[content],
        rows=encoded[content + 1] << 8 | encoded[content + 2],
        columns=encoded[content + 3] << 8 | encoded[content + 4],
        component_ids=table[0::3],
        sampling=tuple((value >> 4, value & 15) for value in table[1::3]),
        adobe_transform=adobe,
        app0=app0,
        scan_offset=scan_offset,
        near=near,
    )


def has_end(encoded: bytes, header: JpegHeader) -> bool:
    """Say whether the stream reaches its End Of Image: inside coded data an FF is never followed by D9."""
    return encoded.rfind(b"\xff\xd9") > header.scan_offset


def say_rgb(encoded: bytes, header: JpegHeader) -> bytes:
    """Return a stream that every decoder takes for RGB: with Adobe's marker (transform 0), without JFIF's (rule S10)."""
    if header.app0 is None:
        return encoded[:2] + _ADOBE_RGB + encoded[2:]
    start, stop = header.app0
    return encoded[:2] + _ADOBE_RGB + encoded[2:start] + encoded[stop:]


def without_exif(encoded: bytes, header: JpegHeader) -> bytes:
    """Return a stream without its Exif segments: browsers turn and mirror pictures by them, DICOM doesn't (rule S02)."""
    for start, stop in reversed(header.exif):
        encoded = encoded[:start] + encoded[stop:]
    return encoded
