"""Frame tables: arithmetic, packing, fragments, bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.core.frame import FrameTable, align_bits, defragment
from governance.core.faults import Malformed


def same(left: FrameTable, right: FrameTable) -> bool:
    facts = ("kind", "header_length", "bits_per_frame", "is_fragmented", "is_video")
    arrays = (np.array_equal(left.offsets, right.offsets), np.array_equal(left.lengths, right.lengths))
    return all(arrays) and all(getattr(left, name) == getattr(right, name) for name in facts)


@given(first=st.integers(0, 2**40), bits=st.integers(1, 2**34), count=st.integers(0, 300), kind=st.sampled_from(["native", "deflated"]))
def test_native_frames_cover_exactly_their_bits(first, bits, count, kind):
    table = FrameTable.strided(kind, first_offset=first, bits_per_frame=bits, count=count, header_length=first)
    for index in range(count):
        offset, length = table.span(index)
        begin = (offset - first) * 8 + table.bit_offset(index)
        assert begin == index * bits
        assert 0 <= length * 8 - table.bit_offset(index) - bits < 8
    assert same(FrameTable.unpack(table.pack()), table)


@given(
    spans=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 2**33)), max_size=200),
    start=st.integers(132, 2**40),
    fragmented=st.booleans(),
)
def test_encapsulated_tables_survive_packing(spans, start, fragmented):
    offsets, lengths, position = [], [], start
    for gap, length in spans:
        offsets.append(position + gap)
        lengths.append(length)
        position += gap + length
    table = FrameTable(
        "encapsulated", np.array(offsets, np.uint64), np.array(lengths, np.uint64), header_length=start - 132, is_fragmented=fragmented
    )
    assert same(FrameTable.unpack(table.pack()), table)


def test_a_slide_of_a_hundred_thousand_tiles_packs_small():
    lengths = np.random.default_rng(1).integers(6_000, 14_000, 100_000).astype(np.uint64) // 2 * 2
    offsets = np.cumsum(np.concatenate(([8], lengths[:-1] + 8))).astype(np.uint64) + np.uint64(5000)
    packed = FrameTable("encapsulated", offsets, lengths, 5000).pack()
    assert len(packed) < 100_000 * 3
    assert np.array_equal(FrameTable.unpack(packed).offsets, offsets)


@pytest.mark.parametrize("packed", [b"", b"FT1", b"XX1" + bytes(30), b"FT1\x02\x00" + bytes(8) + b"\x05" + bytes(7) + b"no zstd"])
def test_what_is_no_table_is_malformed(packed):
    with pytest.raises(Malformed):
        FrameTable.unpack(packed)


def test_a_video_and_an_object_without_pixels_have_no_frames():
    table = FrameTable.unpack(FrameTable.empty(header_length=77, is_video=True).pack())
    assert (table.kind, len(table), table.header_length, table.is_video) == ("none", 0, 77, True)
    with pytest.raises(IndexError):
        table.span(0)


@given(fragments=st.lists(st.binary(max_size=40), min_size=1, max_size=6))
def test_fragments_join_to_the_frame(fragments):
    span = b"".join(b"\xfe\xff\x00\xe0" + len(piece).to_bytes(4, "little") + piece for piece in fragments)
    assert defragment(span) == b"".join(fragments)
    with pytest.raises(Malformed):
        defragment(span + b"\xfe\xff")
    with pytest.raises(Malformed):
        defragment(b"\xfe\xff\x00\xe0\xff\x00\x00\x00" + span)


@given(bits=st.lists(st.booleans(), min_size=1, max_size=80), bit_offset=st.integers(0, 7))
def test_bits_move_to_the_start_of_the_first_byte(bits, bit_offset):
    covering = np.packbits([0] * bit_offset + bits, bitorder="little").tobytes()
    aligned = align_bits(covering, bit_offset=bit_offset, bits=len(bits))
    assert np.unpackbits(np.frombuffer(aligned, np.uint8), bitorder="little")[: len(bits)].tolist() == [int(bit) for bit in bits]
