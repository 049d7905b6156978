import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { MeasurementRequest } from "../net/measuring_api";
import { openedOf } from "../state/test_documents";
import { headerOf } from "../state/test_headers";
import type { Tool } from "../state/tool";
import { type MeasuringHost, MeasuringLayer } from "./measuring_layer";
import type { MeasuredScene, MeasuringView } from "./measuring_view";

const view = vi.hoisted(() => ({ last: null as MeasuringView | null }));
vi.mock("./measuring_view", () => ({
  measuringView: (one: MeasuringView) => {
    view.last = one;
  },
}));
vi.mock("../net/measuring_api", () => ({
  measure: async ({ sop_instance_uid, frame }: MeasurementRequest) => {
    const length = { value: 12.5, unit: "mm", kind: "calibrated", label: "Pixel Spacing", components: [] };
    return { sop_instance_uid, instance: "aa".repeat(16), frame, shape: "length", length };
  },
  valuesAt: () => new Promise(() => undefined),
}));

beforeEach(() => void vi.stubGlobal("matchMedia", () => ({ matches: false })));
afterEach(() => void vi.unstubAllGlobals());

function sceneOf(digest: string): MeasuredScene {
  const instance = { sop_instance_uid: `2.25.${digest}`, digest: digest.repeat(16), instance_number: 1 };
  const frame = { instance: 0, frame_number: 1, position_mm: null, thickness_mm: null, edges: null };
  const opened = openedOf({ instances: [instance], frames: [frame] });
  return {
    size: { width: 512, height: 512 },
    toScreen: (pixel) => pixel,
    toImage: (place) => place,
    shown: { opened, identified: { instance, frame, index: 0 }, header: headerOf({}) },
  };
}

it("S01: what a screen reader is told of a measurement goes with its picture", async () => {
  const [clip, other] = [sceneOf("aa"), sceneOf("bb")];
  const host = { scene: clip, tool: "length" as Tool, isPlaying: false, requestUpdate: () => undefined, perform: () => undefined };
  const layer = new MeasuringLayer(host satisfies MeasuringHost);
  const spoken = (scene: MeasuredScene) => {
    layer.render(scene);
    return view.last?.spoken;
  };
  layer.begin("length", { x: 10, y: 10 }, clip);
  layer.drag("length", { x: 60, y: 10 }, clip);
  layer.end();
  await vi.waitFor(() => expect(spoken(clip)).toBe("12.5 mm, Pixel Spacing"));
  expect(spoken(other)).toBe("");
  expect(spoken(clip)).toBe("12.5 mm, Pixel Spacing");
  layer.command({ kind: "unmeasure" });
  expect(spoken(clip)).toBe("measurement removed");
  expect(spoken(other)).toBe("");
});
