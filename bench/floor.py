"""The floor: look-up table of a window + JPEG by libjpeg-turbo (simplejpeg), of stored values (unsigned 16-bit) that already lie in
memory, in this process, on one thread; another window each time.

    python -m bench.floor SERIES_INSTANCE_UID FRAMES

Last line: "<n> frames/s, <ms> ms CPU a frame". Run with VIEWBOX_DATA_DIR of the archive that holds the series.
"""

import os
import sys
import time

import django
import numpy as np
import simplejpeg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

QUALITY = 80


def main() -> None:
    """Measure and print."""
    django.setup()
    from archive.services import pixels
    from governance.core.policy import operator
    from viewer.core.display import _look_up, level_table
    from viewer.core.modality_lut import modality_of
    from viewer.core.view import ViewState
    from viewer.core.voi_choice import voi_of
    from viewer.services.opening import open_target

    series, frames = sys.argv[1], int(sys.argv[2])
    opened = open_target(actor=operator("bench"), target={"series_instance_uid": series})
    stored = [(pixels.decoded(image, index), pixels.description_of(image), index) for image, index in opened.frames]

    def one(number: int) -> int:
        frame, description, index = stored[number % len(stored)]
        window = (-500.0 + (number * 7.31) % 1000.0, 200.0 + (number * 3.17) % 1500.0 + number * 0.001)
        voi = voi_of(frame, description, index, ViewState(window=window, codec="jpeg", quality=QUALITY))
        table = level_table(description, modality_of(description, index), voi, False)
        levels = np.empty(frame.values.shape, np.uint8)
        _look_up(frame.values.reshape(-1), table, 0, len(table) - 1, levels.reshape(-1))
        return len(simplejpeg.encode_jpeg(levels[:, :, None], QUALITY, "GRAY", "Gray"))

    for number in range(100):
        one(number)
    started, cpu = time.perf_counter(), time.process_time()
    size = sum(one(number) for number in range(frames))
    elapsed, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"{frames} frames of {size / frames / 1000:.1f} kB")
    print(f"{frames / elapsed:.0f} frames/s, {cpu / frames * 1000:.3f} ms CPU a frame")


if __name__ == "__main__":
    main()
