"""Measuring on stored files: values and lengths from stored pixels at full depth; who may; that it is audited (rules S06, S07)."""

from typing import Any

import gdcm
import numpy as np
import pytest
from pydicom.dataset import Dataset

from archive.services.ingest import IncomingFile, store_instances
from governance.core.faults import Malformed, NotFound
from governance.core.policy import operator
from governance.models import AuditEntry
from tests.small_objects import as_bytes, ct_image, dcmread, uid
from tests.stored_files import stored_bytes, stored_file
from viewer.core.measurement import parse_measurement
from viewer.core.opened import instance_digest
from viewer.services import measuring
from viewer.services.measuring import MeasuredFrame, measure, open_frame, quantities_on, values_at

PET = {"Modality": "PT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.128"}


def on(path, frame_index=0):
    return MeasuredFrame(stored_file(path), frame_index)


def asked(frame: MeasuredFrame, shape: str, *points: tuple[float, float]) -> dict[str, Any]:
    body = {"sop_instance_uid": "1", "frame": 1, "shape": shape, "points": [list(point) for point in points]}
    return measure(frame, parse_measurement(body))


def values(answer, kind="modality"):
    return {each["name"]: each["value"] for each in answer["quantities"] if each["kind"] == kind}


def store(*datasets, department="radiology"):
    files = [IncomingFile(data=as_bytes(dataset), source="test") for dataset in datasets]
    outcomes = store_instances(actor=operator(), files=files, department=department)
    assert [outcome.status for outcome in outcomes] == ["stored"] * len(datasets), [outcome.reason for outcome in outcomes]


# --- values ---


def test_S07_every_pixel_of_a_ct_is_what_gdcm_reads_rescaled(shared_data):
    path = shared_data / "radiology" / "ct-head-philips-28-slices" / "ct-head-014.dcm"
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    assert reader.Read()
    raw = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    stored = np.frombuffer(raw, np.uint16).reshape(512, 512)
    frame = on(path)
    for column, row in [(0, 0), (511, 511), (256, 200), (300, 301)]:
        answer = values_at(frame, column=column, row=row)
        assert answer["stored"] == int(stored[row, column])
        assert values(answer) == {"CT number": float(stored[row, column]) - 1024}  # Rescale Slope 1, Intercept -1024


def test_S07_a_value_says_which_frame_it_is_of_and_where_it_lies(shared_data):
    frame = on(shared_data / "radiology" / "pt-acrin-flt-breast.dcm")
    answer = values_at(frame, column=10, row=20)
    uid_ = frame.image.sop_instance_uid
    assert (answer["sop_instance_uid"], answer["instance"], answer["frame"]) == (uid_, instance_digest(uid_), 1)
    # Image Position (Patient) + 4.07283 mm · (10, 20)
    assert answer["mm"] == pytest.approx([-342.11083849009 + 40.7283, -528.74934994385 + 81.4566, -278.5])


def test_S07_suv_of_the_given_pet_at_a_pixel(shared_data):
    """By hand in tests/unit/test_suv.py: stored 154 is 1,404.98666 Bq/ml, SUVbw 0.834911258."""
    answer = values_at(on(shared_data / "radiology" / "pt-acrin-flt-breast.dcm"), column=84, row=84)
    assert answer["stored"] == 154
    assert values(answer)["activity concentration"] == pytest.approx(1404.98666)
    assert values(answer, "suv")["SUVbw"] == pytest.approx(0.834911258499477, rel=1e-9)
    lossless = values_at(on(shared_data / "radiology" / "pt-ge-jpeg-lossless-signed.dcm"), column=64, row=64)
    assert (lossless["stored"], values(lossless, "suv")["SUVbw"]) == (1829, pytest.approx(0.142319105419456, rel=1e-12))


def test_S07_frames_of_one_object_differ_in_rescale_and_real_world_units(shared_data):
    """Philips field map: 32 magnitude frames, slope 1.27985…, then 32 of Hz: 0.24420024… · stored - 500."""
    path = shared_data / "radiology" / "mr-enhanced-philips-fieldmap-64-frames.dcm"
    magnitude, hertz = (values_at(on(path, index), column=32, row=32) for index in (0, 63))
    pixels = dcmread(path).pixel_array
    assert (magnitude["stored"], hertz["stored"]) == (int(pixels[0, 32, 32]), int(pixels[63, 32, 32])) == (88, 2840)
    assert values(magnitude)["rescaled value"] == pytest.approx(88 * 1.27985347985347)
    assert values(hertz, "real world")["Philips"] == pytest.approx(2840 * 0.2442002442002442 - 500)
    assert [each["unit"] for each in hertz["quantities"]] == ["", "Hz"]


