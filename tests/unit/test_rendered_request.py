"""Rendered resources' parameters (PS3.18 8.3.5): what they become, and that nothing is ignored."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageCms

from viewer.core.embedded_profile import with_srgb_profile
from viewer.core.encode import encode_jpeg, encode_png
from viewer.core.picture_header import Codec
from viewer.core.rendered_request import NotOffered, RefusedParameter, chosen_media, frame_number_of, is_known_to, rendered_request
from viewer.core.view import ViewState


def test_without_parameters_it_is_a_jpeg_or_the_stored_one() -> None:
    asked = rendered_request(query="", accept=None)
    assert (asked.media, asked.stored_view, asked.has_profile) == ("image/jpeg", replace(asked.view, codec="stored"), False)
    assert asked.view == ViewState(codec="jpeg", quality=90)


@pytest.mark.parametrize(
    ("query", "view"),
    [
        ("window=40,400,linear", ViewState(codec="jpeg", quality=90, window=(40, 400), voi_function="LINEAR")),
        ("window=-600%2C1500.5%2Clinear-exact", ViewState(codec="jpeg", quality=90, window=(-600, 1500.5), voi_function="LINEAR_EXACT")),
        ("window=40,0.5,LINEAR_EXACT", ViewState(codec="jpeg", quality=90, window=(40, 0.5), voi_function="LINEAR_EXACT")),
        ("window=1e3,2e3,SIGMOID", ViewState(codec="jpeg", quality=90, window=(1000, 2000), voi_function="SIGMOID")),
        ("window=40,400", ViewState(codec="jpeg", quality=90, window=(40, 400))),
        ("viewport=300,200", ViewState(codec="jpeg", quality=90, max_columns=300, max_rows=200)),
        ("viewport=300,200,,,,", ViewState(codec="jpeg", quality=90, max_columns=300, max_rows=200)),
        ("quality=7", ViewState(codec="jpeg", quality=7)),
        ("iccprofile=no", ViewState(codec="jpeg", quality=90, icc=False)),
        ("iccprofile=srgb&accept=image/png", ViewState(codec="png", quality=90)),
    ],
)
def test_parameters_become_a_view(query: str, view: ViewState) -> None:
    assert rendered_request(query=query, accept="*/*").view == view


@pytest.mark.parametrize("query", ["quality=90", "iccprofile=yes", "accept=image/png"])
def test_what_stored_bytes_are_no_answer_to(query: str) -> None:
    assert rendered_request(query=query, accept=None).stored_view is None


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("window=40", "window"),
        ("window=40,400,cubic", "window"),
        ("window=40,400,", "window"),
        ("window=a,b,linear", "window"),
        ("window=40,0,linear-exact", "window"),
        ("window=40,0.5,linear", "window"),
        ("window=nan,400,linear", "window"),
        ("window=40,inf,linear", "window"),
        ("viewport=300", "viewport"),
        ("viewport=0,5", "viewport"),
        ("viewport=1.5,5", "viewport"),
        ("viewport=99999,5", "viewport"),
        ("viewport=300,200,10,10,50,50", "source region"),
        ("viewport=300,200,0,0", "source region"),
        ("quality=0", "quality"),
        ("quality=101", "quality"),
        ("quality=", "quality"),
        ("quality=+5", "quality"),
        ("iccprofile=adobergb", "iccprofile"),
        ("annotation=patient", "annotation"),
        ("quality=5&quality=6", "twice"),
        ("transferSyntax=1.2", "does not have"),
        ("window", "understood"),
        ("window=%ff", "understood"),
        ("&".join(f"a{i}=1" for i in range(40)), "understood"),
    ],
)
def test_what_is_not_offered_is_refused_by_name(query: str, name: str) -> None:
    with pytest.raises(RefusedParameter) as refused:
        rendered_request(query=query, accept=None)
    assert name in refused.value.public_detail


@pytest.mark.parametrize(
    ("accept", "parameter", "expected"),
    [
        (None, None, "image/jpeg"),
        ("", None, "image/jpeg"),
        ("*/*", None, "image/jpeg"),
        ("image/*;q=0.3", None, "image/jpeg"),
        ("image/png", None, "image/png"),
        ("image/png, image/jpeg;q=0.9", None, "image/png"),
        ("image/jpeg;q=0, */*", None, "image/png"),
        ("IMAGE/PNG; Q=1", None, "image/png"),
        ("text/html, image/png;q=0.1, */*;q=0.05", None, "image/png"),
        ("*/*", "image/png", "image/png"),
        ("image/jpeg", "image/png", "image/jpeg"),
        (None, "image/png;q=0.5, image/jpeg;q=0.1", "image/png"),
        (None, "video/mp4", "image/jpeg"),
    ],
)
def test_media_type(accept: str | None, parameter: str | None, expected: str) -> None:
    assert chosen_media(accept=accept, accept_parameter=parameter) == expected


@pytest.mark.parametrize(
    "accept", ["image/gif", "application/dicom", "image/jpeg;q=0", "image/jpeg;q=x, image/png;q=0", "*/*;q=0", "nonsense"]
)
def test_nothing_acceptable(accept: str) -> None:
    with pytest.raises(NotOffered):
        chosen_media(accept=accept, accept_parameter=None)


def test_frames() -> None:
    assert [frame_number_of(text) for text in ("1", "60", "007")] == [1, 60, 7]
    for text in ("0", "-1", "x", "1.5", "²", "1234567890"):
        with pytest.raises(RefusedParameter):
            frame_number_of(text)
    with pytest.raises(NotOffered, match="One frame"):
        frame_number_of("1,2")


def test_entity_tags() -> None:
    tag = '"abc"'
    assert all(is_known_to(header, tag) for header in ('"abc"', 'W/"abc"', '"x", "abc"', "*"))
    assert not any(is_known_to(header, tag) for header in (None, "", '"abcd"', "abc"))


COLOURS = np.random.default_rng(3).integers(0, 256, (16, 24, 3), np.uint8)


def test_S10_a_profile_travels_with_colours_and_changes_no_pixel() -> None:
    for data, codec in ((encode_jpeg(COLOURS, 90), Codec.JPEG), (encode_png(COLOURS), Codec.PNG)):
        tagged = Image.open(io.BytesIO(with_srgb_profile(data, codec)))
        profile = ImageCms.ImageCmsProfile(io.BytesIO(tagged.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        assert np.array_equal(np.asarray(tagged), np.asarray(Image.open(io.BytesIO(data))))
        assert "icc_profile" not in Image.open(io.BytesIO(data)).info


def test_a_grey_picture_has_no_colours_to_describe() -> None:
    grey = COLOURS[..., 0]
    for data, codec in ((encode_jpeg(grey, 90), Codec.JPEG), (encode_png(grey), Codec.PNG)):
        assert with_srgb_profile(data, codec) == data
