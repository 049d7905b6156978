"""From subscribe to the first picture, warm, over one socket. `python -m bench.first_picture URL TOKEN SERIES TIMES`

Each time another viewport subscribes and asks for one full-size JPEG in the same breath. Last line: "<ms> ms median, <ms> ms p95".
"""

import sys
import time

from bench.raw_socket import RawSocket

PICTURE, SUBSCRIBE, VIEW, CREDIT, UNSUBSCRIBE, FAULT = 1, 16, 17, 19, 21, 33


def main() -> None:
    """Measure and print."""
    url, token, series, times = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    peer = RawSocket(url, "/ws/stream", token)
    messages = peer.messages()
    taken_ms = []
    for number in range(1, times + 1):
        started = time.perf_counter()
        peer.say(SUBSCRIBE, number, {"epoch": 1, "target": {"series_instance_uid": series}})
        peer.say(VIEW, number, {"sequence": number, "index": number % 20, "view": {"codec": "jpeg", "quality": 80}})
        for message in messages:
            if message[3] == FAULT:
                raise SystemExit(f"fault: {bytes(message[8:])!r}")
            if message[3] == PICTURE:
                break
        taken_ms.append((time.perf_counter() - started) * 1000)
        peer.say(UNSUBSCRIBE, number, {})
        peer.say(CREDIT, 0, {"pictures": 1})
    warm = sorted(taken_ms[times // 10 :])
    print(f"{warm[len(warm) // 2]:.1f} ms median, {warm[int(len(warm) * 0.95)]:.1f} ms p95")


if __name__ == "__main__":
    main()
