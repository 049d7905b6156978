/**
 * Measuring on the glass: lengths, ellipses and rectangles drawn by hand, and the values under the cursor.
 *
 * The server measures, on stored pixels; all that is said is about the frame on screen (S01, S06, S07). Nothing is stored.
 */
import type { nothing, TemplateResult } from "lit";
import { ApiError } from "../net/api";
import { measure, type ShapeKind, valuesAt } from "../net/measuring_api";
import {
  answered,
  type Board,
  begun,
  EMPTY_BOARD,
  type FrameName,
  failed,
  isSameFrame,
  type Measured,
  measuredOf,
  onFrame,
  removed,
  requestOf,
  reshaped,
  selected,
} from "../state/measurement";
import { draggedEnds, type Ends, type Hold, holdAt, onImage } from "../state/measurement_shape";
import { resultLines } from "../state/measurement_words";
import type { Point, Size } from "../state/stack_view";
import { isMeasuring, MEASURING_TOOLS, type Tool } from "../state/tool";
import type { Command } from "../tools/keys";
import { CursorReadout, type Place } from "./cursor_readout";
import type { GlassHost, GlassLayer } from "./glass_layer";
import { type MeasuredScene, type MeasuringView, measuringView } from "./measuring_view";

/** Of a mouse and of a finger, in CSS pixels. */
const REACH_PX = { fine: 9, coarse: 24 };
/** A press that goes no farther is a click, not a shape. */
const LEAST_PX = 4;
/** A finger hides what it touches: the cross of the values stands above it. */
const ABOVE_FINGER_PX = 64;
const isFinger = () => matchMedia("(pointer: coarse)").matches;

/** A viewport on which is measured: of stacks or of slides. */
export interface MeasuringHost extends Pick<GlassHost, "isPlaying" | "tool" | "requestUpdate" | "perform"> {
  readonly scene: MeasuredScene | null;
}

interface Held {
  readonly id: number;
  /** null: the shape is being drawn, from where the drag began. */
  readonly hold: Hold | null;
  readonly from: Ends;
  /** Where the drag began, on screen and on the image. */
  readonly at: Point;
  readonly start: Point;
  isMoved: boolean;
}

export class MeasuringLayer implements GlassLayer {
  readonly tools = MEASURING_TOOLS;
  private board: Board = EMPTY_BOARD;
  private held: Held | null = null;
  private hovered: Point | null = null;
  /** Of the values tool, on the image: it stays where the finger left it, from slice to slice. */
  private cross: Point | null = null;
  private isOpen = false;
  /** For screen readers, as long as its frame is on screen (S01). */
  private spoken: { readonly words: string; readonly on: FrameName } | null = null;
  private readonly readout: CursorReadout;

  constructor(private readonly host: MeasuringHost) {
    this.readout = new CursorReadout(
      ({ on, column, row }, signal) => valuesAt(on.uid, on.frame, column, row, signal),
      () => host.requestUpdate(),
    );
  }

  render(scene: MeasuredScene): TemplateResult | typeof nothing {
    const view: MeasuringView = {
      scene,
      shapes: onFrame(this.board, frameOf(scene)),
      all: this.board.all.filter((one) => isInSeries(scene, one)),
      selected: this.board.selected,
      values: this.readout.shown,
      cross: this.host.tool === "values" ? this.cross : null,
      isOpen: this.isOpen,
      spoken: this.spoken && isSameFrame(this.spoken.on, frameOf(scene)) ? this.spoken.words : "",
      unfold: () => this.unfold(),
      go: (one) => this.go(one),
      remove: (one) => this.remove(one.id),
    };
    return measuringView(view);
  }

  grab(at: Point, scene: MeasuredScene, tool: Tool): boolean {
    if (this.host.isPlaying || tool === "zoom" || tool === "pan" || tool === "values") return false;
    const topFirst = [...onFrame(this.board, frameOf(scene))].reverse();
    for (const one of topFirst) {
      const hold = holdAt(one.shape, one.points, at, scene.toScreen, this.reach);
      if (!hold) continue;
      this.hold(one, hold, at, scene);
      return true;
    }
    return false;
  }

  begin(tool: Tool, at: Point, scene: MeasuredScene): void {
    if (this.held || !isMeasuring(tool)) return;
    if (this.host.isPlaying) this.host.perform({ kind: "play" });
    if (tool === "values") return this.moveCross(at, scene);
    this.draw(tool, at, scene);
  }

  drag(tool: Tool, at: Point, scene: MeasuredScene): void {
    const { held } = this;
    const one = measuredOf(this.board, held?.id ?? null);
    if (!held || !one) return tool === "values" ? this.moveCross(at, scene) : undefined;
    held.isMoved ||= Math.hypot(at.x - held.at.x, at.y - held.at.y) >= LEAST_PX;
    if (!held.isMoved) return;
    const now = scene.toImage(at);
    const by = { x: now.x - held.start.x, y: now.y - held.start.y };
    const ends: Ends = held.hold
      ? draggedEnds(one.shape, held.from, held.hold, by, imageOf(scene))
      : [held.from[0], onImage(now, imageOf(scene))];
    this.put(reshaped(this.board, held.id, ends));
  }

