"""The 16-bit lane: what goes out for the browser makes the very levels of the display chain; the rest is refused."""

import json
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from archive.core.description import MaskOperation, OverlayPlane, Shutter
from archive.core.lookup_table import LookupTable
from governance.core.faults import TooLarge, Unsupported
from tests.golden.draw_local_windows import FILE, vectors
from tests.unit.pixel_images import image
from viewer.core import local_levels
from viewer.core.local_levels import offers_values, pack_values
from viewer.core.view import ViewState
from viewer.core.voi_choice import voi_of

VALUES = ViewState(codec="values")


def packed(decoded: Any, description: Any, view: ViewState = VALUES) -> tuple[dict[str, Any], NDArray[Any]]:
    payload = pack_values(decoded, description, 0, view, voi_of(decoded, description, 0, view))
    length = struct.unpack_from("<I", payload)[0]
    recipe = json.loads(payload[4 : 4 + length])
    assert (4 + length) % 8 == 0
    return recipe, np.frombuffer(payload, "<u2" if recipe["sample_bytes"] == 2 else "u1", offset=4 + length)


def test_values_of_a_ct() -> None:
    decoded, description = image([0, 1024, 4095], window=(40, 400), rescale=(1.0, -1024.0), bits_stored=12, padding=(4095, 4095))
    recipe, samples = packed(decoded, description)
    assert samples.tolist() == [0, 1024, 4095]
    assert recipe == {
        "first": 0,
        "count": 4096,
        "sample_bytes": 2,
        "modality": {"slope": 1.0, "intercept": -1024.0},
        "voi_function": "",
        "window": [40.0, 400.0],
        "window_function": "LINEAR",
        "is_inverse": False,
        "padding": [4095, 4095],
    }


def test_signed_values_count_from_the_smallest_that_can_be_stored() -> None:
    recipe, samples = packed(*image([-2048, -1, 0, 2047], window=(0, 100), is_signed=True, bits_stored=12))
    assert (recipe["first"], recipe["count"], samples.tolist()) == (-2048, 4096, [0, 2047, 2048, 4095])


def test_up_to_8_bits_a_sample_is_a_byte() -> None:
    recipe, samples = packed(*image([0, 7, 255], bits_allocated=8, photometric_interpretation="MONOCHROME1"))
    assert (recipe["sample_bytes"], recipe["count"], recipe["is_inverse"], samples.tolist()) == (1, 256, True, [0, 7, 255])


def test_inversion_is_the_browsers() -> None:
    decoded, description = image([1, 2], window=(1, 2))
    recipe, _ = packed(decoded, description, ViewState(codec="values", invert=True))
    assert recipe["is_inverse"] is False


def test_a_modality_lut_goes_along() -> None:
    table = LookupTable(first_mapped=1, entries=np.array([5, 70], np.uint16), bits=16, count=2)
    recipe, _ = packed(*image([0, 1, 2], window=(1, 2), modality_lut=table))
    assert recipe["modality"] == {"first_mapped": 1, "entries": [5, 70]}


def test_a_voi_lut_is_no_window() -> None:
    table = LookupTable(first_mapped=0, entries=np.array([0, 255], np.uint16), bits=8, count=2)
    recipe, _ = packed(*image([0, 1], voi_luts=((table,),)))
    assert recipe["window"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"pixel_kind": "float", "bits_allocated": 32},
        {"bits_allocated": 32, "bits_stored": 20},
        {"voi_function": "SIGMOID", "window": (1, 2)},
        {"photometric_interpretation": "PALETTE COLOR"},
        {"presentation_lut": LookupTable(first_mapped=0, entries=np.array([0, 255], np.uint16), bits=8, count=2)},
    ],
)
def test_what_isnt_one_table_and_a_window_is_refused(fields: dict[str, Any]) -> None:
    decoded, description = image([0, 1], **{"window": (1, 2), **fields})
    with pytest.raises(Unsupported):
        packed(decoded, description)


def test_a_view_may_ask_for_sigmoid_and_gets_none() -> None:
    decoded, description = image([0, 1], window=(1, 2))
    with pytest.raises(Unsupported):
        packed(decoded, description, ViewState(codec="values", voi_function="SIGMOID"))


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_levels, "MAX_BYTES", 3)
    decoded, description = image([0, 1], window=(1, 2))
    with pytest.raises(TooLarge):
        packed(decoded, description)
    packed(replace(decoded, values=decoded.values[:, :1]), description)


def test_what_is_offered_by_facts() -> None:
    grey = {"PhotometricInterpretation": "MONOCHROME2", "SamplesPerPixel": 1, "BitsAllocated": 16}
    assert offers_values(grey, rows=2000, columns=2000)
    assert not offers_values(grey, rows=2001, columns=2000)
    assert offers_values({**grey, "BitsAllocated": 8}, rows=2001, columns=2000)
    assert not offers_values({**grey, "BitsAllocated": 32}, rows=1, columns=1)
    assert not offers_values({**grey, "PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, rows=1, columns=1)


def test_the_vectors_for_browsers_are_what_the_chain_makes() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == vectors()


@pytest.mark.parametrize(
    ("fields", "switched_off"),
    [
        ({"shutters": (Shutter(edges=(1, 1, 1, 1)),)}, {"shutter": False}),
        ({"overlays": (OverlayPlane(0x6000, 1, 2),)}, {"overlays": False}),
        ({"masks": (MaskOperation("AVG_SUB", ((1, 1),), (1,)),), "is_subtraction_recommended": True}, {"subtraction": False}),
    ],
)
def test_what_draws_upon_a_picture_is_refused_unless_it_is_switched_off(fields: dict[str, Any], switched_off: dict[str, Any]) -> None:
    decoded, description = image([0, 1], window=(1, 2), **fields)
    with pytest.raises(Unsupported):
        packed(decoded, description)
    assert packed(decoded, description, ViewState(codec="values", **switched_off))[1].tolist() == [0, 1]
