import { describe, expect, it } from "vitest";
import { creditFor, expectedMs, LineQuality, lineInWords, mayAskMore, UNKNOWN_LINE } from "./line_quality";
import { FIRST_STEP, nextStep, STEPS } from "./moving_step";

/** 100 ms, 10 Mbit/s. */
const SLOW = { roundTripMs: 100, bytesPerMs: 1250 };
const NEAR = { roundTripMs: 0.6, bytesPerMs: 40_000 };

describe("measuring a line", () => {
  it("takes the least of the last round trips: those behind pictures don't count", () => {
    const line = new LineQuality();
    for (const trip of [101, 180, 104, 230]) line.noteRoundTrip(trip);
    expect(line.facts.roundTripMs).toBe(101);
    for (let more = 0; more < 8; more++) line.noteRoundTrip(40); // another way was found
    line.noteRoundTrip(300);
    expect(line.facts.roundTripMs).toBe(40);
  });

  it("measures throughput from a picture that came alone, without the way and the server's time", () => {
    const line = new LineQuality();
    line.noteRoundTrip(100);
    line.noteArrival({ askedAtMs: 1000, arrivedAtMs: 1000 + 100 + 8 + 40, bytes: 50_000, serverMs: 8 });
    expect(line.facts.bytesPerMs).toBeCloseTo(1250);
  });

  it("measures throughput from pictures that came one behind the other", () => {
    const line = new LineQuality();
    line.noteRoundTrip(100);
    let at = 1140;
    for (let n = 0; n < 6; n++, at += 20) line.noteArrival({ askedAtMs: 1000, arrivedAtMs: at, bytes: 25_000, serverMs: 1 });
    expect(line.facts.bytesPerMs).toBeCloseTo(1250);
    line.heard(at + 10); // a control message came between
    line.noteArrival({ askedAtMs: 1000, arrivedAtMs: at + 30, bytes: 25_000, serverMs: 1 });
    expect(line.facts.bytesPerMs).toBeCloseTo(1250);
  });

  it("measures small pictures several at a time", () => {
    const line = new LineQuality();
    line.noteRoundTrip(100);
    for (const [n, took] of [1, 2, 1].entries()) {
      expect(line.facts.bytesPerMs).toBeNull();
      line.noteArrival({ askedAtMs: n * 1000, arrivedAtMs: n * 1000 + 101 + took, bytes: 2000, serverMs: 1 });
    }
    expect(line.facts.bytesPerMs).toBeCloseTo(6000 / 4);
  });

  it("doesn't take a way's jitter for a fast line", () => {
    const line = new LineQuality();
    line.noteRoundTrip(104);
    for (let n = 0; n < 8; n++) line.noteArrival({ askedAtMs: n * 1000, arrivedAtMs: n * 1000 + 104, bytes: 3000, serverMs: 1 });
    expect(line.facts.bytesPerMs).toBeLessThan(2000);
  });

  it("says nothing before a ping came back, and nothing from a tiny picture", () => {
    const line = new LineQuality();
    line.noteArrival({ askedAtMs: 0, arrivedAtMs: 500, bytes: 50_000, serverMs: 1 });
    expect(line.facts).toEqual(UNKNOWN_LINE);
    line.noteRoundTrip(100);
    line.noteArrival({ askedAtMs: 1000, arrivedAtMs: 1100, bytes: 900, serverMs: 1 });
    expect(line.facts.bytesPerMs).toBeNull();
    line.forget();
    expect(line.facts).toEqual(UNKNOWN_LINE);
  });

  it("is not pulled down by single pictures that had to wait", () => {
    const line = new LineQuality();
    line.noteRoundTrip(1);
    for (let n = 0; n < 10; n++) {
      const took = n % 3 === 0 ? 300 : 2;
      line.noteArrival({ askedAtMs: n * 1000, arrivedAtMs: n * 1000 + 1 + took, bytes: 40_000, serverMs: 0 });
    }
    expect(line.facts.bytesPerMs).toBeCloseTo(20_000);
  });
});

describe("a line that becomes another", () => {
  it("is known after a few pictures", () => {
    const line = new LineQuality();
    line.noteRoundTrip(100);
    const come = (at: number, took: number) => line.noteArrival({ askedAtMs: at, arrivedAtMs: at + 100 + took, bytes: 2500, serverMs: 0 });
    for (let n = 0; n < 30; n++) come(n * 1000, 2);
    expect(line.facts.bytesPerMs).toBeCloseTo(1250);
    for (let n = 30; n < 34; n++) come(n * 1000, 100);
    expect(line.facts.bytesPerMs).toBeCloseTo(25);
  });
});

