"""The opened document: identity, geometry, windows and caveats of what a viewport shows."""

import hashlib

import pytest

from tests.unit.image_records import AXIAL, MadeUpImage, slice_at
from viewer.core.interval import interval_words
from viewer.core.opened import instance_digest, lossy_of, opened_document, shown_of, window_unit_of, windows_of
from viewer.core.person_name import name_words
from viewer.core.slide import levels_of
from viewer.core.tray import WHOLE_SLIDE, items_of_series

SERIES = {"study_instance_uid": "1.2", "series_instance_uid": "1.2.3", "modality": "CT", "series_description": "chest", "series_number": 2}


def opened(images, modality="CT", position=0):
    item = items_of_series(modality, images)[position]
    grids, notes = levels_of(images, item.images) if item.kind == "slide" else ([], [])
    series = SERIES | {"modality": modality}
    shown = shown_of(modality=modality, item=item, images=images, levels=grids, notes=notes)
    return opened_document(series=series, patient={"name": "Doe"}, study={"date": ""}, shown=shown)


def test_S01_each_frame_names_its_instance_by_the_digest_that_picture_headers_carry():
    images = [slice_at(1, (0, 0, 0)), slice_at(2, (0, 0, 5))]
    document = opened(images)
    assert [frame["instance"] for frame in document["frames"]] == [0, 1]
    assert [one["sop_instance_uid"] for one in document["instances"]] == ["1.2.3.2", "1.2.3.1"]  # in the order shown
    assert document["instances"][0]["digest"] == hashlib.sha256(b"1.2.3.2").digest()[:16].hex() == instance_digest("1.2.3.2")


