"""Draws the demo archive. Pure: numpy, scipy, scikit-image, pydicom; no Django, no clock, no network; the same bytes every time.

`manage.py load_demo` stores demo.catalogue.parts(); tests use the small drawings:

- demo.small_ct(slices, size) -> list of CT data sets, foot first
- demo.gray_ct(stored, slope=, intercept=, windows=) -> a grey 16-bit image with exactly these stored values
- demo.echo_loop(frames, rows=, columns=, colour=) -> US Multi-frame, JPEG baseline, with regions and Frame Time
- demo.monochrome1() and demo.palette_image() -> stills with known values
- demo.small_slide(size, tile_size=) -> list: levels from full resolution down, THUMBNAIL, OVERVIEW, LABEL
- demo.part10(ds, transfer_syntax_uid=) -> the bytes of a DICOM file

The full drawings are demo.ct.draw(), demo.echo.draw() and demo.slide.draw(): iterators of Part 10 bytes.
"""

from demo import ct, echo, slide
from demo.part10 import part10
from demo.samples import echo_loop, gray_ct, monochrome1, palette_image, small_ct, small_slide

__all__ = ["ct", "echo", "echo_loop", "gray_ct", "monochrome1", "palette_image", "part10", "slide", "small_ct", "small_slide"]
