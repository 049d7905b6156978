"""ICC profiles as values, and through lcms2: names, sRGB, colours of shutters (rule S10)."""

import io

import imagecodecs
import numpy as np
import pytest
from PIL import Image, ImageCms

from archive.core.colour_profile import colour_profile, profile_name
from viewer.core.icc import changes_nothing, is_known, is_usable, lab_to_srgb, to_srgb

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ADOBE_RGB = bytes(imagecodecs.cms_profile("adobergb"))
COLOURS = np.random.default_rng(7).integers(0, 256, (32, 32, 3)).astype(np.uint8)


def profile(data):
    found = colour_profile(data)
    assert found is not None
    return found


@pytest.mark.parametrize("data", [SRGB, ADOBE_RGB, bytes(imagecodecs.cms_profile("xyz")), bytes(imagecodecs.cms_profile("gray"))])
def test_names_are_those_that_lcms_reads(data):
    assert profile_name(data) == (ImageCms.ImageCmsProfile(io.BytesIO(data)).profile.profile_description or "")


def test_a_name_as_version_2_writes_it():
    text = b"Scanner 7\0"
    tag = b"desc\0\0\0\0" + len(text).to_bytes(4, "big") + text
    data = bytes(36) + b"acsp" + bytes(88) + (1).to_bytes(4, "big") + b"desc" + (144).to_bytes(4, "big") + len(tag).to_bytes(4, "big") + tag
    assert profile_name(data) == "Scanner 7"
    assert profile_name(data[:150]) == ""


@pytest.mark.parametrize("data", [b"", bytes(131), bytes(500), SRGB[:100]])
def test_what_cannot_be_a_profile_is_none(data):
    assert colour_profile(data) is None


def test_equal_profiles_are_one_object():
    assert profile(SRGB) is profile(bytes(bytearray(SRGB)))
    assert profile(SRGB) is not profile(ADOBE_RGB)


def test_srgb_changes_nothing_and_others_do():
    assert changes_nothing(profile(SRGB))
    assert to_srgb(COLOURS, profile(SRGB)) is COLOURS
    assert not changes_nothing(profile(ADOBE_RGB))
    assert np.abs(to_srgb(COLOURS, profile(ADOBE_RGB)).astype(int) - COLOURS).max() > 10


def test_the_transform_is_lcms2s_within_a_level():
    # imagecodecs carries an lcms2 of its own, another build than Pillow's
    theirs = imagecodecs.cms_transform(COLOURS, ADOBE_RGB, SRGB, colorspace="rgb", outcolorspace="rgb")
    assert np.abs(to_srgb(COLOURS, profile(ADOBE_RGB)).astype(int) - theirs).max() <= 1


def test_a_profile_of_another_colour_space_cannot_be_used():
    for data in (bytes(imagecodecs.cms_profile("gray")), ADOBE_RGB[:400]):
        assert not is_usable(profile(data))
        assert to_srgb(COLOURS, profile(data)) is COLOURS


def test_what_a_profile_does_is_found_out_once():
    fresh = profile(bytes(imagecodecs.cms_profile("rgb", gamma=1.7, primaries=(0.64, 0.33, 1, 0.3, 0.6, 1, 0.15, 0.06, 1))))
    assert not is_known(fresh)
    to_srgb(COLOURS, fresh)
    assert is_known(fresh)


def test_damaged_profiles_never_raise():
    generator = np.random.default_rng(11)
    for _ in range(200):
        damaged = bytearray(ADOBE_RGB)
        for place in generator.integers(40, len(damaged), 8):
            damaged[place] = generator.integers(256)
        assert to_srgb(COLOURS[:4, :4], profile(bytes(damaged))).shape == (4, 4, 3)


def test_cielab_colours_are_lcms2s():
    # lcms2's way there and ours back; Pillow's LAB has 8 bits, a and b as signed bytes: within what that rounds away
    made = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB", ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    lab = np.asarray(made.apply(Image.fromarray(COLOURS // 2 + 64))).reshape(-1, 3)
    ours = [lab_to_srgb((float(lightness) * 100 / 255, float(a.view(np.int8)), float(b.view(np.int8)))) for lightness, a, b in lab]
    assert np.abs(np.array(ours) - (COLOURS // 2 + 64).reshape(-1, 3)).max() <= 4
