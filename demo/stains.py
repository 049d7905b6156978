"""A real immunohistochemistry picture taken apart into its two stains, so that it can be re-stained and re-assembled.

The picture is skimage.data.immunohistochemistry(): colon glands, haematoxylin (blue nuclei) and DAB (brown), 512 x 512.
"""

from dataclasses import dataclass

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from demo.kernel import smooth_noise

UPSAMPLING = 2  # source pixels are refined once with a good filter, so that kernels may interpolate linearly
OPTICAL_DENSITY_SCALE = 8000.0  # uint16 steps a unit of natural optical density
GLASS = np.array([243, 242, 245], dtype=np.uint8)
# Unit absorption of each stain per colour channel: the columns of Ruifrok and Johnston's separation, re-fitted to this picture.
HAEMATOXYLIN = np.array([0.76, 0.56, 0.33])
DAB = np.array([0.33, 0.58, 0.74])


@dataclass(frozen=True, slots=True)
class StainSample:
    """The source picture as stains.

    density: (rows, columns, 6) uint16, optical density of haematoxylin (r, g, b) then DAB (r, g, b), times OPTICAL_DENSITY_SCALE.
    gland: (rows / 8, columns / 8) float32 in -1..1, smooth: 1 inside glands and their lumina, -1 in the stroma between.
    """

    density: NDArray[np.uint16]
    gland: NDArray[np.float32]


def _resized(plane: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.LANCZOS))


def stain_sample() -> StainSample:
    """Separate the picture into stains by least squares with non-negative amounts; what is left over goes to the larger."""
    picture = np.asarray(skimage.data.immunohistochemistry(), dtype=np.float64)  # type: ignore[no-untyped-call]
    white = np.percentile(picture, 99, axis=(0, 1))
    density = -np.log(np.clip(picture, 2, None) / white).clip(max=1.0)
    basis = np.stack([HAEMATOXYLIN / np.linalg.norm(HAEMATOXYLIN), DAB / np.linalg.norm(DAB)])
    amounts = np.clip(density @ np.linalg.pinv(basis), 0, None)
    share = amounts / np.maximum(amounts.sum(axis=-1, keepdims=True), 1e-6)
    rest = density - amounts @ basis
    stains = np.concatenate([amounts[..., i : i + 1] * basis[i] + share[..., i : i + 1] * rest for i in (0, 1)], axis=-1)

    size = (picture.shape[1] * UPSAMPLING, picture.shape[0] * UPSAMPLING)
    refined = np.stack([_resized(stains[..., channel], size) for channel in range(6)], axis=-1)
    # the finest grain of a real scan, which a refined picture lacks
    grain = smooth_noise(refined.shape[:2], seed=11, wavelength=3.0)
    refined *= 1 + 0.05 * grain[..., None]
    refined += 0.06  # density may fall below that of glass; the kernel takes this off again

    brown = gaussian_filter(amounts[..., 1], 7)
    empty = gaussian_filter((density.sum(axis=-1) < 0.16).astype(float), 9)  # lumina are neither brown nor blue
    gland = np.tanh((brown - 0.28) * 7 + empty * 2.2)
    gland = gland[::4, ::4]
    return StainSample(
        density=np.clip(refined * OPTICAL_DENSITY_SCALE, 0, 65535).astype(np.uint16),
        gland=np.ascontiguousarray(gland, dtype=np.float32),
    )
