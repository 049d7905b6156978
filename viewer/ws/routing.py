"""Route of the one WebSocket; any other path is answered 404."""

import uuid
from typing import Any

import orjson
from django.urls import path, re_path

from governance.core.faults import NotFound, answer_for
from viewer.ws.consumer import StreamConsumer


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse a WebSocket on a path that has none."""
    answer = answer_for(NotFound())
    body = {"type": "about:blank", "title": answer.sentence, "status": answer.http, "correlation_id": uuid.uuid4().hex}
    headers = [(b"content-type", b"application/problem+json")]
    await receive()
    await send({"type": "websocket.http.response.start", "status": answer.http, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": orjson.dumps(body)})


websocket_urlpatterns = [path("ws/stream", StreamConsumer.as_asgi()), re_path(r"", no_such_socket)]  # type: ignore[arg-type]  # an ASGI application, for URLRouter
