import { describe, expect, it } from "vitest";
import type { SlideDocument } from "../net/documents";
import {
  completenessInWords,
  magnificationInWords,
  magnificationSteps,
  micronsAcross,
  type SlideViewFacts,
  slideChangesInWords,
  zoomOfMagnification,
} from "./slide_view";

const SLIDE: SlideDocument = { levels: [], mpp_um: [0.5, 0.5], objective_power: 20 };
const UNKNOWN: SlideDocument = { ...SLIDE, mpp_um: null };
const facts = (change: Partial<SlideViewFacts>): SlideViewFacts => ({
  zoom: 1,
  isLoading: false,
  absentTiles: 0,
  middle: { x: 0, y: 0 },
  rotation_degrees: 0,
  isFlipped: false,
  ...change,
});

describe("slide view", () => {
  it("test_S06_magnification_comes_from_microns_per_pixel_or_is_not_said", () => {
    expect(magnificationInWords(SLIDE, 1)).toBe("20× equivalent");
    expect(magnificationInWords(SLIDE, 0.125)).toBe("2.5× equivalent");
    expect(magnificationInWords(UNKNOWN, 0.5)).toBe("50 % of stored pixels");
    expect(zoomOfMagnification(SLIDE, 10)).toBe(0.5);
    expect(zoomOfMagnification(UNKNOWN, 10)).toBeNull();
    expect(magnificationSteps(SLIDE)).toEqual([1.25, 2.5, 5, 10, 20]);
    expect(magnificationSteps(UNKNOWN)).toEqual([]);
  });

  it("test_S11_loading_complete_and_beyond_native_are_said", () => {
    expect(completenessInWords(SLIDE, facts({ isLoading: true })).words).toBe("loading");
    expect(completenessInWords(SLIDE, facts({ zoom: 0.5 })).words).toBe("complete at 10×");
    expect(completenessInWords(SLIDE, facts({ zoom: 2 })).words).toBe("beyond native, 200 %");
    expect(completenessInWords(UNKNOWN, facts({ zoom: 0.25, absentTiles: 3 })).words).toBe("complete at 25 %, 3 tiles not in the archive");
  });

  it("test_S02_rotation_and_flip_of_a_slide_are_named", () => {
    expect(slideChangesInWords(facts({}))).toEqual([]);
    expect(slideChangesInWords(facts({ rotation_degrees: -90 }))).toEqual(["rotated 270°"]);
    // OpenSeadragon turns first and mirrors then: what a person sees as mirrored, then turned right, is -90 there.
    expect(slideChangesInWords(facts({ rotation_degrees: -90, isFlipped: true }))).toEqual(["flipped left–right", "rotated 90°"]);
  });

  it("test_S06_a_turned_slide_whose_x_and_y_differ_has_the_scale_of_the_direction_on_screen", () => {
    const oblong: SlideDocument = { ...SLIDE, mpp_um: [0.25, 0.5] };
    expect(micronsAcross(oblong, 0)).toBeCloseTo(0.25);
    expect(micronsAcross(oblong, 90)).toBeCloseTo(0.5);
    expect(micronsAcross(oblong, 180)).toBeCloseTo(0.25);
    expect(micronsAcross(oblong, 45)).toBeCloseTo(Math.hypot(0.25, 0.5) / Math.SQRT2);
    expect(micronsAcross(UNKNOWN, 90)).toBeNull();
  });
});
