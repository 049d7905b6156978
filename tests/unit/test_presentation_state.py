"""Presentation states are read as they were written: literals, highdicom's, and real ones (PS3.3 A.33, C.10.4 to C.10.7, C.11.7)."""

import io
from datetime import datetime
from typing import Any

import highdicom
import numpy as np
import pytest
from highdicom.pr import (
    AnnotationUnitsValues,
    GraphicAnnotation,
    GraphicLayer,
    GraphicObject,
    GraphicTypeValues,
    GrayscaleSoftcopyPresentationState,
    PseudoColorSoftcopyPresentationState,
    SoftcopyVOILUTTransformation,
    TextObject,
)
from pydicom.dataset import Dataset

from governance.core.faults import Malformed
from tests.presentation_objects import grey_ramp, item, lut, overlay, reference, state, window
from tests.small_objects import as_bytes, uid
from viewer.core.presentation_document import frames_referred_to, state_document
from viewer.core.presentation_graphics import Shape
from viewer.core.presentation_state import PresentationState, read_presentation_state
from viewer.core.references import Reference

RAMP = grey_ramp()


def read(*, image: Dataset = RAMP, **more: object) -> PresentationState:
    return read_presentation_state(as_bytes(state(image, **more)))  # type: ignore[arg-type]


def shape(kind: str, points: list[float], units: str = "PIXEL") -> Dataset:
    count = len(points) // 2
    return item(GraphicAnnotationUnits=units, GraphicDimensions=2, NumberOfGraphicPoints=count, GraphicData=points, GraphicType=kind)


# --- what it says of itself ---


def test_a_state_says_who_made_it_when_and_about_what():
    made = read(references=[reference(RAMP.SOPInstanceUID, 1, 3)])
    assert (made.kind, made.label, made.description, made.creator, made.created) == (
        "grayscale", "BONE", "as reported", "Reader, Rita", "20260102030405",
    )  # fmt: skip
    assert made.references == (Reference(RAMP.SOPInstanceUID, (1, 3), RAMP.SeriesInstanceUID),)
    assert made.is_applied
    assert made.notes == ()
    assert [made.refers_to(RAMP.SOPInstanceUID, number) for number in (1, 2, 3)] == [True, False, True]


@pytest.mark.parametrize(("kind", "words", "is_applied"), [
    ("1", "grayscale", True), ("2", "colour", True), ("3", "pseudo-colour", True), ("4", "blending", False),
    ("5", "X-ray grayscale", True), ("8", "advanced blending", False), ("12", "variable modality LUT", False),
    ("99", "presentation state of an unknown kind", False),
])  # fmt: skip
def test_each_kind_is_named_and_those_not_applied_say_so(kind, words, is_applied):
    made = read(kind=kind)
    assert (made.kind, made.is_applied) == (words, is_applied)
    if not is_applied:
        assert "Viewbox doesn't apply" in made.notes[0] or "is not applied" in made.notes[0]


UNSAID = ("ReferencedSeriesSequence",)  # what `state` says by itself


def blending(*sets: Dataset, **more: Any) -> PresentationState:
    """Return a blending state as read; by default 40% opaque, with a palette."""
    fields: dict[str, Any] = {"ReferencedSeriesSequence": None, "BlendingSequence": list(sets), "RelativeOpacity": 0.4}
    for name in ("Red", "Green", "Blue"):
        table = lut(0, [0, 255 << 8], 16)
        fields |= {
            f"{name}PaletteColorLookupTableDescriptor": table.LUTDescriptor,
            f"{name}PaletteColorLookupTableData": bytes([0, 0, 0, 255]),
        }
    return read(kind="4", **{name: value for name, value in (fields | more).items() if value is not None or name in UNSAID})


def blended_set(position: str, uid_: str, study: str = "") -> Dataset:
    series = item(SeriesInstanceUID="1.2", ReferencedImageSequence=[reference(uid_)])
    return item(BlendingPosition=position, ReferencedSeriesSequence=[series], StudyInstanceUID=study or uid("study", "study"))


LOWER, UPPER = blended_set("UNDERLYING", "1.2.3"), blended_set("SUPERIMPOSED", "1.2.4")


def test_a_blending_state_names_both_its_sets_and_is_about_the_lower_one():
    made = blending(LOWER, UPPER)
    assert [(each.position, each.references[0].sop_instance_uid) for each in made.blended] == [
        ("UNDERLYING", "1.2.3"), ("SUPERIMPOSED", "1.2.4"),
    ]  # fmt: skip
    assert made.opacity == pytest.approx(0.4)
    assert (made.is_applied, made.notes) == (True, ())
    assert made.refers_to("1.2.3", 1)
    assert not made.refers_to("1.2.4", 1)