def test_S02_orientation_is_known_only_when_every_frame_has_letters():
    known = opened([slice_at(1, (0, 0, 0)), slice_at(2, (0, 0, 5))])
    assert known["orientation"] == "known"
    assert known["frames"][0]["edges"] == {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    unknown = opened([MadeUpImage("1.1", instance_number=1), MadeUpImage("1.2", instance_number=2)])
    assert unknown["orientation"] == "unknown"
    assert unknown["frames"][0]["edges"] is None


def test_a_stack_says_its_vectors_once_and_each_frame_its_first_pixel():
    tilted = [1.0, 0.0, 0.0, 0.0, 0.9483237, -0.3173047]
    both = [slice_at(n, (-100.00004, -80, z), tilted, FrameOfReferenceUID="1.9") for n, z in ((1, 0), (2, 5))]
    document = opened(both)
    assert document["frame_of_reference"] == "1.9"
    assert document["orientation_vectors"] == {"row": [1.0, 0.0, 0.0], "column": [0.0, 0.948324, -0.317305]}
    assert [frame["plane"] for frame in document["frames"]] == [{"origin": [-100.0, -80.0, 5.0]}, {"origin": [-100.0, -80.0, 0.0]}]


def test_frames_in_different_planes_each_say_their_vectors():
    first, second = slice_at(1, (0, 0, 0)), slice_at(2, (0, 0, 5), [1.0, 0.0, 0.0, 0.0, 0.99999, 0.004472])
    document = opened([first, second])
    assert len(document["frames"]) == 2  # parallel enough for one stack
    assert document["orientation_vectors"] is None
    assert [frame["plane"]["column"] for frame in document["frames"]] == [[0.0, 0.99999, 0.004472], [0.0, 1.0, 0.0]]


def test_without_geometry_there_is_no_plane():
    document = opened([MadeUpImage("1.1", instance_number=1), MadeUpImage("1.2", instance_number=2)])
    assert (document["frame_of_reference"], document["orientation_vectors"]) == (None, None)
    assert [frame["plane"] for frame in document["frames"]] == [None, None]
    nonsense = opened([slice_at(1, (0, 0, 0), [1.0, 0.0, 0.0, 1.0, 0.0, 0.0])])
    assert nonsense["frames"][0]["plane"] is None


def test_S02_laterality_and_view_are_told():
    image = MadeUpImage(facts={"ImageLaterality": "L", "ViewPosition": "MLO", "PatientOrientation": ["A", "FR"]})
    document = opened([image], "MG")
    assert (document["laterality"], document["view_position"], document["orientation"]) == ("L", "MLO", "known")


def test_S03_notes_of_the_stack_reach_the_document():
    document = opened([slice_at(n, (0, 0, z)) for n, z in enumerate([0, 5, 5, 10], 1)])
    assert document["notes"] == ["1 position doubled"]
    assert [frame["position_mm"] for frame in document["frames"]] == [10, 5, 5, 0]


def test_S05_the_source_is_lossy_when_it_says_so_or_when_its_syntax_cannot_be_otherwise():
    assert lossy_of([MadeUpImage()]) == {"is_lossy": False, "ratio": None, "method": None}
    stated = {"LossyImageCompression": "01", "LossyImageCompressionRatio": [10.0, 12.5], "LossyImageCompressionMethod": ["ISO_10918_1"]}
    assert lossy_of([MadeUpImage(), MadeUpImage(facts=stated)]) == {"is_lossy": True, "ratio": 12.5, "method": "ISO_10918_1"}
    denied = MadeUpImage(transfer_syntax_uid="1.2.840.10008.1.2.4.50", facts={"LossyImageCompression": "00"})
    assert lossy_of([denied]) == {"is_lossy": True, "ratio": None, "method": "JPEG Baseline"}


def test_S05_for_processing_is_told():
    image = MadeUpImage(facts={"PresentationIntentType": "FOR PROCESSING"})
    assert opened([image], "MG")["intent"] == "FOR PROCESSING"
    assert opened([MadeUpImage(facts={"PresentationIntentType": "FOR PRESENTATION"})], "MG")["intent"] == ""


def test_windows_of_a_frame_with_their_explanations():
    facts = {"WindowCenter": [40, -600], "WindowWidth": [400, 1500], "WindowCenterWidthExplanation": ["SOFT", "LUNG"]}
    assert windows_of(facts, 0) == [
        {"center": 40.0, "width": 400.0, "explanation": "SOFT"},
        {"center": -600.0, "width": 1500.0, "explanation": "LUNG"},
    ]
    assert windows_of({"WindowCenter": [40], "WindowWidth": [0]}, 0) == []
    per_frame = {"WindowCenter": [1], "WindowWidth": [2], "PerFrame": {"WindowCenter": [[10], [20]], "WindowWidth": [[30], [40]]}}
    assert windows_of(per_frame, 1) == [{"center": 20.0, "width": 40.0, "explanation": ""}]


@pytest.mark.parametrize(
    ("facts", "modality", "unit"),
    [
        ({"RescaleSlope": 1.0}, "CT", "HU"),
        ({"RescaleSlope": 1.0, "RescaleType": "HU"}, "PT", "HU"),
        ({"RescaleSlope": 1.0, "RescaleType": "US"}, "CT", ""),
        ({}, "CT", ""),
        ({"RescaleSlope": 1.0}, "MR", ""),
    ],
)
def test_only_hounsfield_units_are_called_so(facts, modality, unit):
    assert window_unit_of(facts, modality, 0) == unit


def test_S06_a_slide_without_micrometres_says_so():
    facts = {"ImageType": ["DERIVED", "PRIMARY", "VOLUME"], "TotalPixelMatrixColumns": 1024, "TotalPixelMatrixRows": 512}
    facts["DimensionOrganizationType"] = "TILED_FULL"
    images = [MadeUpImage("1.1", WHOLE_SLIDE, number_of_frames=8, rows=256, columns=256, facts=facts)]
    without = opened(images, "SM")
    assert without["spacing"]["kind"] == "none"
    assert without["slide"]["mpp_um"] is None
    facts |= {"PixelSpacing": [0.00025, 0.0005], "ObjectiveLensPower": 40.0}
    document = opened(images, "SM")
    assert document["slide"]["mpp_um"] == [0.5, 0.25]
    assert document["slide"]["objective_power"] == 40.0
    assert (document["columns"], document["rows"], document["frames"]) == (1024, 512, [])
    assert document["slide"]["levels"][0] == {
        "columns": 1024, "rows": 512, "tile_columns": 256, "tile_rows": 256, "tiles_across": 4, "tiles_down": 2,
        "downsample": 1.0, "instance": 0,
    }  # fmt: skip


def test_S08_the_clock_and_its_source_are_in_the_document():
    document = opened([MadeUpImage(number_of_frames=30, facts={"FrameTime": 40.0})], "US")
    assert document["kind"] == "clip"
    assert document["cine"]["source"] == "Frame Time (0018,1063)"
    assert opened([slice_at(1, (0, 0, 0)), slice_at(2, (0, 0, 5))])["cine"] is None


def test_enhanced_frames_have_numbers_from_one():
    facts = {"ImageOrientationPatient": AXIAL, "PerFrame": {"ImagePositionPatient": [[0, 0, 0], [0, 0, 5]]}}
    document = opened([MadeUpImage(number_of_frames=2, facts=facts)])
    assert [(frame["frame_number"], frame["position_mm"]) for frame in document["frames"]] == [(2, 5.0), (1, 0.0)]


@pytest.mark.parametrize(
    ("other", "reference", "words"),
    [
        ("20240115", "20250320", "1 y 2 mo earlier"),
        ("20250320", "20240115", "1 y 2 mo later"),
        ("20250101", "20250131", "30 d earlier"),
        ("20250131", "20250301", "1 mo earlier"),
        ("20240301", "20250301", "1 y earlier"),
        ("20250301", "20250301", "same day"),
        ("", "20250301", "date unknown"),
        ("20251399", "20250301", "date unknown"),
    ],
)
def test_S04_the_interval_between_studies_in_words(other, reference, words):
    assert interval_words(other, reference) == words


@pytest.mark.parametrize(
    ("person_name", "words"),
    [
        ("DOE^JANE", "DOE, JANE"),
        ("Doe^Jane^Maria^Dr.^PhD", "Doe, Dr. Jane Maria, PhD"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou"),
        ("=山田^太郎", "山田, 太郎"),
        ("^Jane", "Jane"),
        ("", ""),
        ("^^^^=", ""),
    ],
)
def test_names_as_people_read_them(person_name, words):
    assert name_words(person_name) == words
