"""Rendered resources (PS3.18 10.4) through the ASGI router ahead of Django: levels by the formula, who gets them, what is refused."""

import hashlib
import io
import json
from typing import Any

import imagecodecs
import numpy as np
import pytest
from django.conf import settings
from PIL import Image
from pydicom.dataset import Dataset

from archive.services.ingest import IncomingFile, store_instances
from config.pixel_lane import PixelLane
from governance.core.policy import operator
from governance.models import AuditEntry
from governance.services import audit
from governance.services.database import run_in_database
from tests.conftest import Actor
from tests.small_objects import as_bytes, ct_image, encapsulated_image, uid
from viewer.core.level_hash import level_hash
from viewer.services import pool

pytestmark = pytest.mark.django_db(transaction=True)

HU = np.arange(-1024, 1024, dtype=np.int16).reshape(32, 64)
TEXTURE = np.clip(128 + 90 * np.sin(np.arange(48)[:, None] / 5) * np.cos(np.arange(64) / 7), 0, 255).astype(np.uint8)
JPEGS = [imagecodecs.jpeg8_encode(np.stack([TEXTURE, turned, 255 - TEXTURE], -1), level=85) for turned in (TEXTURE[::-1], TEXTURE)]
CT = f"/dicomweb/studies/{uid('study', 'study')}/series/{uid('series', 'study')}/instances/{uid('instance', 'ct')}"
LOOP = f"/dicomweb/studies/{uid('study', 'study')}/series/{uid('series', 'study')}/instances/{uid('instance', 'loop')}"
REPORT = f"/dicomweb/studies/{uid('study', 'study')}/series/{uid('series', 'report')}/instances/{uid('instance', 'report')}"


def linear(center: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1."""
    return np.asarray(np.floor(np.clip(((HU - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255) + 0.5).astype(np.uint8))


def linear_exact(center: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.3.2."""
    return np.asarray(np.floor(np.clip(((HU - center) / width + 0.5) * 255, 0, 255) + 0.5).astype(np.uint8))


def sigmoid(center: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.3.1."""
    return np.asarray(np.floor(255 / (1 + np.exp(-4 * (HU - center) / width)) + 0.5).astype(np.uint8))


def report() -> Dataset:
    dataset = ct_image("report", series="report", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", Modality="SR")
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, keyword)
    return dataset


@pytest.fixture(autouse=True)
def data(db: None) -> None:
    ct = ct_image(
        "ct",
        Rows=32,
        Columns=64,
        PixelRepresentation=1,
        PixelData=HU.tobytes(),
        WindowCenter="40",
        WindowWidth="400",
        RescaleSlope="1",
        RescaleIntercept="0",
    )
    attributes: dict[str, Any] = {
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "YBR_FULL_422",
        "PlanarConfiguration": 0,
        "LossyImageCompression": "01",
    }
    loop = encapsulated_image(
        [[bytes(frame) + b"\0" * (len(frame) % 2)] for frame in JPEGS], has_bot=True, name="loop", Rows=48, Columns=64, **attributes
    )
    files = [IncomingFile(data=as_bytes(dataset), source="test") for dataset in (ct, loop, report())]
    outcomes = list(store_instances(actor=operator("test"), files=files, department="radiology"))
    assert [outcome.status for outcome in outcomes] == ["stored"] * 3, [outcome.reason for outcome in outcomes]


class Answer:
    """What came back for one request."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        start, *bodies = messages
        self.status: int = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.body = b"".join(body["body"] for body in bodies)

    @property
    def levels(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.body)))

    @property
    def detail(self) -> str:
        assert self.headers["content-type"] == "application/problem+json"
        return str(json.loads(self.body).get("detail"))


class Peer:
    """Asks the router as somebody, as a server hands it requests."""

    def __init__(self, actor: Actor | None) -> None:
        cookies = actor.client().cookies if actor else {}
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={cookies[settings.SESSION_COOKIE_NAME].value}" if actor else ""
        self.lane = PixelLane(None)

    async def get(self, path: str, query: str = "", *, method: str = "GET", **headers: str) -> Answer:
        said = {"host": "localhost", "cookie": self.cookie} | {name.replace("_", "-"): value for name, value in headers.items()}
        sent: list[dict[str, Any]] = []
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in said.items()],
        }

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> dict[str, Any]:
            raise AssertionError("nothing is read of a GET")

        await self.lane(scope, receive, send)
        return Answer(sent)


