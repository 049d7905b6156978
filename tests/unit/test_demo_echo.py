"""The drawn echo loops: motion, colour, regions, clock, and how they are encoded."""

import hashlib
import io

import numpy as np
import pytest
import simplejpeg
from pydicom.encaps import generate_frames

from demo import echo, heart
from demo.samples import echo_loop

LAYOUT = echo.Layout(300, 400)
# frames of the first beat: the R wave is three frames in, so 8 is mid-systole and 16 early filling
SYSTOLE, FILLING = 8, 16


def flow_pixels(picture) -> tuple[int, int]:
    """Count (reddish, bluish) pixels inside the sector."""
    x0, y0, x1, y1 = LAYOUT.sector_box
    red, blue = (picture[y0:y1, x0:x1, channel].astype(int) for channel in (0, 2))
    return int(((red > blue + 60) & (red > 90)).sum()), int(((blue > red + 60) & (blue > 90)).sum())


def test_colour_turns_with_the_beat():
    red, blue = flow_pixels(echo.draw_frame(echo.FOUR_CHAMBERS, SYSTOLE, layout=LAYOUT))
    assert blue > 300
    filling_red, filling_blue = flow_pixels(echo.draw_frame(echo.FOUR_CHAMBERS, FILLING, layout=LAYOUT))
    assert filling_red > 300
    assert filling_red / max(1, filling_blue) > red / blue


def test_grey_loop_has_no_colour_in_its_sector():
    assert flow_pixels(echo.draw_frame(echo.SHORT_AXIS, SYSTOLE, layout=LAYOUT)) == (0, 0)


def test_left_ventricle_contracts_and_wall_thickens():
    x, y = np.meshgrid(np.linspace(-6, 6, 240, dtype=np.float32), np.linspace(1, 15, 280, dtype=np.float32))
    areas = []
    for phase in (0.0, 0.36):
        echoes = heart.four_chambers(x, y, phase)
        ventricle = (echoes.rest_x > -0.4) & (echoes.rest_y < 9.5)
        areas.append(float(((echoes.wall_cm < 0) & ventricle).mean()))
    assert areas[1] < 0.75 * areas[0]


def test_speckle_moves_with_the_tissue():
    x, y = np.meshgrid(np.linspace(-6, 6, 240, dtype=np.float32), np.linspace(1, 15, 280, dtype=np.float32))
    early, late = heart.four_chambers(x, y, 0.0), heart.four_chambers(x, y, 0.3)
    moved = np.hypot(late.rest_x - early.rest_x, late.rest_y - early.rest_y)
    assert moved.max() > 0.8  # cm
    step = x[0, 1] - x[0, 0]
    assert np.abs(np.diff(late.rest_x, axis=1)).max() < 3 * step  # nothing tears
    assert (np.diff(late.rest_y, axis=0) > 0).mean() > 0.99  # and nothing folds over


def test_loop_closes():
    """The frame after the last is the first: 25 frames are one beat."""
    x, y = np.meshgrid(np.linspace(-6, 6, 60, dtype=np.float32), np.linspace(1, 15, 70, dtype=np.float32))
    first, after = heart.four_chambers(x, y, 0.0), heart.four_chambers(x, y, 75 / echo.FRAMES_A_BEAT)
    assert np.allclose(first.rest_y, after.rest_y, atol=1e-5)
    beat_ms = echo.FRAME_TIME_MS * echo.FRAMES_A_BEAT
    assert beat_ms == pytest.approx(60_000 / echo.HEART_RATE)


@pytest.mark.parametrize(("colour", "photometric", "subsampling"), [(True, "YBR_FULL", "444"), (False, "YBR_FULL_422", "422")])
def test_S10_colour_doppler_is_encoded_without_subsampling(colour, photometric, subsampling):
    ds = echo_loop(2, colour=colour)
    assert ds.PhotometricInterpretation == photometric
    frames = list(generate_frames(ds.PixelData, number_of_frames=2))
    assert len(frames) == 2
    for frame in frames:
        rows, columns, space, sampling = simplejpeg.decode_jpeg_header(frame)
        assert (rows, columns, space, sampling) == (ds.Rows, ds.Columns, "YCbCr", subsampling)


def test_regions_are_in_centimetres_and_seconds():
    tissue, colour, strip = echo.regions(LAYOUT, echo.FOUR_CHAMBERS, frames=50)
    assert [tissue.RegionDataType, colour.RegionDataType, strip.RegionDataType] == [1, 2, 10]
    assert tissue.PhysicalUnitsXDirection == tissue.PhysicalUnitsYDirection == 3
    depth_px = tissue.RegionLocationMaxY1 - (tissue.RegionLocationMinY0 + tissue.ReferencePixelY0)
    assert depth_px * tissue.PhysicalDeltaY == pytest.approx(echo.DEPTH_CM, abs=0.5)
    assert tissue.RegionLocationMinX0 < colour.RegionLocationMinX0 < colour.RegionLocationMaxX1 < tissue.RegionLocationMaxX1
    assert strip.PhysicalUnitsXDirection == 4
    seconds = (strip.RegionLocationMaxX1 - strip.RegionLocationMinX0) * strip.PhysicalDeltaX
    assert seconds == pytest.approx(50 * echo.FRAME_TIME_MS / 1000)


def test_clock_is_named():
    ds = echo_loop(3, rows=120, columns=160)
    assert len(ds.SequenceOfUltrasoundRegions) == 3
    assert ds.FrameIncrementPointer == 0x00181063
    assert float(ds.FrameTime) == pytest.approx(100 / 3)
    assert ds.HeartRate == 72
    assert ds.NumberOfFrames == 3


def test_same_bytes_at_every_drawing():
    def digest() -> str:
        buffer = io.BytesIO()
        for data in echo.draw(frames=3, grey_frames=2, layout=echo.Layout(120, 160)):
            buffer.write(data)
        return hashlib.sha256(buffer.getvalue()).hexdigest()

    assert digest() == digest()
