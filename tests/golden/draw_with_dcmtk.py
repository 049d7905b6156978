"""Write dcmtk_levels.json: what DCMTK's dcmj2pnm draws of pydicom's own files, on a grid.

Run by hand: python -m tests.golden.draw_with_dcmtk
"""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image

FILES = Path(pydicom.__file__).parent / "data" / "test_files"
GOLDEN = Path(__file__).parent / "dcmtk_levels.json"
GRID = 7  # points a side
# file -> (window number of the file, or (center, width), or None; frame from 1)
DRAWN: dict[str, tuple[int | tuple[float, float] | None, int]] = {
    "CT_small.dcm": ((40, 400), 1),
    "MR_small.dcm": (1, 1),
    "MR_small_RLE.dcm": (1, 1),
    "MR_small_expb.dcm": ((500, 1000), 1),
    "JPGExtended.dcm": ((2048, 4096), 1),
    "JPEG-lossy.dcm": ((500, 1000), 1),
    "SC_rgb_rle_2frame.dcm": (None, 2),
    "SC_rgb_dcmtk_+eb+cr.dcm": (None, 1),
    "examples_palette.dcm": (None, 1),
    "examples_rgb_color.dcm": (None, 1),
    "SC_ybr_full_422_uncompressed.dcm": (None, 1),
    "image_dfl.dcm": (None, 1),
}


def points(levels: np.ndarray) -> list:
    """Return the levels at GRID x GRID places spread over the picture."""
    rows = np.linspace(0, levels.shape[0] - 1, GRID).astype(int)
    columns = np.linspace(0, levels.shape[1] - 1, GRID).astype(int)
    return list(levels[rows][:, columns].tolist())


def draw(name: str) -> list:
    window, frame_number = DRAWN[name]
    options = [] if window is None else ["+Wi", str(window)] if isinstance(window, int) else ["+Ww", str(window[0]), str(window[1])]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.pnm"
        subprocess.run(["dcmj2pnm", "-q", "+F", str(frame_number), *options, str(FILES / name), str(out)], check=True)
        return points(np.asarray(Image.open(out)))


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({name: draw(name) for name in DRAWN}, separators=(",", ":")) + "\n", encoding="ascii")
