"""Route of the one WebSocket; any other path is answered 404."""

from typing import Any

from django.urls import path, re_path

from governance.core.faults import NotFound
from viewer.ws.consumer import StreamConsumer, refuse


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse a WebSocket on a path that has none."""
    await receive()
    await refuse(send, NotFound())


websocket_urlpatterns = [path("ws/stream", StreamConsumer.as_asgi()), re_path(r"", no_such_socket)]  # type: ignore[arg-type]  # ASGI, for URLRouter
