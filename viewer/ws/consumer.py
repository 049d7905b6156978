"""The one socket of a browser window: decode, hand to the session, encode. docs/stream.md says what travels."""

import asyncio
import contextlib
import uuid
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from governance.core.faults import Denied, Fault, Malformed, Unidentified, answer_for
from governance.core.policy import ANONYMOUS, Subject
from governance.services import access
from governance.services.database import run_in_database
from viewer.core.message_parts import Message
from viewer.core.messages import SUBPROTOCOL
from viewer.services.open_streams import open_streams
from viewer.services.streaming import StreamSession

REFUSAL_S = 0.05  # uvicorn takes a refused handshake for an unfinished one until the connection is gone
CLOSE_S = 1.0  # so long a client may take to read what is before its close frame


def is_same_origin(headers: dict[bytes, bytes]) -> bool:
    """Say whether a browser's request comes from one of our own pages: Origin and Host name the same, allowed, host."""
    origin, host = headers.get(b"origin", b"").decode("latin-1"), headers.get(b"host", b"").decode("latin-1")
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    domain, _ = split_domain_port(host)
    return parts.scheme in ("http", "https") and parts.netloc == host and validate_host(domain, settings.ALLOWED_HOSTS)


async def refuse(send: Any, exc: Fault) -> None:
    """Answer a handshake with the fault's HTTP status and a problem document."""
    answer = answer_for(exc)
    body = {"type": "about:blank", "title": answer.sentence, "status": answer.http, "correlation_id": uuid.uuid4().hex}
    headers = [(b"content-type", b"application/problem+json")]
    await send({"type": "websocket.http.response.start", "status": answer.http, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": orjson.dumps(body)})
    await asyncio.sleep(REFUSAL_S)


class StreamConsumer:
    """One client, as a bare ASGI application.

    Not a Channels consumer: that one visits a thread, or at least starts and awaits two tasks, for every message. Channels still
    routes to it, and its channel layer carries shared views (viewer.services.shared_line).
    """

    session: StreamSession | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the socket until the client goes, or the server ends it - even when the client reads nothing more."""
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving: asyncio.Future[Any] = asyncio.ensure_future(self._serve(scope, receive, send))
        try:
            await asyncio.wait([serving, self.ended], return_when=asyncio.FIRST_COMPLETED)
            if self.session is not None:
                await self.session.stop()
            if not serving.done():
                with contextlib.suppress(TimeoutError, OSError, RuntimeError):
                    async with asyncio.timeout(CLOSE_S):
                        await send({"type": "websocket.close", "code": self.ended.result()})
        finally:
            serving.cancel()
            if self.session is not None:
                await self.session.stop()
                await open_streams.remove(self.session)
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    async def _serve(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()  # websocket.connect
        headers = dict(scope["headers"])
        try:
            if SUBPROTOCOL not in scope["subprotocols"]:
                raise Malformed("subprotocol")
            actor = await _identify(headers)
        except Fault as exc:
            await refuse(send, exc)
            return

        async def send_binary(message: Message) -> None:
            try:
                await send({"type": "websocket.send", "bytes": message})
            except RuntimeError as exc:  # the server gave up on a client that answers no ping, and has not said so yet
                self._end(answer_for(exc).websocket)
                raise ConnectionResetError from exc

        session = self.session = StreamSession(actor=actor, send=send_binary, end=self._end)
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        open_streams.add(session, headers)
        session.start()
        while (message := await receive())["type"] == "websocket.receive":
            await session.receive(message.get("bytes"))

    def _end(self, code: int) -> None:
        if not self.ended.done():
            self.ended.set_result(code)


async def _identify(headers: dict[bytes, bytes]) -> Subject:
    """Return who connects. A cookie counts only from our own pages: browsers send it from anywhere."""
    actor = await run_in_database(access.subject_of_headers, headers)
    if actor == ANONYMOUS:
        raise Unidentified
    if not actor.session_key.startswith("token:") and not is_same_origin(headers):
        raise Denied("origin")
    return actor


async def stream_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one WebSocket of the stream."""
    await StreamConsumer()(scope, receive, send)
