"""JPEG and PNG are decoded again by Pillow, another implementation, and compared with the levels that went in."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from archive.core.codecs.jpeg_stream import read_jpeg_header
from viewer.core.encode import encode_jpeg, encode_png, reduce_levels, reduced_size


def decoded(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def drawing(*shape):
    """Return smooth structure with an edge: what JPEG is made for."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    base = 128 + 80 * np.sin(rows / 9) * np.cos(columns / 13) + 40 * (columns > shape[1] // 2)
    grey = np.clip(base, 0, 255).astype(np.uint8)
    return grey if len(shape) == 2 else np.stack([grey, grey[::-1], 255 - grey], axis=-1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (64, 33), (512, 512), (5, 6, 3), (200, 300, 3)])
def test_png_gives_the_same_levels(shape):
    levels = np.random.default_rng(7).integers(0, 256, shape, np.uint8)
    assert np.array_equal(decoded(encode_png(levels)), levels)
    assert np.array_equal(decoded(encode_png(drawing(*shape))), drawing(*shape))


def test_png_of_a_read_only_and_a_sliced_array():
    levels = drawing(40, 50)
    levels.setflags(write=False)
    assert np.array_equal(decoded(encode_png(levels)), levels)
    assert np.array_equal(decoded(encode_png(levels[::2, 3:])), levels[::2, 3:])


@pytest.mark.parametrize(("quality", "mean_tolerance"), [(95, 1.0), (80, 2.0), (50, 4.0)])
def test_jpeg_stays_near_the_levels(quality, mean_tolerance):
    levels = drawing(256, 256)
    again = decoded(encode_jpeg(levels, quality))
    assert again.shape == levels.shape
    assert np.abs(again.astype(int) - levels).mean() < mean_tolerance


def test_S10_colour_jpeg_keeps_full_chroma():
    header = read_jpeg_header(encode_jpeg(drawing(64, 64, 3), 80))
    assert header.sampling == ((1, 1), (1, 1), (1, 1))
    assert np.abs(decoded(encode_jpeg(drawing(64, 64, 3), 95)).astype(int) - drawing(64, 64, 3)).mean() < 2


@pytest.mark.parametrize(
    ("source", "limits", "expected"),
    [
        ((512, 512), (0, 0), (512, 512)),
        ((512, 512), (600, 600), (512, 512)),
        ((512, 512), (256, 0), (256, 256)),
        ((512, 256), (0, 100), (200, 100)),
        ((400, 600), (300, 300), (200, 300)),
        ((3, 1000), (10, 10), (1, 10)),
    ],
)
def test_reduced_size(source, limits, expected):
    assert reduced_size(*source, *limits) == expected


def test_reduction_by_whole_factors_is_the_mean():
    levels = np.array([[0, 10, 200, 200], [20, 30, 202, 203]], np.uint8)
    # (0 + 10 + 20 + 30) / 4 = 15; (200 + 200 + 202 + 203) / 4 = 201.25 -> 201
    assert reduce_levels(levels, 1, 2).tolist() == [[15, 201]]


def test_reduction_by_fractions_weighs_by_area():
    # 3 columns to 2: each covers 1.5: (0 + 0.5 * 90) / 1.5 = 30; (0.5 * 90 + 240) / 1.5 = 190
    assert reduce_levels(np.array([[0, 90, 240]], np.uint8), 1, 2).tolist() == [[30, 190]]
    assert reduce_levels(np.array([[0], [90], [240]], np.uint8), 2, 1).tolist() == [[30], [190]]


def test_reduction_of_colour_keeps_components_apart():
    levels = np.array([[[0, 100, 200], [2, 104, 208]]], np.uint8)
    assert reduce_levels(levels, 1, 1).tolist() == [[[1, 102, 204]]]


@pytest.mark.parametrize("size", [(160, 160), (97, 201), (255, 255)])
def test_reduction_of_a_flat_and_of_a_large_image(size):
    assert (reduce_levels(np.full((512, 512), 255, np.uint8), *size) == 255).all()
    levels = drawing(512, 512)
    small = reduce_levels(levels, *size).astype(float)
    blurred = ndimage.uniform_filter(levels.astype(float), (512 / size[0], 512 / size[1]))
    rows = ((np.arange(size[0]) + 0.5) * 512 / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * 512 / size[1]).astype(int)
    assert np.abs(small - blurred[rows][:, columns]).mean() < 3
    assert abs(small.mean() - levels.mean()) < 0.6
