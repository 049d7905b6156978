"""Frames that codec tests share: a description by what differs, and a texture that gives every codec work."""

from dataclasses import replace

import numpy as np

from archive.core.codecs import decode_frame
from tests.unit.pixel_images import GREY_16

PREFIX = "1.2.840.10008.1.2"
JPEG, JPEG_12, LOSSLESS, JLS, J2K, HT, JXL, RLE = ".4.50", ".4.51", ".4.70", ".4.80", ".4.90", ".4.201", ".4.110", ".5"


def described(rows, columns, *, syntax=".1", bits=16, stored=None, samples=1, **fields):
    stored = stored or bits
    photometric = fields.pop("photometric", "RGB" if samples == 3 else "MONOCHROME2")
    fields.setdefault("high_bit", stored - 1)
    return replace(
        GREY_16,
        transfer_syntax_uid=PREFIX + syntax,
        rows=rows,
        columns=columns,
        bits_allocated=bits,
        bits_stored=stored,
        samples_per_pixel=samples,
        photometric_interpretation=photometric,
        **fields,
    )


def decoded(data, *args, **options):
    return decode_frame(data, described(*args, **options))


def texture(*shape, low=0, high=256, dtype=np.uint8):
    """Return smooth structure with a little noise, so that every codec has work to do."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    grey = (np.sin(rows / 5) * np.cos(columns / 7) + 1) / 2 * (high - 1 - low) + low
    noise = np.random.default_rng(1).integers(-2, 3, shape[:2])
    values = np.clip(grey + noise, low, high - 1).astype(dtype)
    return values if len(shape) == 2 else np.ascontiguousarray(np.stack([values, values[::-1], values[:, ::-1]], -1))


GREY_8, GREY_12 = texture(64, 96), texture(64, 96, high=4096, dtype=np.uint16)
