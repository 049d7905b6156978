"""Part 10 files of drawn objects: the modules that every one of them has, and their bytes (PS3.3 C.7, C.12; PS3.10)."""

import io
from collections.abc import Sequence

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian

from demo.identity import INSTITUTION, ISSUER, Person, Visit, demo_uid

IMPLEMENTATION_CLASS_UID = demo_uid("implementation")


def identify(ds: Dataset, person: Person) -> None:
    """Write the Patient module over whatever ds has."""
    ds.PatientName = person.name
    ds.PatientID = person.patient_id
    ds.IssuerOfPatientID = ISSUER
    ds.PatientBirthDate = person.birth_date
    ds.PatientSex = person.sex


def new_object(
    visit: Visit,
    *,
    sop_class_uid: UID,
    modality: str,
    series_key: str,
    series_number: int,
    series_description: str,
    instance_number: int,
    variant: str = "",
) -> Dataset:
    """Return a data set with Patient, Study, Series, Equipment and SOP Common filled.

    variant: "" for the full demo archive; another word gives the same object other UIDs (the --small archive).
    """
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = sop_class_uid
    ds.SOPInstanceUID = demo_uid(variant, visit.key, series_key, instance_number)
    ds.InstanceCreationDate, ds.InstanceCreationTime = visit.date, visit.time
    identify(ds, visit.person)
    ds.StudyInstanceUID = demo_uid(variant, visit.key)
    ds.StudyDate, ds.StudyTime = visit.date, visit.time
    ds.StudyID = visit.accession_number[-4:]
    ds.AccessionNumber = visit.accession_number
    ds.StudyDescription = visit.description
    ds.ReferringPhysicianName = visit.referring_physician
    ds.SeriesInstanceUID = demo_uid(variant, visit.key, series_key)
    ds.Modality = modality
    ds.SeriesNumber = series_number
    ds.SeriesDescription = series_description
    ds.SeriesDate, ds.SeriesTime = visit.date, visit.time
    ds.ContentDate, ds.ContentTime = visit.date, visit.time
    ds.InstanceNumber = instance_number
    ds.Manufacturer = "Viewbox"
    ds.ManufacturerModelName = "Demo drawing"
    ds.DeviceSerialNumber = "1"
    ds.SoftwareVersions = "1"
    ds.InstitutionName = INSTITUTION
    return ds


def part10(ds: Dataset, *, transfer_syntax_uid: UID = ExplicitVRLittleEndian) -> bytes:
    """Return ds as the bytes of a DICOM file; a new File Meta Information replaces any that ds had."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = transfer_syntax_uid
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = "VIEWBOX_DEMO"
    ds.file_meta = meta
    buffer = io.BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return a code item (PS3.3 section 8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def items(*datasets: Dataset) -> Sequence[Dataset]:
    """Return the items as a sequence value."""
    return list(datasets)
