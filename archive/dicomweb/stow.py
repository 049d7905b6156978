"""STOW-RS: store instances over HTTP (PS3.18 10.5), as an ASGI application ahead of Django.

Django's ASGI handler writes a whole body to disk before it asks who sends it. Here the sender is known first, the body is taken apart
as it arrives, each part goes straight to the spool, and what is larger than STOW_MAX_REQUEST_BYTES is cut off.
"""

import asyncio
import errno
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from archive.core.multipart import ContentType, parse_content_type
from archive.core.uids import is_valid_uid
from archive.dicomweb.stow_answer import answer_document
from archive.dicomweb.stow_parts import MEDIA_TYPE, MultipartSpool, PartSpool, SinglePartSpool
from archive.services.ingest import store_instances
from archive.services.spool import spool_room
from governance.core.faults import Denied, Exhausted, Fault, Malformed, TooLarge, Unidentified, Unsupported, answer_for
from governance.core.policy import Action, Resource, Subject
from governance.services import access
from governance.services.database import run_in_database

log = logging.getLogger("viewbox.http")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = dict[bytes, bytes]

PATH = re.compile(r"^/dicomweb/studies(?:/([^/]+))?/?$")
BATCH_BYTES = 1 << 20  # of body before a thread takes them
SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'"),
    (b"cache-control", b"no-store"),
]


class SenderLeft(Exception):
    """The connection closed before the body was complete: nothing is stored, nobody is there to answer."""


class StowRouter:
    """ASGI application: answers POST /dicomweb/studies[/{study}] itself and hands everything else on."""

    def __init__(self, django_application: Any) -> None:
        self._django = django_application
        self._one_at_a_time: asyncio.Semaphore | None = None  # intake leaves the other database threads to readers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = PATH.match(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if match is None:
            await self._django(scope, receive, send)
            return
        if self._one_at_a_time is None:
            self._one_at_a_time = asyncio.Semaphore(1)
        try:
            status, more_headers, body = await self._store(dict(scope["headers"]), scope, match.group(1), receive)
        except SenderLeft:
            return
        except Exception as exc:
            await _answer_fault(send, exc)
            return
        await _send(send, status, [(b"content-type", b"application/dicom+json"), *more_headers], body)

    async def _store(
        self, headers: Headers, scope: Scope, study_instance_uid: str | None, receive: Receive
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        _check_host(headers)
        actor = await _identify(headers)
        await run_in_database(access.require, subject=actor, action=Action.STORE, resource=Resource())
        if study_instance_uid is not None and not is_valid_uid(study_instance_uid):
            raise Malformed("study UID in the path")
        content_type = _content_type(headers)
        with spool_room() as room:
            parts = _spool_for(content_type, room, actor)
            await _take_body(headers, receive, parts)
            assert self._one_at_a_time is not None
            async with self._one_at_a_time:
                outcomes = await run_in_database(store_instances, actor=actor, files=parts.files, expected_study_uid=study_instance_uid)
        return answer_document([*outcomes, *parts.refused], base_url=_base_url(headers, scope))


async def _identify(headers: Headers) -> Subject:
    """Return who sends this. A browser's session counts only from our own pages; no other site can speak for a signed-in person."""
    actor = await run_in_database(access.subject_of_headers, headers)
    if actor.user_id is None:
        raise Unidentified
    if not actor.session_key.startswith(access.TOKEN_MARK) and not _is_same_origin(headers):
        raise Denied("origin")
    return actor


def _is_same_origin(headers: Headers) -> bool:
    try:
        origin = urlsplit(headers.get(b"origin", b"").decode("latin-1"))
    except ValueError:
        return False
    return origin.scheme in ("http", "https") and origin.netloc == headers.get(b"host", b"").decode("latin-1")


def _check_host(headers: Headers) -> None:
    domain, _ = split_domain_port(headers.get(b"host", b"").decode("latin-1"))
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        raise Malformed("host")


def _base_url(headers: Headers, scope: Scope) -> str:
    scheme = "https" if settings.TLS else scope.get("scheme", "http")
    return f"{scheme}://{headers[b'host'].decode('latin-1')}/dicomweb"


def _content_type(headers: Headers) -> ContentType:
    content_type = parse_content_type(headers.get(b"content-type", b"").decode("latin-1"))
    if content_type.media_type == "multipart/related":
        if content_type.parameters.get("type", MEDIA_TYPE).lower() != MEDIA_TYPE:
            raise Unsupported("type of the parts", content_type.parameters["type"])
        if not content_type.parameters.get("boundary"):
            raise Malformed("no boundary")
    elif content_type.media_type != MEDIA_TYPE:
        raise Unsupported("media type", content_type.media_type)
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Unsupported("content encoding")
    return content_type


def _spool_for(content_type: ContentType, room: Any, actor: Subject) -> PartSpool:
    source = f"STOW-RS from {actor.username}"
    if content_type.media_type == MEDIA_TYPE:
        return SinglePartSpool(room, source)
    return MultipartSpool(room, source, content_type.parameters["boundary"])


async def _take_body(headers: Headers, receive: Receive, parts: PartSpool) -> None:
    """Write the body to the spool, a batch at a time on a thread.

    Raises: TooLarge past the limit, Malformed for a body that can't be taken apart, Exhausted when the disk is full, SenderLeft.
    """
    limit = settings.STOW_MAX_REQUEST_BYTES
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge("request")
    batch, taken, more = bytearray(), 0, True
    try:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise SenderLeft
            batch += message.get("body", b"")
            more = message.get("more_body", False)
            if len(batch) >= BATCH_BYTES or not more:
                taken += len(batch)
                if taken > limit:
                    raise TooLarge("request")
                await asyncio.to_thread(parts.feed, bytes(batch))
                batch.clear()
        await asyncio.to_thread(parts.close)
    except OSError as exc:
        parts.abandon()
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Exhausted("disk") from exc
        raise
    except BaseException:
        parts.abandon()
        raise


async def _answer_fault(send: Send, exc: Exception) -> None:
    answer, correlation_id = answer_for(exc), uuid.uuid4().hex
    if not isinstance(exc, Fault):
        log.error("unexpected error %s", correlation_id, exc_info=exc)
    headers = [(b"content-type", b"application/problem+json")]
    if isinstance(exc, Unidentified):
        headers.append((b"www-authenticate", b"Bearer"))
    if isinstance(exc, Exhausted):
        headers.append((b"retry-after", b"2"))
    problem = {"type": "about:blank", "title": answer.sentence, "status": answer.http, "correlation_id": correlation_id}
    await _send(send, answer.http, headers, orjson.dumps(problem))


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *SECURITY_HEADERS, length]})
    await send({"type": "http.response.body", "body": body})
