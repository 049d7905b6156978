"""Write tests/golden/local_windows.json: what goes out with stored values, and the SHA-256 of the levels that the server's chain makes.

    python -m tests.golden.draw_local_windows

A vector is {recipe, window, invert, digest}: the digest is of the level of each value that can be stored, from the smallest on.
pytest (tests/unit/test_local_levels.py) checks that the file is what the chain makes now; vitest (static/src/state/) that a
browser makes the same.
"""

import hashlib
import json
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np

from archive.core.lookup_table import LookupTable
from tests.unit.pixel_images import image
from viewer.core.display import display_levels
from viewer.core.local_levels import pack_values
from viewer.core.view import ViewState
from viewer.core.voi_choice import voi_of

FILE = Path(__file__).with_name("local_windows.json")
SEED = 4
WINDOWS_EACH = 12

LUT = LookupTable(first_mapped=-3, entries=np.array([entry * 1571 & 0x3FFF for entry in range(40)], np.uint16), bits=14, count=40)
IMAGES: tuple[dict[str, Any], ...] = (
    {"bits_stored": 12, "rescale": (1.0, -1024.0), "padding": (0, 5)},
    {"bits_stored": 16, "is_signed": True, "rescale": (1.0, 0.0), "padding": (-32768, -32000)},
    {"bits_stored": 16, "rescale": (0.0375, -3.1)},
    {"bits_stored": 14, "photometric_interpretation": "MONOCHROME1", "voi_function": "LINEAR_EXACT"},
    {"bits_stored": 12, "is_signed": True, "rescale": (-1.3, 7.25), "presentation_lut_shape": "INVERSE"},
    {"bits_allocated": 8, "rescale": (2.0, 0.5)},
    {"bits_stored": 10, "modality_lut": LUT},
)


def vectors() -> Any:
    """Return all vectors as JSON has them, the same every time."""
    chance = random.Random(SEED)
    return json.loads(json.dumps([vector for fields in IMAGES for vector in _vectors_of(fields, chance)]))


def _vectors_of(fields: dict[str, Any], chance: random.Random) -> list[dict[str, Any]]:
    bits = fields.get("bits_stored", 8)
    first = -(1 << bits - 1) if fields.get("is_signed") else 0
    decoded, description = image(np.arange(first, first + (1 << bits)), **fields)
    found = []
    for number in range(WINDOWS_EACH):
        view = ViewState(window=_window(chance) if number else None, invert=chance.random() < 0.5, codec="values")
        payload = pack_values(decoded, description, 0, view, voi_of(decoded, description, 0, view))
        levels = display_levels(decoded, description, 0, view).values
        recipe = json.loads(payload[4 : 4 + struct.unpack_from("<I", payload)[0]])
        digest = hashlib.sha256(levels.tobytes()).hexdigest()
        found.append({"recipe": recipe, "window": view.window, "invert": view.invert, "digest": digest})
    return found


def _window(chance: random.Random) -> tuple[float, float]:
    width = chance.choice([1.0, 0.4, 2.0, float(chance.randint(1, 4000)), chance.uniform(0.5, 5000), chance.uniform(1, 60000)])
    return chance.choice([float(chance.randint(-1500, 3000)), chance.uniform(-2000, 40000)]), width


def main() -> None:
    lines = ",\n".join(json.dumps(vector, separators=(",", ":")) for vector in vectors())
    FILE.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
