import { afterEach, describe, expect, it, vi } from "vitest";
import { ServerClock } from "./server_clock";

afterEach(() => vi.useRealTimers());

describe("the server's clock", () => {
  it("is this computer's own before anything was heard", () => {
    const { offsetMs, withinMs } = new ServerClock();
    expect([offsetMs, withinMs]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  it("takes the server to have read its clock half-way through the round trip", () => {
    const clock = new ServerClock();
    clock.note(5_000_100, 1_000_040, 80); // asked at 1 000 000 - 40, read at 1 000 000
    expect(clock.offsetMs).toBe(4_000_100);
    vi.useFakeTimers({ now: 1_000_500 });
    expect(clock.now()).toBe(5_000_600);
  });

  it("trusts the shortest of the last round trips", () => {
    const clock = new ServerClock();
    clock.note(1_010_000, 1_000_000, 4);
    clock.note(1_010_090, 1_000_060, 120); // 30 ms off: it waited on the way
    expect([clock.offsetMs, clock.withinMs]).toEqual([10_002, 2]);
    for (let later = 0; later < 8; later++) clock.note(1_010_020, 1_000_010, 20);
    expect(clock.offsetMs).toBe(10_020); // the short one is too old by now
  });

  it("begins anew when this computer's clock was set meanwhile", () => {
    const clock = new ServerClock();
    clock.note(1_010_000, 1_000_000, 4);
    clock.note(1_010_500, 4_600_000, 40);
    expect(clock.offsetMs).toBe(1_010_500 - 4_600_000 + 20);
  });
});
