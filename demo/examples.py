"""pydicom's own example objects as further demo patients: their pixels and transfer syntax kept, their identity replaced.

Only what lies in the installed wheel is used; nothing is downloaded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom import dcmread  # noqa: TID251  (pydicom's own files, not a stranger's)
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from demo.identity import ADA, BRUNO, CLEO, DMITRI, ELIF, FARID, HUGO, INSTITUTION, Visit, demo_uid
from demo.part10 import identify, part10

FOLDER = Path(pydicom.__file__).parent / "data" / "test_files"


@dataclass(frozen=True, slots=True)
class Example:
    """One file of the wheel and the visit it becomes part of."""

    file: str
    visit: Visit
    department: str
    series_number: int
    series_description: str


_BRUNO_CT = Visit(BRUNO, "example ct", "20241105", "091000", "CT, single slices", "DEMO-R-1980")
_BRUNO_MR = Visit(BRUNO, "example mr", "20241106", "133000", "MR, single slices", "DEMO-R-1991")
_CLEO_US = Visit(CLEO, "example us", "20241212", "101500", "Ultrasound, colour and palette", "DEMO-R-2050")
_DMITRI_ECHO = Visit(DMITRI, "example echo", "20250115", "084500", "Echocardiogram", "DEMO-C-0399")
_ELIF_NM = Visit(ELIF, "example nm", "20250120", "121000", "Bone scan", "DEMO-R-2103")
_FARID_MR = Visit(FARID, "example overlay", "20250122", "170000", "MR abdomen with overlay", "DEMO-R-2110")
_FARID_RT = Visit(FARID, "example rt", "20250203", "080000", "Radiotherapy plan", "DEMO-R-2125")
_HUGO_SC = Visit(HUGO, "example sc", "20250210", "151500", "Captured screens", "DEMO-R-2139")
_ADA_ECG = Visit(ADA, "ecg", "20250306", "140500", "12-lead ECG at rest", "DEMO-C-0455")

EXAMPLES = (
    Example("waveform_ecg.dcm", _ADA_ECG, "cardiology", 1, "12-lead ECG"),
    Example("CT_small.dcm", _BRUNO_CT, "radiology", 1, "Spine"),
    Example("J2K_pixelrep_mismatch.dcm", _BRUNO_CT, "radiology", 2, "Head, JPEG 2000 lossless"),
    Example("MR_small.dcm", _BRUNO_MR, "radiology", 1, "Single slice"),
    Example("MR_small_jpeg_ls_lossless.dcm", _BRUNO_MR, "radiology", 2, "Single slice, JPEG-LS lossless"),
    Example("examples_palette.dcm", _CLEO_US, "radiology", 1, "Palette colour"),
    Example("examples_rgb_color.dcm", _CLEO_US, "radiology", 2, "RGB"),
    Example("examples_jpeg2k.dcm", _CLEO_US, "radiology", 3, "JPEG 2000, YBR_RCT"),
    Example("examples_ybr_color.dcm", _DMITRI_ECHO, "cardiology", 1, "Clip of 30 frames"),
    Example("JPEG2000.dcm", _ELIF_NM, "radiology", 1, "Whole body"),
    Example("examples_overlay.dcm", _FARID_MR, "radiology", 1, "Abdomen"),
    Example("rtdose.dcm", _FARID_RT, "radiology", 1, "Dose"),
    Example("rtplan.dcm", _FARID_RT, "radiology", 2, "Plan"),
    Example("SC_rgb_jpeg_gdcm.dcm", _HUGO_SC, "radiology", 1, "JPEG lossless colour"),
    Example("SC_rgb_rle_2frame.dcm", _HUGO_SC, "radiology", 2, "RLE, two frames"),
    Example("reportsi.dcm", _HUGO_SC, "radiology", 3, "Structured report"),
)


def _anonymous(_: Dataset, element: DataElement) -> None:
    """Replace every person that a file names."""
    if element.VR == "PN":
        element.value = "Sample^Person"


def reidentified(example: Example, *, variant: str = "") -> bytes:
    """Return an example under its demo identity; private elements and all persons are gone, UIDs are the demo's."""
    ds = dcmread(FOLDER / example.file)
    syntax = ds.file_meta.TransferSyntaxUID
    visit = example.visit
    for keyword in (
        "OtherPatientIDs",
        "PatientAddress",
        "PatientTelephoneNumbers",
        "PatientComments",
        "InstitutionAddress",
        "StationName",
        "ReferencedRTPlanSequence",
    ):
        if keyword in ds:
            del ds[keyword]
    ds.remove_private_tags()
    ds.walk(_anonymous)
    identify(ds, visit.person)
    ds.StudyInstanceUID = demo_uid(variant, visit.key)
    ds.SeriesInstanceUID = demo_uid(variant, visit.key, example.series_number)
    ds.SOPInstanceUID = demo_uid(variant, visit.key, example.series_number, example.file)
    if "FrameOfReferenceUID" in ds:
        ds.FrameOfReferenceUID = demo_uid(variant, visit.key, "frame of reference")
    ds.StudyDate, ds.StudyTime = visit.date, visit.time
    ds.StudyID, ds.AccessionNumber = visit.accession_number[-4:], visit.accession_number
    ds.StudyDescription = visit.description
    ds.ReferringPhysicianName = visit.referring_physician
    ds.SeriesNumber = example.series_number
    ds.SeriesDescription = example.series_description
    ds.InstanceNumber = ds.get("InstanceNumber") or 1
    ds.Modality = ds.get("Modality") or "OT"
    ds.InstitutionName = INSTITUTION
    if ds.Modality == "US":
        ds.BurnedInAnnotation = "YES"  # a device's or a hospital's name is in the picture
    # uncompressed little endian is written as explicit VR, whatever it was
    return part10(ds, transfer_syntax_uid=ExplicitVRLittleEndian if syntax == ImplicitVRLittleEndian else syntax)


def draw(department: str, *, variant: str = "") -> Iterator[bytes]:
    """Yield the examples of a department."""
    for example in EXAMPLES:
        if example.department == department:
            yield reidentified(example, variant=variant)