@pytest.mark.parametrize(("sets", "more", "why"), [
    ((LOWER,), {}, "it doesn't name one set of images under another"),
    ((LOWER, LOWER), {}, "it doesn't name one set of images under another"),
    ((LOWER, UPPER, UPPER), {}, "it doesn't name one set of images under another"),
    ((LOWER, blended_set("SUPERIMPOSED", "1.2.4", "1.9")), {}, "its images are of another study"),
    ((LOWER, UPPER), {"RedPaletteColorLookupTableDescriptor": None}, "it has no palette that can be read"),
    ((LOWER, UPPER), {"RelativeOpacity": None}, "it doesn't say how opaque the upper set is"),
    ((LOWER, UPPER), {"RelativeOpacity": 1.5}, "it doesn't say how opaque the upper set is"),
])  # fmt: skip
def test_a_blending_state_that_cannot_be_applied_says_why(sets, more, why):
    made = blending(*sets, **more)
    assert not made.is_applied
    assert made.notes[0] == f"the state blends two sets of images and is not applied: {why}"


# --- geometry ---


def test_the_displayed_area_with_its_three_modes():
    corners = {"DisplayedAreaTopLeftHandCorner": [3, -1], "DisplayedAreaBottomRightHandCorner": [14, 20]}
    areas = [
        item(**corners, PresentationSizeMode="SCALE TO FIT", PresentationPixelAspectRatio=[2, 1]),
        item(**corners, PresentationSizeMode="TRUE SIZE", PresentationPixelSpacing=["0.5", "0.25"]),
        item(
            **corners,
            PresentationSizeMode="MAGNIFY",
            PresentationPixelMagnificationRatio=2.5,
            ReferencedImageSequence=[reference("1.2", 4)],
        ),
    ]
    fit, true_size, magnify = read(DisplayedAreaSelectionSequence=areas).areas
    assert (fit.top_left, fit.bottom_right, fit.mode, fit.aspect) == ((3, -1), (14, 20), "SCALE TO FIT", 2.0)
    assert (true_size.mode, true_size.spacing_mm) == ("TRUE SIZE", (0.5, 0.25))
    assert (magnify.mode, magnify.magnification, magnify.references) == ("MAGNIFY", 2.5, (Reference("1.2", (4,)),))


@pytest.mark.parametrize(("stated", "rotation"), [(0, 0), (90, 90), (270, 270), (360, 0), (45, 0)])
def test_rotation_and_flip(stated, rotation):
    made = read(ImageRotation=stated, ImageHorizontalFlip="Y")
    assert (made.rotation, made.is_flipped) == (rotation, True)
    assert bool(made.notes) == (stated == 45), "what is not applied is said"


# --- shutter, overlays ---


def test_a_bitmap_shutter_and_two_overlays_of_which_one_is_active():
    made = state(RAMP, ShutterShape="BITMAP", ShutterOverlayGroup=0x6002, ShutterPresentationValue=65_535)
    for group, layer in ((0x6000, "MARKS"), (0x6002, ""), (0x6004, "")):
        overlay(group, np.eye(16, dtype=bool), made, layer=layer)
    made.add_new((0x6006, 0x1001), "CS", "IMAGE OVERLAY")  # without data: the image's own
    found = read_presentation_state(as_bytes(made))
    assert found.shutter is not None
    assert (found.shutter.bitmap_group, found.shutter.presentation_value) == (0x6002, 65_535)
    assert [plane.group for plane in found.overlays] == [0x6000, 0x6002, 0x6004]
    assert found.activated == ((0x6000, "MARKS"), (0x6006, "IMAGE OVERLAY"))


def test_circle_rectangle_and_polygon_of_a_shutter():
    made = read(
        ShutterShape=["RECTANGULAR", "CIRCULAR", "POLYGONAL"], ShutterLeftVerticalEdge=2, ShutterRightVerticalEdge=9,
        ShutterUpperHorizontalEdge=3, ShutterLowerHorizontalEdge=8, CenterOfCircularShutter=[5, 6], RadiusOfCircularShutter=4,
        VerticesOfThePolygonalShutter=[1, 1, 1, 9, 9, 9],
    )  # fmt: skip
    assert made.shutter is not None
    assert (made.shutter.edges, made.shutter.circle, made.shutter.vertices) == ((2, 9, 3, 8), (5, 6, 4), ((1, 1), (1, 9), (9, 9)))


# --- graphics ---


