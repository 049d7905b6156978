"""What the bench of pixels looks at: one CT in four transfer syntaxes, a loop of 60 frames at 60 a second, a large radiograph.

Made of the demo's drawings, under UIDs of their own, so that an archive can hold them beside the demo.
    python -m bench.objects FOLDER
"""

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from functools import partial
from pathlib import Path
from struct import pack
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from demo import ct, echo
from demo.identity import demo_uid
from demo.part10 import part10

SLICES, LOOP_FRAMES, LOOP_HZ, LARGE = 48, 60, 60, 2048
SCAN = ct.Scan(slices=SLICES, spacing_mm=7.5)


def packbits_frame(values: NDArray[Any]) -> bytes:
    """Return an RLE frame of unsigned 16-bit values: a segment a byte, the most significant first, every row by itself (PS3.5 G)."""
    planes = np.ascontiguousarray(values, ">u2").view(np.uint8).reshape(*values.shape, 2)
    segments = []
    for byte in range(2):
        packed = b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in planes[..., byte])
        segments.append(packed + b"\0" * (len(packed) & 1))
    offsets = [64, 64 + len(segments[0])]
    return pack("<16L", 2, *offsets, *[0] * 13) + b"".join(segments)


SYNTAXES: dict[str, tuple[UID, Callable[[NDArray[Any]], bytes] | None]] = {
    "native": (ExplicitVRLittleEndian, None),
    "rle": (RLELossless, packbits_frame),
    "jpeg_2000": (JPEG2000Lossless, lambda values: bytes(imagecodecs.jpeg2k_encode(values, level=0, reversible=True, codecformat="j2k"))),
    "jpeg_ls": (JPEGLSLossless, lambda values: bytes(imagecodecs.jpegls_encode(values))),
}


def stack_of(name: str, slices: list[Dataset]) -> Iterator[bytes]:
    """Yield the CT in one transfer syntax, as a study of its own."""
    syntax, encode = SYNTAXES[name]
    for original in slices:
        ds = deepcopy(original)
        ds.StudyInstanceUID, ds.SeriesInstanceUID = demo_uid("bench", name), demo_uid("bench", name, "series")
        ds.SOPInstanceUID = demo_uid("bench", name, int(ds.InstanceNumber))
        ds.StudyDescription, ds.AccessionNumber = f"Bench, {name}", f"B-{name[:8]}"
        if encode is not None:
            values = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns)
            ds.PixelData = encapsulate([encode(values)], has_bot=True)
            ds["PixelData"].VR = "OB"
        yield part10(ds, transfer_syntax_uid=syntax)


def loop() -> bytes:
    """Return the demo's colour loop, 60 frames of 800x600 at 60 a second."""
    ds = echo.dataset(frames=LOOP_FRAMES, variant="bench")
    ds.FrameTime = f"{1000 / LOOP_HZ:.6f}"
    ds.CineRate = ds.RecommendedDisplayFrameRate = LOOP_HZ
    del ds.RWaveTimeVector
    return part10(ds, transfer_syntax_uid=JPEGBaseline8Bit)


def radiograph(slices: list[Dataset]) -> bytes:
    """Return a picture of 2048x2048 16-bit pixels: sixteen slices side by side."""
    side = LARGE // int(slices[0].Rows)
    planes = [np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns) for ds in slices[: side * side]]
    whole = np.block([planes[row * side : (row + 1) * side] for row in range(side)])
    ds = deepcopy(slices[0])
    ds.SOPClassUID, ds.Modality = DigitalXRayImageStorageForPresentation, "DX"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = (demo_uid("bench", "large", word) for word in ("study", "series", "one"))
    ds.StudyDescription, ds.AccessionNumber = "Bench, 2048x2048", "B-large"
    for keyword in ("ImageOrientationPatient", "ImagePositionPatient", "FrameOfReferenceUID", "SliceThickness", "SpacingBetweenSlices"):
        delattr(ds, keyword)
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.Rows, ds.Columns = whole.shape
    ds.PixelData = whole.astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    return part10(ds)


def write(folder: Path) -> None:
    """Write all objects below a folder."""
    slices = list(ct.datasets(SCAN, variant="bench"))
    with ProcessPoolExecutor(2) as pool:
        for name, files in zip(SYNTAXES, pool.map(partial(_listed, slices=slices), SYNTAXES), strict=True):
            below = folder / name
            below.mkdir(parents=True)
            for number, data in enumerate(files):
                (below / f"{number:03}.dcm").write_bytes(data)
    for name, data in (("loop", loop()), ("large", radiograph(slices))):
        (folder / name).mkdir()
        (folder / name / "one.dcm").write_bytes(data)


def _listed(name: str, slices: list[Dataset]) -> list[bytes]:
    return list(stack_of(name, slices))


def series() -> dict[str, str]:
    """Return the Series Instance UID of each kind of object."""
    found = {name: str(demo_uid("bench", name, "series")) for name in SYNTAXES}
    return found | {
        "loop": str(demo_uid("bench", echo.VISIT.key, echo.FOUR_CHAMBERS.series_key)),
        "large": str(demo_uid("bench", "large", "series")),
    }


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    print(json.dumps(series()))
