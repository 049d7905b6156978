"""The rows of issue 3: shared views on one process, on two over Redis, their soak, and what an hour takes."""

import re
import statistics
from dataclasses import dataclass, field

from bench.rows import Row, redis_server, run
from tests.server import ViewboxServer

ROUNDS = 3
FOLLOWERS = 50
SOAK_S = 60


@dataclass
class Rounds:
    """What the runs of one arrangement said."""

    arguments: list[str]
    server: ViewboxServer
    p95_ms: list[float] = field(default_factory=list)
    renders: list[int] = field(default_factory=list)
    views: list[int] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)

    def run(self, name: str) -> None:
        """Run once more and take in the last line."""
        output = run("bench/shared_view.py", "--followers", str(FOLLOWERS), *self.arguments, data_dir=self.server.data_dir, may_fail=True)
        found = re.fullmatch(r"p95 (\S+) ms, (\d+) renders for (\d+) views, hashes (\w+)", output[-1])
        assert found, output[-1]
        self.p95_ms.append(float(found[1]))
        self.renders.append(int(found[2]))
        self.views.append(int(found[3]))
        self.verdicts.append(found[4])
        print("\n".join(f"  {name}: {line}" for line in output), flush=True)

    def rows(self, what: str, limit_ms: float, processes: int) -> list[Row]:
        """Return the lines of the table: the middle time, and all rounds' renders."""
        middle = statistics.median(self.p95_ms)
        spread = f"{middle:.1f} ms ({min(self.p95_ms):.1f}–{max(self.p95_ms):.1f})"
        renders, views = sum(self.renders), sum(self.views)
        return [
            Row(f"{what}: input to picture, p95", spread, f"< {limit_ms:.0f} ms", middle < limit_ms),
            Row("  renders for views, all processes", f"{renders} for {views}", f"≤ {processes} a view", renders <= processes * views),
            Row("  hashes", ", ".join(sorted(set(self.verdicts))), "equal", set(self.verdicts) == {"equal"}),
        ]


def shared_views(server: ViewboxServer) -> list[Row]:
    """Measure one process and two alternately, then the soak and the busy hour. server: running, without Redis."""
    one = Rounds(["--url", server.url], server)
    with redis_server() as redis:
        if redis is None:
            print("  no redis-server: the rows of two processes are left out", flush=True)
            for _ in range(ROUNDS):
                one.run("one process")
            return [*one.rows(f"{FOLLOWERS} followers, 1 process", 100, 1), busy_hour(server)]
        pair = [ViewboxServer(server.data_dir, environment={"REDIS_URL": redis}) for _ in range(2)]
        addresses = ["--url", pair[0].url, "--url2", pair[1].url]
        two = Rounds(addresses, server)
        try:
            for each in pair:
                each.start()
            for _ in range(ROUNDS):
                one.run("one process")
                two.run("two processes")
            soak = run("bench/shared_view.py", *addresses, "--soak", str(SOAK_S), data_dir=server.data_dir, may_fail=True)
        finally:
            for each in pair:
                each.stop()
    print("\n".join(f"  soak: {line}" for line in soak), flush=True)
    return [
        *one.rows(f"{FOLLOWERS} followers, 1 process", 100, 1),
        *two.rows(f"{FOLLOWERS} followers, 2 processes, Redis", 150, 2),
        Row(f"Soak of {SOAK_S} s over Redis", soak[-1].removeprefix("soak: "), "equal", soak[-1].endswith("hashes equal")),
        busy_hour(server),
    ]


def busy_hour(server: ViewboxServer) -> Row:
    """Measure what the events of an hour take."""
    output = run("bench/shared_view.py", "--url", server.url, "--busy-hour", data_dir=server.data_dir, may_fail=True)
    print("\n".join(f"  hour: {line}" for line in output), flush=True)
    megabytes = float(output[-1].split()[0])
    return Row("An hour of nonstop presenting", output[-1], "< 5 MB", megabytes < 5)
