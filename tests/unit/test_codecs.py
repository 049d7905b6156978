"""Codecs on frames made here: native layouts, RLE, sign and masks, colour rules, and refusal of what is damaged."""

import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np
import pytest

from archive.core.codecs import CODECS, decode_frame, describe_frames
from archive.core.codecs.native import swap_words, word_span
from governance.core.faults import Malformed, TooLarge, Unsupported
from tests.unit.codec_frames import GREY_8, GREY_12, HT, J2K, JLS, JPEG, JPEG_12, JXL, LOSSLESS, PREFIX, RLE, decoded, described, texture

# --- native ---


def test_little_and_big_endian():
    values = np.array([[1, 258], [65535, 0]], np.uint16)
    assert decoded(values.astype("<u2").tobytes(), 2, 2).values.tolist() == values.tolist()
    assert decoded(values.astype(">u2").tobytes(), 2, 2, syntax=".2").values.tolist() == values.tolist()


def test_signed_12_bits_are_extended_and_overlay_bits_dropped():
    # 0x800 is -2048, 0x7FF 2047, 0xFFF -1; the upper nibble holds overlays
    data = struct.pack("<3H", 0x1800, 0xF7FF, 0x0FFF)
    assert decoded(data, 1, 3, stored=12, is_signed=True).values.tolist() == [[-2048, 2047, -1]]
    assert decoded(data, 1, 3, stored=12).values.tolist() == [[2048, 2047, 4095]]


def test_samples_that_do_not_begin_at_bit_0():
    # Bits Stored 12, High Bit 15: the value is the upper 12 bits
    data = struct.pack("<3H", 0x8001, 0x7FFF, 0x0010)
    assert decoded(data, 1, 3, stored=12, high_bit=15).values.tolist() == [[0x800, 0x7FF, 1]]
    assert decoded(data, 1, 3, stored=12, high_bit=15, is_signed=True).values.tolist() == [[-2048, 2047, 1]]
    # Bits Stored 8, High Bit 11
    assert decoded(struct.pack("<H", 0xF81F), 1, 1, stored=8, high_bit=11).values.tolist() == [[0x81]]
    assert decoded(struct.pack("<H", 0xF81F), 1, 1, stored=8, high_bit=11, is_signed=True).values.tolist() == [[-127]]


def test_planar_configurations():
    # two pixels: (1, 3, 5) and (2, 4, 6)
    assert decoded(bytes([1, 3, 5, 2, 4, 6]), 1, 2, bits=8, samples=3).values.tolist() == [[[1, 3, 5], [2, 4, 6]]]
    by_plane = decoded(bytes([1, 2, 3, 4, 5, 6]), 1, 2, bits=8, samples=3, planar_configuration=1)
    assert by_plane.values.tolist() == [[[1, 3, 5], [2, 4, 6]]]


def test_ybr_full_422_serves_each_chroma_pair_to_two_pixels():
    frame = decoded(bytes([10, 20, 100, 200, 30, 40, 110, 210]), 1, 4, bits=8, samples=3, photometric="YBR_FULL_422")
    assert frame.values.tolist() == [[[10, 100, 200], [20, 100, 200], [30, 110, 210], [40, 110, 210]]]
    assert frame.photometric_interpretation == "YBR_FULL"
    with pytest.raises(Malformed):
        decoded(bytes(8), 1, 3, bits=8, samples=3, photometric="YBR_FULL_422")


def test_halved_chroma_in_name_only_is_full_resolution():
    data = bytes([10, 100, 200, 20, 101, 201, 30, 110, 210, 40, 111, 211])
    for name, plain in (("YBR_FULL_422", "YBR_FULL"), ("YBR_PARTIAL_422", "YBR_PARTIAL")):
        frame = decoded(data, 1, 4, bits=8, samples=3, photometric=name)
        assert frame.values.tolist() == [[[10, 100, 200], [20, 101, 201], [30, 110, 210], [40, 111, 211]]]
        assert frame.photometric_interpretation == plain


def test_one_bit_begins_at_the_least_significant_bit():
    assert decoded(bytes([0b10110001, 0b1]), 1, 9, bits=1).values.tolist() == [[1, 0, 0, 0, 1, 1, 0, 1, 1]]


def test_odd_length_with_and_without_its_pad_byte():
    assert decoded(bytes([7, 8, 9]), 1, 3, bits=8).values.tolist() == [[7, 8, 9]]
    assert decoded(bytes([7, 8, 9, 0]), 1, 3, bits=8).values.tolist() == [[7, 8, 9]]


