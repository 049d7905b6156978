import { afterEach, expect, test, vi } from "vitest";
import type { ItemDocument } from "../net/documents";
import type { PresentationDocument } from "../net/presentation_documents";
import { FIRST_LOOK } from "../state/look";
import { FIRST_VIEW } from "../state/stack_view";
import { openedOf } from "../state/test_documents";
import { headerOf } from "../state/test_headers";
import { areaDocument, presentationDocument } from "../state/test_presentations";
import type { Command } from "../tools/keys";
import type { GlassHost, GlassScene } from "./glass_layer";
import { PresentationLayer } from "./presentation_layer";

const UID = "2.25.90";
const CHOICE: Command = { kind: "look", look: { presentation: UID } };
const AS_STORED: Command = { kind: "look", look: { presentation: null } };
const FAILED = "Presentation not shown: no answer";

/** A glass that does nothing but write down what it is told; frame 1 of the stack is what the state is about. */
class Glass {
  readonly told: Command[] = [];
  isFollowing = false;
  item: ItemDocument | null = { series_instance_uid: "2.25.2", stack: null } as ItemDocument;
  scene: GlassScene | null = sceneAt(1, false);
  requestUpdate = vi.fn();
  readonly layer = new PresentationLayer(this as unknown as GlassHost);

  perform = (command: Command): void => {
    if (!this.layer.command(command)) this.told.push(command);
  };

  show(scene: GlassScene): void {
    this.scene = scene;
    this.layer.pictureChanged(scene);
  }

  /** The layer's words, as text. */
  words(): string {
    return this.scene ? JSON.stringify(this.layer.render(this.scene)) : "";
  }
}

function sceneAt(index: number, presented: boolean, width = 512): GlassScene {
  const opened = openedOf();
  const frame = opened.frames[index];
  const instance = opened.instances[frame?.instance ?? 0];
  const look = { ...FIRST_LOOK, presentation: presented ? UID : null };
  const shown = { opened, header: headerOf({ presented }), identified: { frame, instance, index }, look };
  return {
    shown,
    view: { ...FIRST_VIEW, index, look },
    size: { width, height: 512 },
    zoom: 1,
    toScreen: (p) => p,
    toImage: (p) => p,
  } as GlassScene;
}

function answering(state: Promise<PresentationDocument>): void {
  vi.stubGlobal("fetch", async () => ({ ok: true, status: 200, json: () => state }));
}

afterEach(() => vi.unstubAllGlobals());

const turned = presentationDocument({ geometry: { rotation: 90, is_flipped: false, areas: [areaDocument()] } });

test("a state is asked for once its place is known, and lays its picture when that comes", async () => {
  answering(Promise.resolve(turned));
  const glass = new Glass();
  glass.perform(CHOICE);
  expect(glass.told).toEqual([]);
  await vi.waitFor(() => expect(glass.told).toEqual([CHOICE]));
  glass.show(sceneAt(1, false)); // the picture of before
  expect(glass.told).toHaveLength(1);
  glass.show(sceneAt(1, true));
  expect(glass.told[1]).toMatchObject({ kind: "place", orientation: { turns: 1, mirrored: false }, zoom: 1 });
  glass.show(sceneAt(1, true)); // moved by hand since: it stays so
  expect(glass.told).toHaveLength(2);
});

test("a state about other frames is gone to", async () => {
  answering(Promise.resolve(turned));
  const glass = new Glass();
  glass.scene = sceneAt(0, false);
  glass.perform(CHOICE);
  await vi.waitFor(() => expect(glass.told).toEqual([{ kind: "go", index: 1 }, CHOICE]));
});

test("who wants something else by then isn't shown the state", async () => {
  let answer: (state: PresentationDocument) => void = () => undefined;
  const state = new Promise<PresentationDocument>((resolve) => {
    answer = resolve;
  });
  answering(state);
  const glass = new Glass();
  glass.perform(CHOICE);
  glass.perform(AS_STORED);
  const other = new Glass();
  other.perform(CHOICE);
  other.item = { series_instance_uid: "2.25.3", stack: null } as ItemDocument;
  answer(turned);
  await state;
  await new Promise((resolve) => setTimeout(resolve));
  expect(glass.told).toEqual([AS_STORED]);
  expect(other.told).toEqual([]);
});

test("who follows someone is left at their side", async () => {
  answering(Promise.resolve(turned));
  const glass = new Glass();
  glass.perform(CHOICE);
  await vi.waitFor(() => expect(glass.told).toHaveLength(1));
  glass.isFollowing = true;
  glass.show(sceneAt(1, true));
  expect(glass.told).toHaveLength(1);
});

test("a state that doesn't come is said not to be shown, until something else is chosen", async () => {
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("no line")));
  const glass = new Glass();
  glass.perform(CHOICE);
  await vi.waitFor(() => expect(glass.requestUpdate).toHaveBeenCalled());
  expect(glass.words()).toContain(FAILED);
  glass.perform(AS_STORED);
  expect(glass.words()).not.toContain(FAILED);
  expect(glass.told).toEqual([AS_STORED]);
});

test("who follows someone sees the state's words once they are here, and asks for them once", async () => {
  const fetched = vi.fn(async () => ({ ok: true, status: 200, json: async () => turned }));
  vi.stubGlobal("fetch", fetched);
  const glass = new Glass();
  glass.isFollowing = true;
  glass.show(sceneAt(1, true));
  glass.show(sceneAt(1, true));
  expect(glass.words()).toContain("Presentation state applied");
  await vi.waitFor(() => expect(glass.requestUpdate).toHaveBeenCalled());
  expect(glass.words()).toContain("Presentation: BONE");
  expect(fetched).toHaveBeenCalledTimes(1);
  expect(glass.told).toEqual([]);
});
