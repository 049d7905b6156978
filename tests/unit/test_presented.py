"""What a presentation state makes of an image: levels worked by hand, and those of DCMTK's dcmp2pgm (PS3.4 N.2)."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archive.core.codecs import decode_frame
from archive.core.description import describe_image
from archive.core.readers.part10 import read_instance
from archive.core.readers.source import BytesSource
from tests.conftest import skip_or_fail
from tests.presentation_objects import grey_ramp, item, lut, reference, state, window
from tests.small_objects import as_bytes, uid
from viewer.core.display import display_levels
from viewer.core.presentation_state import read_presentation_state
from viewer.core.presented import presented
from viewer.core.view import ViewState


def levels_of(image: bytes, state_file: bytes, view: ViewState = ViewState(), frame_index: int = 0) -> np.ndarray | None:  # noqa: B008
    """Return the levels of a frame by a state; None where the state isn't about it."""
    read = read_instance(BytesSource(image))
    description = describe_image(image[: read.frame_table.header_length], read.transfer_syntax_uid)
    shown = presented(description, read_presentation_state(state_file), str(read.identity.sop_instance_uid), frame_index)
    if shown is None:
        return None
    offset, length = read.frame_table.span(frame_index)
    return display_levels(decode_frame(image[offset : offset + length], shown, frame_index), shown, frame_index, view).values


def by_state(more: dict, image: dict | None = None, **view) -> np.ndarray:
    ramp = grey_ramp(**(image or {}))
    levels = levels_of(as_bytes(ramp), as_bytes(state(ramp, **more)), ViewState(**view))
    assert levels is not None
    return levels.reshape(-1)


def test_a_window_of_the_state_takes_the_place_of_the_images():
    """LINEAR, center 100, width 101: below 50 black, above 149 white; 100 is ((100 - 99.5) / 100 + 0.5) · 255 = 128.775."""
    levels = by_state({"SoftcopyVOILUTSequence": [window(100, 101)]}, {"WindowCenter": "5", "WindowWidth": "2"})
    assert [int(levels[value]) for value in (0, 49, 100, 150, 255)] == [0, 0, 129, 255, 255]


def test_rescale_comes_from_the_state_and_not_from_the_image():
    """2 · 100 - 50 = 150 is the center of LINEAR_EXACT: half of 255, upwards."""
    more = {"RescaleSlope": "2", "RescaleIntercept": "-50", "SoftcopyVOILUTSequence": [window(150, 100, function="LINEAR_EXACT")]}
    levels = by_state(more, {"RescaleSlope": "7", "RescaleIntercept": "1000"})
    assert [int(levels[value]) for value in (74, 75, 100, 125, 126)] == [0, 0, 128, 255, 255]


def test_without_a_window_the_whole_range_of_twelve_bits_is_shown():
    """0..4,095 to 0..255, whatever the image's window: 255 is 255 / 4,095 · 255 = 15.9."""
    levels = by_state({}, {"WindowCenter": "5", "WindowWidth": "2"})
    assert [int(levels[value]) for value in (0, 9, 128, 255)] == [0, 1, 8, 16]


def test_without_a_modality_transform_the_images_own_is_not_used():
    """By the state 100 is 100, not 2,100."""
    levels = by_state({"SoftcopyVOILUTSequence": [window(100, 101)]}, {"RescaleSlope": "1", "RescaleIntercept": "2000"})
    assert int(levels[100]) == 129


def test_modality_voi_and_presentation_tables_follow_each_other():
    """Each stage by hand; the presentation table has four entries, for thirds of the VOI table's range."""
    more = {
        "ModalityLUTSequence": [lut(0, [0, 10, 20, 30], 8)],
        "SoftcopyVOILUTSequence": [item(VOILUTSequence=[lut(10, [0] * 10 + [85] * 10 + [255], 8)])],
        "PresentationLUTSequence": [lut(0, [200, 100, 50, 7], 8)],
        "PresentationLUTShape": None,
    }
    # 0 -> 0 -> 0 -> first entry; 2 -> 20 -> 85/255 = a third of three steps -> second; 3 -> 30 -> 255 -> last; beyond, as 3
    levels = by_state(more)
    assert [int(levels[value]) for value in (0, 1, 2, 3, 200)] == [200, 200, 100, 7, 7]


