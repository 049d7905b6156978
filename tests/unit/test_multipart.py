"""The multipart parser: any split of the body into pieces gives the same parts."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archive.core.multipart import MAX_HEADER_BYTES, MultipartParser, PartBegins, PartData, parse_content_type
from governance.core.faults import Malformed


def parts_of(body: bytes, boundary: str, cuts: list[int]) -> list[tuple[dict[str, str], bytes]]:
    """Feed the body cut at these places; return (headers, data) of each complete part."""
    parser = MultipartParser(boundary)
    parts: list[tuple[dict[str, str], bytes]] = []
    headers: dict[str, str] = {}
    data = b""
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    for start, end in pairwise(edges):
        for event in parser.feed(body[start:end]):
            if isinstance(event, PartBegins):
                headers, data = event.headers, b""
            elif isinstance(event, PartData):
                data += event.data
            else:
                parts.append((headers, data))
    parser.close()
    return parts


def joined(contents: list[bytes], boundary: bytes, line: bytes) -> bytes:
    parts = (b"--" + boundary + line + b"Content-Type: application/dicom" + line + line + content + line for content in contents)
    return b"".join(parts) + b"--" + boundary + b"--" + line


BINARY = st.binary(max_size=60) | st.sampled_from([b"\r\n--", b"\r\n--b", b"\n--bou", b"x--bound", b"\r", b"\r\n\r\n", b"\r\n--boundX\r\n"])


def holds_boundary(contents: list[bytes]) -> bool:
    """Say whether a part has a line that begins with the boundary; a sender must then choose another."""
    return any(b"\n--bound" in b"\n" + content and b"--boundX" not in content for content in contents)


@given(contents=st.lists(BINARY, min_size=1, max_size=5), cuts=st.lists(st.integers(0, 10_000), max_size=30))
def test_every_split_gives_the_same_parts(contents, cuts):
    body = joined(contents, b"bound", b"\r\n")
    assume(not holds_boundary(contents))
    assert [data for _, data in parts_of(body, "bound", cuts)] == contents


@given(contents=st.lists(BINARY, min_size=1, max_size=4), cuts=st.lists(st.integers(0, 10_000), max_size=30))
def test_lines_that_end_in_lf_alone(contents, cuts):
    assume(not holds_boundary(contents))
    body = joined(contents, b"bound", b"\n")
    assert [data for _, data in parts_of(body, "bound", cuts)] == contents


@given(cuts=st.lists(st.integers(0, 10_000), max_size=400))
def test_the_boundary_inside_the_data(cuts):
    content = b"\r\n--boundary2\r\n" * 3 + b"x--boundary" + b"\r\n--boundar\r\n--" + bytes(300)
    assert parts_of(joined([content, b""], b"boundary", b"\r\n"), "boundary", cuts) == [
        ({"content-type": "application/dicom"}, content),
        ({"content-type": "application/dicom"}, b""),
    ]


def test_preamble_epilogue_blanks_after_the_boundary_and_parts_without_headers():
    body = b"read this\r\nlater\r\n--x y  \r\n\r\none\r\n--x y\t\r\nA: b\r\n c\r\n\r\ntwo\r\n--x y--\r\nthe end"
    assert parts_of(body, "x y", [5, 17, 33]) == [({}, b"one"), ({"a": "b c"}, b"two")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary at all",
        b"--b--\r\n",
        b"--b\r\n\r\nnot closed",
        b"--b\r\n\r\ncut at the last\r\n--b-",
        b"--b\r\nno colon\r\n\r\nx\r\n--b--",
        b"--b\r\n" + b"A: " + b"a" * MAX_HEADER_BYTES + b"\r\n",
        b"x" * (MAX_HEADER_BYTES + 10),
    ],
)
def test_what_is_no_multipart_body_is_malformed(body):
    with pytest.raises(Malformed):
        parts_of(body, "b", [])


@pytest.mark.parametrize("boundary", ["", "b" * 300])
def test_a_boundary_of_impossible_length(boundary):
    with pytest.raises(Malformed):
        MultipartParser(boundary)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('multipart/related; type="application/dicom"; boundary="x y"', {"type": "application/dicom", "boundary": "x y"}),
        ("Multipart/Related;TYPE=application/dicom;boundary=a=b", {"type": "application/dicom", "boundary": "a=b"}),
        ('multipart/related; boundary="a;b\\"c"', {"boundary": 'a;b"c'}),
        ('multipart/related; boundary="half', {"boundary": "half"}),
        ("multipart/related; type=application/dicom; transfer-syntax=*; boundary=z", None),
    ],
)
def test_content_types_with_and_without_quotes(header, expected):
    parsed = parse_content_type(header)
    assert parsed.media_type == "multipart/related"
    if expected is None:
        assert (parsed.parameters["transfer-syntax"], parsed.parameters["boundary"]) == ("*", "z")
    else:
        assert parsed.parameters == expected


def test_memory_stays_small_while_a_large_part_passes():
    parser = MultipartParser("b")
    list(parser.feed(b"--b\r\n\r\n"))
    passed = 0
    for _ in range(200):
        passed += sum(len(event.data) for event in parser.feed(bytes(65_536)) if isinstance(event, PartData))
        assert len(parser._buffer) < 100
    assert passed > 200 * 65_536 - 100
