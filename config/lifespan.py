"""Start and end of the server process.

Kernels compile when imported, so before it listens; shared views and counted frames are written down before it ends.
"""

import gc
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from governance.services import audit
from governance.services.database import run_in_database
from viewer.services import pool
from viewer.services.rendering import warm_kernels
from viewer.services.shared_rooms import shared_rooms

log = logging.getLogger("viewbox")


async def lifespan(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """The ASGI lifespan protocol."""
    await receive()
    await pool.run(warm_kernels)
    await shared_rooms().start()
    gc.collect()
    gc.freeze()  # what start-up made stays: later collections, which stall every viewer, needn't walk it
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await shared_rooms().stop()
    try:
        await run_in_database(audit.flush_frames)
    except Exception:
        log.exception("counted frames could not be written")
    await send({"type": "lifespan.shutdown.complete"})
