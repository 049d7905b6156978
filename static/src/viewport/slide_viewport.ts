/** `<viewbox-slide>`: a whole slide that pans like a map, with its map, scale, magnification and completeness in words. */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import type { OpenedDocument } from "../net/documents";
import type { Channel, ChannelListener, StreamClient } from "../net/stream_client";
import type { PictureHeader } from "../net/wire";
import type { Connection, FaultDocument, Target } from "../net/worker_messages";
import { icon } from "../panels/icons";
import { type OverlayMode, patientLines } from "../state/corner_texts";
import { scaleBar } from "../state/scale_bar";
import type { SharedPaneView, SharedPointer, SharedSlideView } from "../state/shared_state";
import {
  completenessInWords,
  magnification,
  magnificationInWords,
  magnificationSteps,
  micronsAcross,
  type SlideViewFacts,
  slideChangesInWords,
  slideCorners,
  zoomOfMagnification,
} from "../state/slide_view";
import type { Point } from "../state/stack_view";
import type { Tool } from "../state/tool";
import { controls } from "../styles/controls";
import type { Command } from "../tools/keys";
import { type Condition, obstacle, READY } from "./condition";
import { detailsPanel, trustChip } from "./fidelity_view";
import { glassStyles } from "./glass_styles";
import { measuringStyles } from "./measuring_styles";
import { lines, scaleView } from "./overlays";
import { type Pointed, Pointing, pointerMarker, pointerStyles } from "./pointing";
import type { SlideMeasuring } from "./slide_measuring";
import type { SlidePlace, SlideScene, SlideScreen } from "./slide_scene";
import { slideStyles } from "./slide_styles";
import { NOTHING, PointerMoved, SummaryChanged, ViewMoved, type ViewportProbe, type ViewportSummary } from "./summary";

const STEP_SHARE = 0.2;
const BUSY = 503;
/** Below this the scale stands above the corner texts. */
const NARROW_PX = 520;

@customElement("viewbox-slide")
export class SlideViewport extends LitElement implements ChannelListener, SlideScreen, Pointed {
  static override styles = [controls, glassStyles, measuringStyles, slideStyles, pointerStyles];

  @property({ attribute: false }) client!: StreamClient;
  @property({ attribute: false }) target: Target | null = null;
  @property() overlay: OverlayMode = "full";
  @property({ type: Boolean }) details = false;
  @property() label = "";
  @property() tool: Tool = "window";
  @query(".scene") private host!: HTMLElement;
  @query(".glass") private glass!: HTMLElement;
  @query(".sheet") private sheet!: HTMLElement;
  @query(".pointer") private marker!: HTMLElement;

  private channel: Channel | null = null;
  private scene: SlideScene | null = null;
  private measuring: SlideMeasuring | null = null;
  private opened: OpenedDocument | null = null;
  private fault: FaultDocument | null = null;
  private line: Connection = "open";
  private lastSummary = "";
  private shownTarget: Target | null = null;
  /** What someone else looks at, of a slide that isn't on screen yet. */
  private firstFollowed: SharedSlideView | null = null;
  private lastMoved = "";
  private pointing: Pointing | null = null;
  private readonly gone = new AbortController();

  get probe(): ViewportProbe {
    return {
      kind: "slide",
      condition: this.condition.kind,
      header: this.scene?.tiles.lastHeader ?? null,
      picturesShown: 0,
      picturesRefused: this.scene?.tiles.refused ?? 0,
      framesDropped: 0,
      cineFramesShown: 0,
      isPlaying: false,
      tilesShown: this.scene?.tiles.shown ?? 0,
      tilesPending: this.scene?.tiles.pending ?? 0,
      sharedView: this.sharedView(),
      isFollowing: (this.scene?.followed ?? this.firstFollowed) !== null,
      pointer: this.pointing?.drawn ?? null,
    };
  }

  /** null before the slide is open. */
  sharedView(): SharedSlideView | null {
    return this.shownTarget === this.target ? (this.scene?.shared ?? null) : null;
  }

  /** At once, always: what glides is the presenter's. */
  follow(view: SharedPaneView): void {
    if (view.kind !== "slide") return;
    if (this.scene && this.shownTarget === this.target) this.scene.follow(view);
    else this.firstFollowed = view;
  }

  showPointer(pointer: SharedPointer | null, name: string): void {
    this.pointing?.show(pointer, name);
  }

  /** For tests and the page: what the view is now. */
  get facts(): SlideViewFacts | null {
    return this.scene?.facts ?? null;
  }

  override firstUpdated(): void {
    this.line = this.client.connection;
    this.channel = this.client.open(this);
    this.pointing = new Pointing(this.glass, this.marker, this, this.gone.signal);
    this.showTarget();
  }

  override updated(before: PropertyValues<this>): void {
    if (before.has("target") && before.get("target") !== undefined) {
      this.clear();
      this.showTarget();
    }
    this.tell();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.gone.abort();
    this.clear();
    this.channel?.close();
  }

