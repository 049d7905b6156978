/** `<viewbox-loop-slider>`: where a clip stands, with two handles for the part of it that plays. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

type Edge = "first" | "last";

/** Half of the slider's thumb, beside the room for a handle: where the line of frames begins and ends. */
const INSET_PX = 20;

/** A frame is looked at; `isCut`: to see where the loop is cut, which ends with RangeChosen. */
export class FrameChosen extends Event {
  constructor(
    readonly index: number,
    readonly isCut: boolean,
  ) {
    super("frame-chosen");
  }
}

export class RangeChosen extends Event {
  constructor(
    readonly first: number,
    readonly last: number,
  ) {
    super("range-chosen");
  }
}

@customElement("viewbox-loop-slider")
export class LoopSlider extends LitElement {
  static override styles = css`
    :host {
      position: relative;
      display: block;
      height: 24px;
    }
    input {
      position: absolute;
      inset: 0 12px;
      width: calc(100% - 24px);
      height: 100%;
      margin: 0;
      background: none;
      accent-color: var(--accent);
      cursor: pointer;
    }
    .handle {
      position: absolute;
      top: 50%;
      width: 7px;
      height: 18px;
      margin-top: -9px;
      border: 2px solid var(--text-soft);
      cursor: ew-resize;
      touch-action: none;
    }
    .handle::before {
      content: "";
      position: absolute;
      inset: -10px -7px;
    }
    .first {
      border-right: 0;
      border-radius: 3px 0 0 3px;
      transform: translateX(calc(-100% - 8px));
    }
    .last {
      border-left: 0;
      border-radius: 0 3px 3px 0;
      transform: translateX(8px);
    }
    .first::before {
      right: 0;
    }
    .last::before {
      left: 0;
    }
    .part .handle {
      border-color: var(--warn);
    }
    .handle:hover,
    .handle:focus-visible {
      border-color: var(--accent);
    }
    .handle:focus-visible {
      outline: 2px solid var(--accent);
      outline-offset: 2px;
    }
    .band {
      position: absolute;
      bottom: 1px;
      height: 2px;
      background: var(--warn);
      visibility: hidden;
      pointer-events: none;
    }
    .part .band {
      visibility: visible;
    }
    @media (pointer: coarse) {
      :host {
        height: 44px;
      }
      .handle {
        height: 26px;
        margin-top: -13px;
      }
      .handle::before {
        inset: -10px -18px;
      }
    }
  `;

  @property({ type: Number }) count = 2;
  @property({ type: Number }) index = 0;
  @property({ type: Number }) first = 0;
  @property({ type: Number }) last = 1;
  /** The handle that is being dragged, and where it is. */
  @state() private dragged: { readonly edge: Edge; readonly index: number } | null = null;
  @query(".first") private firstHandle!: HTMLElement;
  @query(".last") private lastHandle!: HTMLElement;
  @query(".band") private band!: HTMLElement;

  override render(): TemplateResult {
    const { first, last } = this.range;
    return html`<div class=${first > 0 || last < this.count - 1 ? "part" : "whole"}>
      <input
        type="range"
        min="1"
        max=${this.count}
        .value=${String(this.index + 1)}
        aria-label="Frame"
        aria-valuetext="${this.index + 1} of ${this.count}"
        @input=${this.slid}
      />
      <div class="band"></div>
      ${this.handle("first", first, "Start of the loop")} ${this.handle("last", last, "End of the loop")}
    </div>`;
  }

  override updated(before: PropertyValues): void {
    // Sixty times a second only the frame has changed.
    if (![...before.keys()].some((name) => name !== "index")) return;
    const { first, last } = this.range;
    this.firstHandle.style.left = this.place(first);
    this.lastHandle.style.left = this.place(last);
    this.band.style.left = this.place(first);
    this.band.style.width = `calc(${this.share(last) - this.share(first)} * (100% - ${2 * INSET_PX}px))`;
  }

  private handle(edge: Edge, index: number, words: string): TemplateResult {
    return html`<div
      class="handle ${edge}"
      role="slider"
      tabindex="0"
      title="${words}: frame ${index + 1}"
      aria-label=${words}
      aria-valuemin="1"
      aria-valuemax=${this.count}
      aria-valuenow=${index + 1}
      aria-valuetext="frame ${index + 1}"
      @pointerdown=${(event: PointerEvent) => this.grabbed(event, edge)}
      @pointermove=${this.moved}
      @pointerup=${this.released}
      @pointercancel=${this.released}
      @keydown=${(event: KeyboardEvent) => this.keyed(event, edge)}
    ></div>`;
  }

  /** As the handles stand. */
  private get range(): { readonly first: number; readonly last: number } {
    return this.dragged ? this.with(this.dragged.edge, this.dragged.index) : { first: this.first, last: this.last };
  }

  /** The handles don't pass each other: at least two frames play. */
  private with(edge: Edge, index: number): { readonly first: number; readonly last: number } {
    if (edge === "first") return { first: Math.min(Math.max(index, 0), this.last - 1), last: this.last };
    return { first: this.first, last: Math.max(Math.min(index, this.count - 1), this.first + 1) };
  }

  private share(index: number): number {
    return this.count > 1 ? index / (this.count - 1) : 0;
  }

  private place(index: number): string {
    return `calc(${INSET_PX}px + ${this.share(index)} * (100% - ${2 * INSET_PX}px))`;
  }

  private indexAt(event: PointerEvent): number {
    const box = this.getBoundingClientRect();
    return Math.round(((event.clientX - box.left - INSET_PX) / Math.max(1, box.width - 2 * INSET_PX)) * (this.count - 1));
  }

  private slid = (event: Event): void => {
    this.dispatchEvent(new FrameChosen(Number((event.target as HTMLInputElement).value) - 1, false));
  };

  private grabbed(event: PointerEvent, edge: Edge): void {
    if (event.button !== 0) return;
    (event.target as HTMLElement).setPointerCapture(event.pointerId);
    this.dragged = { edge, index: edge === "first" ? this.first : this.last };
  }

  private moved = (event: PointerEvent): void => {
    if (!this.dragged) return;
    const { edge } = this.dragged;
    const index = this.with(edge, this.indexAt(event))[edge];
    if (index === this.dragged.index) return;
    this.dragged = { edge, index };
    this.dispatchEvent(new FrameChosen(index, true));
  };

  private released = (): void => {
    if (!this.dragged) return;
    const { first, last } = this.range;
    this.dragged = null;
    this.dispatchEvent(new RangeChosen(first, last));
  };

  private keyed(event: KeyboardEvent, edge: Edge): void {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 }[event.key];
    const to = { Home: 0, End: this.count - 1 }[event.key];
    if (by === undefined && to === undefined) return;
    event.preventDefault();
    const from = edge === "first" ? this.first : this.last;
    const { first, last } = this.with(edge, to ?? from + (by ?? 0));
    this.dispatchEvent(new RangeChosen(first, last));
  }
}
