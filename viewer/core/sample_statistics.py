"""Statistics of the values inside a shape."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the values inside: how many, mean, sample standard deviation (n - 1; None for one value), smallest, largest."""

    count: int
    mean: float | None
    sd: float | None
    minimum: float | None
    maximum: float | None

    def as_json(self) -> dict[str, Any]:
        return {"count": self.count, "mean": self.mean, "sd": self.sd, "min": self.minimum, "max": self.maximum}


class Gathering:
    """Statistics of values that come in bands, joined by their means and sums of squares (Chan, Golub and LeVeque, 1983).

    What is no finite number is left out: padding, and what a mapping doesn't reach.
    """

    def __init__(self) -> None:
        self._count = 0
        self._mean = 0.0
        self._squares = 0.0
        self._smallest, self._largest = math.inf, -math.inf

    def add(self, values: NDArray[np.float64]) -> None:
        """Add the values of a band, in any shape."""
        known = values[np.isfinite(values)]
        if not known.size:
            return
        count, mean = known.size, float(known.mean())
        squares = float(((known - mean) ** 2).sum())
        total, apart = self._count + count, mean - self._mean
        self._squares += squares + apart * apart * self._count * count / total
        self._mean += apart * count / total
        self._count = total
        self._smallest, self._largest = min(self._smallest, float(known.min())), max(self._largest, float(known.max()))

    def statistics(self) -> Statistics:
        if not self._count:
            return Statistics(0, None, None, None, None)
        sd = math.sqrt(self._squares / (self._count - 1)) if self._count > 1 else None
        return Statistics(self._count, self._mean, sd, self._smallest, self._largest)
