import { nothing } from "lit";
import { expect, test } from "vitest";
import type { GlassHost, GlassLayer, GlassScene } from "./glass_layer";
import { Layers } from "./layers";

const heard: string[] = [];

class Lines implements GlassLayer {
  readonly tools = ["scroll"] as const;
  render(): typeof nothing {
    return nothing;
  }
  begin = () => void heard.push("lines begin");
  drag = () => void heard.push("lines drag");
  end = () => void heard.push("lines end");
}

class Marks implements GlassLayer {
  render(): typeof nothing {
    return nothing;
  }
  grab = (at: { x: number }) => at.x === 5;
  begin = () => void heard.push("marks begin");
  command = (command: { kind: string }) => command.kind === "play";
}

function layersOn(scene: GlassScene | null): Layers {
  heard.length = 0;
  return new Layers({ scene } as GlassHost, [Lines, Marks]);
}

test("a drag goes to the layer whose tool it is, to its end", () => {
  const layers = layersOn({} as GlassScene);
  expect(layers.begin("scroll", { x: 1, y: 1 })).toBe(true);
  layers.drag("scroll", { x: 2, y: 2 });
  layers.end("scroll");
  layers.drag("scroll", { x: 3, y: 3 });
  expect(heard).toEqual(["lines begin", "lines drag", "lines end"]);
});

test("what is grabbed goes ahead of the tool", () => {
  expect(layersOn({} as GlassScene).begin("scroll", { x: 5, y: 1 })).toBe(true);
  expect(heard).toEqual(["marks begin"]);
});

test("nobody's tool is the viewport's, and nothing lies over no picture", () => {
  expect(layersOn({} as GlassScene).begin("pan", { x: 1, y: 1 })).toBe(false);
  expect(layersOn(null).begin("scroll", { x: 1, y: 1 })).toBe(false);
  expect(layersOn(null).render()).toEqual([]);
});

test("a command is asked of each layer", () => {
  const layers = layersOn({} as GlassScene);
  expect(layers.command({ kind: "play" })).toBe(true);
  expect(layers.command({ kind: "end" })).toBe(false);
});
