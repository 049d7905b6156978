import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Point } from "../state/stack_view";
import { type GestureHandler, listenForGestures } from "./gestures";

/** A glass of 200 by 100 at (10, 20) of the page. */
class Glass extends EventTarget {
  getBoundingClientRect = () => ({ left: 10, top: 20, width: 200, height: 100 });
  setPointerCapture = () => undefined;
}

type Pressed = Partial<Pick<PointerEvent, "buttons" | "pointerType" | "pointerId">>;

function tried() {
  const said: string[] = [];
  const place = (at: Point | null) => (at ? `${at.x},${at.y}` : "none");
  const handler: GestureHandler = {
    activeTool: () => "window",
    hover: (at) => said.push(`hover ${place(at)}`),
    begin: (_tool, at) => said.push(`begin ${place(at)}`),
    drag: (_tool, dx, dy) => said.push(`drag ${dx},${dy}`),
    end: () => said.push("end"),
    pinch: () => said.push("pinch"),
    wheel: () => undefined,
    doubleTap: () => undefined,
  };
  const glass = new Glass();
  listenForGestures(glass as unknown as HTMLElement, handler, new AbortController().signal);
  const send = (kind: string, x: number, y: number, pressed: Pressed = {}) => {
    const fields = { button: 0, buttons: 0, pointerId: 1, pointerType: "mouse", ctrlKey: false, shiftKey: false, ...pressed };
    glass.dispatchEvent(Object.assign(new Event(kind), { clientX: x, clientY: y, ...fields }));
  };
  return { said, send };
}

beforeEach(() => void vi.stubGlobal("Element", class {}));
afterEach(() => void vi.unstubAllGlobals());

describe("S01 what lies under the cursor", () => {
  it("is not said from the press to the release of a drag, and then of the new place", () => {
    const { said, send } = tried();
    send("pointermove", 110, 70);
    send("pointerdown", 110, 70, { buttons: 1 });
    send("pointermove", 140, 75, { buttons: 1 });
    send("pointerup", 140, 75);
    expect(said).toEqual(["hover 0,0", "hover none", "begin 0,0", "drag 30,5", "end", "hover 30,5"]);
  });

  it("is not said after a release beside the glass", () => {
    const { said, send } = tried();
    send("pointerdown", 110, 70, { buttons: 1 });
    send("pointerup", 300, 75);
    expect(said.at(-1)).toBe("hover none");
  });

  it("is not said while something pressed elsewhere comes over the glass", () => {
    const { said, send } = tried();
    send("pointermove", 110, 70);
    send("pointermove", 120, 70, { buttons: 1 });
    expect(said).toEqual(["hover 0,0", "hover none"]);
  });

  it("is not said of a finger", () => {
    const { said, send } = tried();
    const finger = { pointerType: "touch" };
    send("pointerdown", 110, 70, { ...finger, buttons: 1 });
    send("pointerup", 110, 70, finger);
    expect(said.filter((one) => one.startsWith("hover"))).toEqual(["hover none"]);
  });
});
