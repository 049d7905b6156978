"""A study with two presentation states and a key object selection, as files; its images have all that can be switched."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.presentation_objects import item, key_objects, lut, overlay, reference, state, window
from tests.small_objects import as_bytes, ct_image, uid

DESCRIPTION = "Presented as reported"
COLUMNS, ROWS = 256, 128
# The second image alone is what the state BONE is about: turned, a part of it, 40 HU wide.
TURN, PART = 90, ((65, 128), (128, 33))
CIRCLE = ((96.0, 80.0), (112.0, 80.0))  # middle, a point on it


def images() -> list[Dataset]:
    """Return three slices, 5 mm apart, whose values grow by 8 from column to column."""
    return [_image(number) for number in (1, 2, 3)]


def _image(number: int) -> Dataset:
    ramp = np.tile(np.arange(COLUMNS, dtype=np.uint16) * 8, (ROWS, 1)) + np.uint16(number)
    more: dict[str, Any] = {
        "Rows": ROWS, "Columns": COLUMNS, "BitsStored": 12, "HighBit": 11, "PixelData": ramp.tobytes(), "InstanceNumber": number,
        "RescaleSlope": "1", "RescaleIntercept": "-1024", "PixelSpacing": ["1", "1"], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [0, 0, 5 * number], "FrameOfReferenceUID": uid("frame", "presented"), "SliceThickness": "5",
        "WindowCenter": ["0", "40"], "WindowWidth": ["2048", "400"], "WindowCenterWidthExplanation": ["All of it", "Soft"],
        "StudyDescription": DESCRIPTION, "SeriesDescription": "Ramp", "StudyDate": "20260101", "StudyTime": "101500",
        "PatientID": "PR-1", "PatientName": "Presented^Pia",
        "ShutterShape": "RECTANGULAR", "ShutterLeftVerticalEdge": 9, "ShutterRightVerticalEdge": COLUMNS - 8,
        "ShutterUpperHorizontalEdge": 1, "ShutterLowerHorizontalEdge": ROWS,
    }  # fmt: skip
    made = ct_image(("presented", number), study="presented", **more)
    table = lut(0, [0] * 512 + [255] * 1536, 8)
    table["LUTDescriptor"].value = [2048, 0, 8]
    table.LUTExplanation = "Halves"
    made.VOILUTSequence = Sequence([table])
    bits = np.zeros((ROWS, COLUMNS), np.uint8)
    bits[8:16, 16:240] = 1
    overlay(0x6000, bits, made)
    made.add_new((0x6000, 0x1500), "LO", "CAD")
    return made


def bone(image: Dataset) -> Dataset:
    """Return a state about the second image: window, turn, part, a circle on it and a text in a corner of what is displayed."""
    circle = item(
        GraphicAnnotationUnits="PIXEL", GraphicDimensions=2, NumberOfGraphicPoints=2, GraphicData=[*CIRCLE[0], *CIRCLE[1]],
        GraphicType="CIRCLE", GraphicFilled="N",
    )  # fmt: skip
    text = item(
        BoundingBoxAnnotationUnits="DISPLAY", UnformattedTextValue="Fracture\r\n3 mm", BoundingBoxTopLeftHandCorner=[0.1, 0.5],
        BoundingBoxBottomRightHandCorner=[0.4, 0.6], BoundingBoxTextHorizontalJustification="LEFT", AnchorPointAnnotationUnits="PIXEL",
        AnchorPoint=list(CIRCLE[1]), AnchorPointVisibility="Y",
    )  # fmt: skip
    layer = item(GraphicLayer="REPORT", GraphicLayerOrder=1, GraphicLayerRecommendedDisplayCIELabValue=[45_000, 36_000, 52_000])
    area = item(
        DisplayedAreaTopLeftHandCorner=list(PART[0]), DisplayedAreaBottomRightHandCorner=list(PART[1]),
        PresentationSizeMode="SCALE TO FIT", PresentationPixelAspectRatio=[1, 1],
    )  # fmt: skip
    return state(
        image, "bone", RescaleSlope="1", RescaleIntercept="-1024", RescaleType="HU", SoftcopyVOILUTSequence=[window(-300, 500)],
        ImageRotation=TURN, ImageHorizontalFlip="N", DisplayedAreaSelectionSequence=[area], GraphicLayerSequence=[layer],
        GraphicAnnotationSequence=[item(GraphicLayer="REPORT", GraphicObjectSequence=[circle], TextObjectSequence=[text])],
        PatientID="PR-1", PatientName="Presented^Pia",
    )  # fmt: skip


def write_study(folder: Path) -> None:
    slices = images()
    unapplied = state(slices[0], "hung", kind="8", PatientID="PR-1", PatientName="Presented^Pia")
    unapplied.ContentLabel = "BLENDED"
    key = key_objects(slices[0], "presented key", references=[reference(slices[2].SOPInstanceUID)])
    key.PatientID, key.PatientName = "PR-1", "Presented^Pia"
    for number, made in enumerate([*slices, bone(slices[1]), unapplied, key]):
        (folder / f"{number}.dcm").write_bytes(as_bytes(made))
