/** `<viewbox-study>`: the viewer's page: banner, tray, toolbar and one or two panes; alone or in a shared view. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, query, queryAll, state } from "lit/decorators.js";
import { ApiError, bootDocument, isSignedIn, signInAgain, studyContents } from "../net/api";
import type { ItemDocument, StudyContents, StudyDocument } from "../net/documents";
import { connectStream, type StreamClient } from "../net/stream_client";
import { nextMode, type OverlayMode } from "../state/corner_texts";
import { firstItem } from "../state/hanging";
import { nameInWords } from "../state/person";
import type { Tool } from "../state/tool";
import { controls } from "../styles/controls";
import { type PageCommand, type Pressed, pressed } from "../tools/keys";
import { Pane } from "../viewport/pane";
import type { SideBySide } from "../viewport/side_by_side";
import type { StackSession } from "../viewport/stack_session";
import {
  NOTHING,
  type PointerMoved,
  type SummaryChanged,
  type ViewMoved,
  type ViewportProbe,
  type ViewportSummary,
} from "../viewport/summary";
import type { Banner } from "./banner";
import "./banner";
import type { CheatSheet } from "./cheat_sheet";
import { nextClip } from "./clip_after_clip";
import { icon } from "./icons";
import { type LoopsHost, LoopsOfPage } from "./page_loops";
import type { Place, Stage } from "./shared_stage";
import { Sharing } from "./sharing";
import { studyPageStyles } from "./study_page_styles";
import { StudyShelf } from "./study_shelf";
import type { ItemChosen, StudyUnfolded } from "./tray";
import { whyUnheeded } from "./unheeded";
import "./tray";
import type { CommandGiven } from "./toolbar";
import "./toolbar";

const NARROW = matchMedia("(max-width: 720px), (max-height: 480px)");
/** Too small for a tray beside the picture, though not a phone held upright. */
const CRAMPED = matchMedia("(max-width: 900px), (max-height: 480px)");
const ANSWER_MS = 4000;

@customElement("viewbox-study")
export class StudyPage extends LitElement implements Stage, LoopsHost {
  static override styles = [controls, studyPageStyles];

  @state() places: readonly Place[] = [null];
  @state() active = 0;
  @state() private summaries: readonly ViewportSummary[] = [NOTHING];
  @state() private tool: Tool = "window";
  @state() private overlay: OverlayMode = "full";
  @state() private details = false;
  @state() private isTrayOpen = !CRAMPED.matches;
  @state() private problem: { readonly words: string; readonly status: number } | null = null;
  @state() private nobody = "Loading";
  /** For those who don't see the banner change. */
  @state() private spoken = "";
  /** Why the last key did nothing; for a while. */
  @state() private answer = "";
  @query("viewbox-banner") private banner!: Banner;
  @query("viewbox-cheat-sheet") private cheatSheet!: CheatSheet | null;
  @queryAll("[data-place]") private drawn!: NodeListOf<HTMLElement>;

