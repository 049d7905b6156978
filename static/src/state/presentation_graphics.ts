/** Graphics of a presentation state as lines and words on the screen (PS3.3 C.10.5). Pure. */
import type {
  AnnotationDocument,
  LayerDocument,
  Pair,
  PresentationDocument,
  ShapeDocument,
  TextDocument,
  Units,
} from "../net/presentation_documents";
import { includes, type NamedFrame } from "./presentation";
import type { Point } from "./stack_view";

/** Where a point of these units lies on the glass; null where it can't be said. */
export type Placing = (point: Pair, units: Units) => Point | null;

export interface DrawnShape {
  /** Of an SVG path, in CSS pixels of the glass. */
  readonly path: string;
  readonly isFilled: boolean;
}

export interface DrawnText {
  readonly lines: readonly string[];
  /** Where the first line is held, and by which end. */
  readonly at: Point;
  readonly hold: "start" | "middle" | "end";
  /** A line from the text to what it is about. */
  readonly leader: string | null;
}

export interface DrawnLayer {
  readonly name: string;
  /** As CSS has it; null: the viewer's own. */
  readonly colour: string | null;
  readonly shapes: readonly DrawnShape[];
  readonly texts: readonly DrawnText[];
}

const POINT_ARM = 5;
const CURVE_STEPS = 72;
/** Of the first line, below the top of its box. */
const BASELINE = 13;
export const LINE_PX = 15;
const LETTER_PX = 7.5;
/** Of a text from its anchor, where it has no box. */
const BESIDE: Point = { x: 8, y: -8 };

/** Return what a state draws over a frame, the lowest layer first. */
export function drawnLayers(state: PresentationDocument, frame: NamedFrame, place: Placing): DrawnLayer[] {
  const shown = state.annotations.filter((annotation) => includes(annotation.applies_to, frame));
  const known = state.layers.filter(({ name }) => shown.some(({ layer }) => layer === name));
  const unnamed = shown.filter(({ layer }) => !known.some(({ name }) => name === layer));
  const lost: LayerDocument = { name: "", order: 0, description: "", colour: null };
  return [
    ...(unnamed.length > 0 ? [drawnLayer(lost, unnamed, place)] : []),
    ...known.map((layer) =>
      drawnLayer(
        layer,
        shown.filter((one) => one.layer === layer.name),
        place,
      ),
    ),
  ];
}

function drawnLayer(layer: LayerDocument, annotations: readonly AnnotationDocument[], place: Placing): DrawnLayer {
  return {
    name: layer.name,
    colour: layer.colour && `rgb(${layer.colour.join(" ")})`,
    shapes: annotations.flatMap(({ shapes }) => shapes.flatMap((shape) => drawnShape(shape, place) ?? [])),
    texts: annotations.flatMap(({ texts }) => texts.flatMap((text) => drawnText(text, place) ?? [])),
  };
}

export function drawnShape(shape: ShapeDocument, place: Placing): DrawnShape | null {
  const around = outline(shape);
  const points = around.flatMap((point) => place(point, shape.units) ?? []);
  if (points.length < around.length || points.length === 0) return null;
  if (shape.kind === "POINT") return { path: points.map(cross).join(""), isFilled: false };
  const path = shape.kind === "INTERPOLATED" ? smooth(points) : straight(points);
  return { path: shape.is_filled ? `${path}Z` : path, isFilled: shape.is_filled };
}

export function drawnText(text: TextDocument, place: Placing): DrawnText | null {
  const box = text.box && boxOf(text.box, text.box_units, place);
  const anchor = text.anchor && place(text.anchor, text.anchor_units);
  const lines = text.text.split(/\r\n|\r|\n/);
  if (box) {
    const hold = { CENTER: "middle", RIGHT: "end" }[text.justification] ?? "start";
    const x = { start: box.left, middle: (box.left + box.right) / 2, end: box.right }[hold as DrawnText["hold"]];
    const at = { x, y: box.top + BASELINE };
    const leader = anchor && text.is_anchor_visible ? leaderFrom(wordsBox(lines, at, hold as DrawnText["hold"]), anchor) : null;
    return { lines, at, hold: hold as DrawnText["hold"], leader };
  }
  if (!anchor) return null;
  const at = { x: anchor.x + BESIDE.x, y: anchor.y + BESIDE.y };
  return { lines, at, hold: "start", leader: text.is_anchor_visible ? cross(anchor) : null };
}

