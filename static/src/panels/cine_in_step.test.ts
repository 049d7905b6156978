import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CineDocument, ItemDocument } from "../net/documents";
import type { Channel } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { ViewAction } from "../state/stack_view";
import { headerOf } from "../state/test_headers";
import { CinePlayer } from "../viewport/cine_player";
import { READY } from "../viewport/condition";
import { InStep, type SteppedLoop } from "./cine_in_step";
import { ClipAfterClip, nextClip } from "./clip_after_clip";

const STAGE = { name: "REST", number: 1, view: "A4C" };

function cineOf(frames: number, frame_time_ms: number, more: Partial<CineDocument> = {}): CineDocument {
  const regular = { times_ms: null, frame_time_ms, rate: 1000 / frame_time_ms, source: "Frame Time (0018,1063)", assumed: false };
  return { ...regular, start: 1, stop: frames, sequencing: "looping", ...more };
}

/** A viewport's loop whose pictures come at once, and which does as a session does. */
class Loop implements SteppedLoop {
  cine: CinePlayer;
  readonly condition = READY;
  readonly opened: { readonly study_instance_uid: string };
  view = { index: 0 };
  isFollowing = false;

  constructor(cine: CineDocument, study = "2.25.1", delay_ms = 2) {
    this.opened = { study_instance_uid: study };
    const channel: Partial<Channel> = {
      loop: (_key, indices) => {
        for (const index of indices) setTimeout(() => this.cine.keep(index, []), delay_ms);
      },
      decode: (index, ordinal) => {
        setTimeout(() => this.cine.decoded(headerOf({ index }), { close: () => undefined } as ImageBitmap, ordinal), 1);
      },
    };
    const drawFrame = (header: PictureHeader) => {
      this.view = { index: header.index };
      page.moved();
      return true;
    };
    this.cine = new CinePlayer(cine, cine.stop, channel as Channel, { drawFrame, cineChanged: () => page.moved() });
    this.cine.useView({ window: null, invert: false, size: null, codec: "stored", quality: 90 });
  }
  togglePlay(): void {
    if (this.cine.isPlaying) this.cine.pause();
    else this.cine.play(this.view.index, true);
  }
  act(action: ViewAction): void {
    this.cine.pause();
    if (action.kind === "go") this.view = { index: action.index };
    page.moved();
  }
}