  readonly client: StreamClient = connectStream(isSignedIn);
  readonly shelf = new StudyShelf(() => this.requestUpdate());
  readonly sharing = new Sharing(this, NARROW);
  private readonly boot = bootDocument();
  private readonly together = new LoopsOfPage(this);
  /** Fetched with the first second pane. */
  private sides: SideBySide | null = null;
  private answerTimer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.keyDown);
    this.client.whenRefused = signInAgain;
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.keyDown);
    this.sharing.close();
    this.together.close();
    clearTimeout(this.answerTimer);
  }

  override updated(): void {
    this.together.moved();
    if (this.places.length === 2 && !this.sides) void this.fetchSides();
  }

  /** For `window.viewbox`: what each pane shows. */
  get probes(): (ViewportProbe | null)[] {
    return [...this.drawn].map((_, index) => this.pane(index)?.probe ?? null);
  }

  override render(): TemplateResult {
    return html`
      <header class="bar">
        ${this.sharing.backButton()}
        <button class="desk" aria-label="Series tray" aria-pressed=${String(this.isTrayOpen)} @click=${this.toggleTray}>
          ${icon("panelLeft")}
        </button>
        <viewbox-banner .study=${this.shelf.own?.study ?? null} .words=${this.nobody}></viewbox-banner>
        ${this.sharing.shareButton()}
        <span class="use chip">${this.boot.intended_use}</span>
        <form method="post" action="/sign-out" class="desk">
          <input type="hidden" name="csrfmiddlewaretoken" value=${this.boot.csrf_token} />
          <button type="submit" title="Sign out ${this.boot.user?.name ?? ""}" aria-label="Sign out">${icon("logOut")}</button>
        </form>
      </header>
      ${this.sharing.strip()}
      <div class="body">
        ${this.isTrayOpen ? html`<button class="shade" aria-label="Close the tray" @click=${this.toggleTray}></button>` : nothing}
        <nav class="tray ${this.isTrayOpen ? "" : "closed"}" aria-label="Series">${this.isTrayOpen ? this.tray() : nothing}</nav>
        <main id="stage" aria-label="Images">
          <viewbox-toolbar
            .summary=${this.summaries[this.active] ?? NOTHING}
            .tool=${this.tool}
            .overlay=${this.overlay}
            .details=${this.details}
            .panes=${this.places.length === 2 ? 2 : 1}
            .sides=${this.sides?.facts ?? null}
            @command-given=${(event: CommandGiven) => this.obey(event.pressed)}
          ></viewbox-toolbar>
          ${this.problem ? this.problemView(this.problem) : this.panes()}
        </main>
        ${this.sharing.panel()}
        <div class="answer" role="status">${this.answer}</div>
      </div>
      <div class="visually-hidden" role="status">${this.spoken}</div>
      <viewbox-cheat-sheet></viewbox-cheat-sheet>
      ${this.sharing.picker()}
    `;
  }

  private tray(): TemplateResult {
    const hung = this.places.flatMap((place) => (place && typeof place !== "string" ? [place] : []));
    const current = this.places[this.active];
    return html`<viewbox-tray
      .studies=${this.shelf.studies}
      .current=${current && typeof current !== "string" ? current.item.key : ""}
      .elsewhere=${hung.map((one) => one.item.key)}
      @item-chosen=${(event: ItemChosen) => this.chosen(event.item, event.study)}
      @study-unfolded=${(event: StudyUnfolded) => void this.shelf.toggle(event.study.study_instance_uid)}
    ></viewbox-tray>`;
  }

  private panes(): TemplateResult {
    return html`<div class="panes ${this.places.length === 2 ? "two" : ""}">${this.places.map((place, index) => this.placeView(place, index))}</div>`;
  }

  private placeView(place: Place, index: number): TemplateResult {
    if (typeof place === "string") {
      const words = place === "withheld" ? "Something is shown here that you may not see" : "What is shown here could not be found";
      return html`<div class="closed-place" data-place role="status">${icon(place === "withheld" ? "lock" : "warning")}<p>${words}</p></div>`;
    }
    const { session } = this.sharing;
    return html`<viewbox-pane
      data-place
      .client=${this.client}
      .hung=${place}
      .patient=${this.shelf.own?.study.patient ?? null}
      .tool=${this.tool}
      .overlay=${this.overlay}
      .details=${this.details && index === this.active}
      .seat=${this.sides?.seats[index] ?? null}
      .loops=${this.together.factsOf(index)}
      ?active=${this.places.length > 1 && index === this.active}
      @loop-moved=${() => this.together.moved()}
      @command-given=${(event: CommandGiven) => this.obey(event.pressed)}
      @pointerdown=${() => this.use(index)}
      @focusin=${() => this.use(index)}
      @summary-changed=${(event: SummaryChanged) => this.summarised(index, event.summary)}
      @view-moved=${(event: ViewMoved) => this.viewMoved(index, event)}
      @pointer-moved=${(event: PointerMoved) => session?.pointerMoved(index, event.pointer)}
    ></viewbox-pane>`;
  }

  private problemView(problem: { words: string; status: number }): TemplateResult {
    return html`<div class="problem" role="alert">
      ${icon(problem.status === 404 ? "lock" : "unplug")}
      <h1>${problem.words}</h1>
      <p>
        ${
          problem.status === 404
            ? "It may not exist, or it may not be yours to see."
            : html`<button class="outlined" @click=${() => void this.load()}>Try again</button>`
        }
      </p>
      <a class="button outlined" href="/">All studies</a>
    </div>`;
  }

  private async load(): Promise<void> {
    this.problem = null;
    const { shared_view } = this.boot;
    const uid = this.boot.study_instance_uid ?? location.pathname.split("/").pop() ?? "";
    try {
      if (shared_view) return await this.sharing.join(shared_view);
      const contents = await studyContents(uid);
      await this.name(contents);
      const item = firstItem(contents.items);
      if (item) this.hang(item, contents.study);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      const words = status === 404 ? "No such study" : error instanceof ApiError ? error.message : "The server could not be reached";
      this.problem = { words, status };
    }
  }

  // Stage: what a shared view does with the page.

  pane(index: number): Pane | null {
    const element = this.drawn[index];
    return element instanceof Pane ? element : null;
  }

  blank(words: string): void {
    for (const index of this.places.keys()) this.pane(index)?.blank(words);
    this.places = this.places.map(() => null);
    this.summaries = this.places.map(() => NOTHING);
    this.nobody = this.spoken = words;
    this.shelf.put(null);
    document.title = "Viewbox";
  }

  async name(contents: StudyContents | null): Promise<void> {
    this.shelf.put(contents);
    const name = contents ? nameInWords(contents.study.patient.name) : "Withheld from you";
    if (contents) document.title = `${name} · Viewbox`;
    else this.nobody = name;
    if (this.sharing.session) this.spoken = contents ? `Patient: ${name}` : name;
    await this.updateComplete;
    await this.banner.updateComplete;
  }

  async place(places: readonly Place[], active: number): Promise<void> {
    this.summaries = places.map((_, index) => this.summaries[index] ?? NOTHING);
    this.places = places;
    this.active = Math.min(active, places.length - 1);
    await this.updateComplete;
  }

  activate(index: number): void {
    this.active = Math.min(index, this.places.length - 1);
  }

  sharedChanged(): void {
    this.sharing.changed();
    this.sides?.tell();
    this.requestUpdate();
  }

  // LoopsHost

  loops(): readonly (StackSession | null)[] {
    return this.places.map((_, index) => this.pane(index)?.loop ?? null);
  }

  hangNextClip(): boolean {
    const place = this.places[this.active];
    if (!place || typeof place === "string") return false;
    const next = nextClip(this.shelf.itemsOf(place), place.item.key);
    if (next) this.hang(next, place.study);
    return next !== null;
  }

  changed(): void {
    this.requestUpdate();
  }

  // What the person does.

  private hang(item: ItemDocument, study: StudyDocument): void {
    const one = this.shelf.hungOf(item, study);
    this.places = this.places.map((before, index) => (index === this.active ? one : before));
    if (item.kind === "object") this.summarised(this.active, { ...NOTHING, kind: "object" });
    this.sharing.session?.hungByHand();
  }

  private chosen(item: ItemDocument, study: StudyDocument): void {
    this.hang(item, study);
    if (NARROW.matches) this.isTrayOpen = false;
  }

  private async toggleLayout(): Promise<void> {
    if (this.places.length === 2) {
      this.places = [this.places[this.active] ?? null];
      this.summaries = [this.summaries[this.active] ?? NOTHING];
      this.active = 0;
      this.sharing.session?.hungByHand();
      return;
    }
    const first = this.places[0] ?? null;
    this.places = [first, null];
    this.summaries = [this.summaries[0] ?? NOTHING, NOTHING];
    const second = first && typeof first !== "string" ? await this.shelf.companion(first) : null;
    if (this.places.length !== 2 || this.places[0] !== first) return;
    if (second && !this.places[1]) this.places = [first, second];
    this.sharing.session?.hungByHand();
  }

  private obey(what: Pressed): void {
    const whyNotLinked = this.places.length === 2 ? (this.sides?.facts.whyNot ?? "") : "There is one pane only";
    this.say(whyUnheeded(what, { summary: this.summaries[this.active] ?? NOTHING, loops: this.together.facts, whyNotLinked }));
    if (what.to === "viewport") this.pane(this.active)?.perform(what.command);
    else this.obeyPage(what.command);
  }

  private say(answer: string): void {
    this.answer = answer;
    clearTimeout(this.answerTimer);
    if (answer) this.answerTimer = setTimeout(() => this.say(""), ANSWER_MS);
  }

  private obeyPage(command: PageCommand): void {
    switch (command.kind) {
      case "tool":
        this.tool = command.tool;
        break;
      case "item":
        this.stepItem(command.by);
        break;
      case "pane":
        this.use(Math.min(Math.max(this.active + command.by, 0), this.places.length - 1));
        break;
      case "overlay":
        this.overlay = nextMode(this.overlay);
        break;
      case "details":
        this.details = !this.details;
        break;
      case "lines":
        this.sides?.toggleLines();
        break;
      case "link":
        this.sides?.toggleLink(this.active);
        break;
      case "in-step":
        this.together.toggleInStep();
        break;
      case "clip-after-clip":
        this.together.toggleClipAfterClip();
        break;
      case "layout":
        void this.toggleLayout();
        break;
      case "help":
        void this.toggleCheatSheet();
        break;
      case "tray":
        this.toggleTray();
        break;
      case "share":
        void this.sharing.toggle();
        break;
    }
  }

  private async fetchSides(): Promise<void> {
    const { SideBySide } = await import("../viewport/two_panes");
    this.sides ??= new SideBySide({
      go: (place, index) => this.pane(place)?.perform({ kind: "go", index }),
      isLed: (place) => this.pane(place)?.probe?.isFollowing ?? false,
      isFollowing: () => this.sharing.isFollowing,
      changed: () => this.requestUpdate(),
    });
    this.requestUpdate();
  }

  private viewMoved(index: number, { view, cause }: ViewMoved): void {
    this.sharing.session?.viewMoved(index, view, cause === "hand");
    if (view.kind === "stack" && !view.cine?.playing) this.sides?.moved(index, view.index, cause === "hand");
  }

  private async toggleCheatSheet(): Promise<void> {
    await import("./cheat_sheet");
    this.cheatSheet?.toggle();
  }

  private stepItem(by: number): void {
    const place = this.places[this.active];
    if (!place || typeof place === "string") return;
    const next = this.shelf.beside(place, by);
    if (next) this.hang(next, place.study);
  }

  private use(index: number): void {
    if (index === this.active) return;
    this.activate(index);
    this.sharing.session?.activated(index);
  }

  private summarised(index: number, summary: ViewportSummary): void {
    this.summaries = this.places.map((_, position) => (position === index ? summary : (this.summaries[position] ?? NOTHING)));
  }

  private toggleTray = (): void => {
    this.isTrayOpen = !this.isTrayOpen;
  };

  private keyDown = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || (this.cheatSheet?.isOpen && event.key !== "?") || this.sharing.isModal) return;
    if (event.key === "Escape") this.escape();
    const summary = this.summaries[this.active] ?? NOTHING;
    const what = pressed(event, summary.hasCine && !summary.isPlaying);
    if (!what) return;
    event.preventDefault();
    this.obey(what);
  };

  private escape(): void {
    if (this.sharing.escape()) return;
    if (NARROW.matches) this.isTrayOpen = false;
  }
}
