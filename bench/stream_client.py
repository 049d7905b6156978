"""A small independent client of the stream, written from docs/stream.md alone; it imports nothing of the server.

    python bench/stream_client.py --url http://127.0.0.1:8000 --token T (--series UID | --largest-ct) [--frames N] [--clients N]

It walks through the stack with another window for every frame, so that no encoded picture can be used twice, acknowledges
every four, holds each header against what was opened and asked, decodes one frame in fifty and compares its levels with the
formula (PS3.3 C.11.2.1.2.1) applied to the stored values. A picture's time runs from the moment the server was allowed
to begin it - its queue and its credit were sent - to its arrival.
The last line is "<n> frames/s, p50 <ms> ms, p95 <ms> ms".
"""

import argparse
import asyncio
import hashlib
import io
import itertools
import json
import math
import struct
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import simplejpeg
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PREFIX = struct.Struct("<2sBBHH")
HEADER = struct.Struct("<2sBBHBB4I16s16s4I2fBBHf4IBB2xI32s")
PICTURE, SUBSCRIBE, QUEUE, CREDIT, PING, OPENED, FAULT, HELLO, STATUS = 1, 16, 18, 19, 24, 32, 33, 35, 36
BATCH, ACKNOWLEDGE, CHECK_EVERY = 512, 4, 50
JPEG_MEAN_ERROR, PNG_MEAN_ERROR = 6.0, 0.0


class Wrong(Exception):
    """The server sent something that is not what docs/stream.md promises."""


@dataclass
class Picture:
    """A picture's header, by the names of docs/stream.md, and its bytes."""

    viewport: int
    codec: int
    quality: int
    epoch: int
    sequence: int
    index: int
    frame_number: int
    instance_digest: bytes
    view_hash: bytes
    width: int
    height: int
    source_columns: int
    source_rows: int
    window_center: float
    window_width: float
    fidelity: int
    source_lossy: int
    flags: int
    source_ratio: float
    render_us: int
    encode_us: int
    tile_column: int
    tile_row: int
    level: int
    digest_kind: int
    payload_length: int
    digest: bytes
    payload: bytes = b""


@dataclass
class Result:
    """What one client saw."""

    frames: int = 0
    checked: int = 0
    started_at: float = 0.0
    ended_at: float = 0.0
    times_ms: list[float] = field(default_factory=list)
    bytes_received: int = 0
    render_us: int = 0
    encode_us: int = 0
    status: dict[str, int] = field(default_factory=dict)
    first_counters: dict[str, int] = field(default_factory=dict)


def control(kind: int, viewport: int, document: dict[str, Any]) -> bytes:
    """Return a control message."""
    return PREFIX.pack(b"VB", 1, kind, viewport, 0) + json.dumps(document, separators=(",", ":")).encode()


def read_picture(message: bytes) -> Picture:
    """Return a picture message taken apart."""
    magic, version, kind, *fields = HEADER.unpack_from(message)
    if magic != b"VB" or version != 1 or kind != PICTURE:
        raise Wrong(f"not a picture: kind {kind}")
    picture = Picture(*fields)
    picture.payload = message[HEADER.size :]
    if picture.payload_length != len(picture.payload):
        raise Wrong("payload length")
    return picture


