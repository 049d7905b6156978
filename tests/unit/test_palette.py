"""Palettes: table look-up and the segments of PS3.3 C.7.9.2, worked by hand."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import dcmread  # noqa: TID251  (pydicom's own opinion is what is asked)
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut

from archive.core.description.colour import read_palette
from archive.core.lookup_table import LookupTable, read_table
from governance.core.faults import Malformed
from viewer.core.palette import expand_segments, palette_table


def words(*values):
    return np.array(values, np.uint16)


def test_16_bit_entries_keep_their_upper_half():
    # both ways of widening 8 bits, v * 256 and v * 257, give v back
    table = LookupTable(10, words(0, 255 << 8, 0x7F7F), 16, 3)
    assert palette_table((table, table, table), first=8, count=6)[:, 0].tolist() == [0, 0, 0, 255, 127, 127]


def test_signed_first_mapped_value():
    table = LookupTable(-2, words(1, 2, 3), 8, 3)
    assert palette_table((table, table, table), first=-4, count=6)[:, 1].tolist() == [1, 1, 1, 2, 3, 3]


def test_discrete_and_linear_segments():
    # discrete: 0, 100; linear to 200 in 4 steps: 125, 150, 175, 200; linear down to 198 in 2: 199, 198
    segments = words(0, 2, 0, 100, 1, 4, 200, 1, 2, 198)
    assert expand_segments(segments, 8).tolist() == [0, 100, 125, 150, 175, 200, 199, 198]


def test_indirect_segment_repeats_earlier_ones():
    # bytes 0: discrete (3 words) [5]; bytes 6: linear to 7 in 2 steps: 6, 7; then 2 segments again from byte 0: 5, 6, 7
    segments = words(0, 1, 5, 1, 2, 7, 2, 2, 0, 0)
    assert expand_segments(segments, 6).tolist() == [5, 6, 7, 5, 6, 7]


@pytest.mark.parametrize(
    "segments",
    [
        words(0, 3, 1, 2),  # cut short
        words(1, 2, 9),  # linear without a start
        words(7, 1, 1),  # unknown
        words(0, 1, 1),  # too few entries for the descriptor
        words(2, 1, 0, 0),  # points at itself
    ],
)
def test_broken_segments_are_malformed(segments):
    with pytest.raises(Malformed):
        expand_segments(segments, 4)


def descriptor(*values, data):
    ds = Dataset()
    ds.add_new(0x00281101, "US", list(values))
    ds.add_new(0x00281201, "OW", data)
    return ds


def table_of(ds, **options):
    names = ("RedPaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData")
    return read_table(ds, descriptor=names[0], data=names[1], signed_input=False, big_endian=False, **options)


def test_entries_of_8_bits_packed_two_a_word():
    table = table_of(descriptor(4, 0, 8, data=bytes([1, 2, 3, 4])))
    assert table.entries.tolist() == [1, 2, 3, 4]
    assert table.bits == 8


def test_0_entries_mean_65536():
    table = table_of(descriptor(0, 0, 16, data=np.arange(65536, dtype="<u2").tobytes()))
    assert len(table.entries) == 65_536
    assert table.entries[-1] == 65_535


def test_16_bits_declared_and_8_filled():
    table = table_of(descriptor(3, 0, 16, data=np.array([0, 128, 255], "<u2").tobytes()))
    assert table.bits == 8


def test_too_few_entries_are_malformed():
    with pytest.raises(Malformed):
        table_of(descriptor(9, 0, 16, data=bytes(4)))


ENDLESS = [0, 1, 7, *[2, 60_000, 3206, 0] * 400, *[0, 0] * 400]  # 400 times 400 segments that make nothing


@pytest.mark.parametrize("words", [[0, 1, 7, 1, 0, 9], [0, 1, 7, 0, 0], [0, 1, 7, 2, 0, 0, 0], ENDLESS])
def test_empty_segments_are_malformed_and_cost_nothing(words):
    with pytest.raises(Malformed, match="empty"):
        expand_segments(np.array(words, np.uint16), 256)


@pytest.mark.parametrize("name", ["spring", "summer", "fall", "winter"])
def test_the_standards_segmented_palettes_are_what_pydicom_makes_of_them(name):
    ds = dcmread(Path(pydicom.__file__).parent / "data" / "palettes" / f"{name}.dcm")  # 8-bit segments (PS3.6 B.1)
    palette = read_palette(ds, is_signed=False, big_endian=False)
    assert palette is not None
    theirs = apply_color_lut(np.arange(256, dtype=np.uint8)[None], ds)[0]
    assert np.array_equal(palette_table(palette, first=0, count=256), theirs)
