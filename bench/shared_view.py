"""Fifty people in one shared view: how long from the presenter's hand to the others' pictures.

    python bench/shared_view.py --url http://127.0.0.1:8000 [--url2 URL] [--followers 50] [--inputs 300] [--rate 20] [--size 512]
    python bench/shared_view.py --url … --url2 … --soak SECONDS [--seed N]
    python bench/shared_view.py --url … --busy-hour [--seconds 60]

The people are made through manage.py on the archive that the environment names (VIEWBOX_DATA_DIR, DATABASE_URL), which is the servers'.
With --url2, a second process over the same archive and Redis, every other follower is connected there.

The presenter's input is a motion with another image and a window that never comes twice. Each follower asks for its own picture of it as
a page does - JPEG of quality 60, at most --size pixels, newest wins, credit given back in fours - and so does the presenter, at that size.

p95: over every input and every follower, from just before the input is sent to the arrival of the whole picture of it *or of a later input*
(a follower for whom newer ones won is late until the newer one is there); an input whose picture never comes counts as endless. One
clock, since all clients are one process. renders: what all server processes encoded meanwhile (`process_rendered`). views: distinct
(image, window) that anybody received meanwhile. hashes: every client's own fold of the events, against the server's after
every message, against everybody's at the same number, and at the end against that of someone who only then joins.

The last line is "p95 <ms> ms, <n> renders for <n> views, hashes equal" (or "differ");
of the soak "soak: <n> events, <n> disconnects, hashes equal"; of the busy hour "<n> MB of events an hour".
"""

import argparse
import asyncio
import sys
import urllib.error
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # also when run as a file

from bench.shared_hour import busy_hour
from bench.shared_latency import measure
from bench.shared_person import Fault
from bench.shared_soak import soak


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="of the server, http://host:port")
    parser.add_argument("--url2", help="of a second process; every other follower is connected there")
    parser.add_argument("--followers", type=int, default=50)
    parser.add_argument("--inputs", type=int, default=300, help="of the presenter")
    parser.add_argument("--rate", type=float, default=20.0, help="inputs a second")
    parser.add_argument("--size", type=int, default=512, help="of a follower's picture")
    parser.add_argument("--department", action="append", help="that all may see; repeat for several (default: radiology)")
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="random disconnects, hangs, hand-overs and take-overs instead")
    parser.add_argument("--seed", type=int, default=1, help="of the soak's dice")
    parser.add_argument("--busy-hour", action="store_true", help="measure how much the events of nonstop presenting take")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the busy hour that are really presented")
    options = parser.parse_args()
    work = soak if options.soak else busy_hour if options.busy_hour else measure
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work(options))
    except (Fault, OSError, urllib.error.URLError) as exc:
        print(f"failed: {exc}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