@pytest.fixture
def peer(alice: Actor) -> Peer:
    return Peer(alice)


@pytest.fixture
def stranger(charlie: Actor) -> Peer:
    return Peer(charlie)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", linear(40, 400)),
        ("window=-600,1500,linear", linear(-600, 1500)),
        ("window=-600%2C1500%2Clinear-exact", linear_exact(-600, 1500)),
        ("window=100.5,350,sigmoid", sigmoid(100.5, 350)),
    ],
)
async def test_levels_are_those_of_the_formula(peer: Peer, query: str, expected: np.ndarray) -> None:
    answer = await peer.get(f"{CT}/rendered", query, accept="image/png")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert np.array_equal(answer.levels, expected)
    assert answer.headers["viewbox-fidelity"] == "lossless"
    assert answer.headers["viewbox-digest"] == f"levels-sha256={hashlib.sha256(expected.tobytes()).hexdigest()}"
    assert answer.headers["content-length"] == str(len(answer.body))
    lossy = await peer.get(f"{CT}/rendered", query)
    assert (lossy.headers["content-type"], lossy.headers["viewbox-fidelity"]) == ("image/jpeg", "lossy")
    assert lossy.headers["viewbox-digest"] == f"levels-xxh3={level_hash(expected).hex()}"
    assert np.abs(lossy.levels.astype(int) - expected).mean() < 3


async def test_size_and_quality(peer: Peer) -> None:
    small = await peer.get(f"{CT}/rendered", "viewport=20,20", accept="image/png")
    assert small.levels.shape == (10, 20)
    assert small.headers["viewbox-reduced"] == "1"
    blocks = linear(40, 400)[:3, :3]  # 3.2 source pixels a side: its first level is near the mean of these
    assert abs(int(small.levels[0, 0]) - blocks.mean()) <= 2
    large = await peer.get(f"{CT}/rendered", "viewport=500,500", accept="image/png")
    assert large.levels.shape == (32, 64)
    assert "never enlarged" in large.headers["warning"]
    poor, good = [await peer.get(f"{CT}/rendered", f"quality={quality}") for quality in (10, 95)]
    assert len(poor.body) < len(good.body)


async def test_S05_a_stored_jpeg_goes_out_untouched_unless_something_is_asked_of_it(peer: Peer) -> None:
    for number, stored in enumerate(JPEGS, 1):
        answer = await peer.get(f"{LOOP}/frames/{number}/rendered")
        assert answer.body.rstrip(b"\0") == stored.rstrip(b"\0")
        assert (answer.headers["viewbox-fidelity"], answer.headers["viewbox-source-lossy"]) == ("stored", "1")
        assert answer.headers["viewbox-frame"] == f"{number}/2"
        assert answer.headers["viewbox-digest"] == f"payload-sha256={hashlib.sha256(answer.body).hexdigest()}"
    encoded = await peer.get(f"{LOOP}/frames/2/rendered", "quality=40")
    assert (encoded.headers["viewbox-fidelity"], encoded.headers["viewbox-source-lossy"]) == ("lossy", "1")
    tagged = await peer.get(f"{LOOP}/frames/2/rendered", "iccprofile=srgb", accept="image/png")
    assert "icc_profile" in Image.open(io.BytesIO(tagged.body)).info
    first = await peer.get(f"{LOOP}/rendered")
    assert first.body.rstrip(b"\0") == JPEGS[0].rstrip(b"\0")
    assert "first of several" in first.headers["warning"]


async def test_etags_tell_pictures_apart_and_a_known_one_costs_nothing(peer: Peer) -> None:
    asked = [
        (CT, "", "image/jpeg"),
        (CT, "", "image/png"),
        (CT, "window=40,400,linear", "image/png"),
        (CT, "window=40,401,linear", "image/png"),
        (CT, "quality=90", "image/jpeg"),
        (CT, "viewport=20,20", "image/jpeg"),
        (CT, "iccprofile=yes", "image/png"),
        (f"{LOOP}/frames/1", "", "*/*"),
        (f"{LOOP}/frames/2", "", "*/*"),
        (f"{LOOP}/frames/2", "quality=90", "*/*"),
    ]
    answers = [await peer.get(f"{place}/rendered", query, accept=accept) for place, query, accept in asked]
    assert len({answer.headers["etag"] for answer in answers}) == len(asked)
    before = pool.counters.calls_done
    for (place, query, accept), answer in zip(asked, answers, strict=True):
        again = await peer.get(f"{place}/rendered", query, accept=accept, if_none_match=answer.headers["etag"])
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert pool.counters.calls_done == before
    assert answers[0].headers["cache-control"].startswith("private")
    assert answers[0].headers["vary"]


