"""One person in a shared view, as a page would behave: joins, folds events, follows motion with pictures of its own, presents.

Written from docs/stream.md ("Shared views"); it imports nothing of the server. Whatever the server does that the document
doesn't allow is noted in `wrong`, never passed over.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.light_socket import LightSocket
from bench.shared_fold import Event, OutOfOrder, State, empty, fold, state_hash
from bench.stream_client import Picture, read_picture

PICTURE, SUBSCRIBE, VIEW, CREDIT, UNSUBSCRIBE, PING = 1, 16, 17, 19, 21, 24
JOIN, LEAVE, ACT, MOTION, STANDING = 25, 26, 27, 28, 29
OPENED, FAULT, STATUS, HELLO, SHARED, EVENTS, MOVED, PEOPLE = 32, 33, 36, 35, 37, 38, 39, 40
EXTRA_CREDIT, CREDIT_STEP = 8, 4  # as the page does
MOVING_S = 0.1  # while motion comes, looks are older than it
CONNECT_S = 30.0


class Fault(Exception):
    """The server refused something."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(f"{document.get('status')} about {document.get('about')}: {document.get('sentence')}")
        self.status = int(document["status"])


@dataclass
class Wish:
    """How a person wants pictures: everybody in a room may have another size."""

    size: int
    quality: int = 60
    pictures: bool = True


@dataclass
class PaneShown:
    """What one of our viewports is subscribed to."""

    series: str = ""
    epoch: int = 0
    opened: dict[str, Any] | None = None
    last_asked: tuple[Any, ...] | None = None
    moved_at: float = float("-inf")  # when the presenter's last motion of this pane came


def key_of(view: dict[str, Any]) -> tuple[Any, ...]:
    """Return what decides the picture of a stack's view."""
    window = view.get("window")
    return (view.get("index"), tuple(window) if window else None, bool(view.get("invert")))


