"""A running server with the small drawings that know which frame they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import requests

from tests.conftest import PASSWORD
from tests.integration import drawings
from tests.server import ViewboxServer


@dataclass
class StreamServer:
    """A server with two CT studies of radiology (A flat, B noisy and large) and a sparse slide of pathology."""

    server: ViewboxServer
    tokens: dict[str, str] = field(default_factory=dict)
    slices: int = 30

    @property
    def url(self) -> str:
        return self.server.url

    def series(self, study: str) -> str:
        return drawings.uid("slide series" if study == "S" else "series", study)

    def sign_in(self, name: str) -> requests.Session:
        """Return a browser-like session that is signed in."""
        session = requests.Session()
        page = session.get(f"{self.url}/sign-in", timeout=20)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert found, page.text[:500]
        form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": found.group(1), "next": "/healthz"}
        answer = session.post(f"{self.url}/sign-in", data=form, headers={"Referer": f"{self.url}/sign-in"}, timeout=20)
        assert answer.ok
        assert "viewbox_session" in session.cookies
        return session

    def sign_out(self, session: requests.Session) -> None:
        form = {"csrfmiddlewaretoken": session.cookies["viewbox_csrf"]}
        answer = session.post(f"{self.url}/sign-out", data=form, headers={"Referer": self.url}, timeout=20, allow_redirects=False)
        assert answer.status_code == 302

    def cookies(self, session: requests.Session, *, origin: str | None = None) -> dict[str, str]:
        """Return the headers with which a browser's page opens a WebSocket."""
        return {"Cookie": f"viewbox_session={session.cookies['viewbox_session']}", "Origin": self.url if origin is None else origin}


@pytest.fixture(scope="session")
def stream_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StreamServer]:
    server = ViewboxServer(tmp_path_factory.mktemp("stream"))
    server.prepare(demo=False)
    there = StreamServer(server)
    folders = {"radiology": server.data_dir / "in radiology", "pathology": server.data_dir / "in pathology"}
    for folder in folders.values():
        folder.mkdir()
    for study, size in (("A", 64), ("B", 512)):
        for number, data in enumerate(drawings.ct(study, slices=there.slices, size=size, noise=study == "B")):
            (folders["radiology"] / f"{study}{number}.dcm").write_bytes(data)
    (folders["pathology"] / "slide.dcm").write_bytes(drawings.sparse_slide("S"))
    for department, folder in folders.items():
        server.manage("import_folder", str(folder), "--department", department)
    server.create_user("alice", "clinician", "radiology", "pathology")
    server.create_user("charlie", "clinician")
    there.tokens = {name: server.token(name) for name in ("alice", "charlie")}
    server.start()
    yield there
    server.stop()