def test_8_bit_samples_in_big_endian_words():
    # two frames of 3 bytes, 1 2 3 and 4 5 6, written as words: 2 1 4 3 6 5; the second begins inside a word
    words = bytes([2, 1, 4, 3, 6, 5])
    for frame, (offset, expected) in enumerate([(0, [1, 2, 3]), (3, [4, 5, 6])]):
        start, length = word_span(offset, 3, 0)
        assert list(swap_words(words[start : start + length])[offset - start :][:3]) == expected, frame


def test_32_bit_and_floating_point():
    assert decoded(struct.pack("<2i", -5, 2**31 - 1), 1, 2, bits=32, is_signed=True).values.tolist() == [[-5, 2**31 - 1]]
    assert decoded(struct.pack("<2f", 0.5, -2), 1, 2, bits=32, pixel_kind="float").values.tolist() == [[0.5, -2.0]]
    assert decoded(struct.pack(">1d", 0.1), 1, 1, bits=64, syntax=".2", pixel_kind="double").values.tolist() == [[0.1]]


def test_deflated_frame_is_bounded():
    deflate = zlib.compressobj(9, wbits=-15)
    data = deflate.compress(bytes([0b101]) + bytes(10_000_000)) + deflate.flush()
    assert decoded(data, 1, 3, bits=1, syntax=".8.1").values.tolist() == [[1, 0, 1]]
    with pytest.raises(Malformed):
        decoded(b"\xff\xff\xff", 1, 3, bits=1, syntax=".8.1")


# --- RLE ---


def packbits_segment(data):
    """Encode bytes as literal runs of at most 128 (PS3.5 G.3.1), padded to even length."""
    out = b"".join(bytes([len(part) - 1]) + part for part in (data[i : i + 128] for i in range(0, len(data), 128)))
    return out + b"\0" * (len(out) % 2)


def rle_frame(*segments):
    offsets, position = [], 64
    for segment in segments:
        offsets.append(position)
        position += len(segment)
    return struct.pack("<16L", len(segments), *offsets, *([0] * (15 - len(offsets)))) + b"".join(segments)


def test_rle_of_a_worked_example():
    # run of three 7s (257 - 254 = 3), no operation (128), two literals 1, 2
    assert decoded(rle_frame(bytes([254, 7, 128, 1, 1, 2])), 1, 5, bits=8, syntax=RLE).values.tolist() == [[7, 7, 7, 1, 2]]


def test_rle_16_bits_has_its_most_significant_byte_first():
    values = texture(20, 30, high=65536, dtype=np.uint16)
    data = rle_frame(packbits_segment((values >> 8).astype(np.uint8).tobytes()), packbits_segment(values.astype(np.uint8).tobytes()))
    assert np.array_equal(decoded(data, 20, 30, syntax=RLE).values, values)


def test_rle_colour_is_by_plane():
    values = texture(9, 11, 3)
    data = rle_frame(*(packbits_segment(values[..., sample].tobytes()) for sample in range(3)))
    assert np.array_equal(decoded(data, 9, 11, bits=8, samples=3, syntax=RLE).values, values)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:40],
        lambda data: data[:-40],
        lambda data: struct.pack("<L", 3) + data[4:],
        lambda data: data[:4] + struct.pack("<L", 10**9) + data[8:],
        lambda data: data[:8] + struct.pack("<L", 64) + data[12:],
    ],
)
def test_damaged_rle_is_malformed(damage):
    half = packbits_segment(bytes(range(250)) * 4)
    with pytest.raises(Malformed):
        decoded(damage(rle_frame(half, half)), 20, 50, syntax=RLE)


# --- compressed: every family loses nothing where it says so, and refuses what is cut short ---

SIGNED = texture(64, 96, low=-1024, high=2000, dtype=np.int16)
COLOUR = texture(64, 96, 3)


def j2k(values, **options):
    return imagecodecs.jpeg2k_encode(values, level=0, codecformat="j2k", reversible=True, **options)


