"""dicomweb-client, a peer that nobody here wrote, gets rendered frames from a live Viewbox and finds the formula's levels in them."""

import hashlib
import io

import numpy as np
import pytest
import requests
from dicomweb_client.api import DICOMwebClient
from PIL import Image

from tests.integration import drawings
from tests.integration.conftest import StreamServer

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def peer(stream_server: StreamServer) -> DICOMwebClient:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {stream_server.tokens['alice']}"
    return DICOMwebClient(url=f"{stream_server.url}/dicomweb", session=session)


def place(stream_server: StreamServer, study: str, index: int) -> tuple[str, str, str]:
    """Return the UIDs of a CT slice; the drawings name the study as _new does."""
    found = requests.get(
        f"{stream_server.url}/dicomweb/instances",
        params={"SOPInstanceUID": drawings.uid("ct", study, index)},
        headers={"Authorization": f"Bearer {stream_server.tokens['alice']}"},
        timeout=20,
    ).json()
    return found[0]["0020000D"]["Value"][0], stream_server.series(study), str(drawings.uid("ct", study, index))


def level(hu: int, center: float, width: float) -> int:
    """PS3.3 C.11.2.1.2.1."""
    return int(np.floor(np.clip(((hu - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255) + 0.5))


@pytest.mark.parametrize("index", [0, 17])
def test_a_frame_with_a_window(stream_server: StreamServer, peer: DICOMwebClient, index: int) -> None:
    uids = place(stream_server, "A", index)
    window = {"window": "210,90,linear"}
    data = peer.retrieve_instance_frames_rendered(*uids, frame_numbers=[1], media_types=("image/png",), params=window)
    levels = np.asarray(Image.open(io.BytesIO(data)))
    assert levels.shape == (64, 64)
    assert set(levels.reshape(-1)) == {level(drawings.value_of("A", index), 210, 90)}


def test_an_instance_as_it_comes(stream_server: StreamServer, peer: DICOMwebClient) -> None:
    uids = place(stream_server, "A", 4)
    picture = Image.open(io.BytesIO(peer.retrieve_instance_rendered(*uids, media_types=("image/jpeg",))))
    assert (picture.format, picture.size) == ("JPEG", (64, 64))
    assert abs(int(np.asarray(picture)[5, 5]) - level(drawings.value_of("A", 4), 1024, 2048)) <= 1


def test_what_the_headers_say_holds(stream_server: StreamServer) -> None:
    study, series, instance = place(stream_server, "B", 2)
    url = f"{stream_server.url}/dicomweb/studies/{study}/series/{series}/instances/{instance}/frames/1/rendered"
    headers = {"Authorization": f"Bearer {stream_server.tokens['alice']}", "Accept": "image/png"}
    answer = requests.get(url, headers=headers, timeout=20)
    levels = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert answer.headers["Viewbox-Digest"] == f"levels-sha256={hashlib.sha256(levels.tobytes()).hexdigest()}"
    assert answer.headers["Viewbox-Window"] == "1024,2048"
    again = requests.get(url, headers=headers | {"If-None-Match": answer.headers["ETag"]}, timeout=20)
    assert (again.status_code, again.content) == (304, b"")
    stranger = {"Authorization": f"Bearer {stream_server.tokens['charlie']}"}
    assert requests.get(url, headers=stranger, timeout=20).status_code == 404
    assert requests.get(url, timeout=20).status_code == 401
    two = requests.get(url.replace("/1/", "/1,2/"), headers=headers, timeout=20)
    assert (two.status_code, two.json()["detail"]) == (406, "One frame at a time: a list of frames is not offered.")


def test_a_whole_answer_is_what_uvicorn_would_have_sent(stream_server: StreamServer) -> None:
    study, series, instance = place(stream_server, "A", 3)
    url = f"{stream_server.url}/dicomweb/studies/{study}/series/{series}/instances/{instance}/rendered"
    with requests.Session() as session:  # one connection: what follows an answer is understood
        session.headers["Authorization"] = f"Bearer {stream_server.tokens['alice']}"
        whole, head, again = session.get(url, timeout=20), session.head(url, timeout=20), session.get(url, timeout=20)
        closing = session.get(url, headers={"Connection": "close"}, timeout=20)  # leaves by the long way
    assert whole.content == again.content == closing.content != b""
    assert int(whole.headers["Content-Length"]) == len(whole.content)
    assert whole.raw.version == 11
    assert {name.lower() for name in whole.headers} == {name.lower() for name in head.headers}
    for name in set(head.headers) - {"Date"}:
        assert whole.headers[name] == head.headers[name] == closing.headers[name]
    assert closing.headers["Connection"] == "close"
    assert "Date" in whole.headers
