"""JPEG colour and markers: whose word counts, what a browser is handed, what is refused."""

import struct

import imagecodecs
import numpy as np
import pytest
import simplejpeg

from archive.core.codecs import decode_frame
from archive.core.codecs.jpeg import browser_jpeg
from archive.core.codecs.jpeg_stream import read_jpeg_header, say_rgb
from archive.core.codecs.jpeg_xl import read_size
from governance.core.faults import Malformed, TooLarge
from tests.unit.codec_frames import GREY_8, JPEG, LOSSLESS, decoded, described

FLAT = np.zeros((16, 16, 3), np.uint8)
FLAT[:] = (200, 30, 60)


def jpeg_of(stream_rgb, ids=(1, 2, 3), adobe=None, jfif=False):
    """Return a JPEG whose components are FLAT as RGB or as YCbCr, with the stated markers."""
    data = bytearray(
        imagecodecs.jpeg8_encode(FLAT, level=98, colorspace="RGB", outcolorspace="RGB" if stream_rgb else "YCBCR", subsampling="444")
    )
    while bytes(data[2:4]) in (b"\xff\xe0", b"\xff\xee"):
        del data[2 : 4 + (data[4] << 8 | data[5])]
    for marker, first, step in ((b"\xff\xc0", 10, 3), (b"\xff\xda", 5, 2)):
        position = data.index(marker)
        for number, component in enumerate(ids):
            data[position + first + step * number] = component
    markers = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0" if jfif else b""
    if adobe is not None:
        markers += b"\xff\xee\x00\x0eAdobe\x00\x64\0\0\0\0" + bytes([adobe])
    return bytes(data[:2]) + markers + bytes(data[2:])


@pytest.mark.parametrize(
    ("stream_rgb", "markers", "photometric"),
    [
        (False, {}, "YBR_FULL"),
        (False, {}, "YBR_FULL_422"),
        (False, {"jfif": True}, "RGB"),  # the data set says RGB, JFIF knows better
        (False, {"adobe": 1}, "RGB"),
        (True, {"adobe": 0}, "YBR_FULL"),  # the data set says YBR, Adobe's marker knows better
        (True, {"adobe": 0}, "RGB"),
        (True, {"ids": (82, 71, 66)}, "YBR_FULL"),
        (True, {"ids": (0, 1, 2)}, "RGB"),  # nothing in the stream: the data set decides
        (True, {}, "RGB"),
    ],
)
def test_colour_by_the_streams_own_word(stream_rgb, markers, photometric):
    data = jpeg_of(stream_rgb, **markers)
    description = described(16, 16, syntax=JPEG, bits=8, samples=3, photometric=photometric)
    frame = decode_frame(data, description)
    assert frame.photometric_interpretation == "RGB"
    assert np.abs(frame.values.astype(int) - FLAT).max() <= 3
    # S10: what a browser gets decodes the same without knowing the data set
    shown = browser_jpeg(data, description)
    assert np.array_equal(simplejpeg.decode_jpeg(shown, "RGB"), frame.values)


def test_S10_rgb_components_carry_their_adobe_marker():
    data = jpeg_of(True, ids=(0, 1, 2), jfif=False)
    shown = browser_jpeg(data, described(16, 16, syntax=JPEG, bits=8, samples=3))
    assert shown is not None
    assert read_jpeg_header(shown).adobe_transform == 0
    assert read_jpeg_header(say_rgb(jpeg_of(True, jfif=True), read_jpeg_header(jpeg_of(True, jfif=True)))).app0 is None


def test_stored_bytes_pass_untouched_where_nothing_is_missing():
    data = jpeg_of(False, jfif=True)
    assert browser_jpeg(data, described(16, 16, syntax=JPEG, bits=8, samples=3, photometric="YBR_FULL_422")) is data


@pytest.mark.parametrize("orientation", [2, 3, 6])
def test_S02_exif_does_not_turn_the_picture_in_a_browser(orientation):
    plain = jpeg_of(True, ids=(0, 1, 2))
    content = b"Exif\0\0MM\0*" + struct.pack(">LHHHLHHL", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    segment = b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content
    description = described(16, 16, syntax=JPEG, bits=8, samples=3)
    for data in (plain[:2] + segment + plain[2:], plain[:2] + segment * 2 + plain[2:]):
        assert browser_jpeg(data, description) == browser_jpeg(plain, description)
        assert np.array_equal(decode_frame(data, description).values, decode_frame(plain, description).values)
    grey = simplejpeg.encode_jpeg(GREY_8[:, :, None], 80, "GRAY", "Gray")
    assert browser_jpeg(grey[:2] + segment + grey[2:], described(64, 96, syntax=JPEG, bits=8)) == grey


def test_what_a_browser_cannot_show_is_not_handed_out():
    lossless = bytes(imagecodecs.jpeg8_encode(GREY_8, lossless=True))
    assert browser_jpeg(lossless, described(64, 96, syntax=LOSSLESS, bits=8)) is None
    cut = bytes(imagecodecs.jpeg8_encode(GREY_8))[:-200]
    assert browser_jpeg(cut, described(64, 96, syntax=JPEG, bits=8)) is None


def test_jpeg_without_its_end_marker_but_complete():
    data = imagecodecs.jpeg8_encode(GREY_8)
    whole = decoded(data, 64, 96, syntax=JPEG, bits=8)
    assert np.array_equal(decoded(data[:-2], 64, 96, syntax=JPEG, bits=8).values, whole.values)
    for part in (0.1, 0.5, 0.9, 0.99):
        with pytest.raises(Malformed):
            decoded(data[: int(len(data) * part)], 64, 96, syntax=JPEG, bits=8)


def test_a_progressive_jpeg_of_thousands_of_scans_is_not_begun():
    data = bytes(simplejpeg.encode_jpeg(GREY_8[:, :, None], 80, "GRAY", "Gray")).replace(b"\xff\xc0", b"\xff\xc2")
    scan = data[read_jpeg_header(data).scan_offset : -2]
    description = described(64, 96, syntax=".4.55", bits=8)
    with pytest.raises(TooLarge):
        decode_frame(data[:-2] + scan * 100 + data[-2:], description)
    with pytest.raises(TooLarge):
        browser_jpeg(data[:-2] + scan * 100 + data[-2:], description)


def test_jpeg_with_padding_after_its_data():
    data = imagecodecs.jpeg8_encode(GREY_8)
    assert decoded(data[:-2] + b"\0\0" + data[-2:] + b"\0", 64, 96, syntax=JPEG, bits=8).values.shape == (64, 96)


def test_jpeg_xl_size_is_read_from_its_header():
    for rows, columns in ((64, 96), (8, 8), (256, 256), (512, 384), (700, 1001), (3000, 2)):
        data = imagecodecs.jpegxl_encode(np.zeros((rows, columns), np.uint8), lossless=True)
        assert read_size(bytes(data)) == (rows, columns)
