/** What lies over a picture - graphics, measurements, lines - and may take its gestures; each kind is a layer of its own. */
import type { nothing, TemplateResult } from "lit";
import type { ItemDocument } from "../net/documents";
import type { StreamClient } from "../net/stream_client";
import { pixelAt, placeOf, type Seen } from "../state/shared_map";
import type { Point, Size, StackView } from "../state/stack_view";
import type { Tool } from "../state/tool";
import type { Command } from "../tools/keys";
import type { OnScreen } from "./session_screen";
import type { Seat } from "./side_by_side";

/** What is on screen, and where: everything that a layer draws or says is about this (S01). */
export interface GlassScene {
  readonly shown: OnScreen;
  readonly view: StackView;
  /** Of the glass, in CSS pixels. */
  readonly size: Size;
  /** CSS pixels for one stored pixel. */
  readonly zoom: number;
  /** From pixels of the stored frame (the middle of the first is 0.5, 0.5) to CSS pixels from the top left corner of the glass. */
  toScreen(pixel: Point): Point;
  toImage(place: Point): Point;
}

/** What a layer may ask of its viewport. */
export interface GlassHost {
  readonly client: StreamClient;
  readonly scene: GlassScene | null;
  /** The item of the tray that hangs here. */
  readonly item: ItemDocument | null;
  /** It looks as someone else looks. */
  readonly isFollowing: boolean;
  /** Its place beside the other pane; null where there is no other. */
  readonly seat: Seat | null;
  /** A loop runs: what is on screen is another picture in a moment. */
  readonly isPlaying: boolean;
  /** The tool chosen on the page. */
  readonly tool: Tool;
  /** Draw the layers again. */
  requestUpdate(): void;
  perform(command: Command): void;
}

/** Places are in CSS pixels from the top left corner of the glass. Everything but `render` may be left out. */
export interface GlassLayer {
  /** Over the picture, under the texts; an SVG of the glass's size where it draws. */
  render(scene: GlassScene): TemplateResult | typeof nothing;
  /** Tools whose drags are this layer's. */
  readonly tools?: readonly Tool[];
  begin?(tool: Tool, at: Point, scene: GlassScene): void;
  drag?(tool: Tool, at: Point, scene: GlassScene): void;
  end?(tool: Tool): void;
  /** A press before any tool has it; true: the drag that follows is this layer's, whatever the tool. */
  grab?(at: Point, scene: GlassScene, tool: Tool): boolean;
  /** The mouse is over the picture with no button pressed; null: it has left. */
  hover?(at: Point | null, scene: GlassScene | null): void;
  /** Another picture, or none, or the same one otherwise on the glass. */
  pictureChanged?(scene: GlassScene | null): void;
  /** True: the command was this layer's. */
  command?(command: Command): boolean;
  close?(): void;
}

/** Return the scene of what is on screen. zoom: CSS pixels for one stored pixel. */
export function sceneOf(shown: OnScreen, view: StackView, size: Size, zoom: number): GlassScene {
  const seen: Seen = { view, viewport: size, opened: shown.opened };
  return {
    shown,
    view,
    size,
    zoom,
    toScreen: (pixel) => {
      const place = placeOf(seen, pixel);
      return { x: place.x + size.width / 2, y: place.y + size.height / 2 };
    },
    toImage: (place) => pixelAt(seen, { x: place.x - size.width / 2, y: place.y - size.height / 2 }),
  };
}
