"""The thin ASGI router ahead of Django: static files, thumbnails, slide tiles and rendered pictures; everything else is Django's.

A request here costs a look-up of its token or session that is at most a second old, a look-up of what it may open, and one
range read. Same sign-in, same decisions and same fault table as everywhere else.
"""

import asyncio
import hashlib
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from archive.services import retrieve
from config.http_faults import problem
from config.whole_answers import EXTENSION
from governance.core.faults import Exhausted, Fault, Malformed, NotFound, Unidentified, answer_for
from governance.core.policy import ANONYMOUS, Subject
from governance.services import access, audit
from governance.services.database import run_in_database
from viewer.core.rendered_request import NotOffered, RefusedParameter
from viewer.http.rendered import MEDIA_TYPES, RenderedPictures
from viewer.services import pool
from viewer.services.fresh_cache import FreshCache
from viewer.services.opening import OpenedTarget, open_target
from viewer.services.rendering import passed_through_at_once, render_frame
from viewer.services.thumbnails import thumbnail_of
from viewer.services.tiles import TILE_VIEW, locate_tile

log = logging.getLogger("viewbox.http")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

SECURITY_HEADERS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
PIXEL_HEADERS: Headers = [*SECURITY_HEADERS, (b"content-security-policy", b"default-src 'none'"), (b"vary", b"authorization, cookie")]
PRIVATE_HEADERS: Headers = [*PIXEL_HEADERS, (b"cache-control", b"private, max-age=0, must-revalidate")]
HASHED_NAME = re.compile(r"^assets/.+-[\w-]{8,}\.\w+$")
IMMUTABLE = b"public, max-age=31536000, immutable"
OPENED_S = 10.0
FLUSH_S = 30.0

UID = re.compile(r"^[0-9.]{1,64}$")
RENDERED = re.compile(r"^/dicomweb/studies/.+/rendered$")
NUMBER = re.compile(r"^[0-9]{1,9}$")


def _lines(headers: Headers) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


PRIVATE_LINES = _lines(PRIVATE_HEADERS)


