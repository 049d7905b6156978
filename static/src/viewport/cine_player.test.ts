import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CineDocument } from "../net/documents";
import type { Channel } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { WireView } from "../net/worker_messages";
import { headerOf } from "../state/test_headers";
import { CinePlayer } from "./cine_player";

const WIRE: WireView = { window: null, invert: false, size: null, codec: "stored", quality: 90 };
const FRAMES = 60;
/** Sixty frames, sixty a second. */
const CINE: CineDocument = {
  times_ms: null,
  frame_time_ms: 1000 / 60,
  rate: 60,
  source: "Frame Time (0018,1063)",
  assumed: false,
  start: 1,
  stop: FRAMES,
  sequencing: "looping",
};

interface Drawn {
  readonly index: number;
  readonly at: number;
}

/** A player whose line gives back a picture every gap_ms after the first delay_ms. */
class Page {
  readonly drawn: Drawn[] = [];
  asked = 0;
  readonly player: CinePlayer;

  constructor(cine: Partial<CineDocument>, delay_ms: number, gap_ms: number, decode_ms = 5) {
    const channel: Partial<Channel> = {
      loop: (_key, indices) => {
        this.asked += indices.length;
        for (const [place, index] of indices.entries()) setTimeout(() => this.player.keep(index, []), delay_ms + gap_ms * place);
      },
      decode: (index, ordinal) => {
        const bitmap = { close: () => undefined } as ImageBitmap;
        setTimeout(() => this.player.decoded(headerOf({ index, frameNumber: index + 1 }), bitmap, ordinal), decode_ms);
      },
    };
    const drawFrame = (header: PictureHeader) => this.drawn.push({ index: header.index, at: performance.now() }) > 0;
    this.player = new CinePlayer({ ...CINE, ...cine }, FRAMES, channel as Channel, { drawFrame, cineChanged: () => undefined });
    this.player.useView(WIRE);
  }

  /** The frames that follow, one for each that is drawn during so long. */
  during(milliseconds: number): number[] {
    const from = this.drawn.length;
    vi.advanceTimersByTime(milliseconds);
    return this.drawn.slice(from).map((one) => one.index);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (act: (now: number) => void) => setTimeout(() => act(performance.now()), 4));
  vi.stubGlobal("cancelAnimationFrame", (timer: ReturnType<typeof setTimeout>) => clearTimeout(timer));
  vi.stubGlobal("document", new EventTarget());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** How long after `play` another frame than `index` was drawn. */
function firstMotion(page: Page, index: number, isShown: boolean): number {
  const before = page.drawn.length;
  const asked = performance.now();
  page.player.play(index, isShown);
  vi.advanceTimersByTime(3000);
  const moved = page.drawn.slice(before).find((one) => one.index !== index);
  return (moved?.at ?? Number.POSITIVE_INFINITY) - asked;
}

describe("the first motion of a loop", () => {
  it("comes within 50 ms where the loop is here", () => {
    const page = new Page({}, 1, 1);
    page.player.play(0);
    vi.advanceTimersByTime(500);
    page.player.pause();
    expect(firstMotion(page, 7, true)).toBeLessThan(20);
    page.player.pause();
    expect(firstMotion(page, 7, false)).toBeLessThan(50);
    expect(page.asked).toBe(FRAMES);
  });

  it("comes within 50 ms where pictures come faster than they are due, and none is dropped", () => {
    const page = new Page({}, 3, 2);
    expect(firstMotion(page, 0, false)).toBeLessThan(50);
    expect(page.player.dropped).toBe(0);
  });

  it("waits where they come slower, until all will be in time", () => {
    const page = new Page({}, 3, 12);
    expect(firstMotion(page, 0, false)).toBeGreaterThan(150);
    expect(page.player.dropped).toBe(0);
  });

  it("doesn't wait for ever on a slow line: late frames are dropped and counted", () => {
    const page = new Page({}, 40, 40);
    const moved = firstMotion(page, 0, false);
    expect(moved).toBeGreaterThan(1000);
    expect(moved).toBeLessThan(1200);
    expect(page.player.dropped).toBeGreaterThan(10);
    expect(page.player.passes).toBeGreaterThan(0); // the clock was not slowed
  });
});

describe("a browser that decodes slowly", () => {
  it("test_S08_is_asked_so_far_ahead_that_frames_come_in_time", () => {
    const page = new Page({}, 1, 1, 90); // more than five frames
    page.player.play(0);
    vi.advanceTimersByTime(1500);
    const { dropped } = page.player;
    expect(page.during(1000).length).toBeGreaterThan(50);
    expect(page.player.dropped - dropped).toBeLessThan(8);
  });

  it("shows what it can where it can't keep up, at the right time", () => {
    const page = new Page({}, 1, 1, 400); // at most eight at once: twenty a second
    page.player.play(0);
    vi.advanceTimersByTime(3000);
    const seen = page.during(2000).length;
    expect(seen).toBeGreaterThan(20);
    expect(page.player.passes).toBeGreaterThan(2);
  });
});

describe("part of a loop", () => {
  const slow = { frame_time_ms: 20, rate: 50 };

  it("test_S08_a_range_plays_and_goes_on_in_phase_when_it_is_set", () => {
    const page = new Page(slow, 1, 1);
    page.player.play(0);
    vi.advanceTimersByTime(400);
    const before = page.player.anchor?.at_ms ?? 0;
    page.player.usePlayback({ ...page.player.playback, first: 10, last: 29 });
    const { playingIndex, anchor } = page.player;
    // The frame that stands began when the old clock said so.
    expect(((anchor?.at_ms ?? 0) - before) / 20).toBeCloseTo(playingIndex ?? -1, 6);
    const seen = page.during(1200);
    expect([Math.min(...seen), Math.max(...seen), new Set(seen).size]).toEqual([10, 29, 20]);
    expect([page.player.dropped, page.player.frameCount, page.player.passes]).toEqual([0, 20, 3]);
  });

  it("test_S08_a_frame_outside_the_range_gives_way_to_its_first", () => {
    const page = new Page(slow, 1, 1);
    page.player.play(40);
    vi.advanceTimersByTime(200);
    page.player.usePlayback({ ...page.player.playback, first: 5, last: 9 });
    expect(page.during(300).slice(0, 7)).toEqual([5, 6, 7, 8, 9, 5, 6]);
  });

  it("test_S08_bounces_there_and_back", () => {
    const page = new Page(slow, 1, 1);
    page.player.usePlayback({ first: 3, last: 6, bounce: true, beatMs: null });
    page.player.play(3);
    expect(page.during(400).slice(0, 9)).toEqual([3, 4, 5, 6, 5, 4, 3, 4, 5]);
    expect(page.asked).toBe(4);
  });

  it("keeps its phase when its speed changes", () => {
    const page = new Page(slow, 1, 1);
    page.player.play(0);
    vi.advanceTimersByTime(409);
    const index = page.player.playingIndex;
    const began = (page.player.anchor?.at_ms ?? 0) + 20 * (index ?? 0);
    page.player.setSpeed(0.5);
    expect(page.player.anchor).toEqual({ index, at_ms: expect.closeTo(began, 6) });
  });
});