def test_S07_floating_point_pixels(shared_data):
    path = shared_data / "derived" / "parametric-map-float.dcm"
    dataset = dcmread(path)
    stored = np.frombuffer(dataset.FloatPixelData, np.float32).reshape(-1, dataset.Rows, dataset.Columns)
    answer = values_at(on(path), column=5, row=7)
    assert answer["stored"] == float(stored[0, 7, 5])
    assert values(answer, "real world") == {"feature_001": float(stored[0, 7, 5])}


def test_S07_a_palette_picture_gives_index_and_colour(shared_data):
    path = shared_data / "cine" / "us-palette-10-frames-rle.dcm"
    dataset = dcmread(path)
    answer = values_at(on(path, 3), column=300, row=200)
    index = int(dataset.pixel_array[3, 200, 300])
    tables = [np.frombuffer(dataset[f"{name}PaletteColorLookupTableData"].value, "<u2") for name in ("Red", "Green", "Blue")]
    assert answer["stored"] == index
    assert answer["colour"] == [int(table[index]) >> 8 for table in tables]


def test_what_values_mean_is_told_without_a_pixel(shared_data):
    answer = quantities_on(on(shared_data / "radiology" / "pt-philips-implicit.dcm"))
    assert [(each["name"], each["reason"]) for each in answer["quantities"]][:2] == [
        ("activity concentration", ""),
        ("SUVbw", "neither Series nor Acquisition Date and Time are stated"),
    ]


def test_a_pixel_outside_is_not_found(shared_data):
    frame = on(shared_data / "radiology" / "pt-acrin-flt-breast.dcm")
    for column, row in [(168, 0), (0, 168)]:
        with pytest.raises(NotFound):
            values_at(frame, column=column, row=row)


# --- lengths and statistics ---


def test_S06_a_length_on_a_stored_ct():
    frame = MeasuredFrame(stored_bytes(as_bytes(ct_image(PixelSpacing=[2, 1], Rows=4, Columns=4))), 0)
    answer = asked(frame, "length", (0, 0), (3, 2))  # 3 mm across, 4 mm down
    assert answer["length"] == {"value": 5.0, "unit": "mm", "kind": "calibrated", "label": "Pixel Spacing (0028,0030)", "components": []}
    for outside in ((4.1, 0), (0, -0.1)):
        with pytest.raises(Malformed):
            asked(frame, "length", (0, 0), outside)


def test_S06_the_length_of_a_video_needs_no_pixels_its_values_do():
    video = ct_image(transfer_syntax="1.2.840.10008.1.2.4.100", NumberOfFrames=9, PixelSpacing=[1, 1], Modality="XC")
    video.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x04\0\0\0\0\0\1\xb3"
    video["PixelData"].VR = "OB"
    video["PixelData"].is_undefined_length = True
    frame = MeasuredFrame(stored_bytes(as_bytes(video)), 0)
    assert asked(frame, "length", (0, 0), (3, 4))["length"]["value"] == 5.0
    with pytest.raises(NotFound):
        values_at(frame, column=0, row=0)


def test_S06_a_slide_measures_on_its_whole_matrix_and_has_no_statistics(shared_data):
    path = shared_data / "pathology" / "dicom-wsi-camelyon-15-frames-jpeg-ybr422.dcm"
    dataset = dcmread(path)
    row_mm, column_mm = (float(side) for side in dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing)
    columns, rows = int(dataset.TotalPixelMatrixColumns), int(dataset.TotalPixelMatrixRows)
    frame = on(path)
    assert columns > frame.image.columns
    answer = asked(frame, "length", (0, 0), (columns, 0))
    assert (answer["length"]["value"], answer["length"]["unit"]) == (pytest.approx(columns * column_mm * 1000), "µm")
    area = asked(frame, "rectangle", (0, 0), (100, rows))
    assert (area["area"]["value"], area["area"]["unit"]) == (pytest.approx(100 * column_mm * rows * row_mm * 1e6), "µm²")
    assert (area["statistics"], area["pixels"]) == ([], None)
    with pytest.raises(Malformed):
        asked(frame, "length", (0, 0), (columns + 1, 0))