  perform(command: Command): void {
    const { scene } = this;
    const slide = this.opened?.slide;
    if (!scene || !slide || this.measuring?.command(command)) return;
    switch (command.kind) {
      case "scroll":
        return scene.panBy(0, command.by * STEP_SHARE);
      case "pan-step":
        return scene.panBy(command.x, command.y);
      case "zoom-step":
        return scene.zoomBy(command.factor);
      case "fit":
      case "go":
        return scene.fit();
      case "reset":
        return scene.reset();
      case "native":
      case "end":
        return scene.zoomTo(1);
      case "rotate":
        return scene.rotateBy(command.quarters * 90);
      case "flip":
        return scene.flip(command.axis);
      case "preset": {
        const times = magnificationSteps(slide)[command.number - 1];
        const zoom = times === undefined ? 2 ** (command.number - 6) : zoomOfMagnification(slide, times);
        return scene.zoomTo(zoom ?? 1);
      }
      case "play":
      case "invert":
      case "unmeasure":
        return;
    }
  }

  // ChannelListener
  whenOpened(opened: OpenedDocument): void {
    this.fault = null;
    const before = this.opened;
    this.opened = opened;
    // After a lost connection the tiles of the old epoch will not come: begin again, at the same place.
    const isSame = before?.series_instance_uid === opened.series_instance_uid;
    const place = isSame ? (this.scene?.place ?? null) : null;
    this.firstFollowed ??= this.scene?.followed ?? null;
    this.leave(isSame);
    void this.build(opened, place);
  }

  picture(_header: PictureHeader, bitmap: ImageBitmap): void {
    bitmap.close();
  }

  tile(header: PictureHeader, bitmap: ImageBitmap): void {
    if (this.scene) this.scene.tiles.take(header, bitmap);
    else bitmap.close();
  }

  broken(what: "picture" | "tile", sequence: number): void {
    if (what === "tile") this.scene?.tiles.failed(sequence);
  }

  whenFault(fault: FaultDocument): void {
    if (fault.epoch !== undefined && fault.epoch !== this.channel?.epoch) return;
    if (fault.sequence !== undefined) this.scene?.tiles.failed(fault.sequence);
    else if (fault.status !== BUSY) this.fault = fault;
    this.requestUpdate();
  }

  whenConnection(state: Connection): void {
    this.line = state;
    if (state === "refused") this.clear();
    this.requestUpdate();
  }

  // SlideScreen
  sceneChanged(): void {
    this.pointing?.pictureMoved();
    this.requestUpdate();
  }

  sceneMoved(cause: "hand" | "itself"): void {
    const view = this.sharedView();
    const text = JSON.stringify([view, cause]);
    if (!view || text === this.lastMoved) return;
    this.lastMoved = text;
    this.dispatchEvent(new ViewMoved(view, cause));
  }

  // Pointed
  pointerAt(place: Point): SharedPointer | null {
    return this.scene?.pointerAt(place) ?? null;
  }

  placeOf(pointer: SharedPointer): Point | null {
    return this.scene?.placeOf(pointer) ?? null;
  }

  tellPointer(pointer: SharedPointer | null): void {
    this.dispatchEvent(new PointerMoved(pointer));
  }

  override render(): TemplateResult {
    const { opened } = this;
    const facts = this.facts;
    const slide = opened?.slide;
    return html`
      <div class="glass">
        <div class="scene" role="img" aria-label=${this.inWords()}></div>
        <div class="sheet" ?hidden=${this.tool !== "length"}></div>
        ${this.measuring?.render() ?? nothing} ${pointerMarker}
        ${opened && slide && facts ? this.texts(opened, facts) : nothing} ${this.stateWords()} ${this.detailsView()}
      </div>
      <div class="strip">
        ${
          slide
            ? html`<span class="steps">
              <button @click=${() => this.perform({ kind: "reset" })} aria-label="Whole slide">${icon("maximize")}</button>
              ${magnificationSteps(slide).map(
                (times) => html`<button
                  @click=${() => this.scene?.zoomTo(zoomOfMagnification(slide, times) ?? 1)}
                  aria-pressed=${isAt(magnification(slide, facts?.zoom ?? 0), times)}
                >
                  ${times}×
                </button>`,
              )}
            </span>`
            : nothing
        }
        <span class="spring"></span>
        ${slide && facts ? this.completeness(facts) : nothing}
        ${opened && this.scene?.tiles.lastHeader ? trustChip(this.scene.tiles.lastHeader, opened) : nothing}
      </div>
    `;
  }