async def test_head_says_what_get_says(peer: Peer) -> None:
    got, headed = [await peer.get(f"{CT}/rendered", method=method) for method in ("GET", "HEAD")]
    assert headed.headers == got.headers
    assert (headed.status, headed.body) == (200, b"")
    posted = await peer.get(f"{CT}/rendered", method="POST")
    assert (posted.status, posted.headers["allow"]) == (405, "GET, HEAD")


async def test_the_same_picture_is_made_once(peer: Peer) -> None:
    before = pool.counters.pictures_rendered
    for _ in range(3):
        assert (await peer.get(f"{CT}/rendered", "window=7,77,linear")).status == 200
    assert pool.counters.pictures_rendered == before + 1


async def test_strangers_find_nothing_and_nobody_is_asked_who_they_are(stranger: Peer, peer: Peer) -> None:
    assert (await peer.get(f"{CT}/rendered")).status == 200
    refused = await stranger.get(f"{CT}/rendered")
    unknown = await stranger.get(f"{CT}1/rendered")
    assert refused.status == unknown.status == 404
    same = [{**json.loads(answer.body), "correlation_id": ""} for answer in (refused, unknown)]
    assert same[0] == same[1]
    nobody = await Peer(None).get(f"{CT}/rendered")
    assert (nobody.status, nobody.headers["www-authenticate"]) == (401, "Bearer")


async def test_opening_is_audited_before_the_picture_and_pictures_are_counted(peer: Peer, stranger: Peer) -> None:
    def opened() -> list[tuple[str, str]]:
        return list(AuditEntry.objects.filter(action="study opened").values_list("actor", "study_instance_uid"))

    def frames() -> int:
        audit.flush_frames()
        return sum(json.loads(entry.detail)["frames"] for entry in AuditEntry.objects.filter(action="frames sent", actor="alice"))

    before = await run_in_database(frames)
    assert (await stranger.get(f"{CT}/rendered")).status == 404
    assert (await peer.get(f"{CT}/rendered", "quality=400")).status == 400
    assert await run_in_database(opened) == []
    for _ in range(3):
        assert (await peer.get(f"{CT}/rendered")).status == 200
    assert await run_in_database(opened) == [("alice", uid("study", "study"))]
    assert await run_in_database(frames) == before + 3


@pytest.mark.parametrize(
    ("path", "query", "accept", "status", "words"),
    [
        (f"{LOOP}/frames/1,2/rendered", "", "*/*", 406, "One frame at a time"),
        (f"{CT}/rendered", "", "image/gif", 406, "image/jpeg or image/png"),
        (f"{REPORT}/rendered", "", "*/*", 406, "no frames"),
        (f"{REPORT}/frames/1/rendered", "", "*/*", 404, "None"),
        (f"{LOOP}/frames/3/rendered", "", "*/*", 404, "None"),
        (f"{LOOP}/frames/0/rendered", "", "*/*", 400, "frame"),
        (f"{CT}/rendered", "viewport=10,10,0,0,5,5", "*/*", 400, "source region"),
        (f"{CT}/rendered", "annotation=patient", "*/*", 400, "annotation"),
        (f"{CT}/rendered", "window=40,0,linear", "*/*", 400, "window"),
        (CT.replace(uid("series", "study"), uid("series", "report")) + "/rendered", "", "*/*", 404, "None"),
        (CT.replace(uid("study", "study"), uid("study", "other")) + "/rendered", "", "*/*", 404, "None"),
        (f"/dicomweb/studies/{uid('study', 'study')}/rendered", "", "*/*", 404, "None"),
    ],
)
async def test_refusals_say_why(peer: Peer, path: str, query: str, accept: str, status: int, words: str) -> None:
    answer = await peer.get(path, query, accept=accept)
    assert answer.status == status
    assert words in answer.detail
    assert answer.headers["cache-control"] == "no-store"