def test_S07_ellipse_statistics_on_a_stored_ct_agree_with_numpy(shared_data):
    path = shared_data / "radiology" / "ct-head-philips-28-slices" / "ct-head-014.dcm"
    hounsfield = dcmread(path).pixel_array.astype(float) - 1024
    y, x = np.mgrid[:512, :512] + 0.5
    chosen = hounsfield[((x - 260) / 30) ** 2 + ((y - 240) / 20) ** 2 <= 1]
    answer = asked(on(path), "ellipse", (230, 220), (290, 260))
    (line,) = answer["statistics"]
    assert (answer["pixels"], line["count"], line["unit"]) == (len(chosen), len(chosen), "HU")
    assert (line["mean"], line["sd"]) == (pytest.approx(chosen.mean()), pytest.approx(chosen.std(ddof=1)))
    assert (line["min"], line["max"]) == (chosen.min(), chosen.max())
    assert (answer["area"]["value"], answer["area"]["unit"]) == (pytest.approx(np.pi * 30 * 20 * 0.451171875**2), "mm²")


def test_S07_padding_of_a_real_ct_is_left_out(shared_data):
    path = shared_data / "radiology" / "ct-head-ge-gantry-tilt-uneven-9-slices" / "ct-head-ge-001.dcm"
    dataset = dcmread(path)
    stored = dataset.pixel_array
    padding = int(dataset.PixelPaddingValue)
    answer = asked(on(path), "rectangle", (0, 0), (512, 512))
    assert (answer["pixels"], answer["padding"]) == (512 * 512, int((stored == padding).sum()))
    assert answer["padding"] > 0
    kept = stored[stored != padding].astype(float) * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    assert answer["statistics"][0]["mean"] == pytest.approx(kept.mean())
    corner = values_at(on(path), column=0, row=0)
    assert (corner["is_padding"], values(corner)["CT number"]) == (True, None)


# --- who may, and the series around it ---


@pytest.mark.django_db
def test_opening_a_frame_is_audited_and_needs_the_right_to_read(alice, charlie):
    store(ct_image())
    frame = open_frame(actor=alice.subject, sop_instance_uid=uid("instance", "one"), frame_number=1)
    assert frame.image.sop_instance_uid == uid("instance", "one")
    opened = AuditEntry.objects.filter(action="study opened")
    assert [(entry.actor, entry.study_instance_uid) for entry in opened] == [("alice", uid("study", "study"))]
    for actor, instance, number in [
        (charlie, uid("instance", "one"), 1),
        (alice, uid("instance", "two"), 1),
        (alice, uid("instance", "one"), 2),
        (alice, uid("instance", "one"), 0),
    ]:
        with pytest.raises(NotFound):
            open_frame(actor=actor.subject, sop_instance_uid=instance, frame_number=number)


@pytest.mark.django_db
def test_S07_the_first_acquisition_of_a_pets_series_is_known(alice):
    stated: dict[str, Any] = {
        "AcquisitionDate": "20240102", "SeriesDate": "20240102", "SeriesTime": "121000", "CorrectedImage": ["ATTN", "DECY"],
        "DecayCorrection": "START", "Units": "BQML", "PatientWeight": "70", "RescaleSlope": "1", "RescaleIntercept": "0", **PET,
    }  # fmt: skip
    drug = Dataset()
    drug.RadiopharmaceuticalStartDateTime, drug.RadionuclideTotalDose, drug.RadionuclideHalfLife = "20240102110000", "370000000", "3600"
    beds = [ct_image(name, series="pet", AcquisitionTime=time, **stated) for name, time in [("late", "121500"), ("early", "120000")]]
    for bed in beds:
        bed.RadiopharmaceuticalInformationSequence = [drug]
    store(*beds)
    measuring._earliest._kept.clear()
    frame = open_frame(actor=alice.subject, sop_instance_uid=uid("instance", "late"), frame_number=1)
    # Series Time 12:10 is after the first bed's 12:00, so that the scan began at 12:00: one half-life after the injection.
    answer = values_at(frame, column=1, row=0)
    assert values(answer, "suv")["SUVbw"] == pytest.approx(answer["stored"] * 70_000 / 185e6)
    assert "scan start: earliest Acquisition Date and Time of the images here" in answer["suv_basis"]
