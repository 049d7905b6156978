"""Levels against DCMTK's, kept in dcmtk_levels.json, so that they are compared where DCMTK is not installed."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from tests.golden.draw_with_dcmtk import DRAWN, FILES, GOLDEN, points
from tests.stored_files import stored_file
from viewer.core.view import ViewState
from viewer.services.rendering import render_frame

EXPECTED = json.loads(GOLDEN.read_text(encoding="ascii"))
# DCMTK doubles halved chroma where libjpeg interpolates it, and rounds YBR in integers
TOLERANCES = {"SC_ybr_full_422_uncompressed.dcm": 2}


@pytest.mark.parametrize("name", DRAWN)
def test_levels_are_dcmtks(name):
    window, frame_number = DRAWN[name]
    view = ViewState(window=window if isinstance(window, tuple) else None, codec="png")
    picture = render_frame(image=stored_file(FILES / name), frame_index=frame_number - 1, view=view)
    ours = np.array(points(np.asarray(Image.open(io.BytesIO(picture.data)))))
    assert ours.shape == np.array(EXPECTED[name]).shape
    assert np.abs(ours - np.array(EXPECTED[name])).max() <= TOLERANCES.get(name, 1)
    assert ours.min() < ours.max()