  end(): void {
    const { held } = this;
    this.held = null;
    if (!held) return;
    if (held.isMoved) void this.ask(held.id);
    else if (!held.hold) this.put(removed(this.board, held.id));
  }

  hover(at: Point | null, scene: MeasuredScene | null): void {
    this.hovered = at;
    if (at) this.cross = null;
    this.seek(scene);
  }

  pictureChanged(scene: MeasuredScene | null): void {
    const one = measuredOf(this.board, this.held?.id ?? null);
    if (one && !(scene && isSameFrame(one.on, frameOf(scene)))) this.letGo(one);
    this.seek(scene);
  }

  command(command: Command): boolean {
    const { selected: id } = this.board;
    const { scene } = this.host;
    const one = measuredOf(this.board, id);
    if (command.kind !== "unmeasure" || !one || !scene || !isSameFrame(one.on, frameOf(scene))) return false;
    this.remove(one.id);
    return true;
  }

  close(): void {
    this.readout.close();
  }

  private get reach(): number {
    return isFinger() ? REACH_PX.coarse : REACH_PX.fine;
  }

  private hold(one: Measured, hold: Hold, at: Point, scene: MeasuredScene): void {
    this.held = { id: one.id, hold, from: one.points, at, start: scene.toImage(at), isMoved: false };
    this.put(selected(this.board, one.id));
  }

  private draw(shape: ShapeKind, at: Point, scene: MeasuredScene): void {
    const start = onImage(scene.toImage(at), imageOf(scene));
    this.put(begun(this.board, frameOf(scene), shape, start));
    this.held = { id: this.board.lastId, hold: null, from: [start, start], at, start, isMoved: false };
  }

  /** The picture under a shape went away: what is half drawn goes, what was there keeps the points it has got. */
  private letGo(one: Measured): void {
    const { held } = this;
    this.held = null;
    if (held && !held.hold) this.put(removed(this.board, one.id));
    else if (held?.isMoved) void this.ask(one.id);
  }

  private async ask(id: number): Promise<void> {
    const one = measuredOf(this.board, id);
    if (!one) return;
    try {
      const answer = await measure(requestOf(one));
      this.put(answered(this.board, id, one.revision, answer));
      if (measuredOf(this.board, id)?.result.kind === "asked") {
        this.put(failed(this.board, id, one.revision, "the answer was about another picture"));
      }
    } catch (error) {
      const words = error instanceof ApiError ? error.message : "the server could not be reached";
      this.put(failed(this.board, id, one.revision, words));
    }
    const now = measuredOf(this.board, id);
    if (now && now.revision === one.revision) this.spoken = { words: resultLines(now.result).join(", "), on: now.on };
  }

  private moveCross(at: Point, scene: MeasuredScene): void {
    const place = isFinger() ? { x: at.x, y: at.y - ABOVE_FINGER_PX } : at;
    this.cross = onImage(scene.toImage(place), imageOf(scene));
    this.hovered = null;
    this.seek(scene);
    this.host.requestUpdate();
  }

  /** Ask for what lies under the mouse or the cross, on the picture that is on screen now. */
  private seek(scene: MeasuredScene | null): void {
    this.readout.want(scene && !this.host.isPlaying ? this.placeIn(scene) : null);
  }

  private placeIn(scene: MeasuredScene): Place | null {
    const { width, height } = imageOf(scene);
    const cross = this.host.tool === "values" ? this.cross : null;
    const pixel = this.hovered ? scene.toImage(this.hovered) : cross;
    if (!pixel || pixel.x < 0 || pixel.y < 0 || pixel.x > width || pixel.y > height) return null;
    const [column, row] = [Math.min(Math.floor(pixel.x), width - 1), Math.min(Math.floor(pixel.y), height - 1)];
    return { on: frameOf(scene), column, row };
  }

  private go(one: Measured): void {
    const opened = this.host.scene?.shown.opened;
    const index = opened?.frames.findIndex(
      (frame) => frame.frame_number === one.on.frame && opened.instances[frame.instance]?.digest === one.on.digest,
    );
    this.put(selected(this.board, one.id));
    if (index !== undefined && index >= 0) this.host.perform({ kind: "go", index });
  }

  private remove(id: number): void {
    this.put(removed(this.board, id));
    const { scene } = this.host;
    this.spoken = scene && { words: "measurement removed", on: frameOf(scene) };
  }

  private unfold(): void {
    this.isOpen = !this.isOpen;
    this.host.requestUpdate();
  }

  private put(board: Board): void {
    this.board = board;
    this.host.requestUpdate();
  }
}

/** Of the picture on screen, never of one that was asked for. */
function frameOf({ shown }: MeasuredScene): FrameName {
  const { instance, frame } = shown.identified;
  return { uid: instance.sop_instance_uid, digest: instance.digest, frame: frame.frame_number };
}

function imageOf({ shown }: MeasuredScene): Size {
  return { width: shown.header.sourceColumns, height: shown.header.sourceRows };
}

function isInSeries({ shown }: MeasuredScene, one: Measured): boolean {
  return shown.opened.instances.some((instance) => instance.digest === one.on.digest);
}