describe("bytes on their way", () => {
  it("fills the line, and no more than a picture beyond it", () => {
    const held = (bytes: number) => {
      let pictures = 0;
      while (mayAskMore(SLOW, { pictures, bytes: pictures * bytes, ageMs: 0 }, 1) && pictures < 100) pictures++;
      return pictures * bytes;
    };
    for (const bytes of [8000, 25_000, 60_000]) {
      expect(held(bytes)).toBeGreaterThanOrEqual(125_000);
      expect(held(bytes)).toBeLessThan(1.25 * 125_000 + bytes);
    }
    expect(held(400_000)).toBe(400_000);
  });

  it("keeps two on their way where the server is near, or nothing is known", () => {
    for (const line of [NEAR, UNKNOWN_LINE]) {
      const may = (pictures: number) => mayAskMore(line, { pictures, bytes: pictures * 40_000, ageMs: 0 }, 0.5);
      expect([0, 1, 2].map(may)).toEqual([true, true, false]);
    }
  });

  it("asks for no more once what was asked for is late: the line has become worse", () => {
    const may = (ageMs: number) => mayAskMore(SLOW, { pictures: 1, bytes: 25_000, ageMs }, 1);
    expect([100, 280, 320].map(may)).toEqual([true, true, false]);
    expect(mayAskMore(SLOW, { pictures: 0, bytes: 0, ageMs: 0 }, 1)).toBe(true);
  });

  it("grants as much credit as the line holds", () => {
    expect(creditFor(NEAR, 30_000)).toBe(16);
    expect(creditFor(UNKNOWN_LINE, 30_000)).toBe(16);
    expect(creditFor(SLOW, 40_000)).toBe(4 + 4);
    expect(creditFor(SLOW, 3_000_000)).toBe(4 + 1);
    expect(creditFor(SLOW, 1000)).toBe(16);
  });

  it("says in words what the line is", () => {
    expect(lineInWords(SLOW)).toBe("100 ms round trip, 10 Mbit/s");
    expect(lineInWords({ roundTripMs: 0.64, bytesPerMs: 40_000 })).toBe("0.6 ms round trip, over 200 Mbit/s");
    expect(lineInWords({ roundTripMs: 612.4, bytesPerMs: 23.1 })).toBe("612 ms round trip, 0.18 Mbit/s");
    expect(lineInWords(UNKNOWN_LINE)).toBe("not measured yet");
  });

  it("says how long something will take", () => {
    expect(expectedMs(SLOW, 125_000)).toBe(200);
    expect(expectedMs(UNKNOWN_LINE, 125_000)).toBe(0);
  });
});

describe("quality while something moves", () => {
  const settle = (bytesAtSixty: number, line = SLOW) => {
    let step = FIRST_STEP;
    const seen: number[] = [];
    for (let n = 0; n < 8; n++) {
      step = nextStep(step, bytesAtSixty, line);
      seen.push(step);
    }
    expect(new Set(seen.slice(-4)).size).toBe(1); // it settles
    return STEPS[step];
  };

  it("follows what the line can carry twenty times a second", () => {
    expect(settle(25_000, NEAR)).toEqual({ quality: 80, scale: 1 });
    expect(settle(25_000)).toEqual({ quality: 80, scale: 1 });
    expect(settle(55_000)).toEqual({ quality: 60, scale: 1 });
    expect(settle(75_000)).toEqual({ quality: 45, scale: 1 });
    expect(settle(110_000)).toEqual({ quality: 45, scale: 0.7 });
    expect(settle(300_000)).toEqual({ quality: 30, scale: 0.5 });
    expect(settle(5_000_000)).toEqual({ quality: 30, scale: 0.35 });
  });

  it("needs room to become better, none to stay", () => {
    const bytes = 62_000 / 1.6; // at quality 80 it just fits
    expect(nextStep(1, bytes, SLOW)).toBe(1);
    expect(nextStep(0, bytes, SLOW)).toBe(0);
    expect(nextStep(0, bytes * 1.02, SLOW)).toBe(1);
  });

  it("stays where it is before anything is measured", () => {
    expect(nextStep(FIRST_STEP, 900_000, UNKNOWN_LINE)).toBe(FIRST_STEP);
  });
});
