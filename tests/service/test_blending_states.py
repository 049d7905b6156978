"""A blending presentation state from the archive to a picture (PS3.3 A.33.4; PS3.4 N.2.6)."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from archive.services.ingest import IncomingFile, store_instances
from governance.core.faults import Malformed
from governance.core.policy import operator
from tests.presentation_objects import grey_ramp, item, lut, reference, state, window
from tests.small_objects import as_bytes, ct_image, uid
from viewer.core.applied import Applied
from viewer.core.view import ViewState
from viewer.services.opening import OpenedTarget, open_target
from viewer.services.rendering import render_frame
from viewer.services.studies import study_page

PLACE: dict[str, Any] = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "FrameOfReferenceUID": "1.2.3"}
COUNT = 101


def lower(**more: Any) -> Dataset:
    """Pixels of 1 mm from (0, 0, 0) on; row r, column c stored as 16 r + c."""
    return grey_ramp("lower", PixelSpacing=[1, 1], ImagePositionPatient=[0, 0, 0], **(PLACE | more))


def upper(**more: Any) -> Dataset:
    """Pixels of 2 mm from (0.5, 0.5, 0) on; column c stored as 10 c, and 500 for padding in the last row."""
    values = np.tile(np.arange(0, 40, 10, dtype=np.uint16), (4, 1))
    values[3] = 500
    place = PLACE | {"PixelSpacing": [2, 2], "ImagePositionPatient": [0.5, 0.5, 0], "PixelPaddingValue": 500}
    fields = place | {"PixelData": values.tobytes()} | more
    return ct_image("upper", series="upper", **{name: value for name, value in fields.items() if value is not None})


def blending(**more: Any) -> Dataset:
    """The lower set as stored, the upper one twice its values through 0..100 and a palette of red for much and blue for little."""
    under, over = lower(), upper()
    sets = []
    for position, image, grey in (
        ("UNDERLYING", under, {"SoftcopyVOILUTSequence": [window(128, 256)]}),
        (
            "SUPERIMPOSED",
            over,
            {
                "RescaleIntercept": 0,
                "RescaleSlope": 2,
                "RescaleType": "US",
                "SoftcopyVOILUTSequence": [window(50, 100, function="LINEAR_EXACT")],
            },
        ),
    ):
        series = item(SeriesInstanceUID=image.SeriesInstanceUID, ReferencedImageSequence=[reference(image.SOPInstanceUID)])
        sets.append(item(BlendingPosition=position, StudyInstanceUID=image.StudyInstanceUID, ReferencedSeriesSequence=[series], **grey))
    fields: dict[str, Any] = {
        "ReferencedSeriesSequence": None,
        "PresentationLUTShape": None,
        "BlendingSequence": sets,
        "RelativeOpacity": 0.25,
    }
    made = state(under, kind="4", **(fields | more))
    up = list(range(COUNT))
    for name, entries in (("Red", up), ("Green", [0] * COUNT), ("Blue", up[::-1])):
        table = lut(0, [entry << 8 for entry in entries], 16)
        setattr(made, f"{name}PaletteColorLookupTableDescriptor", table.LUTDescriptor)
        made[f"{name}PaletteColorLookupTableDescriptor"].VR = "US"
        setattr(made, f"{name}PaletteColorLookupTableData", np.array([entry << 8 for entry in entries], "<u2").tobytes())
    return made


def opened(alice, *datasets: Dataset) -> OpenedTarget:
    files = [IncomingFile(data=as_bytes(one), source="test") for one in datasets]
    outcomes = store_instances(actor=operator(), files=files, department="radiology")
    assert [outcome.status for outcome in outcomes] == ["stored"] * len(datasets), [outcome.reason for outcome in outcomes]
    return open_target(actor=alice.subject, target={"series_instance_uid": lower().SeriesInstanceUID})


def shown(target: OpenedTarget, window: tuple[float, float] | None = None) -> tuple[np.ndarray, Applied]:
    (image, index) = target.frames[0]
    named = uid("instance", "state")
    picture = render_frame(
        image=image, frame_index=index, view=ViewState(codec="png", presentation=named, window=window), state=target.states[named]
    )
    return np.asarray(Image.open(io.BytesIO(picture.data))), picture.applied


def test_the_upper_set_lies_over_the_lower_one_in_its_colours(alice):
    """Column 1 lies at 0.25 of the upper set: 2.5 stored, 5 rescaled, entry 5 of the palette: 5, 0, 95; a quarter of it over grey 1."""
    levels, applied = shown(opened(alice, lower(), upper(), blending()))
    assert levels.shape == (16, 16, 3)
    assert levels[0, 1].tolist() == [2, 1, 25]
    assert levels[0, 2].tolist() == [5, 2, 23]  # 15, 0, 85 over 2: 5.25, 1.5, 22.75
    assert levels[0, 8].tolist() == [8, 8, 8], "beyond its edge the lower set stands alone"
    assert levels[7, 0].tolist() == [112, 112, 112], "so it does under padding"
    assert applied & Applied.PRESENTED


def test_a_window_on_top_is_for_the_lower_set(alice):
    levels, _ = shown(opened(alice, lower(), upper(), blending()), window=(100.0, 1.0))
    assert levels[15, 0].tolist() == [255, 255, 255]
    assert levels[0, 1].tolist() == [1, 0, 24]  # 5, 0, 95 over 0: 1.25, 0, 23.75


@pytest.mark.parametrize(("over", "sentence"), [
    (None, "not all here"),
    (upper(PhotometricInterpretation="RGB", SamplesPerPixel=3, PlanarConfiguration=0, BitsAllocated=8, BitsStored=8, HighBit=7,
           PixelPaddingValue=None, PixelData=bytes(48)), "not grey"),
    (upper(FrameOfReferenceUID="1.2.4"), "Frame of Reference"),
    (upper(ImageOrientationPatient=[1, 0, 0, 0, 0, 1]), "parallel"),
], ids=["absent", "colour", "another frame of reference", "not parallel"])  # fmt: skip
def test_S09_the_lower_set_alone_is_not_shown_as_what_the_state_shows(alice, over, sentence):
    datasets = [lower(), blending()] if over is None else [lower(), over, blending()]
    target = opened(alice, *datasets)
    with pytest.raises(Malformed, match=sentence):
        shown(target)


def test_S09_part_of_the_upper_set_is_not_shown_as_all_of_it(alice):
    """A study that is still coming in: what lies between the slices that are here already would be invented, or left out."""
    made = blending()
    series = made.BlendingSequence[1].ReferencedSeriesSequence[0]
    series.ReferencedImageSequence.append(reference(uid("instance", "yet to come")))
    target = opened(alice, lower(), upper(), made)
    with pytest.raises(Malformed, match="not all here"):
        shown(target)


def test_it_is_listed_with_the_lower_series(alice):
    opened(alice, lower(), upper(), blending())
    items = study_page(actor=alice.subject, study_instance_uid=str(lower().StudyInstanceUID))["items"]
    listed = {each["series_instance_uid"]: [one["kind"] for one in each["presentations"] if one["is_applied"]] for each in items}
    assert listed[str(lower().SeriesInstanceUID)] == ["blending"]
    assert listed[str(upper().SeriesInstanceUID)] == []