class Server:
    """The HTTP side: finding a series and fetching stored values."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        secure = parts.scheme in ("https", "wss")
        self.http = f"{'https' if secure else 'http'}://{parts.netloc}"
        self.stream = f"{'wss' if secure else 'ws'}://{parts.netloc}/ws/stream"
        self.headers = {"Authorization": f"Bearer {token}"}
        self._values: dict[tuple[str, int], np.ndarray] = {}

    def get(self, path: str, accept: str) -> bytes:
        """Return the body of a GET."""
        request = urllib.request.Request(self.http + path, headers=self.headers | {"Accept": accept})  # noqa: S310 - http(s) by construction
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return bytes(response.read())

    def largest_ct(self) -> str:
        """Return the CT series with the most instances."""
        answer = json.loads(self.get("/dicomweb/series?Modality=CT&includefield=NumberOfSeriesRelatedInstances", "application/dicom+json"))
        found = [(int(series["00201209"]["Value"][0]), str(series["0020000E"]["Value"][0])) for series in answer]
        if not found:
            raise SystemExit("the server shows no CT series to this token")
        return max(found)[1]

    def values(self, sop_instance_uid: str, frame_number: int) -> np.ndarray:
        """Return the rescaled values of a frame, from the instance as stored."""
        key = (sop_instance_uid, frame_number)
        if key not in self._values:
            import pydicom

            dataset = pydicom.dcmread(io.BytesIO(self.get(f"/download/{sop_instance_uid}", "*/*")))  # noqa: TID251 - independent of the server's readers
            pixels = dataset.pixel_array
            if int(dataset.get("NumberOfFrames", 1) or 1) > 1:
                pixels = pixels[frame_number - 1]
            self._values[key] = pixels * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))
        return self._values[key]


def expected_levels(values: np.ndarray, center: float, width: float) -> np.ndarray:
    """Return display levels by the LINEAR function of PS3.3 C.11.2.1.2.1, y from 0 to 255."""
    levels = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255.0
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def decoded(picture: Picture) -> np.ndarray:
    """Return the grey levels of a picture."""
    if picture.codec == 1:
        return np.asarray(simplejpeg.decode_jpeg(picture.payload, colorspace="GRAY"))[:, :, 0]
    return np.asarray(Image.open(io.BytesIO(picture.payload)))


def check_header(picture: Picture, opened: dict[str, Any], sequence: int, asked: dict[str, Any]) -> dict[str, Any]:
    """Hold a header against what was opened and asked; return the frame's instance."""
    frame = opened["frames"][asked["index"]]
    instance = opened["instances"][frame["instance"]]
    center, width = asked["view"]["window"]
    digest = hashlib.sha256(instance["sop_instance_uid"].encode("ascii")).digest()[:16]
    facts = {
        "epoch": picture.epoch == opened["epoch"],
        "sequence": picture.sequence == sequence,
        "index": picture.index == asked["index"],
        "frame number": picture.frame_number == frame["frame_number"],
        "instance": picture.instance_digest == digest and digest.hex() == instance["digest"],
        "window": math.isclose(picture.window_center, center, rel_tol=1e-6) and math.isclose(picture.window_width, width, rel_tol=1e-6),
        "size": (picture.width, picture.height) == (picture.source_columns, picture.source_rows),
    }
    wrong = [name for name, is_right in facts.items() if not is_right]
    if wrong:
        raise Wrong(f"picture {sequence}: {', '.join(wrong)}")
    return {"sop_instance_uid": instance["sop_instance_uid"], "frame_number": frame["frame_number"]}


def check_levels(server: Server, picture: Picture, instance: dict[str, Any]) -> None:
    """Decode a picture and compare it with the formula."""
    values = server.values(instance["sop_instance_uid"], instance["frame_number"])
    expected = expected_levels(values, picture.window_center, picture.window_width)
    levels = decoded(picture)
    error = float(np.abs(levels.astype(np.int16) - expected).mean())
    limit = JPEG_MEAN_ERROR if picture.codec == 1 else PNG_MEAN_ERROR
    if levels.shape != expected.shape or error > limit:
        raise Wrong(f"levels of picture {picture.sequence} differ from the formula by {error:.2f} at the mean (limit {limit})")
    kind = {0: 1, 1: 2, 2: 3}[picture.fidelity]
    if picture.digest_kind != kind:
        raise Wrong(f"digest kind of picture {picture.sequence}")
    proven = {1: levels.tobytes(), 3: picture.payload}.get(kind)
    if proven is not None and hashlib.sha256(proven).digest() != picture.digest:
        raise Wrong(f"digest of picture {picture.sequence}")


def views(frames: int, stack: int, client: int, codec: str, quality: int) -> Iterator[dict[str, Any]]:
    """Yield another frame and another window each time; no window comes twice in a run."""
    for number in range(frames):
        window = [round(-500.0 + (number * 7.31) % 1000.0, 3), round(200.0 + (number * 3.17) % 1500.0 + number * 0.001 + client * 0.13, 3)]
        yield {"index": (number + client * 7) % stack, "view": {"window": window, "codec": codec, "quality": quality}}


async def receive_until(socket: ClientConnection, kind: int) -> dict[str, Any]:
    """Return the document of the next control message of a kind."""
    while True:
        message = await socket.recv()
        if not isinstance(message, bytes):
            raise Wrong("a message that isn't binary")
        found = PREFIX.unpack_from(message)[2]
        if found == FAULT:
            raise Wrong(f"fault {message[8:].decode()}")
        if found == kind:
            document: dict[str, Any] = json.loads(message[8:])
            return document


