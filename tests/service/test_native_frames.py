"""Uncompressed frames: garbage above High Bit is cut off every time, and a look for it is not repeated where there is none."""

from typing import Any

import numpy as np
import pytest
from pydicom.uid import ExplicitVRBigEndian

from archive.services import pixels
from tests.small_objects import as_bytes, ct_image
from tests.stored_files import stored_bytes

TWELVE: dict[str, Any] = {"BitsStored": 12, "HighBit": 11}


@pytest.mark.parametrize("garbage", [0, 0x5000], ids=["clean", "garbage above High Bit"])
def test_S09_stored_values_are_the_same_however_often_they_are_asked_for(garbage):
    stored = np.arange(32, dtype=np.uint16).reshape(2, 4, 4) * 100
    image = stored_bytes(as_bytes(ct_image(PixelData=(stored | garbage).tobytes(), NumberOfFrames=2, **TWELVE)))
    for _ in range(3):
        for index in (0, 1):
            np.testing.assert_array_equal(pixels.decoded(image, index).values, stored[index])


def test_a_frame_of_one_image_found_clean_says_nothing_of_another_or_of_its_neighbour():
    stored = np.full((2, 4, 4), 7, np.uint16)
    stored[1] |= 0xF000
    image = stored_bytes(as_bytes(ct_image(PixelData=stored.tobytes(), NumberOfFrames=2, **TWELVE)))
    pixels.decoded(image, 0)
    assert pixels.decoded(image, 0).values.max() == 7
    assert pixels.decoded(image, 1).values.max() == 7


def test_only_what_lies_in_a_mapped_file_is_kept():
    mapped = stored_bytes(as_bytes(ct_image()))
    eight: dict[str, Any] = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "Rows": 4, "Columns": 4, "PixelData": bytes(range(16))}
    swapped = stored_bytes(as_bytes(ct_image(transfer_syntax=ExplicitVRBigEndian, **eight)))
    assert pixels.description_of(swapped).is_word_swapped
    for image in (mapped, swapped):
        pixels.decoded(image, 0)
    assert pixels.decoded(mapped, 0) is pixels.decoded(mapped, 0)
    assert (swapped.sha256, 0) not in pixels._frames, "its words were put in order: bytes in memory, which nothing bounds"


def test_signed_values_keep_their_sign():
    stored = np.array([-5, 5] * 8, np.int16)
    image = stored_bytes(as_bytes(ct_image(PixelData=(stored & 0x0FFF).astype(np.uint16).tobytes(), PixelRepresentation=1, **TWELVE)))
    for _ in range(2):
        np.testing.assert_array_equal(pixels.decoded(image, 0).values.reshape(-1), stored)
