import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CineDocument } from "../net/documents";
import type { Channel } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { WireView } from "../net/worker_messages";
import { ServerClock } from "../state/server_clock";
import { headerOf } from "../state/test_headers";
import { CinePlayer } from "./cine_player";
import { CineSharing } from "./cine_sharing";

const WIRE: WireView = { window: null, invert: false, size: null, codec: "stored", quality: 90 };
/** Ten frames of 100 ms. */
const CINE: CineDocument = {
  times_ms: null,
  frame_time_ms: 100,
  rate: 10,
  source: "Frame Time (0018,1063)",
  assumed: false,
  start: 1,
  stop: 10,
  sequencing: "looping",
};

/** A page with its own clock: what it draws, and a line that gives back each picture after `delay_ms`. */
class Page {
  readonly drawn: number[] = [];
  readonly clock = new ServerClock();
  readonly sharing = new CineSharing(this.clock);
  readonly player: CinePlayer;

  constructor(cine: CineDocument, delay_ms: number) {
    const channel: Partial<Channel> = {
      loop: (_key, indices) => {
        for (const [place, index] of indices.entries()) setTimeout(() => this.player.keep(index, []), delay_ms * (place + 1));
      },
      decode: (index, ordinal) => {
        const bitmap = { close: () => undefined } as ImageBitmap;
        setTimeout(() => this.player.decoded(headerOf({ index, frameNumber: index + 1 }), bitmap, ordinal), 1);
      },
    };
    const screen = {
      drawFrame: (header: PictureHeader) => this.drawn.push(header.index) > 0,
      cineChanged: () => undefined,
    };
    this.player = new CinePlayer(cine, 10, channel as Channel, screen);
    this.player.useView(WIRE);
  }

  get now(): number | undefined {
    return this.drawn.at(-1);
  }
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_795_507_346_000 });
  vi.stubGlobal("requestAnimationFrame", (act: (now: number) => void) => setTimeout(() => act(performance.now()), 16));
  vi.stubGlobal("cancelAnimationFrame", (timer: ReturnType<typeof setTimeout>) => clearTimeout(timer));
  vi.stubGlobal("document", new EventTarget());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** What the presenter tells once the loop runs. */
function anchored(page: Page): { index: number; cine: ReturnType<CineSharing["cineOf"]> } {
  expect(page.sharing.isAnchoredAnew(page.player)).toBe(true);
  return { index: page.player.anchor?.index ?? -1, cine: page.sharing.cineOf(page.player) };
}

/** How often two pages that draw up to one animation frame apart show another frame, over two passes, looked at mid-frame. */
function differences(one: Page, other: Page): number {
  let different = 0;
  const atMs = (one.player.anchor?.at_ms ?? 0) + 60;
  vi.advanceTimersByTime(100 - ((performance.now() - atMs) % 100));
  for (let step = 0; step < 20; step++) {
    if (one.now !== other.now) different += 1;
    vi.advanceTimersByTime(100);
  }
  return different;
}