def test_a_presentation_table_gets_all_its_inputs_and_not_just_256():
    """4,096 entries of 16 bits; only entry 1,000 is bright. Stored 1,000 of 0..4,095 and its neighbours would share a level of 256."""
    table = [0] * 4096
    table[100] = 65_535
    levels = by_state({"PresentationLUTSequence": [lut(0, table, 16)], "PresentationLUTShape": None})
    assert [int(levels[value]) for value in (99, 100, 101)] == [0, 255, 0]


@pytest.mark.parametrize(("photometric", "shape", "expected"), [
    ("MONOCHROME2", "IDENTITY", 0), ("MONOCHROME2", "INVERSE", 255), ("MONOCHROME1", "IDENTITY", 0), ("MONOCHROME1", "INVERSE", 255),
])  # fmt: skip
def test_the_shape_alone_says_what_is_bright(photometric, shape, expected):
    levels = by_state({"PresentationLUTShape": shape}, {"PhotometricInterpretation": photometric})
    assert int(levels[0]) == expected


def test_a_dragged_window_and_inversion_come_on_top_of_the_state():
    more = {"SoftcopyVOILUTSequence": [window(100, 101)]}
    assert int(by_state(more, window=(10.0, 1.0))[10]) == 255
    assert int(by_state(more, invert=True)[0]) == 255


def test_each_frame_has_its_own_window():
    ramp = grey_ramp(NumberOfFrames=2, PixelData=np.arange(512, dtype=np.uint16).tobytes())
    windows = [window(100, 1, reference(ramp.SOPInstanceUID, 1)), window(300, 1, reference(ramp.SOPInstanceUID, 2))]
    made = as_bytes(state(ramp, SoftcopyVOILUTSequence=windows))
    for frame_index, dark, bright in ((0, 99, 100), (1, 43, 44)):  # 256 + 44 = 300
        levels = levels_of(as_bytes(ramp), made, frame_index=frame_index)
        assert levels is not None
        assert [int(level) for level in levels.reshape(-1)[[dark, bright]]] == [0, 255]


def test_frames_and_images_that_a_state_is_not_about_are_not_shown_by_it():
    ramp = grey_ramp(NumberOfFrames=2, PixelData=np.arange(512, dtype=np.uint16).tobytes())
    of_second = as_bytes(state(ramp, references=[reference(ramp.SOPInstanceUID, 2)]))
    assert levels_of(as_bytes(ramp), of_second, frame_index=0) is None
    assert levels_of(as_bytes(ramp), of_second, frame_index=1) is not None
    assert levels_of(as_bytes(grey_ramp("another")), of_second) is None


def test_signed_inputs_of_a_table_are_two_s_complement_where_the_image_is_signed():
    """First mapped 65,534 is -2: stored -2 -> 9, -1 -> 90."""
    signed = {"PixelRepresentation": 1, "BitsStored": 16, "HighBit": 15, "PixelData": np.array([-2, -1] * 128, np.int16).tobytes()}
    levels = by_state({"ModalityLUTSequence": [lut(65_534, [9, 90], 8)]}, signed)
    assert [int(levels[index]) for index in (0, 1)] == [9, 90]


def test_a_palette_colours_what_the_window_leaves():
    """A palette of two entries of 16 bits: dark blue below the middle of the window, yellow above."""
    more: dict[str, Any] = {"SoftcopyVOILUTSequence": [window(100, 101)], "kind": "3", "PresentationLUTShape": None}
    for colour, entries in (("Red", [0, 0xFFFF]), ("Green", [0, 0xFFFF]), ("Blue", [0x8000, 0])):
        more[f"{colour}PaletteColorLookupTableDescriptor"] = [2, 0, 16]
        more[f"{colour}PaletteColorLookupTableData"] = np.array(entries, "<u2").tobytes()
    levels = by_state(more).reshape(-1, 3)
    assert [levels[value].tolist() for value in (0, 99, 101, 255)] == [[0, 0, 128], [0, 0, 128], [255, 255, 0], [255, 255, 0]]


# Grey below 200, three colours from there on; what a supplemental palette colours, a grey state leaves alone (PS3.4 N.2).
SUPPLEMENTAL: dict[str, Any] = {"PixelPresentation": "COLOR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4.1"} | {
    name: value
    for colour, entries in (("Red", [1 << 8, 2 << 8]), ("Green", [3 << 8, 4 << 8]), ("Blue", [5 << 8, 6 << 8]))
    for name, value in (
        (f"{colour}PaletteColorLookupTableDescriptor", [2, 200, 16]),
        (f"{colour}PaletteColorLookupTableData", np.array(entries, "<u2").tobytes()),
    )
}


