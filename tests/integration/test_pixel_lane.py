"""Tiles, thumbnails and static files over plain HTTP, ahead of Django."""

import io

import pytest
import requests
from PIL import Image

from tests.integration import drawings
from tests.integration.conftest import StreamServer

pytestmark = pytest.mark.integration


def get(stream_server: StreamServer, path: str, **headers: str) -> requests.Response:
    headers["Authorization"] = f"Bearer {stream_server.tokens['alice']}"
    return requests.get(stream_server.url + path, headers=headers, timeout=20)


def test_tiles_are_the_stored_bytes(stream_server: StreamServer) -> None:
    series = stream_server.series("S")
    levels = get(stream_server, f"/tiles/{series}").json()["levels"]
    assert (levels[0]["tiles_across"], levels[0]["tiles_down"]) == (3, 2)
    answer = get(stream_server, f"/tiles/{series}/0/2/1")
    assert answer.content == drawings.stored_tile(2, 1)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (answer.headers["Viewbox-Fidelity"], answer.headers["Viewbox-Source-Lossy"]) == ("stored", "1")
    again = get(stream_server, f"/tiles/{series}/0/2/1", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert get(stream_server, f"/tiles/{series}/0/0/0").headers["ETag"] != answer.headers["ETag"]


def test_an_absent_tile_is_no_picture(stream_server: StreamServer) -> None:
    column, row = drawings.ABSENT_TILE
    answer = get(stream_server, f"/tiles/{stream_server.series('S')}/0/{column}/{row}")
    assert (answer.status_code, answer.content, answer.headers["Viewbox-Fidelity"]) == (204, b"", "absent")


@pytest.mark.parametrize("rest", ["/0/3/0", "/0/0/2", "/1/0/0", "/0/0", "/0/0/-1", "/0/0/x", "/0/0/0/0", "/"])
def test_places_outside_the_slide(stream_server: StreamServer, rest: str) -> None:
    answer = get(stream_server, f"/tiles/{stream_server.series('S')}{rest}")
    assert answer.status_code == (200 if rest == "/" else 404)


def test_a_stack_has_no_tiles(stream_server: StreamServer) -> None:
    assert get(stream_server, f"/tiles/{stream_server.series('A')}").status_code == 404
    assert get(stream_server, f"/tiles/{stream_server.series('A')}/0/0/0").status_code == 404


def test_thumbnails(stream_server: StreamServer) -> None:
    answer = get(stream_server, f"/thumbnails/{drawings.uid('ct', 'B', 3)}")
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.size) == ("JPEG", (160, 160))
    again = get(stream_server, f"/thumbnails/{drawings.uid('ct', 'B', 3)}", **{"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_methods_and_hosts(stream_server: StreamServer) -> None:
    path = f"/tiles/{stream_server.series('S')}/0/0/0"
    headers = {"Authorization": f"Bearer {stream_server.tokens['alice']}"}
    head = requests.head(stream_server.url + path, headers=headers, timeout=20)
    assert head.headers["Content-Length"] == str(len(drawings.stored_tile(0, 0)))
    assert head.content == b""
    posted = requests.post(stream_server.url + path, headers=headers, timeout=20)
    assert (posted.status_code, posted.headers["Allow"]) == (405, "GET, HEAD")
    assert get(stream_server, path, Host="elsewhere.example").status_code == 400


def test_static_files(stream_server: StreamServer) -> None:
    root = stream_server.server.data_dir / "static"
    (root / "assets").mkdir(parents=True, exist_ok=True)
    (root / "assets" / "study-Ab_12-cd.js").write_text("1")
    (root / "plain.css").write_text("p{}")
    hashed = requests.get(f"{stream_server.url}/static/assets/study-Ab_12-cd.js", timeout=20)
    assert hashed.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert hashed.headers["X-Content-Type-Options"] == "nosniff"
    plain = requests.get(f"{stream_server.url}/static/plain.css", timeout=20)
    assert plain.headers["Cache-Control"] == "no-cache"
    assert (
        requests.get(f"{stream_server.url}/static/plain.css", headers={"If-None-Match": plain.headers["ETag"]}, timeout=20).status_code
        == 304
    )
    for path in ("/static/none.js", "/static/../viewbox.sqlite3", "/static/%2e%2e/viewbox.sqlite3", "/static/"):
        request = requests.Request("GET", stream_server.url).prepare()
        request.url = stream_server.url + path
        answer = requests.Session().send(request, timeout=20)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
