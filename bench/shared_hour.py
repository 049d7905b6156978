"""How much the events of an hour take, if the presenter never rests: 60 motions a second, all the time.

Nonstop presenting is the worst case, since a still presenter makes no events at all. A part of the hour is really presented; looks grow
evenly, so the rest is multiplication. Hangs and hand-overs, of which an hour has few, are added from one that is really made.
"""

import asyncio
import contextlib
import math
import os
import sqlite3
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from bench.shared_person import Wish
from bench.shared_room import Room, open_room, stack_view, until

MOTION_HZ = 60
HOUR_S = 3600
HANGS, HAND_OVERS = 120, 60  # of a crowded hour: a hang every half minute, another presenter every minute


def busy_view(opened: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a view with every number as long as they get: zoomed, moved, windowed, scrolled."""
    frames = len(opened["frames"])
    view = stack_view(
        opened, int((math.sin(number / 37) + 1) / 2 * (frames - 1)), [40 + math.sin(number / 11) * 300, 400 + number % 1000 / 7]
    )
    center = [opened["columns"] / 2 + math.sin(number / 23) * 100, opened["rows"] / 2 + math.cos(number / 23) * 100]
    return view | {"zoom": 1.5 + math.sin(number / 51), "center": center}


def database_bytes() -> int | None:
    """Return the size of the table of events with its indices, where the archive is SQLite and can say so."""
    path = Path(os.environ.get("VIEWBOX_DATA_DIR", "")) / "viewbox.sqlite3"
    if os.environ.get("DATABASE_URL") or not path.exists():
        return None
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection, contextlib.suppress(sqlite3.OperationalError):
        names = "SELECT name FROM sqlite_master WHERE tbl_name = 'viewer_sharedevent'"
        (size,) = connection.execute(f"SELECT sum(pgsize) FROM dbstat WHERE name IN ({names})").fetchone()  # noqa: S608 - a constant
        return int(size or 0)
    return None


async def _present(room: Room, seconds: float) -> None:
    opened = await room.presenter.opened()
    started = time.perf_counter()
    for number in range(int(seconds * MOTION_HZ)):
        await asyncio.sleep(max(0.0, started + number / MOTION_HZ - time.perf_counter()))
        room.presenter.move(0, busy_view(opened, number), t=number)


async def _act(room: Room, event: dict[str, Any]) -> int:
    """Return the bytes of an event that is made now."""
    watcher = room.followers[0]
    before, number = watcher.event_bytes, watcher.state["number"]
    await room.presenter.act(event)
    await until(lambda: watcher.state["number"] > number, 5.0)
    return watcher.event_bytes - before


async def busy_hour(options: Namespace) -> int:
    """Measure, print, and say by the exit code whether all was right."""
    options.followers = 1
    room = await open_room(options, Wish(options.size))
    await room.join_all()
    watcher = room.followers[0]
    bytes_before, events_before, table_before = watcher.event_bytes, watcher.events_seen, database_bytes()
    await _present(room, options.seconds)
    await room.compare()
    bytes_taken, events = watcher.event_bytes - bytes_before, watcher.events_seen - events_before
    table_after, scale = database_bytes(), HOUR_S / options.seconds
    stack = room.stacks[0]
    panes = [chosen.pane() | {"view": room.presenter.state["panes"][0]["view"]} for chosen in (stack, stack)]
    hang = await _act(room, {"kind": "hang", "study": stack.study, "active": 0, "panes": panes})
    hand_over = await _act(room, {"kind": "hand_over", "presenter": watcher.name})
    equal, _ = await room.compare()
    await room.end()
    rare = HANGS * hang + HAND_OVERS * hand_over
    print(f"{options.seconds:.0f} s of {MOTION_HZ} motions a second: {events} events of {bytes_taken / max(events, 1):.0f} bytes as JSON")
    print(
        f"an hour of it: {events * scale:.0f} looks; {HANGS} hangs of {hang} bytes and {HAND_OVERS} hand-overs of {hand_over} bytes beside"
    )
    if table_before is not None and table_after is not None:
        grown = table_after - table_before
        print(f"the table with its indices grew by {grown / 1000:.0f} kB: {grown * scale / 1e6:.2f} MB an hour")
    for line in room.wrong[:20]:
        print(f"wrong: {line}")
    print(f"{(bytes_taken * scale + rare) / 1e6:.2f} MB of events an hour")
    return 0 if equal and not room.wrong else 1
