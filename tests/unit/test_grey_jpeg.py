"""Our own JPEG encoder against the formulas (SciPy's DCT) and against libjpeg-turbo, which also decodes what it makes, as Pillow does."""

import io
import warnings

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import fft

from governance.core.faults import Unsupported
from viewer.core.grey_jpeg import encode_grey_jpeg

QUALITIES = (1, 2, 10, 49, 50, 51, 75, 80, 90, 95, 99, 100)
RNG = np.random.default_rng(20261201)
NOISE = RNG.integers(0, 256, (264, 520), np.uint8)
ROWS, COLUMNS = np.indices((264, 520))
SMOOTH = np.clip(128 + 90 * np.sin(ROWS / 17) * np.cos(COLUMNS / 23) + 30 * (COLUMNS > 200), 0, 255).astype(np.uint8)
CHECKED = np.asarray((ROWS + COLUMNS) % 2 * 255, np.uint8)
EDGES = np.asarray((ROWS // 5 + COLUMNS // 3) % 2 * 255, np.uint8)
DRAWINGS = {"noise": NOISE, "smooth": SMOOTH, "checked": CHECKED, "edges": EDGES}
SHAPES = ((1, 1), (1, 9), (9, 1), (8, 8), (7, 255), (8, 256), (16, 257), (40, 264), (264, 520), (33, 512))


def decoded(data):
    """Return what Pillow makes of it, after two decoders have agreed and none has complained."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        levels = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(levels, simplejpeg.decode_jpeg(data, "GRAY")[:, :, 0])
    return levels


def turbo(levels, quality):
    """Return what libjpeg-turbo makes of it by its exact integer DCT, which Pillow asks for (simplejpeg's is the fast one)."""
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(levels)).save(out, "JPEG", quality=quality)
    return out.getvalue()


def tables_of(data):
    """Return the quantization tables, each in rows from the lowest vertical frequency on, as Pillow reads them."""
    return Image.open(io.BytesIO(data)).quantization  # type: ignore[attr-defined]  # a JpegImageFile's


def square_error(data, levels):
    return float(((decoded(data).astype(float) - levels) ** 2).mean())


def by_formula(levels, quality):
    """Return unrounded levels after DCT, quantization by Pillow's table of libjpeg-turbo's picture, and inverse DCT (T.81 A.3.3, A.3.4)."""
    steps = np.array(tables_of(turbo(levels, quality))[0], float).reshape(8, 8)
    rows, columns = levels.shape
    blocks = levels.astype(float).reshape(rows // 8, 8, columns // 8, 8).transpose(0, 2, 1, 3) - 128
    ratio = fft.dctn(blocks, axes=(2, 3), norm="ortho") / steps
    is_tie = np.abs(ratio - np.floor(ratio) - 0.5) < 0.001
    back = fft.idctn(np.round(ratio) * steps, axes=(2, 3), norm="ortho") + 128
    return back.transpose(0, 2, 1, 3).reshape(rows, columns), is_tie.any(axis=(2, 3))


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("name", ["noise", "smooth"])
def test_levels_are_what_the_formulas_give(name, quality):
    levels = DRAWINGS[name]
    expected, has_tie = by_formula(levels, quality)
    counted = np.kron(~has_tie, np.ones((8, 8), bool))
    assert counted.mean() > 0.5
    difference = np.abs(decoded(encode_grey_jpeg(levels, quality)) - np.clip(expected, 0, 255))[counted]
    assert difference.max() <= 1.5  # a decoder's own rounding is one level


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("name", DRAWINGS)
def test_size_tables_and_loss_are_those_of_libjpeg_turbo(name, quality):
    levels = DRAWINGS[name]
    own, other = encode_grey_jpeg(levels, quality), turbo(levels, quality)
    assert tables_of(own) == tables_of(other)
    assert len(own) <= 1.01 * len(other) + 8
    if name != "checked":  # many of its frequencies lie half-way between two steps, which either may round as it likes
        assert square_error(own, levels) <= 1.01 * square_error(other, levels) + 0.1


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("quality", [5, 80, 100])
def test_every_size_keeps_its_edges(shape, quality):
    for drawing in DRAWINGS.values():
        levels = drawing[: shape[0], : shape[1]]  # not contiguous
        again = decoded(encode_grey_jpeg(levels, quality))
        assert again.shape == shape
        assert np.array_equal(encode_grey_jpeg(np.ascontiguousarray(levels), quality), encode_grey_jpeg(levels, quality))
    smooth = SMOOTH[: shape[0], : shape[1]]
    own, other = (square_error(data, smooth) for data in (encode_grey_jpeg(smooth, quality), turbo(smooth, quality)))
    assert own <= 1.02 * other + 0.5


@pytest.mark.parametrize("quality", QUALITIES)
def test_flat_levels_come_back_as_from_libjpeg_turbo(quality):
    """Also where a level lies half-way between two steps: white stays white."""
    levels = np.repeat(np.arange(256, dtype=np.uint8), 64).reshape(-1, 8)
    assert np.array_equal(decoded(encode_grey_jpeg(levels, quality)), decoded(turbo(levels, quality)))


@pytest.mark.parametrize(("vertical", "horizontal"), [(7, 7), (0, 7), (7, 0), (3, 4), (6, 5)])
@pytest.mark.parametrize("amplitude", [3, 40, 127])
def test_one_frequency_alone(vertical, horizontal, amplitude):
    """Up to 62 zeros before it: runs of sixteen have a code of their own."""
    n = np.arange(8)
    wave = np.outer(np.cos((2 * n + 1) * vertical * np.pi / 16), np.cos((2 * n + 1) * horizontal * np.pi / 16))
    levels = np.tile(np.round(128 + amplitude * wave), (4, 5)).astype(np.uint8)
    for quality in (60, 100):
        assert square_error(encode_grey_jpeg(levels, quality), levels) <= square_error(turbo(levels, quality), levels) + 0.3


def test_noise_that_needs_more_room_than_there_was():
    levels = np.tile(NOISE, (4, 2))
    data = encode_grey_jpeg(levels, 100)
    assert len(data) > levels.size + 65_536
    assert np.abs(decoded(data).astype(int) - levels).max() <= 2


def test_levels_of_memory_that_is_read_only_or_begins_anywhere():
    plain = encode_grey_jpeg(SMOOTH[:64, :512].copy(), 80)
    moved = np.frombuffer(b"\0\0\0" + SMOOTH[:64, :512].tobytes(), np.uint8)[3:].reshape(64, 512)
    assert not moved.flags.writeable
    assert encode_grey_jpeg(moved, 80) == plain


def test_pictures_of_other_sizes_in_between_leave_nothing_behind():
    first = encode_grey_jpeg(SMOOTH, 80)
    encode_grey_jpeg(NOISE, 100)
    encode_grey_jpeg(CHECKED[:9, :9], 10)
    assert encode_grey_jpeg(SMOOTH, 80) == first


@pytest.mark.parametrize("shape", [(0, 8), (8, 0), (65_536, 1), (1, 65_536)])
def test_sides_that_no_jpeg_has_are_refused(shape):
    with pytest.raises(Unsupported):
        encode_grey_jpeg(np.zeros(shape, np.uint8), 80)


@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 300),
    quality=st.integers(1, 100),
    seed=st.integers(0, 2**32 - 1),
    contrast=st.sampled_from([0, 1, 4, 30, 255]),
    grain=st.sampled_from([1, 2, 8]),
)
@settings(max_examples=120, deadline=None)
def test_any_levels(rows, columns, quality, seed, contrast, grain):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, contrast + 1, (-(-rows // grain), -(-columns // grain)))
    levels = np.kron(coarse, np.ones((grain, grain)))[:rows, :columns].astype(np.uint8)
    own, other = (square_error(data, levels) for data in (encode_grey_jpeg(levels, quality), turbo(levels, quality)))
    assert own <= 1.1 * other + 2