def test_shapes_texts_and_layers_from_the_bottom_up():
    shapes = [shape("POLYLINE", [1, 2, 3, 4, 5, 6]), shape("CIRCLE", [8, 8, 8, 12]), shape("ELLIPSE", [1, 5, 9, 5, 5, 3, 5, 7], "DISPLAY")]
    words = item(
        UnformattedTextValue="see here", BoundingBoxAnnotationUnits="DISPLAY", BoundingBoxTopLeftHandCorner=[0.1, 0.2],
        BoundingBoxBottomRightHandCorner=[0.5, 0.3], BoundingBoxTextHorizontalJustification="CENTER",
        AnchorPointAnnotationUnits="PIXEL", AnchorPoint=[7.5, 8.5], AnchorPointVisibility="Y",
    )  # fmt: skip
    annotation = item(
        GraphicLayer="TOP", GraphicObjectSequence=shapes, TextObjectSequence=[words], ReferencedImageSequence=[reference("1.2")]
    )
    layers = [
        item(GraphicLayer="TOP", GraphicLayerOrder=7, GraphicLayerRecommendedDisplayGrayscaleValue=65_535),
        # L 100, a 0, b 0 (C.10.7.1.1: 0x8080 is 0) is white
        item(GraphicLayer="LOW", GraphicLayerOrder=1, GraphicLayerRecommendedDisplayCIELabValue=[65_535, 0x8080, 0x8080]),
    ]
    made = read(GraphicAnnotationSequence=[annotation], GraphicLayerSequence=layers)
    assert [(layer.name, layer.colour) for layer in made.layers] == [("LOW", (255, 255, 255)), ("TOP", (255, 255, 255))]
    (found,) = made.annotations
    assert (found.layer, found.references) == ("TOP", (Reference("1.2"),))
    assert found.shapes == (
        Shape("POLYLINE", "PIXEL", ((1, 2), (3, 4), (5, 6))),
        Shape("CIRCLE", "PIXEL", ((8, 8), (8, 12))),
        Shape("ELLIPSE", "DISPLAY", ((1, 5), (9, 5), (5, 3), (5, 7))),
    )
    (label,) = found.labels
    assert (label.text, label.box_units, label.justification, label.anchor, label.is_anchor_visible) == (
        "see here", "DISPLAY", "CENTER", (7.5, 8.5), True,
    )  # fmt: skip
    assert label.box is not None
    assert np.allclose(label.box, ((0.1, 0.2), (0.5, 0.3)))
    assert made.notes == ()


def test_what_is_not_drawn_is_said_in_words():
    annotation = item(
        GraphicLayer="A",
        GraphicObjectSequence=[shape("CIRCLE", [1, 2, 3]), shape("SPIRAL", [1, 2]), shape("POINT", [1, 2, 3, 4])],
        TextObjectSequence=[item(UnformattedTextValue="nowhere")],
        CompoundGraphicSequence=[item(CompoundGraphicType="RULER"), item(CompoundGraphicType="RULER")],
    )
    made = read(GraphicAnnotationSequence=[annotation], MaskSubtractionSequence=[item(MaskOperation="AVG_SUB")])
    assert made.annotations[0].shapes == ()
    assert made.notes == (
        "the state's mask subtraction is not applied",
        "not drawn: 1 × damaged circle",
        "not drawn: 1 × graphic of type SPIRAL",
        "not drawn: 1 × damaged point",
        "not drawn: 1 × text without words or place",
        "not drawn: 2 × compound graphic (ruler)",
    )


# --- damage ---


def test_a_state_with_a_damaged_table_is_listed_and_not_applied():
    short = lut(0, [1, 2], 8)
    short.LUTDescriptor = [9, 0, 8]
    short["LUTDescriptor"].VR = "US"
    made = read(SoftcopyVOILUTSequence=[item(VOILUTSequence=[short])])
    assert not made.is_applied
    assert made.notes[0] == "a lookup table of the state is damaged: it is not applied"


def test_what_is_no_presentation_state_is_refused():
    with pytest.raises(Malformed):
        read_presentation_state(as_bytes(RAMP))
    with pytest.raises(Malformed):
        read_presentation_state(b"nothing of the kind")


def test_every_cut_of_a_state_is_read_or_refused_and_nothing_else():
    whole = as_bytes(state(RAMP, SoftcopyVOILUTSequence=[window(100, 101)], GraphicAnnotationSequence=[item(GraphicLayer="A")]))
    for length in range(132, len(whole), 7):
        try:
            read_presentation_state(whole[:length])
        except Malformed:
            continue


# --- highdicom as the second author ---


def by_highdicom(kind, image=None, **more) -> PresentationState:
    referenced = image or grey_ramp(
        StudyDate="", StudyTime="", AccessionNumber="", ReferringPhysicianName="", StudyID="", SeriesNumber=1, PatientID="P-1"
    )
    made = kind(
        referenced_images=[referenced], series_instance_uid=uid("series", "hd"), series_number=9, sop_instance_uid=uid("instance", "hd"),
        instance_number=1, manufacturer="m", manufacturer_model_name="mm", software_versions="1", device_serial_number="1",
        content_label="LUNG", content_description="by highdicom", content_creator_name="Reader^Rita", **more,
    )  # fmt: skip
    buffer = io.BytesIO()
    made.save_as(buffer)
    return read_presentation_state(buffer.getvalue())