/** The points that a shape goes through, in its own units: curves as polygons, so that they turn and stretch with the picture. */
function outline({ kind, points }: ShapeDocument): readonly Pair[] {
  const [first, second, third, fourth] = points;
  if (kind === "CIRCLE" && first && second) {
    const radius = Math.hypot(second[0] - first[0], second[1] - first[1]);
    return round(first, [radius, 0], [0, radius]);
  }
  if (kind === "ELLIPSE" && first && second && third && fourth) {
    const middle: Pair = [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2];
    return round(middle, half(first, second), half(third, fourth));
  }
  return points;
}

function half(from: Pair, to: Pair): Pair {
  return [(to[0] - from[0]) / 2, (to[1] - from[1]) / 2];
}

/** A closed curve around the middle, whose half axes are u and v. */
function round(middle: Pair, u: Pair, v: Pair): Pair[] {
  return Array.from({ length: CURVE_STEPS + 1 }, (_, step): Pair => {
    const angle = (step / CURVE_STEPS) * 2 * Math.PI;
    const [along, across] = [Math.cos(angle), Math.sin(angle)];
    return [middle[0] + u[0] * along + v[0] * across, middle[1] + u[1] * along + v[1] * across];
  });
}

function straight(points: readonly Point[]): string {
  return points.map((point, place) => `${place === 0 ? "M" : "L"}${pair(point)}`).join("");
}

/** A curve through all the points: each stretch leaves and comes in along the line between a point's neighbours (Catmull and Rom). */
function smooth(points: readonly Point[]): string {
  const [first, last] = [points[0], points[points.length - 1]];
  if (!first || !last || points.length < 3) return straight(points);
  const isClosed = first.x === last.x && first.y === last.y;
  const before = isClosed ? points[points.length - 2] : first;
  const after = isClosed ? points[1] : last;
  const all = [before ?? first, ...points, after ?? last];
  let path = `M${pair(first)}`;
  for (let at = 1; at < all.length - 2; at++) {
    const [one, two, three, four] = [all[at - 1], all[at], all[at + 1], all[at + 2]] as [Point, Point, Point, Point];
    path += `C${pair(toward(two, one, three))} ${pair(toward(three, four, two))} ${pair(three)}`;
  }
  return path;
}

function toward(point: Point, from: Point, to: Point): Point {
  return { x: point.x + (to.x - from.x) / 6, y: point.y + (to.y - from.y) / 6 };
}

function cross({ x, y }: Point): string {
  return `M${pair({ x: x - POINT_ARM, y })}L${pair({ x: x + POINT_ARM, y })}M${pair({ x, y: y - POINT_ARM })}L${pair({ x, y: y + POINT_ARM })}`;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Turned with the picture, a box still holds its text upright. */
function boxOf(corners: readonly [Pair, Pair], units: Units, place: Placing): Box | null {
  const [one, two] = [place(corners[0], units), place(corners[1], units)];
  if (!one || !two) return null;
  return { left: Math.min(one.x, two.x), right: Math.max(one.x, two.x), top: Math.min(one.y, two.y), bottom: Math.max(one.y, two.y) };
}

/** About where the words themselves lie: a box may be much larger than they are. */
function wordsBox(lines: readonly string[], at: Point, hold: DrawnText["hold"]): Box {
  const width = Math.max(...lines.map(({ length }) => length)) * LETTER_PX;
  const left = at.x - { start: 0, middle: width / 2, end: width }[hold];
  return { left: left - 4, right: left + width + 4, top: at.y - BASELINE, bottom: at.y + (lines.length - 1) * LINE_PX + 5 };
}

function leaderFrom({ left, top, right, bottom }: Box, to: Point): string {
  const nearest = { x: Math.min(Math.max(to.x, left), right), y: Math.min(Math.max(to.y, top), bottom) };
  return `${straight([nearest, to])}${cross(to)}`;
}

function pair({ x, y }: Point): string {
  return `${Math.round(x * 100) / 100} ${Math.round(y * 100) / 100}`;
}
