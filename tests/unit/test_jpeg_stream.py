"""JPEG headers that are remembered: frames that share their first bytes are still told apart."""

import numpy as np
import pytest
import simplejpeg

from archive.core.codecs.jpeg_stream import read_jpeg_header
from governance.core.faults import Malformed


def jpeg(rows: int, columns: int, quality: int = 80) -> bytes:
    levels = np.full((rows, columns, 3), 90, np.uint8)
    return bytes(simplejpeg.encode_jpeg(levels, quality, "RGB", "420"))


def test_same_beginning_other_size() -> None:
    small, large = jpeg(16, 24), jpeg(32, 48)
    assert small[:64] == large[:64]
    for _ in range(3):
        assert (read_jpeg_header(small).rows, read_jpeg_header(small).columns) == (16, 24)
        assert (read_jpeg_header(large).rows, read_jpeg_header(large).columns) == (32, 48)


def test_many_different_beginnings() -> None:
    streams = [jpeg(8, 8 * (quality % 5 + 1), quality) for quality in range(1, 100)] * 4
    assert [read_jpeg_header(stream).columns for stream in streams] == [8 * (quality % 5 + 1) for quality in range(1, 100)] * 4


def test_a_stream_cut_before_its_scan_is_refused_although_its_beginning_is_known() -> None:
    whole = jpeg(16, 16)
    header = read_jpeg_header(whole)
    with pytest.raises(Malformed):
        read_jpeg_header(whole[: header.scan_offset + 4])
