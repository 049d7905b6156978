"""The wire messages against literal bytes, and through every value that fits."""

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.faults import Malformed, TooLarge
from viewer.core import messages
from viewer.core.messages import (
    Cancel,
    Credit,
    Kind,
    Ping,
    Queue,
    Shown,
    Subscribe,
    TileRequest,
    Tiles,
    Unsubscribe,
    View,
    pack_control,
    parse_client_message,
    parse_control,
)
from viewer.core.picture_digest import DigestKind
from viewer.core.picture_header import HEADER_BYTES, Codec, Fidelity, PictureHeader, instance_digest
from viewer.core.view import ViewState

u16, u32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF)


def raw(kind: int, body: bytes = b"", *, viewport: int = 0, magic: bytes = b"VB", version: int = 1, reserved: int = 0) -> bytes:
    return struct.pack("<2sBBHH", magic, version, kind, viewport, reserved) + body


def test_subscribe_as_bytes() -> None:
    data = b"VB\x01\x10\x07\x01\x00\x00" + b'{"epoch":3,"target":{"series_instance_uid":"1.2.3","stack":"b0"}}'
    assert parse_client_message(data) == Subscribe(263, 3, {"series_instance_uid": "1.2.3", "stack": "b0"})


def test_view_has_every_field() -> None:
    body = b'{"sequence":9,"index":4,"view":{"window":[40,400.5],"invert":true,"size":[256,128],"codec":"png","quality":70}}'
    view = ViewState(window=(40.0, 400.5), invert=True, max_columns=256, max_rows=128, codec="png", quality=70)
    assert parse_client_message(raw(17, body, viewport=2)) == View(2, 9, 4, view)


def test_view_defaults() -> None:
    message = parse_client_message(raw(17, b'{"sequence":0,"index":0}'))
    assert message == View(0, 0, 0, ViewState(window=None, invert=False, max_columns=0, max_rows=0, codec="auto", quality=80))


def test_other_client_messages() -> None:
    assert parse_client_message(raw(19, b'{"pictures":4}')) == Credit(0, 4)
    assert parse_client_message(raw(20, b"{}", viewport=5)) == Cancel(5, None)
    assert parse_client_message(raw(20, b'{"tiles":[7,8]}')) == Cancel(0, (7, 8))
    assert parse_client_message(raw(21)) == Unsubscribe(0)
    tiles = b'{"tiles":[{"sequence":1,"level":2,"column":3,"row":4}]}'
    assert parse_client_message(raw(22, tiles)) == Tiles(0, (TileRequest(1, 2, 3, 4),))
    assert parse_client_message(raw(23, b'{"sequence":6}')) == Shown(0, 6)
    assert parse_client_message(raw(24, b'{"t":1.5}')) == Ping(0, 1.5)
    queue = parse_client_message(raw(18, b'{"sequence":10,"views":[{"index":1},{"index":2,"view":{"quality":5}}]}'))
    assert isinstance(queue, Queue)
    assert [(index, view.quality) for index, view in queue.entries] == [(1, 80), (2, 5)]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"VB\x01",
        raw(17, b"{}", magic=b"VX"),
        raw(17, b"{}", version=2),
        raw(17, b"{}", reserved=1),
        raw(99),
        raw(1),  # pictures are the server's
        raw(17, b"[]"),
        raw(17, b"not json"),
        raw(17, b'{"sequence":-1,"index":0}'),
        raw(17, b'{"sequence":4294967296,"index":0}'),
        raw(17, b'{"sequence":true,"index":0}'),
        raw(17, b'{"sequence":1.0,"index":0}'),
        raw(17, b'{"sequence":1,"index":0,"view":{"window":[1]}}'),
        raw(17, b'{"sequence":1,"index":0,"view":{"window":[1,0]}}'),
        raw(17, b'{"sequence":1,"index":0,"view":{"window":[NaN,1]}}'),
        raw(17, b'{"sequence":1,"index":0,"view":{"window":[1e300,1]}}'),
        raw(17, b'{"sequence":1,"index":0,"view":{"invert":1}}'),
        raw(17, b'{"sequence":1,"index":0,"view":{"size":[1,-1]}}'),
        raw(17, b'{"sequence":1,"index":0,"view":{"codec":"webp"}}'),
        raw(17, b'{"sequence":1,"index":0,"view":{"quality":0}}'),
        raw(17, b'{"sequence":1,"index":0,"view":{"zoom":2}}'),
        raw(16, b'{"epoch":1}'),
        raw(16, b'{"epoch":1,"target":{"series_instance_uid":5}}'),
        raw(19, b'{"pictures":0}'),
        raw(22, b'{"tiles":[{"sequence":1,"level":256,"column":0,"row":0}]}'),
        raw(22, b'{"tiles":[1]}'),
    ],
)
def test_malformed_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_client_message(data)