LOSSLESS_FRAMES: dict[str, Any] = {
    "JPEG lossless 8": (imagecodecs.jpeg8_encode(GREY_8, lossless=True), GREY_8, LOSSLESS, {"bits": 8}),
    "JPEG lossless 12": (imagecodecs.jpeg8_encode(GREY_12, lossless=True, bitspersample=12), GREY_12, LOSSLESS, {"stored": 12}),
    "JPEG-LS 8": (imagecodecs.jpegls_encode(GREY_8), GREY_8, JLS, {"bits": 8}),
    "JPEG-LS 16": (imagecodecs.jpegls_encode(GREY_12), GREY_12, JLS, {}),
    "JPEG-LS signed": (imagecodecs.jpegls_encode(SIGNED.view(np.uint16)), SIGNED, JLS, {"is_signed": True}),
    "JPEG-LS colour": (imagecodecs.jpegls_encode(COLOUR), COLOUR, JLS, {"bits": 8, "samples": 3}),
    "JPEG 2000 8": (j2k(GREY_8), GREY_8, J2K, {"bits": 8}),
    "JPEG 2000 12": (j2k(GREY_12, bitspersample=12), GREY_12, J2K, {"stored": 12}),
    "JPEG 2000 signed": (j2k(SIGNED), SIGNED, J2K, {"is_signed": True}),
    "JPEG 2000 colour": (j2k(COLOUR), COLOUR, J2K, {"bits": 8, "samples": 3}),
    "JPEG 2000 colour with transform": (j2k(COLOUR, mct=True), COLOUR, J2K, {"bits": 8, "samples": 3, "photometric": "YBR_RCT"}),
    "HTJ2K 12": (imagecodecs.htj2k_encode(GREY_12, reversible=True), GREY_12, HT, {}),
    "HTJ2K signed": (imagecodecs.htj2k_encode(SIGNED, reversible=True), SIGNED, HT, {"is_signed": True}),
    "HTJ2K colour": (imagecodecs.htj2k_encode(COLOUR, reversible=True), COLOUR, HT, {"bits": 8, "samples": 3, "photometric": "YBR_RCT"}),
    "JPEG XL 8": (imagecodecs.jpegxl_encode(GREY_8, lossless=True), GREY_8, JXL, {"bits": 8}),
    "JPEG XL 16": (imagecodecs.jpegxl_encode(GREY_12, lossless=True), GREY_12, JXL, {}),
    "JPEG XL 12": (imagecodecs.jpegxl_encode(GREY_12, lossless=True, bitspersample=12), GREY_12, JXL, {"stored": 12}),
    "JPEG XL colour": (imagecodecs.jpegxl_encode(COLOUR, lossless=True), COLOUR, JXL, {"bits": 8, "samples": 3}),
}


@pytest.mark.parametrize("name", LOSSLESS_FRAMES)
def test_lossless_frames_come_back_exactly(name):
    data, values, syntax, fields = LOSSLESS_FRAMES[name]
    frame = decoded(data, 64, 96, syntax=syntax, **fields)
    assert frame.values.dtype == values.dtype
    assert np.array_equal(frame.values, values)
    assert not frame.is_lossy
    assert frame.photometric_interpretation in ("MONOCHROME2", "RGB")


@pytest.mark.parametrize("name", LOSSLESS_FRAMES)
@pytest.mark.parametrize("part", [0.0, 0.02, 0.3, 0.7, 0.97])
def test_a_frame_cut_short_is_malformed(name, part):
    data, _, syntax, fields = LOSSLESS_FRAMES[name]
    with pytest.raises(Malformed):
        decoded(data[: int(len(data) * part)], 64, 96, syntax=syntax, **fields)


@pytest.mark.parametrize("name", LOSSLESS_FRAMES)
def test_damaged_frames_are_a_fault_or_a_frame_and_nothing_else(name):
    """Bytes changed, lost and added: no other exception, none that a library swallows, and the shape that was promised."""
    data, values, syntax, fields = LOSSLESS_FRAMES[name]
    random = np.random.default_rng(11)
    for attempt in range(60):
        damaged = bytearray(data)
        position = int(random.integers(len(damaged) if attempt % 4 else 100))
        if attempt % 3 == 0:
            damaged[position] ^= int(random.integers(1, 256))
        elif attempt % 3 == 1:
            del damaged[position : position + int(random.integers(1, 50))]
        else:
            damaged[position:position] = random.bytes(int(random.integers(1, 50)))
        try:
            frame = decoded(bytes(damaged), 64, 96, syntax=syntax, **fields)
        except (Malformed, TooLarge, Unsupported):
            continue
        assert frame.values.shape == values.shape
        assert frame.values.dtype == values.dtype