describe("a loop that is played along", () => {
  it("test_S08_shows_the_same_frame_at_the_same_time_by_the_servers_clock", () => {
    const [presenter, follower] = [new Page(CINE, 2), new Page(CINE, 20)];
    // This computer's clock is 70 s late for the one and 5 s early for the other: only the server's is common.
    presenter.clock.note(Date.now() + 70_000, Date.now(), 0);
    follower.clock.note(Date.now() + 70_000, Date.now(), 0);
    presenter.player.play(3);
    vi.advanceTimersByTime(250);
    const { index, cine } = anchored(presenter);
    expect([index, cine.playing, cine.speed]).toEqual([3, true, 1]);
    expect(cine.at).toBeGreaterThan(Date.now() + 69_000);
    vi.advanceTimersByTime(3300); // the follower joins in the fourth pass
    follower.sharing.playAlong(follower.player, index, cine);
    vi.advanceTimersByTime(400);
    expect(differences(presenter, follower)).toBe(0);
    expect([follower.player.dropped, follower.player.isBuffering]).toEqual([0, false]);
  });

  it("stands at its frame until the presenter's loop runs, already filled", () => {
    const follower = new Page(CINE, 5);
    follower.sharing.playAlong(follower.player, 6, { playing: true, speed: 1, at: 0 });
    vi.advanceTimersByTime(2000);
    expect(new Set(follower.drawn)).toEqual(new Set([6]));
    expect([follower.player.bufferedCount, follower.player.isBuffering]).toEqual([10, true]);
    follower.sharing.playAlong(follower.player, 6, { playing: true, speed: 1, at: Math.round(follower.clock.now()) - 150 });
    vi.advanceTimersByTime(40);
    expect(follower.now).toBe(7);
  });

  it("goes at the presenter's speed, and stays in phase when it changes", () => {
    const [presenter, follower] = [new Page(CINE, 1), new Page(CINE, 1)];
    presenter.player.play(0);
    vi.advanceTimersByTime(500);
    anchored(presenter);
    presenter.player.setSpeed(0.5);
    const { index, cine } = anchored(presenter);
    expect(cine.speed).toBe(0.5);
    follower.sharing.playAlong(follower.player, index, cine);
    vi.advanceTimersByTime(300);
    expect(differences(presenter, follower)).toBe(0);
    expect(follower.player.speed).toBe(0.5);
  });

  it("is told by the way forth of a sweep, where a frame is passed twice", () => {
    const sweep: CineDocument = { ...CINE, sequencing: "sweeping" }; // 18 steps of 100 ms
    const [presenter, follower] = [new Page(sweep, 1), new Page(sweep, 1)];
    presenter.player.play(0);
    vi.advanceTimersByTime(1600); // on its way back
    presenter.player.setSpeed(1); // anchors where it is
    const { index, cine } = anchored(presenter);
    expect(index).toBe(0);
    follower.sharing.playAlong(follower.player, index, cine);
    vi.advanceTimersByTime(200);
    expect(differences(presenter, follower)).toBe(0);
  });

  it("test_S08_is_told_which_part_plays_and_how_long_a_beat_lasts", () => {
    const [presenter, follower] = [new Page(CINE, 1), new Page(CINE, 1)];
    presenter.player.play(0);
    vi.advanceTimersByTime(300);
    expect(anchored(presenter).cine).not.toHaveProperty("part");
    presenter.player.usePlayback({ first: 2, last: 6, bounce: true, beatMs: null });
    const bounced = anchored(presenter);
    expect(bounced.cine.part).toEqual({ first: 2, last: 6, bounce: true, beat_ms: null });
    follower.sharing.playAlong(follower.player, bounced.index, bounced.cine);
    vi.advanceTimersByTime(300);
    expect(differences(presenter, follower)).toBe(0);
    presenter.player.usePlayback({ first: 0, last: 9, bounce: false, beatMs: 800 });
    const { index, cine } = anchored(presenter);
    follower.sharing.playAlong(follower.player, index, cine);
    vi.advanceTimersByTime(300);
    expect(follower.player.playback).toEqual({ first: 0, last: 9, bounce: false, beatMs: 800 });
    presenter.player.usePlayback({ first: 0, last: 9, bounce: false, beatMs: null });
    const own = anchored(presenter);
    follower.sharing.playAlong(follower.player, own.index, own.cine);
    vi.advanceTimersByTime(300);
    expect(new Set(follower.drawn.slice(-20)).size).toBeGreaterThan(2);
    expect(differences(presenter, follower)).toBe(0);
  });

  it("doesn't begin anew where the same is said again, and says its own time once", () => {
    const [presenter, follower] = [new Page(CINE, 1), new Page(CINE, 1)];
    presenter.player.play(0);
    vi.advanceTimersByTime(500);
    const { index, cine } = anchored(presenter);
    expect(presenter.sharing.isAnchoredAnew(presenter.player)).toBe(false);
    vi.advanceTimersByTime(500);
    expect(presenter.sharing.isAnchoredAnew(presenter.player)).toBe(false);
    expect(presenter.sharing.cineOf(presenter.player)).toEqual(cine);
    follower.sharing.playAlong(follower.player, index, cine);
    vi.advanceTimersByTime(500);
    const shown = follower.player.shown;
    follower.sharing.playAlong(follower.player, index, cine);
    expect([follower.player.shown, follower.player.isBuffering]).toEqual([shown, false]);
  });

  it("test_S08_comes_into_phase_once_the_servers_time_is_known_better", () => {
    const [presenter, follower] = [new Page(CINE, 1), new Page(CINE, 1)];
    const serverMs = () => Date.now() + 70_000;
    // The first answer waited on its way back: it seems read 200 ms later than it was, which no one can know yet.
    presenter.clock.note(serverMs() - 400, Date.now(), 400);
    follower.clock.note(serverMs(), Date.now(), 2);
    presenter.player.play(0);
    vi.advanceTimersByTime(500);
    const poor = anchored(presenter);
    follower.sharing.playAlong(follower.player, poor.index, poor.cine);
    vi.advanceTimersByTime(500);
    expect(differences(presenter, follower)).toBe(20); // the presenter's own clock lies
    presenter.clock.note(serverMs(), Date.now(), 2);
    const better = anchored(presenter);
    expect(better.cine.at - poor.cine.at).toBe(201);
    follower.sharing.playAlong(follower.player, better.index, better.cine);
    vi.advanceTimersByTime(500);
    expect(differences(presenter, follower)).toBe(0);
    expect(presenter.sharing.isAnchoredAnew(presenter.player)).toBe(false);
  });

  it("test_S08_corrects_its_own_phase_once_it_knows_the_servers_time_better_and_not_for_a_trifle", () => {
    const [presenter, follower] = [new Page(CINE, 1), new Page(CINE, 1)];
    presenter.clock.note(Date.now(), Date.now(), 0);
    follower.clock.note(Date.now() - 400, Date.now(), 400);
    presenter.player.play(0);
    vi.advanceTimersByTime(500);
    const { index, cine } = anchored(presenter);
    follower.sharing.playAlong(follower.player, index, cine);
    vi.advanceTimersByTime(500);
    follower.sharing.keepInPhase(follower.player);
    expect(differences(presenter, follower)).toBe(20);
    follower.clock.note(Date.now(), Date.now(), 12); // 6 ms off at most
    follower.sharing.keepInPhase(follower.player);
    vi.advanceTimersByTime(100);
    expect(differences(presenter, follower)).toBe(0);
    const { anchor } = follower.player;
    follower.clock.note(Date.now(), Date.now(), 2); // better by 5 ms: no frame of it is worth a hitch
    follower.sharing.keepInPhase(follower.player);
    expect(follower.player.anchor).toEqual(anchor);
    expect(follower.player.dropped).toBe(0);
  });

  it("is one's own again after a pause", () => {
    const follower = new Page(CINE, 1);
    follower.sharing.playAlong(follower.player, 2, { playing: true, speed: 1, at: Math.round(follower.clock.now()) });
    vi.advanceTimersByTime(300);
    follower.player.pause();
    expect(follower.sharing.cineOf(follower.player)).toEqual({ playing: false, speed: 1, at: 0 });
    follower.player.play(8);
    vi.advanceTimersByTime(150);
    expect(follower.player.anchor?.index).toBe(8);
  });
});