@pytest.mark.parametrize(
    "data",
    [
        raw(18, b'{"sequence":0,"views":[' + b",".join([b'{"index":0}'] * 513) + b"]}"),
        raw(22, b'{"tiles":[' + b",".join([b"1"] * 513) + b"]}"),
        raw(24, b'{"t":1}' + b" " * messages.MAX_MESSAGE_BYTES),
    ],
)
def test_over_a_limit_is_refused(data: bytes) -> None:
    with pytest.raises(TooLarge):
        parse_client_message(data)


@given(st.binary(max_size=200))
def test_any_bytes_parse_or_fault(data: bytes) -> None:
    try:
        message = parse_client_message(data)
    except (Malformed, TooLarge):
        return
    assert data[:3] == b"VB\x01"
    assert message is not None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["index", "view", "window", "level"]), inner, max_size=2),
    max_leaves=3,
)
field_names = st.sampled_from(["epoch", "target", "sequence", "index", "view", "views", "pictures", "tiles", "t"])


@given(st.sampled_from(sorted(range(16, 25))), u16, st.dictionaries(field_names, json_values, max_size=4))
def test_any_json_parses_or_faults(kind: int, viewport: int, document: dict[str, object]) -> None:
    try:
        message = parse_client_message(pack_control(Kind(kind), viewport, document))
    except (Malformed, TooLarge):
        return
    assert message.viewport == viewport


@given(st.sampled_from([Kind.OPENED, Kind.FAULT, Kind.PONG]), u16, st.dictionaries(st.text(max_size=8), json_values, max_size=4))
def test_control_round_trip(kind: Kind, viewport: int, document: dict[str, object]) -> None:
    assert parse_control(pack_control(kind, viewport, document)) == (kind, viewport, document)


floats = st.floats(width=32, allow_nan=False)
headers = st.builds(
    PictureHeader,
    kind=st.sampled_from([Kind.PICTURE, Kind.TILE]),
    viewport=u16,
    epoch=u32,
    sequence=u32,
    index=u32,
    frame_number=u32,
    instance_digest=st.binary(min_size=16, max_size=16),
    view_hash=st.binary(min_size=16, max_size=16),
    codec=st.sampled_from(Codec),
    quality=st.integers(0, 255),
    width=u32,
    height=u32,
    source_columns=u32,
    source_rows=u32,
    window_center=floats,
    window_width=floats,
    fidelity=st.sampled_from(Fidelity),
    source_lossy=st.booleans(),
    flags=u16,
    source_ratio=floats,
    render_us=u32,
    encode_us=u32,
    tile_column=u32,
    tile_row=u32,
    level=st.integers(0, 255),
    digest_kind=st.sampled_from(DigestKind),
    payload_length=st.just(5),
    digest=st.binary(min_size=32, max_size=32),
)


@given(headers)
def test_S01_header_round_trip(header: PictureHeader) -> None:
    packed = header.pack()
    assert len(packed) == HEADER_BYTES == 144
    assert PictureHeader.parse(packed + b"12345") == header


def test_S01_header_as_bytes() -> None:
    header = PictureHeader(
        kind=Kind.TILE,
        viewport=0x0201,
        epoch=5,
        sequence=42,
        index=119,
        frame_number=7,
        instance_digest=bytes(range(16)),
        view_hash=bytes(range(0xF0, 0x100)),
        codec=Codec.JPEG,
        quality=60,
        width=256,
        height=128,
        source_columns=512,
        source_rows=256,
        window_center=40.0,
        window_width=400.0,
        fidelity=Fidelity.LOSSY,
        source_lossy=True,
        flags=3,
        source_ratio=12.0,
        render_us=200,
        encode_us=350,
        tile_column=3,
        tile_row=4,
        level=2,
        digest_kind=DigestKind.LEVELS_XXH3,
        payload_length=0,
        digest=bytes(32),
    )
    expected = (
        "5642 01 02 0102 01 3c 05000000 2a000000 77000000 07000000 000102030405060708090a0b0c0d0e0f f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
        "00010000 80000000 00020000 00010000 00002042 0000c843 01 01 0300 00004041 c8000000 5e010000 03000000 04000000 02 02 0000 00000000"
    )
    assert header.pack() == bytes.fromhex(expected) + bytes(32)


def test_S01_header_of_another_length_is_refused() -> None:
    packed = bytearray(144)
    packed[:4] = b"VB\x01\x01"
    assert PictureHeader.parse(bytes(packed)).payload_length == 0
    with pytest.raises(Malformed):
        PictureHeader.parse(bytes(packed) + b"x")
    with pytest.raises(Malformed):
        PictureHeader.parse(bytes(packed[:100]))


def test_S01_instance_digest_is_half_of_sha256() -> None:
    assert instance_digest("1.2.840.10008.1.1") == hashlib.sha256(b"1.2.840.10008.1.1").digest()[:16]
