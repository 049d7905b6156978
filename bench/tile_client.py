"""Slide tiles through one socket as fast as they come, or bare messages of their size, for comparison.

    python -m bench.tile_client stream URL TOKEN SERIES TILES
    python -m bench.tile_client bare URL MESSAGES

Last line: "<n> messages/s of <bytes> bytes".
"""

import itertools
import json
import sys
import time

from bench.raw_socket import RawSocket

TILE, SUBSCRIBE, CREDIT, TILES, OPENED = 2, 16, 19, 22, 32
CREDIT_BATCH, REQUEST_BATCH, MAX_CREDIT, FIRST_CREDIT = 32, 256, 64, 8


def stream_tiles(url: str, token: str, series: str, count: int) -> tuple[float, int]:
    """Return tiles a second and mean bytes: stored tiles of full resolution, row by row from the middle."""
    peer = RawSocket(url, "/ws/stream", token)
    peer.say(SUBSCRIBE, 1, {"epoch": 1, "target": {"series_instance_uid": series}})
    opened = next(json.loads(bytes(message[8:])) for message in peer.messages() if message[3] == OPENED)
    level = opened["slide"]["levels"][0]
    across, down = level["tiles_across"], level["tiles_down"]
    places = itertools.cycle((column, row) for row in range(down // 4, 3 * down // 4) for column in range(across // 4, 3 * across // 4))
    peer.say(CREDIT, 0, {"pictures": MAX_CREDIT - FIRST_CREDIT})

    def ask(first: int) -> None:
        chosen = zip(range(first, first + REQUEST_BATCH), places, strict=False)
        peer.say(TILES, 1, {"tiles": [{"sequence": number, "level": 0, "column": x, "row": y} for number, (x, y) in chosen]})

    ask(0)
    asked, received, size = REQUEST_BATCH, 0, 0
    started = time.perf_counter()
    for message in peer.messages():
        if message[3] != TILE or message[80] != 2:
            raise SystemExit(f"not a stored tile: {bytes(message[:200])!r}")
        received, size = received + 1, size + len(message)
        if received % CREDIT_BATCH == 0:
            peer.say(CREDIT, 0, {"pictures": CREDIT_BATCH})
        if received >= count:
            break
        if asked - received == REQUEST_BATCH // 2:
            ask(asked)
            asked += REQUEST_BATCH
    elapsed = time.perf_counter() - started
    peer.close()
    return received / elapsed, size // received


def bare_messages(url: str, count: int) -> tuple[float, int]:
    """Return messages a second and their size."""
    peer = RawSocket(url, "/")
    received = size = 0
    started = time.perf_counter()
    for message in peer.messages():
        received, size = received + 1, size + len(message)
        if received >= count:
            break
    elapsed = time.perf_counter() - started
    peer.close()
    return received / elapsed, size // received


def main() -> None:
    """Measure and print."""
    kind, url, *rest = sys.argv[1:]
    rate, size = stream_tiles(url, rest[0], rest[1], int(rest[2])) if kind == "stream" else bare_messages(url, int(rest[0]))
    print(f"{rate:.0f} messages/s of {size} bytes")


if __name__ == "__main__":
    main()
