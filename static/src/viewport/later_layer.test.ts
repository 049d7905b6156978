import { nothing } from "lit";
import { expect, test } from "vitest";
import type { GlassHost, GlassLayer, GlassScene } from "./glass_layer";
import { later } from "./later_layer";

const SCENE = {} as GlassScene;
const AT = { x: 1, y: 1 };

function tried(load: (heard: string[]) => Promise<void>) {
  const heard: string[] = [];
  class Marks implements GlassLayer {
    render(): typeof nothing {
      heard.push("render");
      return nothing;
    }
    grab = () => true;
    begin = () => void heard.push("begin");
    close = () => void heard.push("close");
  }
  const Kind = later(["length"], async () => {
    await load(heard);
    return Marks;
  });
  const layer = new Kind({ requestUpdate: () => heard.push("update") } as unknown as GlassHost);
  return { layer, heard };
}

test("a layer is fetched with the first picture, and not before", async () => {
  const { layer, heard } = tried(async (said) => void said.push("load"));
  layer.pictureChanged?.(null);
  expect([layer.render(SCENE), layer.grab?.(AT, SCENE, "length")]).toEqual([nothing, false]);
  expect(heard).toEqual([]);
  layer.pictureChanged?.(SCENE);
  layer.pictureChanged?.(SCENE);
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  layer.begin?.("length", AT, SCENE);
  layer.render(SCENE);
  expect(layer.grab?.(AT, SCENE, "length")).toBe(true);
  expect(heard).toEqual(["load", "update", "begin", "render"]);
});

test("what comes after the pane was closed is not begun; what did not come is asked for again", async () => {
  let count = 0;
  const { layer, heard } = tried(async () => {
    count += 1;
    if (count === 1) throw new TypeError("no network");
  });
  layer.pictureChanged?.(SCENE);
  await new Promise((done) => setTimeout(done));
  expect(count).toBe(1);
  layer.pictureChanged?.(SCENE);
  layer.close?.();
  await new Promise((done) => setTimeout(done));
  expect([count, heard]).toEqual([2, []]);
});
