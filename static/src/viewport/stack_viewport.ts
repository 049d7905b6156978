/** `<viewbox-stack>`: a stack of slices, a clip or a single image on a canvas, with its texts, letters, scale and strip. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { ItemDocument, OpenedDocument } from "../net/documents";
import type { StreamClient } from "../net/stream_client";
import type { Target } from "../net/worker_messages";
import { icon } from "../panels/icons";
import type { OverlayMode } from "../state/corner_texts";
import { looksOffered } from "../state/looks_offered";
import { ALONE, type PageLoops } from "../state/loop_commands";
import { changesInWords } from "../state/orientation";
import type { Seen } from "../state/shared_map";
import { placeOfPointer, pointerOf } from "../state/shared_pointer";
import type { SharedPaneView, SharedPointer, SharedStackView } from "../state/shared_state";
import { aspectOf, FIRST_VIEW, type Point, type Size } from "../state/stack_view";
import type { Tool } from "../state/tool";
import { presetName, presetsFor, windowInWords } from "../state/windows";
import { controls } from "../styles/controls";
import { listenForGestures } from "../tools/gestures";
import type { Command } from "../tools/keys";
import type { Condition } from "./condition";
import { detailsPanel } from "./fidelity_view";
import { type GlassHost, type GlassScene, sceneOf } from "./glass_layer";
import { glassStyles } from "./glass_styles";
import { Layers } from "./layers";
import { lookStyles } from "./look_notes";
import { changeLoop, LoopMoved } from "./loop_handling";
import { measuringStyles } from "./measuring_styles";
import { overlays } from "./overlays";
import { type DrawnPicture, PictureCanvas } from "./picture_canvas";
import { type Pointed, Pointing, pointerMarker, pointerStyles } from "./pointing";
import { referenceStyles } from "./reference_layer";
import type { Followed, SessionScreen } from "./session_screen";
import type { Seat } from "./side_by_side";
import { StackGestures } from "./stack_gestures";
import { StackSession } from "./stack_session";
import { strip, stripStyles } from "./stack_strip";
import { NOTHING, PointerMoved, SummaryChanged, ViewMoved, type ViewportProbe, type ViewportSummary } from "./summary";

const MIDDLE: Point = { x: 0, y: 0 };
const SAY_AFTER_MS = 600;

@customElement("viewbox-stack")
export class StackViewport extends LitElement implements SessionScreen, GlassHost, Pointed {
  static override styles = [controls, glassStyles, stripStyles, pointerStyles, measuringStyles, lookStyles, referenceStyles];

  @property({ attribute: false }) client!: StreamClient;
  @property({ attribute: false }) target: Target | null = null;
  /** Length of the stack as the tray states it; 0 where it is not a stack. */
  @property({ type: Number }) likelyFrames = 0;
  @property() tool: Tool = "window";
  @property() overlay: OverlayMode = "full";
  @property({ type: Boolean }) details = false;
  @property() label = "";
  @property({ attribute: false }) item: ItemDocument | null = null;
  /** How the page plays its loops. */
  @property({ attribute: false }) loops: PageLoops = ALONE;
  @property({ attribute: false }) seat: Seat | null = null;
  @state() private spoken = "";
  @query("canvas") private canvasElement!: HTMLCanvasElement;
  @query(".glass") private glass!: HTMLElement;
  @query(".pointer") private marker!: HTMLElement;

  private session: StackSession | null = null;
  private shownTarget: Target | null = null;
  /** What to show first of a target that the session hasn't heard of yet. */
  private firstFollowed: Followed | null = null;
  private pointing: Pointing | null = null;
  private canvas: PictureCanvas | null = null;
  private lastSummary = "";
  private speakTimer = 0;
  private readonly layers = new Layers(this);
  private readonly gone = new AbortController();
  private readonly sizes = new ResizeObserver(() => this.resized());

  get probe(): ViewportProbe {
    const { session } = this;
    return {
      kind: session?.opened?.kind ?? "empty",
      condition: session?.condition.kind ?? "empty",
      header: session?.onScreen?.header ?? null,
      picturesShown: session?.picturesShown ?? 0,
      picturesRefused: session?.refusedCount ?? 0,
      framesDropped: session?.cine?.dropped ?? 0,
      cineFramesShown: session?.cine?.shown ?? 0,
      isPlaying: session?.cine?.isPlaying ?? false,
      tilesShown: 0,
      tilesPending: 0,
      sharedView: this.sharedView(),
      isFollowing: this.isFollowing,
      pointer: this.pointing?.drawn ?? null,
    };
  }

  /** Its loop, for those that play together; null where it shows none. */
  get loop(): StackSession | null {
    return this.session?.cine ? this.session : null;
  }

  get isFollowing(): boolean {
    return this.session?.isFollowing ?? false;
  }

  /** What is on the glass, for what lies over it. */
  get scene(): GlassScene | null {
    const { session, canvas } = this;
    const drawn = this.drawn();
    if (!session?.onScreen || !canvas || !drawn) return null;
    return sceneOf(session.onScreen, session.view, canvas.size, canvas.zoomOf(drawn, session.view));
  }

  get isPlaying(): boolean {
    return this.session?.cine?.isPlaying ?? false;
  }

  /** null before the series is open. */
  sharedView(): SharedStackView | null {
    return this.shownTarget === this.target ? (this.session?.sharedView() ?? null) : null;
  }

  follow(view: SharedPaneView, isMoving: boolean): void {
    if (view.kind !== "stack") return;
    if (this.session && this.shownTarget === this.target) this.session.follow(view, isMoving);
    else this.firstFollowed = { view, isMoving };
  }

  showPointer(pointer: SharedPointer | null, name: string): void {
    this.pointing?.show(pointer, name);
  }

  override firstUpdated(): void {
    this.canvas = new PictureCanvas(this.canvasElement);
    const stillness = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.session = new StackSession(this.client, this, !stillness);
    const hand = new StackGestures(this.session, this.layers, { tool: () => this.tool, size: () => this.viewportSize() });
    listenForGestures(this.glass, hand, this.gone.signal);
    for (const kind of ["pointerdown", "wheel", "focusin"] as const) {
      this.addEventListener(kind, () => this.session?.lead(), { passive: true, signal: this.gone.signal });
    }
    this.pointing = new Pointing(this.glass, this.marker, this, this.gone.signal);
    this.sizes.observe(this.glass);
    this.resized();
    this.showTarget();
  }

  override updated(before: PropertyValues<this>): void {
    if (before.has("target") && before.get("target") !== undefined) this.showTarget();
    if (before.has("seat")) this.layers.pictureChanged();
    this.tell();
    if (this.session?.cine) this.dispatchEvent(new LoopMoved());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.gone.abort();
    this.sizes.disconnect();
    this.session?.close();
    this.layers.close();
    clearTimeout(this.speakTimer);
  }

  /** Do what a key or a button asks. */
  perform(command: Command): void {
    const { session } = this;
    if (!session?.opened || this.layers.command(command)) return;
    switch (command.kind) {
      case "bounce":
      case "range":
      case "speed":
        return changeLoop(session, command);
      case "play":
        return session.togglePlay();
      case "end":
        return session.act({ kind: "go", index: session.frameCount - 1 });
      case "zoom-step":
        return session.act({ kind: "zoom", factor: command.factor, at: MIDDLE });
      case "pan-step":
        return session.act({ kind: "pan", by: { x: command.x, y: command.y } });
      case "native":
        return this.showNative();
      case "preset": {
        const preset = this.presets(session.opened)[command.number - 1];
        if (preset && session.windowOnScreen()) session.act({ kind: "window", window: preset.window });
        return;
      }
      case "unmeasure":
      case "key-image":
        return;
      default:
        return session.act(command);
    }
  }

  // SessionScreen
  draw(): void {
    this.canvas?.draw(this.drawn(), this.session?.view ?? FIRST_VIEW, this.session?.cine?.isPlaying ?? false);
    this.pointing?.pictureMoved();
    this.layers.pictureChanged();
  }

  viewportSize(): Size {
    return this.canvas?.size ?? { width: 0, height: 0 };
  }

  moved(cause: "hand" | "itself"): void {
    const view = this.sharedView();
    if (view) this.dispatchEvent(new ViewMoved(view, cause));
  }

  changed(): void {
    this.requestUpdate();
    this.speakLater();
  }

  usefulSize(source: Size): readonly [number, number] | null {
    const opened = this.session?.opened;
    if (!opened || !this.session) return null;
    return this.canvas?.usefulSize(source, aspectOf(opened), this.session.view) ?? null;
  }

  // Pointed
  pointerAt(place: Point): SharedPointer | null {
    const seen = this.seen();
    return seen && pointerOf(seen, seen.index, place, this.session?.cine?.isPlaying ?? false);
  }

  placeOf(pointer: SharedPointer): Point | null {
    const seen = this.seen();
    return seen && placeOfPointer(seen, seen.index, pointer);
  }

  tellPointer(pointer: SharedPointer | null): void {
    this.dispatchEvent(new PointerMoved(pointer));
  }

  override render(): TemplateResult {
    const session = this.session;
    const condition: Condition = session?.condition ?? { kind: "empty", words: "Choose a series" };
    return html`
      <div class="glass ${session?.onScreen?.opened.colour ? "backed" : ""}">
        <canvas tabindex="0" role="img" aria-label=${this.pictureInWords()}></canvas>
        ${this.layers.render()} ${pointerMarker} ${this.texts()} ${this.stateWords(condition)} ${this.detailsView()}
      </div>
      ${strip(session, this.loops, (command) => this.perform(command))}
      <div class="visually-hidden" aria-live="polite">${this.spoken}</div>
    `;
  }

  private texts(): TemplateResult | typeof nothing {
    const { session, canvas } = this;
    const shown = session?.onScreen;
    const drawn = this.drawn();
    if (!session || !canvas || !shown || !drawn) return nothing;
    return overlays({ shown, view: session.view, size: canvas.size, drawn, zoom: canvas.zoomOf(drawn, session.view), mode: this.overlay });
  }

  private stateWords(condition: Condition): TemplateResult | typeof nothing {
    if (condition.kind === "ready") return nothing;
    const sign = {
      empty: icon("layers"),
      loading: html`<div class="spinner"></div>`,
      partial: nothing,
      error: icon("warning"),
      forbidden: icon("lock"),
    }[condition.kind];
    return html`<div class="state ${condition.kind}" role="status">${sign}<span>${condition.words}</span></div>`;
  }

  private detailsView(): TemplateResult | typeof nothing {
    const shown = this.session?.onScreen;
    if (!this.details || !shown) return nothing;
    return detailsPanel({
      ...shown,
      line: this.client.line,
      dropped: this.session?.cine?.dropped ?? 0,
      refused: this.session?.refusedCount ?? 0,
    });
  }

  private showNative(): void {
    const drawn = this.drawn();
    const session = this.session;
    if (!drawn || !session || !this.canvas) return;
    const wanted = 1 / (globalThis.devicePixelRatio || 1);
    session.act({ kind: "zoom", factor: wanted / this.canvas.zoomOf(drawn, session.view), at: MIDDLE });
  }

  private showTarget(): void {
    if (this.target) this.session?.show(this.target, this.likelyFrames, this.firstFollowed);
    this.shownTarget = this.target;
    this.firstFollowed = null;
  }

  /** What is on the glass, for pointing at it. */
  private seen(): (Seen & { readonly index: number }) | null {
    const { session } = this;
    if (!session?.onScreen) return null;
    const { opened, identified } = session.onScreen;
    return { view: session.view, viewport: this.viewportSize(), opened, index: identified.index };
  }

  private drawn(): DrawnPicture | null {
    const shown = this.session?.onScreen;
    if (!shown) return null;
    const { header, bitmap, opened } = shown;
    return { bitmap, source: { width: header.sourceColumns, height: header.sourceRows }, aspect: aspectOf(opened) };
  }

  private presets(opened: OpenedDocument): ReturnType<typeof presetsFor> {
    return presetsFor(opened.modality, opened.windows);
  }

  private resized(): void {
    const box = this.glass.getBoundingClientRect();
    const from = this.viewportSize();
    if (this.canvas?.resize(box.width, box.height)) {
      this.session?.resized(from);
      this.draw();
      this.requestUpdate();
    }
  }

  private pictureInWords(): string {
    const shown = this.session?.onScreen;
    if (!shown) return this.session?.condition.words || "No picture";
    const { opened, identified, header } = shown;
    const position = `${opened.kind === "clip" ? "frame" : "image"} ${identified.index + 1} of ${opened.frames.length}`;
    const window =
      header.windowCenter !== null && header.windowWidth !== null
        ? `, ${windowInWords(header.windowCenter, header.windowWidth, opened.window_unit)}`
        : "";
    const changes = changesInWords(this.session?.view.orientation ?? FIRST_VIEW.orientation, header.inverted);
    return [`${this.label || opened.series_description || opened.modality}, ${position}${window}`, ...changes].join(", ");
  }

  /** Say what changed, once it stands still; never sixty times a second. */
  private speakLater(): void {
    if (this.session?.cine?.isPlaying) return;
    clearTimeout(this.speakTimer);
    this.speakTimer = window.setTimeout(() => {
      this.spoken = this.pictureInWords();
    }, SAY_AFTER_MS);
  }

  private tell(): void {
    const summary = this.summary();
    const text = JSON.stringify(summary);
    if (text === this.lastSummary) return;
    this.lastSummary = text;
    this.dispatchEvent(new SummaryChanged(summary));
  }

  private summary(): ViewportSummary {
    const { session } = this;
    const opened = session?.opened;
    if (!session || !opened) return NOTHING;
    const window = session.windowOnScreen();
    const presets = window ? this.presets(opened) : [];
    return {
      kind: opened.kind,
      hasWindow: window !== null,
      frameCount: opened.frames.length,
      hasCine: session.cine !== null,
      isPlaying: session.cine?.isPlaying ?? false,
      isInverted: session.view.invert,
      presets,
      preset: window ? presetName(presets, window) : "",
      notes: opened.notes,
      patient: opened.patient,
      looks: looksOffered(opened, session.onScreen?.header ?? null, session.view.look, this.item),
    };
  }
}
