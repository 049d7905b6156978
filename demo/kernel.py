"""numba as a typed decorator, and seeded smooth noise that kernels can look up."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile with numba: without the GIL, kept on disk between runs."""
    return cast(Callable[P, R], numba.njit(nogil=True, cache=True)(function))


def smooth_noise(shape: tuple[int, ...], *, seed: int, wavelength: float, octaves: int = 1) -> NDArray[np.float32]:
    """Return periodic noise of mean 0 and standard deviation 1.

    wavelength: about how many samples a hill and a valley take; each further octave halves it at half the height.
    """
    spectrum = np.fft.rfftn(np.random.default_rng(seed).standard_normal(shape))
    axes = [np.fft.fftfreq(length) for length in shape[:-1]] + [np.fft.rfftfreq(shape[-1])]
    squared = sum(np.meshgrid(*[axis**2 for axis in axes], indexing="ij"))
    envelope = np.zeros_like(squared)
    for octave in range(octaves):
        # each octave is brought to the same power first, so that short waves don't drown the long ones
        width = (0.5 * 2**octave / wavelength) ** 2
        bell = np.exp(-squared / (2 * width))
        envelope += bell / np.sqrt((bell**2).sum()) * 0.5**octave
    envelope.flat[0] = 0
    noise = np.fft.irfftn(spectrum * envelope, s=shape, axes=tuple(range(len(shape))))
    return np.asarray(noise / noise.std(), dtype=np.float32)
