"""Headers of any size: what a description doesn't need isn't read, and what it would need has a bound."""

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import VLWholeSlideMicroscopyImageStorage

from archive.core.description import ImageDescription
from archive.core.readers.elements import Element
from archive.core.readers.lean_header import read_lean_header
from archive.core.readers.source import BytesSource
from archive.services import pixels, retrieve
from archive.services.retrieve import StoredImage
from governance.core.faults import TooLarge, answer_for
from tests.small_objects import as_bytes, ct_image
from tests.stored_files import stored_bytes
from viewer.core.view import ViewState
from viewer.services.rendering import render_frame

MB = 1_000_000
ENCODINGS = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"]


def image_with(transfer_syntax: str = ENCODINGS[0], *, private: Any = None, **more: Any) -> Dataset:
    """Return an image with an overlay behind its vendor's own data: bytes, or a sequence."""
    ds = ct_image(transfer_syntax=transfer_syntax, WindowCenter=32768, WindowWidth=65536, **more)
    if private is not None:
        block = ds.private_block(0x200D, "VIEWBOX TEST", create=True)
        block.add_new(0x01, "SQ" if isinstance(private, Sequence) else "OB", private)
        block.add_new(0x02, "LO", "small and kept")
    for element, vr, value in (
        (0x10, "US", 4),
        (0x11, "US", 4),
        (0x40, "CS", "G"),
        (0x50, "SS", [1, 1]),
        (0x100, "US", 1),
        (0x102, "US", 0),
    ):
        ds.add_new((0x6000, element), vr, value)
    ds.add_new((0x6000, 0x3000), "OW", b"\x21\x84")
    return ds


@contextmanager
def memory() -> Iterator[Callable[[], float]]:
    """Measure the highest memory of what runs inside; call what comes out for it, in MB."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()


def described_anew(image: StoredImage) -> ImageDescription:
    pixels._descriptions.pop(image.sha256, None)
    return pixels.description_of(image)


def without_places(description: ImageDescription) -> dict[str, Any]:
    """Return all that a description says except where in the file the overlay's bits lie."""
    said = {field.name: getattr(description, field.name) for field in fields(description)}
    return said | {"overlays": [replace(plane, data_offset=0) for plane in description.overlays]}


@pytest.mark.parametrize("syntax", ENCODINGS)
def test_a_lean_header_is_the_header_without_gaps_and_knows_where_each_byte_lies(syntax: str) -> None:
    data = as_bytes(image_with(syntax, private=bytes(range(256)) * 400))
    length = data.index((b"\x7f\xe0" if syntax == ENCODINGS[2] else b"\xe0\x7f") + (b"\x00\x10" if syntax == ENCODINGS[2] else b"\x10\x00"))
    for leaves_out, missing in ((_large, 102_400), (_nothing, 0), (_all_but_image, 102_400)):
        header = read_lean_header(BytesSource(data), length, max_bytes=MB, leaves_out=leaves_out)
        assert len(header.data) <= length - missing
        assert bytes(data[header.offset_in_file(position)] for position in range(len(header.data))) == header.data
    assert read_lean_header(BytesSource(data), length, max_bytes=MB, leaves_out=_nothing).data == data[:length]


def _large(element: Element) -> bool:
    return element.length > 60_000


def _nothing(element: Element) -> bool:
    return False


def _all_but_image(element: Element) -> bool:
    return element.tag >> 16 not in (0x0028, 0x6000)


@pytest.mark.parametrize("syntax", ENCODINGS)
@pytest.mark.parametrize("kind", ["bytes", "sequence"])
def test_a_vendors_own_data_ahead_of_the_pixels_changes_nothing(syntax: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "WHOLE_HEADER_BYTES", 50_000)
    item = Dataset()
    item.add_new(0x00091001, "UN", bytes(200_000))
    item.is_undefined_length_sequence_item = True
    private = bytes(200_000) if kind == "bytes" else Sequence([item])
    ds = image_with(syntax, private=private)
    if kind == "sequence":
        ds[0x200D1001].is_undefined_length = True
    plain, laden = stored_bytes(as_bytes(image_with(syntax))), stored_bytes(as_bytes(ds))
    assert laden.frame_table.header_length > 200_000
    assert without_places(described_anew(laden)) == without_places(described_anew(plain))
    view = ViewState(codec="png")
    pictures = [render_frame(image=image, frame_index=0, view=view) for image in (plain, laden)]
    assert pictures[0].data == pictures[1].data
    hidden = render_frame(image=laden, frame_index=0, view=replace(view, overlays=False))
    assert hidden.data != pictures[1].data, "the overlay was drawn, from its own bits"


def test_seventy_megabytes_of_a_vendor_are_not_read() -> None:
    image = stored_bytes(as_bytes(image_with(private=bytes(70 * MB))))
    with memory() as highest_mb:
        description = described_anew(image)
        assert highest_mb() < 8
    assert (description.rows, description.columns, len(description.overlays)) == (4, 4, 1)
    with pytest.raises(TooLarge):
        retrieve.read_header(image)


def test_more_than_the_bound_is_refused_unread() -> None:
    image = stored_bytes(as_bytes(image_with(EncapsulatedDocument=bytes(70 * MB))))
    with memory() as highest_mb:
        with pytest.raises(TooLarge) as caught:
            described_anew(image)
        assert highest_mb() < 8
    assert answer_for(caught.value).http == 413
    assert "64 MB" in str(caught.value)
    with pytest.raises(TooLarge):
        render_frame(image=image, frame_index=0, view=ViewState())


def test_below_the_bound_all_is_read() -> None:
    image = stored_bytes(as_bytes(image_with(EncapsulatedDocument=bytes(12 * MB))))
    assert described_anew(image).rows == 4


def test_what_each_tile_of_a_slide_says_of_itself_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "WHOLE_HEADER_BYTES", 20_000)
    monkeypatch.setattr(retrieve, "MAX_HEADER_BYTES", 20_000)
    frames = []
    for number in range(500):
        place, frame = Dataset(), Dataset()
        place.ColumnPositionInTotalImagePixelMatrix, place.RowPositionInTotalImagePixelMatrix = 1 + 4 * number, 1
        frame.PlanePositionSlideSequence = [place]
        frames.append(frame)
    slide = ct_image(
        SOPClassUID=VLWholeSlideMicroscopyImageStorage,
        NumberOfFrames=500,
        PixelData=np.zeros((500, 4, 4), np.uint16).tobytes(),
        DimensionOrganizationType="TILED_SPARSE",
        PerFrameFunctionalGroupsSequence=frames,
    )
    image = stored_bytes(as_bytes(slide))
    assert image.frame_table.header_length > 25_000
    assert described_anew(image).number_of_frames == 500