async def run_client(server: Server, series: str, number: int, options: argparse.Namespace, gate: asyncio.Barrier) -> Result:
    """Stream the asked number of frames through one socket."""
    result = Result()
    async with connect(
        server.stream,
        additional_headers=server.headers,
        subprotocols=[Subprotocol("viewbox.1")],
        compression=None,
        max_size=None,
        max_queue=128,
    ) as socket:
        hello = await receive_until(socket, HELLO)
        result.first_counters = hello["counters"]
        await socket.send(control(SUBSCRIBE, 1, {"epoch": 1, "target": {"series_instance_uid": series}}))
        opened = await receive_until(socket, OPENED)
        wanted = views(options.frames, len(opened["frames"]), number, options.codec, options.quality)
        await gate.wait()
        result.started_at = time.perf_counter()
        allowed = deque([result.started_at] * hello["limits"]["credit"])  # when each credit was given that is not yet used
        sequence = 1
        while batch := list(itertools.islice(wanted, BATCH)):
            await socket.send(control(QUEUE, 1, {"sequence": sequence, "views": batch}))
            asked_at = time.perf_counter()
            for asked in batch:
                message = await socket.recv()
                now = time.perf_counter()
                if not isinstance(message, bytes) or message[3] != PICTURE:
                    raise Wrong(f"instead of picture {sequence}: {message[8:]!r}")
                result.times_ms.append((now - max(asked_at, allowed.popleft())) * 1000)
                picture = read_picture(message)
                result.frames += 1
                if result.frames % ACKNOWLEDGE == 0:
                    await socket.send(control(CREDIT, 0, {"pictures": ACKNOWLEDGE}))
                    allowed.extend([time.perf_counter()] * ACKNOWLEDGE)
                instance = check_header(picture, opened, sequence, asked)
                result.bytes_received += len(message)
                result.render_us += picture.render_us
                result.encode_us += picture.encode_us
                if result.frames % CHECK_EVERY == 0:
                    await asyncio.to_thread(check_levels, server, picture, instance)
                    result.checked += 1
                sequence += 1
        result.ended_at = time.perf_counter()
        await socket.send(control(PING, 0, {"t": time.time()}))
        result.status = await receive_until(socket, STATUS)
    return result


async def warm_values(server: Server, series: str, options: argparse.Namespace) -> None:
    """Fetch the stored values of the frames that will be checked, so that the measurement doesn't contain it."""
    async with connect(
        server.stream, additional_headers=server.headers, subprotocols=[Subprotocol("viewbox.1")], compression=None
    ) as socket:
        await socket.send(control(SUBSCRIBE, 1, {"epoch": 1, "target": {"series_instance_uid": series}}))
        opened = await receive_until(socket, OPENED)
    for client in range(options.clients):
        for asked in list(views(options.frames, len(opened["frames"]), client, "jpeg", 80))[CHECK_EVERY - 1 :: CHECK_EVERY]:
            frame = opened["frames"][asked["index"]]
            uid = opened["instances"][frame["instance"]]["sop_instance_uid"]
            await asyncio.to_thread(server.values, uid, frame["frame_number"])


async def run(options: argparse.Namespace) -> int:
    """Run all clients and print what they saw."""
    server = Server(options.url, options.token)
    series = options.series or await asyncio.to_thread(server.largest_ct)
    await warm_values(server, series, options)
    gate = asyncio.Barrier(options.clients)
    results = await asyncio.gather(*(run_client(server, series, number, options, gate) for number in range(options.clients)))
    frames = sum(result.frames for result in results)
    elapsed = max(result.ended_at for result in results) - min(result.started_at for result in results)
    times = np.concatenate([result.times_ms for result in results])
    encoded = max(result.status["process_rendered"] for result in results) - min(r.first_counters["process_rendered"] for r in results)
    size_kb = sum(result.bytes_received for result in results) / frames / 1000
    rendered, sent, dropped = (sum(result.status[name] for result in results) for name in ("rendered", "sent", "dropped"))
    render_us, encode_us = (sum(getattr(result, name) for result in results) / frames for name in ("render_us", "encode_us"))
    print(f"series {series}: {frames} pictures of {size_kb:.1f} kB, {options.clients} clients")
    print(f"checked {sum(result.checked for result in results)} pictures against the formula, all right")
    print(f"server: these sockets {rendered} rendered, {sent} sent, {dropped} dropped; the process encoded {encoded}")
    print(f"server: {render_us:.0f} µs render, {encode_us:.0f} µs encode a picture")
    print(f"{frames / elapsed:.0f} frames/s, p50 {np.percentile(times, 50):.2f} ms, p95 {np.percentile(times, 95):.2f} ms")
    return 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="of the server, http://host:port")
    parser.add_argument("--token", required=True, help="bearer token (manage.py create_token)")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--series", help="Series Instance UID")
    which.add_argument("--largest-ct", action="store_true", help="the CT series with the most instances")
    parser.add_argument("--frames", type=int, default=1000, help="a client")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--codec", choices=["jpeg", "png"], default="jpeg")
    parser.add_argument("--quality", type=int, default=80)
    options = parser.parse_args()
    try:
        return asyncio.run(run(options))
    except (Wrong, OSError, urllib.error.URLError) as exc:
        print(f"failed: {exc}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