class PixelLane:
    """ASGI application for HTTP."""

    def __init__(self, django_application: Any) -> None:
        self._django = django_application
        self._static = StaticFiles(directory=settings.STATIC_ROOT, check_dir=False)
        self._opened: FreshCache[tuple[Subject, str], OpenedTarget] = FreshCache(time_to_live_s=OPENED_S, size=64)
        self._rendered = RenderedPictures(self._count)
        self._flush: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        if path.startswith("/static/"):
            await self._static_file(scope, receive, send)
        elif path.startswith(("/tiles/", "/thumbnails/")) or RENDERED.match(path):
            await self._pixels(scope, path, send)
        else:
            await self._django(scope, receive, send)

    # --- static files ---

    async def _static_file(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix("/static/")
        kept = IMMUTABLE if HASHED_NAME.match(name) else b"no-cache"

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                cache = kept if message["status"] in (200, 206, 304) else b"no-store"
                message["headers"] = [*message["headers"], *SECURITY_HEADERS, (b"cache-control", cache)]
            await send(message)

        try:
            await self._static({**scope, "path": "/" + name, "root_path": ""}, receive, send_with_headers)
        except HTTPException as exc:
            if exc.status_code != 405:
                await _answer_fault(send, NotFound())
            else:
                await _answer(send, 405, [(b"allow", b"GET, HEAD"), *SECURITY_HEADERS], b"")

    # --- pixels ---

    async def _pixels(self, scope: Scope, path: str, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, [(b"allow", b"GET, HEAD"), *PIXEL_HEADERS], b"")
            return
        try:
            headers = dict(scope["headers"])
            _check_host(headers)
            actor = await self._identify(headers)
            family, *parts = path.strip("/").split("/")
            if family == "dicomweb":
                status, more, body = await self._rendered.answer(actor, path, scope["query_string"].decode("latin-1"), headers)
            elif family == "thumbnails":
                status, more, body = await self._thumbnail(actor, parts, headers)
            elif len(parts) == 1:
                status, more, body = await self._levels(actor, parts[0])
            else:
                status, more, body = await self._tile(actor, parts, headers)
        except Exception as exc:
            await _answer_fault(send, exc)
            return
        whole = scope.get("extensions", {}).get(EXTENSION, {}).get("answer")
        if whole is None or status != 200 or not whole(status, _lines(more) + PRIVATE_LINES + b"content-length: %d\r\n" % len(body), body):
            await _answer(send, status, [*more, *PRIVATE_HEADERS], body, is_head=scope["method"] == "HEAD")

    async def _identify(self, headers: dict[bytes, bytes]) -> Subject:
        actor = await access.identify(headers)
        if actor == ANONYMOUS:
            raise Unidentified
        return actor

    async def _open(self, actor: Subject, series_instance_uid: str) -> OpenedTarget:
        if not UID.match(series_instance_uid):
            raise NotFound
        target = {"series_instance_uid": series_instance_uid}
        return await self._opened.get((actor, series_instance_uid), lambda: run_in_database(open_target, actor=actor, target=target))

    async def _levels(self, actor: Subject, series_instance_uid: str) -> tuple[int, Headers, bytes]:
        opened = await self._open(actor, series_instance_uid)
        if not opened.levels:
            raise NotFound
        return 200, [(b"content-type", b"application/json")], orjson.dumps(opened.document["slide"])

    async def _tile(self, actor: Subject, parts: list[str], headers: dict[bytes, bytes]) -> tuple[int, Headers, bytes]:
        if len(parts) != 4 or not all(NUMBER.match(part) for part in parts[1:]):
            raise NotFound
        level, column, row = (int(part) for part in parts[1:])
        opened = await self._open(actor, parts[0])
        image, frame_index = locate_tile(levels=opened.levels, level=level, column=column, row=row)
        if frame_index is None:
            return 204, [(b"viewbox-fidelity", b"absent")], b""
        etag = f'"{image.sha256[:32]}-{frame_index}"'.encode()
        if headers.get(b"if-none-match") == etag:
            return 304, [(b"etag", etag)], b""
        picture = passed_through_at_once(image=image, frame_index=frame_index, view=TILE_VIEW)
        if picture is None:
            picture = await pool.run(render_frame, image=image, frame_index=frame_index, view=TILE_VIEW)
        self._count(actor, opened.document["study_instance_uid"])
        more = [
            (b"content-type", MEDIA_TYPES[picture.codec]),
            (b"etag", etag),
            (b"viewbox-fidelity", picture.fidelity.name.lower().encode()),
            (b"viewbox-source-lossy", b"1" if picture.source_lossy else b"0"),
        ]
        return 200, more, picture.data

    async def _thumbnail(self, actor: Subject, parts: list[str], headers: dict[bytes, bytes]) -> tuple[int, Headers, bytes]:
        if len(parts) != 1 or not UID.match(parts[0]):
            raise NotFound
        image = await run_in_database(retrieve.image, actor=actor, sop_instance_uid=parts[0], is_preview=True)
        data = await pool.run(thumbnail_of, image, priority=pool.Priority.BACKGROUND)
        etag = b'"' + hashlib.sha256(data).hexdigest()[:32].encode() + b'"'
        if headers.get(b"if-none-match") == etag:
            return 304, [(b"etag", etag)], b""
        return 200, [(b"content-type", b"image/jpeg"), (b"etag", etag)], data

    def _count(self, actor: Subject, study_instance_uid: str) -> None:
        audit.count_frames(actor=actor, study_instance_uid=study_instance_uid, frames=1)
        if self._flush is None or self._flush.done():
            self._flush = asyncio.create_task(_flush_later())


async def _flush_later() -> None:
    await asyncio.sleep(FLUSH_S)
    await run_in_database(audit.flush_frames)


def _check_host(headers: dict[bytes, bytes]) -> None:
    if not _is_allowed(headers.get(b"host", b""), tuple(settings.ALLOWED_HOSTS)):
        raise Malformed("host")


@lru_cache(maxsize=256)
def _is_allowed(host: bytes, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)


async def _answer(send: Send, status: int, headers: Headers, body: bytes, *, is_head: bool = False) -> None:
    length = [] if status in (204, 304) else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": b"" if is_head else body})


async def _answer_fault(send: Send, exc: Exception) -> None:
    answer, correlation_id = answer_for(exc), uuid.uuid4().hex
    if not isinstance(exc, Fault):
        log.error("unexpected error %s", correlation_id, exc_info=exc)
    headers = [(b"content-type", b"application/problem+json"), *SECURITY_HEADERS, (b"cache-control", b"no-store")]
    if isinstance(exc, Unidentified):
        headers.append((b"www-authenticate", b"Bearer"))
    if isinstance(exc, Exhausted):
        headers.append((b"retry-after", b"2"))
    document = problem(answer, correlation_id)
    if isinstance(exc, (RefusedParameter, NotOffered)):
        document["detail"] = exc.public_detail
    await _answer(send, answer.http, headers, orjson.dumps(document))