def test_highdicoms_grayscale_state():
    layer = GraphicLayer("LAYER1", order=1, description="for the test", display_color=highdicom.color.CIELabColor(50.0, 0.0, 0.0))
    line = GraphicObject(GraphicTypeValues.POLYLINE, np.array([[10.0, 10.0], [12.0, 12.5]]), AnnotationUnitsValues.PIXEL)
    words = TextObject("a text", AnnotationUnitsValues.PIXEL, anchor_point=(5.0, 6.0))
    image = grey_ramp(StudyDate="", StudyTime="", AccessionNumber="", ReferringPhysicianName="", StudyID="", SeriesNumber=1)
    annotation = GraphicAnnotation([image], layer, graphic_objects=[line], text_objects=[words])
    voi = SoftcopyVOILUTTransformation(window_center=[-600.0], window_width=[1500.0], window_explanation=["lung"])
    made = by_highdicom(
        GrayscaleSoftcopyPresentationState, image, graphic_annotations=[annotation], graphic_layers=[layer], voi_lut_transformations=[voi]
    )
    assert (made.kind, made.label, made.creator) == ("grayscale", "LUNG", "Reader, Rita")
    assert datetime.strptime(made.created, "%Y%m%d%H%M%S").year >= 2020  # noqa: DTZ007
    assert [(each.center, each.width, each.explanation) for each in made.softcopy_voi[0].windows] == [(-600, 1500, "lung")]
    assert made.annotations[0].shapes == (Shape("POLYLINE", "PIXEL", ((10.0, 10.0), (12.0, 12.5))),)
    assert (made.annotations[0].labels[0].text, made.annotations[0].labels[0].anchor) == ("a text", (5.0, 6.0))
    assert made.layers[0].name == "LAYER1"
    assert made.layers[0].colour == pytest.approx((119, 119, 119), abs=1)  # L* 50 is sRGB 119
    assert (made.areas[0].top_left, made.areas[0].bottom_right) == ((1, 1), (16, 16))
    assert made.refers_to(image.SOPInstanceUID, 1)
    assert made.notes == ()


def test_highdicoms_pseudo_colour_state():
    tables = {"red": [0, 65_535, 65_535], "green": [0, 0, 65_535], "blue": [0, 0, 65_535]}
    red, green, blue = (highdicom.PaletteColorLUT(0, np.array(entries, np.uint16), colour) for colour, entries in tables.items())
    palette = highdicom.PaletteColorLUTTransformation(red, green, blue)
    made = by_highdicom(PseudoColorSoftcopyPresentationState, palette_color_lut_transformation=palette)
    assert (made.kind, made.is_applied) == ("pseudo-colour", True)
    assert made.palette is not None
    assert [int(table.entries[1]) >> (table.bits - 8) for table in made.palette] == [255, 0, 0]
    assert made.colour_profile is not None, "highdicom writes sRGB"


# --- documents ---


def test_the_document_of_a_real_state(shared_data):
    folder = shared_data / "radiology" / "mr-liver-philips-25-slices-with-gsps"
    document = state_document(read_presentation_state((folder / "gsps-liver-series-1101.dcm").read_bytes()))
    assert (document["label"], document["kind"], document["created"]) == ("AS LAST SEEN", "grayscale", "20121016142852")
    assert len(document["applies_to"]) == 25
    (area,) = document["geometry"]["areas"]
    assert (area["top_left"], area["bottom_right"], area["mode"], area["applies_to"]) == ([19, 19], [238, 238], "SCALE TO FIT", None)
    assert document["layers"] == [{"name": "1", "order": 1, "description": "", "colour": None}]


def test_the_document_of_an_annotation(shared_data):
    document = state_document(read_presentation_state((shared_data / "documents" / "gsps-annotation-synthetic.dcm").read_bytes()))
    (annotation,) = document["annotations"]
    assert annotation["layer"] == "MEASUREMENTS"
    assert annotation["shapes"] == [{"kind": "POLYLINE", "units": "PIXEL", "points": [[0.0, 0.0], [1.0, 1.0]], "is_filled": False}]


def test_frames_that_any_reference_includes():
    frames = [("1", 1), ("1", 2), ("2", 1), ("3", 1)]
    assert frames_referred_to([Reference("1", (2,)), Reference("3")], frames) == [1, 3]
    assert frames_referred_to([Reference("1", (2,)), Reference("1", (1,))], frames) == [0, 1]
    assert frames_referred_to([Reference("1", (2,)), Reference("1")], frames) == [0, 1]
    assert frames_referred_to([], frames) == []
