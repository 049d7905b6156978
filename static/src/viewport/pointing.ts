/**
 * Pointing on a glass: where this person's mouse or pen is, told to others; where someone else points, drawn under their name.
 *
 * The marker is placed through the element's own style object, which a strict Content Security Policy allows.
 */
import { css, html, type TemplateResult } from "lit";
import type { SharedPointer } from "../state/shared_state";
import type { Point, Size } from "../state/stack_view";

const TELL_EVERY_MS = 1000 / 30;
/** Nearer than this to the right edge, the name stands on the left. */
const NAME_PX = 160;

/** The viewport, as far as pointing goes. Places are in CSS pixels from the top left corner of the glass. */
export interface Pointed {
  /** What is at a place; null: not the picture. */
  pointerAt(place: Point): SharedPointer | null;
  /** Where someone else's pointer lies; null: not in what is on screen here. */
  placeOf(pointer: SharedPointer): Point | null;
  tellPointer(pointer: SharedPointer | null): void;
}

export class Pointing {
  /** Where another's pointer is drawn now. */
  drawn: { readonly x: number; readonly y: number; readonly name: string } | null = null;
  private hover: Point | null = null;
  private told = "null";
  private toldAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private theirs: { readonly pointer: SharedPointer; readonly name: string } | null = null;

  constructor(
    private readonly glass: HTMLElement,
    private readonly marker: HTMLElement,
    private readonly pointed: Pointed,
    signal: AbortSignal,
  ) {
    const listen = (name: "pointermove" | "pointerdown" | "pointerleave", heard: (event: PointerEvent) => void) =>
      glass.addEventListener(name, heard, { signal, capture: true });
    listen("pointermove", (event) => this.hovered(event));
    listen("pointerdown", () => this.moveTo(null));
    listen("pointerleave", () => this.moveTo(null));
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** Show where someone else points; null: nowhere. */
  show(pointer: SharedPointer | null, name: string): void {
    this.theirs = pointer && { pointer, name };
    this.drawTheirs();
  }

  /** The picture lies otherwise on the glass, or is another: so do both pointers. */
  pictureMoved(): void {
    if (this.theirs) this.drawTheirs();
    if (this.hover) this.tellSoon();
  }

  /** A pressed button or a finger is at work, not pointing. */
  private hovered(event: PointerEvent): void {
    if (event.pointerType === "touch" || event.buttons !== 0) return this.moveTo(null);
    const box = this.glass.getBoundingClientRect();
    this.moveTo({ x: event.clientX - box.left, y: event.clientY - box.top });
  }

  private moveTo(place: Point | null): void {
    this.hover = place;
    this.tellSoon();
  }

  private tellSoon(): void {
    if (this.timer !== undefined) return;
    const wait = this.toldAt + TELL_EVERY_MS - performance.now();
    if (wait <= 0) this.tell();
    else this.timer = setTimeout(() => this.tell(), wait);
  }

  private tell(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const pointer = this.hover && this.pointed.pointerAt(this.hover);
    const text = JSON.stringify(pointer);
    if (text === this.told) return;
    this.told = text;
    this.toldAt = performance.now();
    this.pointed.tellPointer(pointer);
  }

  private drawTheirs(): void {
    const place = this.theirs && this.pointed.placeOf(this.theirs.pointer);
    const size: Size = { width: this.glass.clientWidth, height: this.glass.clientHeight };
    const isSeen = place && place.x >= 0 && place.y >= 0 && place.x <= size.width && place.y <= size.height;
    this.marker.hidden = !isSeen;
    this.drawn = isSeen && this.theirs ? { ...place, name: this.theirs.name } : null;
    if (!this.drawn) return;
    this.marker.style.transform = `translate(${this.drawn.x}px, ${this.drawn.y}px)`;
    this.marker.classList.toggle("leftward", this.drawn.x > size.width - NAME_PX);
    const label = this.marker.querySelector("span");
    if (label && label.textContent !== this.drawn.name) label.textContent = this.drawn.name;
  }
}

/** Stands above the picture and below what is said about it; moves too often to be read aloud. */
export const pointerMarker: TemplateResult = html`<div class="pointer" hidden aria-hidden="true">
  <svg width="29" height="29" viewBox="-14.5 -14.5 29 29">
    <path class="under" d="M0-13v8M0 5v8M-13 0h8M5 0h8M8 0a8 8 0 1 1-16 0a8 8 0 1 1 16 0" />
    <path d="M0-13v8M0 5v8M-13 0h8M5 0h8M8 0a8 8 0 1 1-16 0a8 8 0 1 1 16 0" />
  </svg>
  <span></span>
</div>`;

export const pointerStyles = css`
  .pointer {
    position: absolute;
    top: 0;
    left: 0;
    z-index: 1;
    pointer-events: none;
  }
  .pointer[hidden] {
    display: none;
  }
  .pointer svg {
    position: absolute;
    top: -14.5px;
    left: -14.5px;
    fill: none;
    stroke: #ffd54a;
    stroke-width: 2;
  }
  .pointer .under {
    stroke: #000;
    stroke-width: 4.5;
  }
  .pointer span {
    position: absolute;
    top: 10px;
    left: 12px;
    max-width: 140px;
    padding: 1px 7px;
    overflow: hidden;
    border-radius: 3px;
    background: #ffd54a;
    color: #111;
    font-size: 12px;
    font-weight: 600;
    line-height: 18px;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .pointer.leftward span {
    right: 12px;
    left: auto;
  }
`;
