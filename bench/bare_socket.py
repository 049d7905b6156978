"""The socket stack alone: the same uvicorn, sending the same bytes again and again. `python -m bench.bare_socket PORT SIZE MESSAGES`"""

import os
import sys
from typing import Any

import uvicorn


def application(size: int, messages: int) -> Any:
    """Return an ASGI application that answers any WebSocket with so many messages of one size, as fast as they go."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        payload = os.urandom(size)
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "viewbox.1"})
        for _ in range(messages):
            await send({"type": "websocket.send", "bytes": payload})
        await receive()

    return app


def main() -> None:
    """Serve until ended."""
    port, size, messages = (int(word) for word in sys.argv[1:4])
    uvicorn.run(
        application(size, messages),
        port=port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        lifespan="off",
        log_level="error",
    )


if __name__ == "__main__":
    main()