  private texts(opened: OpenedDocument, facts: SlideViewFacts): TemplateResult | typeof nothing {
    const slide = opened.slide;
    if (!slide) return nothing;
    const corners = slideCorners(opened, slide, facts);
    const changes = slideChangesInWords(facts);
    return html`
      ${
        this.overlay === "full"
          ? html`<div class="corner top-left below-map">${lines(patientLines(opened))}</div>
            <div class="corner top-right">${lines(corners.topRight)}</div>`
          : nothing
      }
      ${
        this.overlay !== "off"
          ? html`<div class="corner bottom-left">${lines(corners.bottomLeft)}</div>
            <div class="corner bottom-right">${lines(corners.bottomRight)}</div>
            ${this.scale(facts)}`
          : nothing
      }
      ${changes.length > 0 ? html`<div class="changes">${changes.join(" · ")}</div>` : nothing}
    `;
  }

  private scale(facts: SlideViewFacts): TemplateResult | typeof nothing {
    const slide = this.opened?.slide;
    const mpp_um = slide ? micronsAcross(slide, facts.rotation_degrees) : null;
    const box = this.host?.getBoundingClientRect();
    if (!mpp_um || !box) return nothing;
    const cssZoom = facts.zoom / (globalThis.devicePixelRatio || 1);
    const bar = scaleBar(mpp_um / 1000 / cssZoom, box.width * 0.25, "");
    if (!bar) return nothing;
    const [middle, foot] = [box.width / 2, box.height - (box.width < NARROW_PX ? 84 : 14)];
    return scaleView(bar, box, middle, foot);
  }

  private completeness(facts: SlideViewFacts): TemplateResult | typeof nothing {
    const slide = this.opened?.slide;
    if (!slide) return nothing;
    const { words, isComplete } = completenessInWords(slide, facts);
    return html`<span class="complete ${isComplete ? "" : "loading"}" role="status">${words}</span>`;
  }

  private get condition(): Condition {
    const inTheWay = obstacle(this.line, this.fault);
    if (inTheWay) return inTheWay;
    if (!this.target) return { kind: "empty", words: "Choose a slide" };
    if (!this.scene || this.scene.tiles.shown === 0) return { kind: "loading", words: "Loading the slide" };
    if (this.line !== "open") return { kind: "partial", words: "Connection lost, trying again" };
    return READY;
  }

  private stateWords(): TemplateResult | typeof nothing {
    const condition = this.condition;
    if (condition.kind === "ready") return nothing;
    const sign = {
      empty: icon("microscope"),
      loading: html`<div class="spinner"></div>`,
      partial: nothing,
      error: icon("warning"),
      forbidden: icon("lock"),
    }[condition.kind];
    return html`<div class="state ${condition.kind}" role="status">${sign}<span>${condition.words}</span></div>`;
  }

  private detailsView(): TemplateResult | typeof nothing {
    const header = this.scene?.tiles.lastHeader;
    if (!this.details || !header || !this.opened) return nothing;
    const refused = this.scene?.tiles.refused ?? 0;
    return detailsPanel({ opened: this.opened, header, proof: "none", line: this.client.line, dropped: 0, refused });
  }

  private inWords(): string {
    const slide = this.opened?.slide;
    const facts = this.facts;
    const name = this.label || this.opened?.series_description || "Slide";
    if (!slide || !facts) return name;
    return `${name}, ${magnificationInWords(slide, facts.zoom)}, ${completenessInWords(slide, facts).words}`;
  }

  private async build(opened: OpenedDocument, place: SlidePlace | null): Promise<void> {
    const { slide } = opened;
    if (!slide || !this.channel) return;
    const [{ SlideScene }, { SlideMeasuring }] = await Promise.all([import("./slide_scene"), import("./slide_measuring")]);
    if (this.opened !== opened || !this.isConnected) return;
    this.scene = new SlideScene(this.host, opened, slide, this.channel, this, place, this.firstFollowed);
    this.measuring ??= new SlideMeasuring(this.sheet, opened, () => this.scene, this);
    this.firstFollowed = null;
    this.requestUpdate();
  }

  private showTarget(): void {
    this.shownTarget = this.target;
    if (this.target) this.channel?.subscribe(this.target);
  }

  /** isToCome: the same slide is opened again, and what was measured on it stays. */
  private leave(isToCome: boolean): void {
    this.scene?.destroy();
    this.scene = null;
    if (isToCome) return;
    this.measuring?.close();
    this.measuring = null;
  }

  private clear(): void {
    this.leave(false);
    this.opened = null;
    this.fault = null;
  }

  private tell(): void {
    const { opened } = this;
    const summary: ViewportSummary = opened
      ? { ...NOTHING, kind: "slide", frameCount: 1, notes: opened.notes, patient: opened.patient }
      : NOTHING;
    const text = JSON.stringify(summary);
    if (text === this.lastSummary) return;
    this.lastSummary = text;
    this.dispatchEvent(new SummaryChanged(summary));
  }
}

function isAt(current: number | null, times: number): "true" | "false" {
  return current !== null && Math.abs(current / times - 1) < 0.03 ? "true" : "false";
}
