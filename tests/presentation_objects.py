"""Presentation states and key object selections for tests, with an image of known values that they are about."""

from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from tests.small_objects import ct_image, uid

STATES = "1.2.840.10008.5.1.4.1.1.11."
KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"


def item(**attributes: Any) -> Dataset:
    """Return a sequence item; lists of data sets become sequences."""
    made = Dataset()
    for keyword, value in attributes.items():
        is_items = isinstance(value, list) and value and isinstance(value[0], Dataset)
        setattr(made, keyword, Sequence(value) if is_items else value)
    return made


def grey_ramp(name: object = "ramp", **more: Any) -> Dataset:
    """Return a 16 x 16 CT image whose pixel (row, column) is stored as 16 · row + column, of 12 bits."""
    ramp = np.arange(256, dtype=np.uint16).reshape(16, 16)
    fields: dict[str, Any] = {"Rows": 16, "Columns": 16, "BitsStored": 12, "HighBit": 11, "PixelData": ramp.tobytes()}
    return ct_image(name, **(fields | more))


def reference(sop_instance_uid: str, *frames: int) -> Dataset:
    made = item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2", ReferencedSOPInstanceUID=sop_instance_uid)
    if frames:
        made.ReferencedFrameNumber = list(frames)
    return made


def lut(first: int, entries: list[int], bits: int) -> Dataset:
    made = item(LUTDescriptor=[len(entries), first, bits], LUTData=entries)
    made["LUTDescriptor"].VR = made["LUTData"].VR = "US"
    return made


def state(image: Dataset, name: object = "state", *, kind: str = "1", references: list[Dataset] | None = None, **more: Any) -> Dataset:
    """Return a presentation state about an image: identity, the whole image scaled to fit. more: attributes, None removes one."""
    made = ct_image(
        name, study="unused", SOPClassUID=STATES + kind, Modality="PR", SeriesInstanceUID=uid("series", "states"), PixelData=None,
        Rows=None, Columns=None, SamplesPerPixel=None, PhotometricInterpretation=None, BitsAllocated=None, BitsStored=None,
        HighBit=None, PixelRepresentation=None, InstanceNumber=1,
    )  # fmt: skip
    made.StudyInstanceUID = image.StudyInstanceUID
    made.ContentLabel, made.ContentDescription, made.ContentCreatorName = "BONE", "as reported", "Reader^Rita"
    made.PresentationCreationDate, made.PresentationCreationTime = "20260102", "030405"
    named = references if references is not None else [reference(image.SOPInstanceUID)]
    made.ReferencedSeriesSequence = Sequence([item(SeriesInstanceUID=image.SeriesInstanceUID, ReferencedImageSequence=named)])
    made.PresentationLUTShape = "IDENTITY"
    area = {"DisplayedAreaTopLeftHandCorner": [1, 1], "DisplayedAreaBottomRightHandCorner": [image.Columns, image.Rows]}
    made.DisplayedAreaSelectionSequence = Sequence([item(**area, PresentationSizeMode="SCALE TO FIT", PresentationPixelAspectRatio=[1, 1])])
    for keyword, value in more.items():
        if value is None:
            del made[keyword]
        else:
            is_items = isinstance(value, list) and value and isinstance(value[0], Dataset)
            setattr(made, keyword, Sequence(value) if is_items else value)
    return made


def window(center: float, width: float, *references: Dataset, function: str = "", explanation: str = "") -> Dataset:
    """Return an item of the Softcopy VOI LUT Sequence."""
    made = item(WindowCenter=str(center), WindowWidth=str(width))
    if explanation:
        made.WindowCenterWidthExplanation = explanation
    if function:
        made.VOILUTFunction = function
    if references:
        made.ReferencedImageSequence = Sequence(references)
    return made


def overlay(group: int, bits: np.ndarray, dataset: Dataset, *, layer: str = "") -> None:
    """Put an overlay plane into a data set."""
    rows, columns = bits.shape
    values = ((0x10, "US", rows), (0x11, "US", columns), (0x40, "CS", "G"), (0x50, "SS", [1, 1]), (0x100, "US", 1), (0x102, "US", 0))
    for element, vr, value in values:
        dataset.add_new((group, element), vr, value)
    if layer:
        dataset.add_new((group, 0x1001), "CS", layer)
    dataset.add_new((group, 0x3000), "OW", np.packbits(bits.astype(np.uint8).reshape(-1), bitorder="little").tobytes())


def code(value: str, meaning: str) -> list[Dataset]:
    return [item(CodeValue=value, CodingSchemeDesignator="DCM", CodeMeaning=meaning)]


def key_objects(image: Dataset, name: object = "key objects", *, references: list[Dataset] | None = None) -> Dataset:
    """Return a key object selection about an image, with a description and an observer."""
    made = state(image, name, SOPClassUID=KEY_OBJECTS, Modality="KO", SeriesInstanceUID=uid("series", "key objects"))
    made.file_meta.MediaStorageSOPClassUID = UID(KEY_OBJECTS)
    for keyword in (
        "ReferencedSeriesSequence",
        "DisplayedAreaSelectionSequence",
        "PresentationLUTShape",
        "ContentLabel",
        "ContentDescription",
    ):
        del made[keyword]
    made.ContentDate, made.ContentTime, made.ValueType = "20260203", "040506", "CONTAINER"
    made.ConceptNameCodeSequence = Sequence(code("113000", "Of Interest"))
    selected = references if references is not None else [reference(image.SOPInstanceUID)]
    images = [item(RelationshipType="CONTAINS", ValueType="IMAGE", ReferencedSOPSequence=[one]) for one in selected]
    said = item(ValueType="TEXT", ConceptNameCodeSequence=code("113012", "Key Object Description"), TextValue="the fracture")
    who = item(ValueType="PNAME", ConceptNameCodeSequence=code("121008", "Person Observer Name"), PersonName="Reader^Rita")
    made.ContentSequence = Sequence([who, said, *images])
    return made