class Person:
    """One participant with one socket at a time."""

    def __init__(self, *, name: str, token: str, url: str, wish: Wish, hashes: dict[int, str]) -> None:
        self.name, self.token, self.url, self.wish = name, token, url, wish
        self.state: State = empty()
        self.hash = ""
        self.people: list[dict[str, Any]] = []
        self.presenter_absent_ms: int | None = None
        self.events_seen = self.snapshots = self.mended = 0
        self.event_bytes = 0
        self.wrong: list[str] = []
        self.ended_by: Fault | None = None
        self.lost_code: int | None = None
        self.when_moved: Callable[[Person, dict[str, Any]], None] = lambda person, moved: None
        self.when_picture: Callable[[Person, Picture], None] = lambda person, picture: None
        self.panes = [PaneShown(), PaneShown()]
        self._hashes = hashes  # by number: what anybody held; all must hold the same
        self._socket: LightSocket | None = None
        self._key = ""
        self._hang_number: int | None = None
        self._sequence = self._spent = self._epoch = self._requests = 0
        self._stood_at = 0.0
        self._waiting: dict[Any, asyncio.Future[Any]] = {}

    # --- what a person does ---

    @property
    def is_connected(self) -> bool:
        return self._socket is not None

    @property
    def is_presenter(self) -> bool:
        return bool(self.state["presenter"] == self.name)

    async def connect(self) -> None:
        """Open a socket; nothing of an earlier one is left."""
        self.lost_code = None
        self.panes = [PaneShown(), PaneShown()]
        self._spent = 0
        self._socket = await LightSocket.connect(self.url, self.token, self._receive, self._lost)
        self._socket.say(CREDIT, 0, {"pictures": EXTRA_CREDIT})

    async def join(self, key: str) -> None:
        """Take part in a shared view. Raises: Fault."""
        self._key = key
        self.ended_by = None
        document: dict[str, Any] = {"key": key}
        if self.state["number"]:
            document |= {"number": self.state["number"], "hash": self.hash}
        await self._asked("join", lambda: self._say(JOIN, 0, document))

    async def act(self, event: dict[str, Any]) -> Event:
        """Hang, hand over, take over or end; return the event as it came. Raises: Fault."""
        self._requests += 1
        request = self._requests
        answer: Event = await self._asked(request, lambda: self._say(ACT, 0, {"request": request, "event": event}))
        return answer

    def move(self, pane: int, view: dict[str, Any], *, t: float, pointer: dict[str, Any] | None = None) -> None:
        """Present: send motion, and ask for our own picture as a page does."""
        document = {"pane": pane, "number": self.state["number"], "active": pane, "view": view, "t": t}
        self._say(MOTION, 0, document | ({"pointer": pointer} if pointer else {}))
        self.ask(pane, view)

    def stand(self) -> None:
        """Report where we are; also a sign of life."""
        self._say(STANDING, 0, {"number": self.state["number"], "hash": self.hash, "condition": "in step"})

    def ask(self, pane: int, view: dict[str, Any]) -> None:
        """Ask for the picture of a stack's view in our own size, unless it was what we asked for last."""
        shown = self.panes[pane]
        if not shown.series or view.get("kind") != "stack" or key_of(view) == shown.last_asked:
            return
        shown.last_asked = key_of(view)
        self._sequence += 1
        size = [self.wish.size, self.wish.size]
        wish = {"window": view["window"], "invert": view["invert"], "size": size, "codec": "jpeg", "quality": self.wish.quality}
        self._say(VIEW, pane + 1, {"sequence": self._sequence, "index": view["index"], "view": wish})

    async def status(self) -> dict[str, int]:
        """Return the server's counters."""
        counters: dict[str, int] = await self._asked("status", lambda: self._say(PING, 0, {"t": time.time()}))
        return counters

    async def opened(self, pane: int = 0) -> dict[str, Any]:
        """Wait until a pane's target is open; return its document."""
        if self.panes[pane].opened is None:
            await self._asked(("opened", pane), lambda: None)
        document = self.panes[pane].opened
        assert document is not None
        return document

    def leave(self) -> None:
        """Say that we go, and stay connected."""
        self._say(LEAVE, 0, {})

    def drop(self) -> None:
        """Lose the line."""
        if self._socket is not None:
            self._socket.drop()
        self._gone()

    def _gone(self) -> None:
        self._socket = None
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(OSError(f"{self.name}: the line is gone"))

    async def _asked(self, what: Any, ask: Callable[[], None]) -> Any:
        future = self._waiting[what] = asyncio.get_running_loop().create_future()
        if self._socket is None:
            raise OSError(f"{self.name} is not connected")
        ask()
        try:
            async with asyncio.timeout(CONNECT_S):
                return await future
        finally:
            if self._waiting.get(what) is future:
                del self._waiting[what]

    def _say(self, kind: int, viewport: int, document: dict[str, Any]) -> None:
        if self._socket is not None:
            self._socket.say(kind, viewport, document)

    def _answer(self, what: Any, value: Any) -> None:
        future = self._waiting.get(what)
        if future is not None and not future.done():
            if isinstance(value, Exception):
                future.set_exception(value)
            else:
                future.set_result(value)

    # --- what comes ---

    def _lost(self, code: int) -> None:
        self.lost_code = code
        self._gone()

    def _receive(self, message: bytes) -> None:
        try:
            self._take(message)
        except Exception as exc:
            self.wrong.append(f"{self.name}: {type(exc).__name__} {exc}")

    def _take(self, message: bytes) -> None:
        kind = message[3]
        if kind == PICTURE:
            self._spent += 1
            if self._spent >= CREDIT_STEP:
                self._say(CREDIT, 0, {"pictures": self._spent})
                self._spent = 0
            self.when_picture(self, read_picture(message))
        elif kind == MOVED:
            self._moved(json.loads(message[8:]))
        elif kind == EVENTS:
            self._events(json.loads(message[8:]))
        elif kind == SHARED:
            self._shared(json.loads(message[8:]))
        elif kind == PEOPLE:
            document = json.loads(message[8:])
            self.people, self.presenter_absent_ms = document["people"], document["presenter_absent_ms"]
        elif kind == OPENED:
            self._opened(message[4] - 1, json.loads(message[8:]))
        elif kind == STATUS:
            self._answer("status", json.loads(message[8:]))
        elif kind == FAULT:
            self._fault(json.loads(message[8:]))

    def _opened(self, pane: int, document: dict[str, Any]) -> None:
        if document["epoch"] == self.panes[pane].epoch:
            self.panes[pane].opened = document
            self._answer(("opened", pane), None)

    def _fault(self, document: dict[str, Any]) -> None:
        fault = Fault(document)
        if document["about"] == JOIN:
            self.ended_by = fault
            self._answer("join", fault)
        elif document["about"] == ACT:
            self._answer(document.get("sequence"), fault)
        else:
            self.wrong.append(f"{self.name}: fault {fault}")

    def _moved(self, moved: dict[str, Any]) -> None:
        number = moved["number"]
        if self._hang_number is None and number <= self.state["number"]:
            self._hang_number = number  # the last hang lies within the snapshot
        if number != self._hang_number:
            return
        pane, view = moved["pane"], moved.get("view")
        if view is not None and view.get("kind") == "stack":
            self.panes[pane].moved_at = time.monotonic()
            if self.wish.pictures:
                self.ask(pane, view)
        self.when_moved(self, moved)

    def _shared(self, document: dict[str, Any]) -> None:
        self.snapshots += 1
        self._hang_number = document.get("hang")
        self.people = document["people"]
        if document["number"] != document["state"]["number"]:
            self.wrong.append(f"{self.name}: a snapshot of number {document['number']} holds {document['state']['number']}")
        self._holds(document["state"], document["hash"])
        self._follow()
        for request in document.get("requests", []):
            self._answer(request, {"number": document["number"]})
        self._answer("join", document)

    def _events(self, document: dict[str, Any]) -> None:
        state = self.state
        for event in document["events"]:
            if event["number"] <= state["number"]:
                continue  # a repeat is noticed by its number
            try:
                state = fold(state, event)
            except OutOfOrder:
                self.mended += 1
                self._say(JOIN, 0, {"key": self._key, "number": self.state["number"], "hash": self.hash})
                return
            self.events_seen += 1
            self.event_bytes += len(json.dumps(event, separators=(",", ":")))
            if event["kind"] in ("hang", "opened"):
                self._hang_number = event["number"]
            if event["kind"] != "look":
                for shown in self.panes:
                    shown.moved_at = float("-inf")
        if state is not self.state:
            self._holds(state, document["hash"])
            self._follow()
        for event in document["events"]:
            if event.get("request") is not None:
                self._answer(event["request"], event)

    def _holds(self, state: State, server_hash: str) -> None:
        """Take a state in, and hold its hash against the server's and everybody's."""
        self.state, self.hash = state, state_hash(state)
        if self.hash != server_hash:
            self.wrong.append(f"{self.name}: hash {self.hash} of state {state['number']}, the server says {server_hash}")
        known = self._hashes.setdefault(state["number"], self.hash)
        if known != self.hash:
            self.wrong.append(f"{self.name}: hash {self.hash} of state {state['number']}, others hold {known}")

    def _follow(self) -> None:
        """Show what hangs: subscribe where it changed, and ask for the view unless motion brings newer ones."""
        if not self.wish.pictures:
            return
        hung = [*self.state["panes"], None, None][:2]
        for place, (pane, shown) in enumerate(zip(hung, self.panes, strict=True)):
            series = pane.get("series", "") if pane else ""
            if series != shown.series:
                self._subscribe(place, series)
            view = pane.get("view") if pane else None
            if view and time.monotonic() - self.panes[place].moved_at > MOVING_S:
                self.ask(place, view)

    def _subscribe(self, place: int, series: str) -> None:
        self._epoch += 1
        self.panes[place] = PaneShown(series, self._epoch)
        if series:
            self._say(SUBSCRIBE, place + 1, {"epoch": self._epoch, "target": {"series_instance_uid": series}})
        else:
            self._say(UNSUBSCRIBE, place + 1, {})