def test_S09_a_grey_state_leaves_the_colours_of_a_supplemental_palette_alone():
    """The window takes 99 to black and 101 to white; 200 and 201 have their own colours, turned or not."""
    for shape, (dark, bright) in {"IDENTITY": (0, 255), "INVERSE": (255, 0)}.items():
        more = {"SoftcopyVOILUTSequence": [window(100, 1)], "PresentationLUTShape": shape}
        levels = by_state(more, SUPPLEMENTAL).reshape(-1, 3)
        assert [levels[value].tolist() for value in (99, 101, 200, 201)] == [[dark] * 3, [bright] * 3, [1, 3, 5], [2, 4, 6]]


@pytest.mark.parametrize("attributes", [SUPPLEMENTAL, {"PixelPresentation": "COLOR"}], ids=["palette", "its palette missing"])
def test_S09_a_colour_state_is_not_applied_to_an_image_with_a_supplemental_palette(attributes):
    ramp = grey_ramp(**attributes)
    assert levels_of(as_bytes(ramp), as_bytes(state(ramp, kind="2", PresentationLUTShape=None))) is None


# --- DCMTK ---


@pytest.fixture(scope="module")
def dcmp2pgm() -> str:
    found = shutil.which("dcmp2pgm")
    if found is None:
        skip_or_fail("DCMTK's dcmp2pgm is not here")
    assert found is not None
    return found


def drawn_by_dcmtk(program: str, image: bytes, state_file: bytes, folder: Path) -> np.ndarray:
    files = {"image.dcm": image, "state.dcm": state_file}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    command = [program, "-q", "-p", str(folder / "state.dcm"), str(folder / "image.dcm"), str(folder / "out.pgm")]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    head, _, pixels = (folder / "out.pgm").read_bytes().partition(b" 255\n")
    columns, rows = (int(number) for number in head.removeprefix(b"P5").split())
    return np.frombuffer(pixels[: rows * columns], np.uint8).reshape(rows, columns)


def largest_difference(ours: np.ndarray | None, theirs: np.ndarray) -> int:
    assert ours is not None
    assert ours.shape == theirs.shape
    assert theirs.min() < theirs.max(), "nothing is compared"
    return int(np.abs(ours.astype(np.int16) - theirs).max())


@pytest.mark.parametrize(("image", "made"), [
    ("documents/gsps-luts-target-image.dcm", "documents/gsps-luts-clunie.dcm"),
    ("radiology/mr-liver-philips-25-slices-with-gsps/im-0168.dcm",
     "radiology/mr-liver-philips-25-slices-with-gsps/gsps-liver-series-1101.dcm"),
])  # fmt: skip
def test_real_states_are_shown_as_dcmtk_shows_them(shared_data, dcmp2pgm, tmp_path, image, made):
    files = (shared_data / image).read_bytes(), (shared_data / made).read_bytes()
    assert largest_difference(levels_of(*files), drawn_by_dcmtk(dcmp2pgm, *files, tmp_path)) <= 1


P_LUT = {"PresentationLUTShape": None, "PresentationLUTSequence": [lut(0, [4095 - entry for entry in range(4096)], 12)]}


@pytest.mark.parametrize("more", [
    {"SoftcopyVOILUTSequence": [window(100, 101)]},
    {"SoftcopyVOILUTSequence": [window(100.5, 77.25)], "PresentationLUTShape": "INVERSE"},
    {"SoftcopyVOILUTSequence": [window(40, 400)], "RescaleSlope": "3.5", "RescaleIntercept": "-200", "RescaleType": "HU"},
    {"SoftcopyVOILUTSequence": [window(100, 101)], **P_LUT},
    {"SoftcopyVOILUTSequence": [item(VOILUTSequence=[lut(20, [entry * entry for entry in range(200)], 16)])]},
])  # fmt: skip
def test_made_states_are_shown_as_dcmtk_shows_them(dcmp2pgm, tmp_path, more):
    ramp = grey_ramp()
    files = as_bytes(ramp), as_bytes(state(ramp, **more))
    assert largest_difference(levels_of(*files), drawn_by_dcmtk(dcmp2pgm, *files, tmp_path)) <= 1


def test_a_state_says_nothing_of_an_image_with_the_same_number_elsewhere():
    ramp = grey_ramp()
    made = as_bytes(state(ramp, references=[reference(uid("instance", "nowhere"))]))
    assert levels_of(as_bytes(ramp), made) is None