const page = {
  loops: [] as Loop[],
  active: 0,
  inStep: new InStep(),
  moved: () => page.inStep.moved(page.loops, page.active),
  hang(...loops: Loop[]): Loop[] {
    page.loops = loops;
    page.moved();
    return loops;
  },
};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (act: (now: number) => void) => setTimeout(() => act(performance.now()), 4));
  vi.stubGlobal("cancelAnimationFrame", (timer: ReturnType<typeof setTimeout>) => clearTimeout(timer));
  vi.stubGlobal("document", new EventTarget());
  page.loops = [];
  page.inStep = new InStep();
});
afterEach(() => {
  page.inStep.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Rest: a beat of 1000 ms in 20 frames. Peak: one of 480 ms in 12. */
const rest = (more: Partial<CineDocument> = {}) => new Loop(cineOf(20, 50, { stage: STAGE, ...more }));
const peak = (more: Partial<CineDocument> = {}) => new Loop(cineOf(12, 40, { stage: STAGE, ...more }));

/** How far apart their phases are at most, in beats, over some passes. */
function apart(one: Loop, other: Loop): number {
  let most = 0;
  for (let step = 0; step < 150; step++) {
    vi.advanceTimersByTime(17);
    const by = Math.abs(one.view.index / 20 - other.view.index / 12);
    most = Math.max(most, Math.min(by, 1 - by));
  }
  return most;
}

describe("loops of one stress test", () => {
  it("test_S08_play_in_step_by_themselves_as_soon_as_one_plays", () => {
    const [one, other] = page.hang(rest(), peak()) as [Loop, Loop];
    expect(page.inStep.isOn).toBe(true);
    one.togglePlay();
    vi.advanceTimersByTime(100);
    expect([one.cine.isPlaying, other.cine.isPlaying]).toEqual([true, true]);
    // A frame of the one lasts 0.05 of a beat, of the other 0.083: no further are they apart.
    expect(apart(one, other)).toBeLessThan(0.1);
    expect([one.cine.dropped, other.cine.dropped]).toEqual([0, 0]);
    expect([one.cine.anchor?.at_ms, one.cine.playback.beatMs]).toEqual([other.cine.anchor?.at_ms, other.cine.playback.beatMs]);
  });

  it("test_S08_begin_together_though_one_is_filled_later", () => {
    const [one, other] = page.hang(rest(), new Loop(cineOf(12, 40, { stage: STAGE }), "2.25.1", 700)) as [Loop, Loop];
    one.togglePlay();
    vi.advanceTimersByTime(100);
    const stands = one.view.index;
    vi.advanceTimersByTime(500);
    expect([one.view.index, one.cine.isBuffering, other.cine.isBuffering]).toEqual([stands, true, true]);
    vi.advanceTimersByTime(300);
    expect([one.cine.isBuffering, other.cine.isBuffering]).toEqual([false, false]);
    expect(apart(one, other)).toBeLessThan(0.1);
  });

  it("stop, step and change speed together", () => {
    const [one, other] = page.hang(rest(), peak()) as [Loop, Loop];
    one.togglePlay();
    vi.advanceTimersByTime(500);
    page.active = 1;
    other.togglePlay();
    page.moved();
    expect([one.cine.isPlaying, other.cine.isPlaying]).toEqual([false, false]);
    other.act({ kind: "go", index: 6 });
    expect(one.view.index).toBe(10);
    page.active = 0;
    one.act({ kind: "go", index: 5 });
    expect(other.view.index).toBe(3);
    one.togglePlay();
    vi.advanceTimersByTime(100);
    one.cine.setSpeed(0.5);
    vi.advanceTimersByTime(100);
    expect(other.cine.speed).toBe(0.5);
    expect(apart(one, other)).toBeLessThan(0.1);
  });

  it("goes on in step when a range changes the beat", () => {
    const [one, other] = page.hang(rest(), peak()) as [Loop, Loop];
    one.togglePlay();
    vi.advanceTimersByTime(300);
    one.cine.usePlayback({ ...one.cine.playback, last: 9 });
    vi.advanceTimersByTime(100);
    expect([one.cine.playback.beatMs, other.cine.playback.beatMs]).toEqual([500, 500]);
    expect(one.cine.anchor?.at_ms).toBe(other.cine.anchor?.at_ms);
  });

  it("has its own time again when it is turned off, or another hangs", () => {
    const [one, other] = page.hang(rest(), peak()) as [Loop, Loop];
    one.togglePlay();
    vi.advanceTimersByTime(300);
    page.inStep.toggle(page.loops, 0);
    expect([page.inStep.isOn, other.cine.playback.beatMs, other.cine.isPlaying]).toEqual([false, null, true]);
    page.inStep.toggle(page.loops, 0);
    expect(other.cine.playback.beatMs).toBe(1000);
    page.hang(one);
    expect([page.inStep.isOn, one.cine.playback.beatMs, one.cine.isPlaying]).toEqual([false, null, true]);
  });
});

describe("a viewport that shows something else", () => {
  it("joins with its new loop, and leaves the other alone where it has none", () => {
    const [one, other] = page.hang(rest(), peak()) as [Loop, Loop];
    one.togglePlay();
    vi.advanceTimersByTime(300);
    const next = rest();
    const before = other.cine;
    other.cine = next.cine; // the same viewport, as after another clip was chosen
    before.stop();
    page.moved();
    vi.advanceTimersByTime(100);
    expect([page.inStep.isOn, next.cine.isPlaying, next.cine.anchor?.at_ms]).toEqual([true, true, one.cine.anchor?.at_ms]);
    Object.assign(other, { cine: null });
    page.moved();
    expect([page.inStep.isOn, one.cine.playback.beatMs, one.cine.isPlaying]).toEqual([false, null, true]);
  });
});

describe("other loops side by side", () => {
  it("play each by itself until someone asks for it", () => {
    const [one, other] = page.hang(rest({ stage: null }), peak()) as [Loop, Loop];
    one.togglePlay();
    vi.advanceTimersByTime(100);
    expect([page.inStep.isOn, other.cine.isPlaying]).toEqual([false, false]);
    page.inStep.toggle(page.loops, 0);
    expect([page.inStep.isOn, other.cine.isPlaying]).toEqual([true, true]);
  });

  it("of another study aren't one stress test; those that follow are the presenter's", () => {
    page.hang(rest(), new Loop(cineOf(12, 40, { stage: STAGE }), "2.25.9"));
    expect(page.inStep.isOn).toBe(false);
    const [, other] = page.hang(rest(), peak()) as [Loop, Loop];
    other.isFollowing = true;
    page.moved();
    expect(page.inStep.isOn).toBe(false);
  });
});

describe("one clip after another", () => {
  it("hangs the next at the end of a pass, of a short loop after two seconds, and plays it", () => {
    const clips = new ClipAfterClip();
    let hung = 0;
    const next = () => ++hung < 3;
    const [first, second] = [new Loop(cineOf(60, 50)), new Loop(cineOf(10, 50))];
    clips.toggle();
    first.togglePlay();
    const tick = (loop: Loop, milliseconds: number) => {
      for (let passed = 0; passed < milliseconds; passed += 20) {
        vi.advanceTimersByTime(20);
        clips.moved(loop, next);
      }
    };
    tick(first, 2900);
    expect(hung).toBe(0);
    tick(first, 300);
    expect(hung).toBe(1);
    clips.moved(second, next);
    expect(second.cine.isPlaying).toBe(true);
    tick(second, 1900);
    expect(hung).toBe(1);
    tick(second, 300);
    expect([hung, clips.isOn]).toEqual([2, true]);
    const third = new Loop(cineOf(60, 50));
    clips.moved(third, next);
    tick(third, 3300);
    expect([hung, clips.isOn]).toEqual([3, false]); // the last one goes on
    expect(third.cine.isPlaying).toBe(true);
  });

  it("finds the next clip of the study, past what isn't one", () => {
    const items = ["clip a", "stack b", "image c", "clip d"].map((words) => {
      const [kind, key] = words.split(" ");
      return { kind, key } as ItemDocument;
    });
    expect(nextClip(items, "a")?.key).toBe("d");
    expect(nextClip(items, "d")).toBeNull();
  });
});