@pytest.mark.parametrize("name", LOSSLESS_FRAMES)
def test_a_frame_of_another_size_is_malformed(name):
    data, _, syntax, fields = LOSSLESS_FRAMES[name]
    for rows, columns in ((64, 95), (65, 96), (6400, 9600)):
        with pytest.raises(Malformed):
            decoded(data, rows, columns, syntax=syntax, **fields)
    other = {**fields, "samples": 1 if fields.get("samples") == 3 else 3}
    with pytest.raises(Malformed):
        decoded(data, 64, 96, syntax=syntax, **other)


@pytest.mark.parametrize("syntax", sorted({uid for codec in CODECS for uid in codec.transfer_syntax_uids}))
def test_absurd_dimensions_are_refused_before_anything_is_allocated(syntax):
    ending = syntax.removeprefix(PREFIX)
    for rows, columns in ((0, 10), (10, 0)):
        with pytest.raises(Malformed):
            decoded(b"\0" * 100, rows, columns, syntax=ending)
    with pytest.raises((Malformed, TooLarge)):
        decoded(b"\0" * 100, 65_535, 65_535, syntax=ending)


def test_every_syntax_has_one_codec_and_others_are_unsupported():
    uids = [uid for codec in CODECS for uid in codec.transfer_syntax_uids]
    assert len(uids) == len(set(uids))
    with pytest.raises(Unsupported):
        decoded(bytes(2), 1, 1, syntax=".4.102")


def test_a_huge_codestream_in_a_small_data_set_is_refused_by_its_header():
    data = bytearray(imagecodecs.jpeg8_encode(GREY_8))
    position = data.index(b"\xff\xc0")
    data[position + 5 : position + 9] = struct.pack(">HH", 65_500, 65_500)
    with pytest.raises(Malformed):
        decoded(bytes(data), 64, 96, bits=8, syntax=JPEG)


# --- sign and depth ---


def test_a_signed_image_in_an_unsigned_codestream():
    # Pixel Representation says how the bits are meant: 13-bit two's complement in an unsigned codestream
    pattern = (SIGNED & 0x1FFF).astype(np.uint16)
    frame = decoded(j2k(pattern, bitspersample=13), 64, 96, syntax=J2K, stored=13, is_signed=True)
    assert np.array_equal(frame.values, SIGNED)


def test_an_unsigned_data_set_around_a_signed_codestream():
    description = described(64, 96, syntax=J2K)
    corrected = describe_frames(description, lambda: j2k(SIGNED))
    assert corrected.is_signed
    assert np.array_equal(decode_frame(j2k(SIGNED), corrected).values, SIGNED)
    assert describe_frames(description, lambda: j2k(GREY_12)) == description


def test_a_lossless_codestream_of_more_bits_than_stored_is_masked():
    # overlay bits in the upper nibble went through the encoder
    marked = GREY_12 | 0xA000
    frame = decoded(imagecodecs.jpegls_encode(marked), 64, 96, syntax=JLS, stored=12)
    assert np.array_equal(frame.values, GREY_12)


def test_ringing_is_clipped_not_wrapped():
    # a 10-bit image in the 12-bit process: decoded values just above 1023 must not become small
    edge = np.where(np.mgrid[:64, :96][1] % 11 < 5, 1023, 0).astype(np.uint16)
    data = imagecodecs.jpeg8_encode(edge, level=20, bitspersample=12)
    raw = imagecodecs.jpeg8_decode(data)
    assert raw.max() > 1023
    frame = decoded(data, 64, 96, syntax=JPEG_12, stored=10)
    assert np.array_equal(frame.values, np.minimum(raw, 1023))
    assert frame.is_lossy


def test_near_lossless_says_so_and_keeps_its_promise():
    frame = decoded(imagecodecs.jpegls_encode(GREY_8, level=3), 64, 96, syntax=".4.81", bits=8)
    assert frame.is_lossy
    assert np.abs(frame.values.astype(int) - GREY_8).max() <= 3
    assert not decoded(imagecodecs.jpegls_encode(GREY_8), 64, 96, syntax=".4.81", bits=8).is_lossy


def test_irreversible_jpeg_2000_says_so():
    data = imagecodecs.jpeg2k_encode(GREY_8, level=40, codecformat="j2k", reversible=False)
    frame = decoded(data, 64, 96, syntax=".4.91", bits=8)
    assert frame.is_lossy
    assert np.abs(frame.values.astype(int) - GREY_8).mean() <= 6


def test_a_jp2_file_where_a_codestream_should_be():
    data = imagecodecs.jpeg2k_encode(GREY_8, level=0, codecformat="jp2", reversible=True)
    assert np.array_equal(decoded(data, 64, 96, syntax=J2K, bits=8).values, GREY_8)
