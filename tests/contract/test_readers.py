"""Every reader over every real file: frames lie where pydicom finds them, identities read as pydicom reads them."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames

from archive.core.dataset import DicomObject
from archive.core.frame import align_bits, defragment
from archive.core.readers import FileSource, read_object
from archive.core.readers.part10 import dataset_offset
from archive.core.readers.source import inflated_range
from governance.core.faults import Fault
from tests.small_objects import dcmread


def read(path: Path) -> DicomObject | None:
    with path.open("rb") as file:
        try:
            return read_object(FileSource(file), path.name)
        except Fault:
            return None


def frame_bytes(path: Path, found: DicomObject, frame_index: int) -> bytes:
    table = found.frame_table
    offset, length = table.span(frame_index)
    with path.open("rb") as file:
        source = FileSource(file)
        if table.kind == "deflated":
            span = inflated_range(source, start=dataset_offset(source), offset=offset, length=length)
        else:
            span = source.read_at(offset, length)
    if table.is_fragmented:
        return defragment(span)
    if table.bits_per_frame % 8:
        return align_bits(span, bit_offset=table.bit_offset(frame_index), bits=table.bits_per_frame)
    return span


def frames_by_pydicom(dataset: Dataset, found: DicomObject) -> list[bytes]:
    value = next(dataset[keyword].value for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData") if keyword in dataset)
    if found.frame_table.kind == "encapsulated":
        return list(generate_frames(value, number_of_frames=found.number_of_frames))
    bits = found.frame_table.bits_per_frame
    if bits % 8 == 0:
        return [value[index * bits // 8 : (index + 1) * bits // 8] for index in range(found.number_of_frames)]
    levels = np.unpackbits(np.frombuffer(value, np.uint8), bitorder="little")
    return [np.packbits(levels[index * bits : (index + 1) * bits], bitorder="little").tobytes() for index in range(found.number_of_frames)]


@pytest.mark.filterwarnings("ignore")
def test_frames_and_identities_of_all_shared_files(shared_data):
    compared = 0
    for path in sorted(shared_data.rglob("*")):
        found = read(path) if path.is_file() else None
        if found is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(path, force=True)
            assert found.identity.sop_instance_uid == str(dataset.SOPInstanceUID), path
            assert found.identity.patient_id == str(dataset.get("PatientID") or "").strip()[:64], path
        if found.frame_table.kind == "none":
            assert found.frame_table.is_video or not {"PixelData", "FloatPixelData", "DoubleFloatPixelData"} & set(dataset.dir()), path
            continue
        expected = frames_by_pydicom(dataset, found)
        assert len(expected) == found.number_of_frames == len(found.frame_table), path
        for index in {0, found.number_of_frames // 2, found.number_of_frames - 1}:
            ours = frame_bytes(path, found, index)
            assert ours.rstrip(b"\0") == expected[index].rstrip(b"\0"), (path, index)
        compared += 1
    assert compared > 400
