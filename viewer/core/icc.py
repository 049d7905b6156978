"""ICC: an image's colours through its own profile to sRGB (PS3.3 C.11.15, PS3.4 N.2.2.1), by lcms2 as Pillow carries it."""

import io
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from archive.core.colour_profile import ColourProfile

_STEPS = 17  # colours a channel at which a profile is compared with sRGB
_SAME = 1  # levels; what rounding makes of sRGB itself


class _Known(NamedTuple):
    """A profile's transform to sRGB, None where the profile cannot be used; whether it changes nothing."""

    transform: ImageCms.ImageCmsTransform | None
    is_srgb: bool


_known: dict[str, _Known] = {}
MAX_KNOWN = 64


def to_srgb(levels: NDArray[np.uint8], profile: ColourProfile) -> NDArray[np.uint8]:
    """Return colours as sRGB, by the profile's own rendering intent; as they are where it cannot be used (`is_usable`).

    levels: (rows, columns, 3), RGB.
    """
    known = _look_up(profile)
    if known.transform is None or known.is_srgb:
        return levels
    shown: NDArray[np.uint8] = np.asarray(known.transform.apply(Image.fromarray(np.ascontiguousarray(levels))))
    return shown


def is_usable(profile: ColourProfile) -> bool:
    """Say whether a profile takes RGB to colours; others are left alone, and the picture says so."""
    return _look_up(profile).transform is not None


def changes_nothing(profile: ColourProfile) -> bool:
    """Say whether colours stay as they are: the profile is sRGB within a level, or cannot be used."""
    known = _look_up(profile)
    return known.transform is None or known.is_srgb


def is_known(profile: ColourProfile) -> bool:
    """Say whether asking about a profile costs nothing now; the first time takes up to 50 ms."""
    return profile.sha256 in _known


def _look_up(profile: ColourProfile) -> _Known:
    known = _known.get(profile.sha256)
    if known is None:
        known = _read(profile)
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        _known[profile.sha256] = known
    return known


def _read(profile: ColourProfile) -> _Known:
    try:
        parsed = ImageCms.ImageCmsProfile(io.BytesIO(profile.data))
        if parsed.profile.xcolor_space.strip() != "RGB":
            return _Known(None, False)
        intent = ImageCms.Intent(parsed.profile.rendering_intent)
        transform = ImageCms.buildTransform(parsed, _srgb(), "RGB", "RGB", renderingIntent=intent)
        colours = _sample_colours()
        shown = np.asarray(transform.apply(Image.fromarray(colours)))
    except (ImageCms.PyCMSError, ValueError, OSError, TypeError):
        return _Known(None, False)
    return _Known(transform, bool(np.abs(shown.astype(np.int16) - colours).max() <= _SAME))


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@lru_cache(maxsize=1)
def _sample_colours() -> NDArray[np.uint8]:
    """Return uint8 (steps squared, steps, 3): colours all over the cube."""
    steps = np.linspace(0, 255, _STEPS).round().astype(np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(_STEPS * _STEPS, _STEPS, 3)


def lab_to_srgb(lab: tuple[float, float, float]) -> tuple[int, int, int]:
    """Return sRGB levels of a CIELab colour (D50; L 0..100, a and b as they are), clipped to what sRGB holds.

    CIE 15: Lab to XYZ; ICC.1 Annex E: XYZ under D50 to linear sRGB; IEC 61966-2-1: its curve.
    """
    lightness, a, b = lab
    fy = (lightness + 16) / 116
    xyz = np.array([_inverse_f(fy + a / 500) * 0.9642, _inverse_f(fy), _inverse_f(fy - b / 200) * 0.8249])
    linear = np.clip(_XYZ_TO_LINEAR @ xyz, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (int(level) for level in np.floor(encoded * 255 + 0.5))
    return red, green, blue


def _inverse_f(value: float) -> float:
    return value**3 if value > 6 / 29 else 3 * (6 / 29) ** 2 * (value - 4 / 29)


_XYZ_TO_LINEAR = np.array(
    [[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540], [0.0719453, -0.2289914, 1.4052427]]
)  # Bradford-adapted to D50
