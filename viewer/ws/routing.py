"""Route of the one WebSocket; any other path is answered 404."""

from typing import Any

from django.urls import path, re_path

from governance.core.faults import NotFound
from viewer.ws.consumer import refuse, stream_socket


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse a WebSocket on a path that has none."""
    await receive()
    await refuse(send, NotFound())


# ASGI applications, for Channels' URLRouter
websocket_urlpatterns = [path("ws/stream", stream_socket), re_path(r"", no_such_socket)]  # type: ignore[arg-type]
