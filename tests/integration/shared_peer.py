"""People who look at a case together, for tests: a house with one or two web processes, and a client of shared views.

The client does what docs/stream.md asks of one: it folds, notices gaps and repeats, checks every hash, and keeps what it was sent.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import requests

from tests.integration import drawings
from tests.integration.stream_peer import DEADLINE_S, Received, StreamPeer, stream
from tests.redis_server import RedisServer
from tests.server import ViewboxServer
from viewer.core.messages import Kind
from viewer.core.picture_header import instance_digest
from viewer.core.shared_view import EMPTY, Event, State, fold, state_hash

SLICES = 12
PEOPLE: dict[tuple[str, ...], tuple[str, ...]] = {("radiology", "pathology"): ("alice", "carol"), ("radiology",): ("bob",), (): ("dora",)}

Document = dict[str, Any]


@dataclass
class House:
    """Web processes over one data folder.

    Studies A (small) and B (large) are CTs of two patients (radiology), P a slide of A's patient (pathology).

    alice and carol see all of them, bob no slide, dora (a clinician without a department) nothing.
    """

    servers: list[ViewboxServer]
    redis: RedisServer | None
    tokens: dict[str, str] = field(default_factory=dict)

    def url(self, process: int = 0) -> str:
        """Return the address of a web process; with one, it is always that."""
        return self.servers[process % len(self.servers)].url

    def study(self, letter: str) -> str:
        return str(drawings.uid("study", letter))

    def pane(self, letter: str, view: Document | None = None) -> Document:
        """Return a pane that a study hangs in."""
        series = drawings.uid("slide series" if letter == "P" else "series", letter)
        return {"study": self.study(letter), "series": str(series), "stack": None, "view": view}

    def hang(self, *letters: str, active: int = 0) -> Document:
        """Return the event that hangs studies of one patient side by side."""
        return {"kind": "hang", "study": self.study(letters[0]), "active": active, "panes": [self.pane(letter) for letter in letters]}

    def call(self, person: str, method: str, path: str, body: Document | None = None, process: int = 0) -> requests.Response:
        """Send one request of the JSON API as someone."""
        headers = {"Authorization": f"Bearer {self.tokens[person]}"}
        return requests.request(method, f"{self.url(process)}{path}", json=body, headers=headers, timeout=20)

    async def do(self, person: str, method: str, path: str, body: Document | None = None, process: int = 0) -> Document:
        """Do it without holding up the peers; return what was answered."""
        answer = await asyncio.to_thread(self.call, person, method, path, body, process)
        assert answer.ok, (answer.status_code, answer.text)
        return cast(Document, answer.json()) if answer.content else {}

    async def open(self, person: str, letter: str = "A") -> str:
        """Open a shared view and return its key."""
        body = {"study_instance_uid": self.study(letter), "panes": [self.pane(letter)]}
        return str((await self.do(person, "POST", "/api/shared-views", body))["key"])

    def log(self) -> str:
        """Return what all web processes logged."""
        return self.servers[0].log()

    def stop(self) -> None:
        for server in self.servers:
            server.stop()
        if self.redis is not None:
            self.redis.stop()


@contextmanager
def house(folder: Path, *, redis: bool, processes: int | None = None) -> Iterator[House]:
    """Run a house: without Redis one web process, with it two."""
    peer = RedisServer() if redis else None
    environment = {"REDIS_URL": peer.url} if peer else {}
    count = processes or (2 if redis else 1)
    servers = [ViewboxServer(folder, environment=environment) for _ in range(count)]
    there = House(servers, peer)
    try:
        if peer:
            peer.start()
        _fill(there, servers[0])
        for server in servers:
            server.start()
        yield there
    finally:
        there.stop()


def _fill(there: House, server: ViewboxServer) -> None:
    server.manage("migrate", "--verbosity", "0")
    radiology, pathology = server.data_dir / "in radiology", server.data_dir / "in pathology"
    radiology.mkdir()
    pathology.mkdir()
    for study in ("A", "B"):
        for number, data in enumerate(drawings.ct(study, slices=SLICES, size=512 if study == "B" else 64, noise=study == "B")):
            (radiology / f"{study}{number}.dcm").write_bytes(data)
    slide = drawings.sparse_slide("P").replace(b"TEST-P", b"TEST-A").replace(b"Test^Person P", b"Test^Person A")  # of A's patient
    (pathology / "slide.dcm").write_bytes(slide)
    server.manage("import_folder", str(radiology), "--department", "radiology")
    server.manage("import_folder", str(pathology), "--department", "pathology")
    for departments, names in PEOPLE.items():
        chosen = [word for department in departments for word in ("--department", department)]
        server.manage("create_user", *names, "--role", "clinician", "--no-password", *chosen)
    everyone = [name for names in PEOPLE.values() for name in names]
    there.tokens = dict(zip(everyone, server.manage("create_token", *everyone).split(), strict=True))


def stack_view(letter: str, index: int, **changed: Any) -> Document:
    """Return a view of a slice of a CT."""
    instance = instance_digest(drawings.uid("ct", letter, index)).hex()
    where = {"zoom": 1, "center": [32.5, 32.5], "cine": None}
    look = {"window": [40, 400], "invert": False, "orientation": [1, 0, 0, 1]}
    return {"kind": "stack", "index": index, "instance": instance, "frame": 1} | where | look | changed


class SharedPeer:
    """One socket that takes part."""

    def __init__(self, peer: StreamPeer) -> None:
        self.peer = peer
        self.state: State = EMPTY
        self.hash = ""
        self.shared: list[Document] = []
        self.events: list[Event] = []
        self.moved: list[Document] = []
        self.people: Document = {}
        self.faults: list[Document] = []
        self.requests: list[int] = []
        self.requested = 0

    @property
    def number(self) -> int:
        return self.state["number"]

    def view_of(self, pane: int) -> Document:
        """Return what a pane shows."""
        hung = self.state["panes"][pane]
        assert hung is not None
        assert "withheld" not in hung
        return cast(Document, hung["view"] or {})

    @property
    def absent_ms(self) -> int:
        """Return for how long the presenter has been away; 0 while here."""
        return int(self.people["presenter_absent_ms"] or 0)

    def condition_of(self, person: str) -> str | None:
        """Return what the list of people says of someone."""
        return next((row["condition"] for row in self.people.get("people", []) if row["person"] == person), None)

    # --- hearing ---

    async def take(self) -> Received:
        """Take in one message, and check what can be checked of it."""
        message = await self.peer.hear()
        document = message.document
        match message.kind:
            case Kind.SHARED:
                self.shared.append(document)
                self.people = {name: document[name] for name in ("people", "presenter_absent_ms")}
                self.state, self.hash = cast(State, document["state"]), document["hash"]
                self.requests += document.get("requests", [])
                assert document["number"] == self.number
                assert state_hash(self.state) == self.hash
            case Kind.EVENTS:
                for event in document["events"]:
                    self.requests += [event.pop("request")] if "request" in event else []
                    assert event["number"] == self.number + 1, "a gap, or a repeat"
                    self.state = fold(self.state, cast(Event, event))
                    self.events.append(cast(Event, event))
                self.hash = document["hash"]
                assert state_hash(self.state) == self.hash
            case Kind.MOVED:
                self.moved.append(document)
            case Kind.PEOPLE:
                self.people = document
            case Kind.FAULT:
                self.faults.append(document)
        return message

    async def until(self, is_so: Callable[[], bool], *, within_s: float = DEADLINE_S) -> None:
        """Take in messages until something is so."""
        async with asyncio.timeout(within_s):
            while not is_so():
                await self.take()

    async def reach(self, number: int) -> None:
        """Take in messages until an event is folded."""
        await self.until(lambda: self.number >= number)

    async def quiet(self) -> None:
        """Take in all that the server had to say before this moment."""
        self.peer.pings += 1
        sent = self.peer.pings
        await self.peer.say(Kind.PING, t=sent)
        async with asyncio.timeout(DEADLINE_S):
            while not ((message := await self.take()).kind == Kind.PONG and message.document["t"] == sent):
                pass

    async def status(self) -> Document:
        """Return the socket's counters."""
        self.peer.pings += 1
        await self.peer.say(Kind.PING, t=self.peer.pings)
        async with asyncio.timeout(DEADLINE_S):
            while (message := await self.take()).kind != Kind.STATUS:
                pass
        return message.document

    # --- saying ---

    async def join(self, key: str, **had: Any) -> None:
        """Join and take in the answer: the state, or a fault."""
        answers = len(self.shared) + len(self.faults)
        await self.peer.say(Kind.JOIN, key=key, **had)
        await self.until(lambda: len(self.shared) + len(self.faults) > answers)

    async def ask(self, event: Document) -> int:
        """Ask for an event; return the request."""
        self.requested += 1
        await self.peer.say(Kind.ACT, request=self.requested, event=event)
        return self.requested

    async def act(self, event: Document) -> Document | None:
        """Ask for an event and wait for the answer: None, or the fault."""
        request = await self.ask(event)

        def refused() -> Document | None:
            return next((fault for fault in self.faults if fault.get("sequence") == request), None)

        await self.until(lambda: request in self.requests or refused() is not None)
        return refused()

    async def move(self, view: Document | None, pane: int = 0, number: int | None = None, **more: Any) -> None:
        """Say what one's pane shows."""
        body = {"pane": pane, "number": self.number if number is None else number} | ({"view": view} if view else {}) | more
        await self.peer.say(Kind.MOTION, **body)

    async def stand(self, condition: str = "in step") -> None:
        """Report how far one is."""
        await self.peer.say(Kind.STANDING, number=self.number, hash=self.hash, condition=condition)


@asynccontextmanager
async def member(there: House, person: str, key: str = "", process: int = 0, **options: Any) -> AsyncIterator[SharedPeer]:
    """Connect someone to a web process and, with a key, let them join."""
    options = {"ping_interval": None} | options  # a peer that a test doesn't listen to for a while has not gone
    async with stream(there.url(process), token=there.tokens[person], **options) as socket:
        peer = SharedPeer(socket)
        if key:
            await peer.join(key)
        yield peer


async def in_step(*peers: SharedPeer) -> str:
    """Wait until all have the same number and nothing moves any more; return their one hash. For peers who may see the same."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        newest = max(peer.number for peer in peers)
        for peer in peers:
            await peer.reach(newest)
            await peer.quiet()
        if len({peer.number for peer in peers}) == 1:
            assert len({peer.hash for peer in peers}) == 1, [peer.state for peer in peers]
            return peers[0].hash
        assert time.monotonic() < deadline
