/** `<viewbox-study>`: the viewer's page: banner, tray, toolbar and one or two panes. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, query, queryAll, state } from "lit/decorators.js";
import { ApiError, bootDocument, isSignedIn, signInAgain, studyContents } from "../net/api";
import type { ItemDocument, StudyContents, StudyDocument } from "../net/documents";
import { connectStream, type StreamClient } from "../net/stream_client";
import { nextMode, type OverlayMode } from "../state/corner_texts";
import { firstItem, likeItem, neighbour, tagOf } from "../state/hanging";
import { nameInWords } from "../state/person";
import type { Tool } from "../state/tool";
import { controls } from "../styles/controls";
import { type PageCommand, type Pressed, pressed } from "../tools/keys";
import type { Hung, Pane } from "../viewport/pane";
import "../viewport/pane";
import { NOTHING, type SummaryChanged, type ViewportProbe, type ViewportSummary } from "../viewport/summary";
import "./banner";
import type { CheatSheet } from "./cheat_sheet";
import "./cheat_sheet";
import { icon } from "./icons";
import { studyPageStyles } from "./study_page_styles";
import type { ItemChosen, StudyUnfolded, TrayStudy } from "./tray";
import "./tray";
import type { CommandGiven } from "./toolbar";
import "./toolbar";

const NARROW = matchMedia("(max-width: 720px), (max-height: 480px)");
/** Too small for a tray beside the picture, though not a phone held upright. */
const CRAMPED = matchMedia("(max-width: 900px), (max-height: 480px)");

@customElement("viewbox-study")
export class StudyPage extends LitElement {
  static override styles = [controls, studyPageStyles];

  @state() private studies: readonly TrayStudy[] = [];
  @state() private hung: readonly (Hung | null)[] = [null];
  @state() private summaries: readonly ViewportSummary[] = [NOTHING];
  @state() private active = 0;
  @state() private tool: Tool = "window";
  @state() private overlay: OverlayMode = "full";
  @state() private details = false;
  @state() private isTrayOpen = !CRAMPED.matches;
  @state() private problem: { readonly words: string; readonly status: number } | null = null;
  @query("viewbox-cheat-sheet") private cheatSheet!: CheatSheet;
  @queryAll("viewbox-pane") private paneElements!: NodeListOf<Pane>;

  readonly client: StreamClient = connectStream(isSignedIn);
  private readonly boot = bootDocument();

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.keyDown);
    this.client.whenRefused = signInAgain;
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.keyDown);
  }

  /** For `window.viewbox`: what each pane shows. */
  get probes(): (ViewportProbe | null)[] {
    return [...this.paneElements].map((pane) => pane.probe);
  }

  override render(): TemplateResult {
    const study = this.ownContents?.study ?? null;
    return html`
      <header class="bar">
        <a class="button" href="/" aria-label="All studies">${icon("arrowLeft")}</a>
        <button class="desk" aria-label="Series tray" aria-pressed=${String(this.isTrayOpen)} @click=${this.toggleTray}>
          ${icon("panelLeft")}
        </button>
        <viewbox-banner .study=${study}></viewbox-banner>
        <span class="use chip">${this.boot.intended_use}</span>
        <form method="post" action="/sign-out" class="desk">
          <input type="hidden" name="csrfmiddlewaretoken" value=${this.boot.csrf_token} />
          <button type="submit" title="Sign out ${this.boot.user?.name ?? ""}" aria-label="Sign out">${icon("logOut")}</button>
        </form>
      </header>
      <div class="body">
        ${this.isTrayOpen ? html`<button class="shade" aria-label="Close the tray" @click=${this.toggleTray}></button>` : nothing}
        <nav class="tray ${this.isTrayOpen ? "" : "closed"}" aria-label="Series">
          ${
            this.isTrayOpen
              ? html`<viewbox-tray
                .studies=${this.studies}
                .current=${this.hung[this.active]?.item.key ?? ""}
                .elsewhere=${this.hung.flatMap((one) => (one ? [one.item.key] : []))}
                @item-chosen=${(event: ItemChosen) => this.hang(event.item, event.study, true)}
                @study-unfolded=${(event: StudyUnfolded) => void this.toggleRelated(event.study.study_instance_uid)}
              ></viewbox-tray>`
              : nothing
          }
        </nav>
        <main id="stage" aria-label="Images">
          <viewbox-toolbar
            .summary=${this.summaries[this.active] ?? NOTHING}
            .tool=${this.tool}
            .overlay=${this.overlay}
            .details=${this.details}
            .panes=${this.hung.length === 2 ? 2 : 1}
            @command-given=${(event: CommandGiven) => this.obey(event.pressed)}
          ></viewbox-toolbar>
          ${this.problem ? this.problemView(this.problem) : this.panes()}
        </main>
      </div>
      <viewbox-cheat-sheet></viewbox-cheat-sheet>
    `;
  }

  private panes(): TemplateResult {
    const patient = this.ownContents?.study.patient ?? null;
    return html`<div class="panes ${this.hung.length === 2 ? "two" : ""}">
      ${this.hung.map(
        (hung, index) => html`<viewbox-pane
          .client=${this.client}
          .hung=${hung}
          .patient=${patient}
          .tool=${this.tool}
          .overlay=${this.overlay}
          .details=${this.details && index === this.active}
          ?active=${this.hung.length > 1 && index === this.active}
          @pointerdown=${() => this.activate(index)}
          @focusin=${() => this.activate(index)}
          @summary-changed=${(event: SummaryChanged) => this.summarised(index, event.summary)}
        ></viewbox-pane>`,
      )}
    </div>`;
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

  private get ownContents(): StudyContents | null {
    const contents = this.studies.find((one) => one.isCurrent)?.contents;
    return contents && typeof contents !== "string" ? contents : null;
  }

  private async load(): Promise<void> {
    this.problem = null;
    const uid = this.boot.study_instance_uid ?? location.pathname.split("/").pop() ?? "";
    try {
      const contents = await studyContents(uid);
      const own: TrayStudy = { study: contents.study, interval: "", isCurrent: true, contents };
      const related = contents.related.map((study): TrayStudy => ({ study, interval: study.interval, isCurrent: false, contents: null }));
      this.studies = [own, ...related];
      document.title = `${nameInWords(contents.study.patient.name)} · Viewbox`;
      const item = firstItem(contents.items);
      if (item) this.hang(item, contents.study, false);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      const words = status === 404 ? "No such study" : error instanceof ApiError ? error.message : "The server could not be reached";
      this.problem = { words, status };
    }
  }

  private hang(item: ItemDocument, study: StudyDocument, byHand: boolean): void {
    const one = this.hungOf(item, study);
    this.hung = this.hung.map((before, index) => (index === this.active ? one : before));
    if (item.kind === "object") this.summarised(this.active, { ...NOTHING, kind: "object" });
    if (byHand && NARROW.matches) this.isTrayOpen = false;
  }

  private hungOf(item: ItemDocument, study: StudyDocument): Hung {
    const row = this.studies.find((one) => one.study.study_instance_uid === study.study_instance_uid);
    if (!row || row.isCurrent) return { item, study, tag: "CURRENT", interval: "" };
    const { tag, distance } = tagOf(row.interval);
    return { item, study, tag, interval: distance };
  }

  private async toggleRelated(uid: string): Promise<StudyContents | null> {
    const row = this.studies.find((one) => one.study.study_instance_uid === uid);
    if (!row) return null;
    if (row.contents !== null && typeof row.contents !== "string") {
      this.replaceRow(uid, null);
      return null;
    }
    return this.unfold(uid);
  }

  private async unfold(uid: string): Promise<StudyContents | null> {
    const row = this.studies.find((one) => one.study.study_instance_uid === uid);
    if (row?.contents && typeof row.contents !== "string") return row.contents;
    this.replaceRow(uid, "loading");
    try {
      const contents = await studyContents(uid);
      this.replaceRow(uid, contents);
      return contents;
    } catch {
      this.replaceRow(uid, "failed");
      return null;
    }
  }

  private replaceRow(uid: string, contents: TrayStudy["contents"]): void {
    this.studies = this.studies.map((one) => (one.study.study_instance_uid === uid ? { ...one, contents } : one));
  }

  private async toggleLayout(): Promise<void> {
    if (this.hung.length === 2) {
      this.hung = [this.hung[this.active] ?? null];
      this.summaries = [this.summaries[this.active] ?? NOTHING];
      this.active = 0;
      return;
    }
    this.hung = [this.hung[0] ?? null, null];
    this.summaries = [this.summaries[0] ?? NOTHING, NOTHING];
    const second = await this.companion();
    if (second && this.hung.length === 2 && !this.hung[1]) this.hung = [this.hung[0] ?? null, second];
  }

  /** What belongs beside the first pane: the most like item of the nearest prior, else the next item of this study. */
  private async companion(): Promise<Hung | null> {
    const first = this.hung[0];
    if (!first) return null;
    const priors = this.studies.filter((one) => !one.isCurrent && one.study.modalities.includes(first.item.modality));
    for (const prior of priors.slice(0, 2)) {
      const contents = await this.unfold(prior.study.study_instance_uid);
      const item = contents && likeItem(first.item, contents.items);
      if (item) return this.hungOf(item, prior.study);
    }
    const items = this.ownContents?.items.filter((item) => item.kind !== "object") ?? [];
    const next = neighbour(items, first.item.key, 1);
    return next && next.key !== first.item.key ? this.hungOf(next, first.study) : null;
  }

  private obey(what: Pressed): void {
    if (what.to === "viewport") this.paneElements[this.active]?.perform(what.command);
    else this.obeyPage(what.command);
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
        this.activate(Math.min(Math.max(this.active + command.by, 0), this.hung.length - 1));
        break;
      case "overlay":
        this.overlay = nextMode(this.overlay);
        break;
      case "details":
        this.details = !this.details;
        break;
      case "layout":
        void this.toggleLayout();
        break;
      case "help":
        this.cheatSheet.toggle();
        break;
      case "tray":
        this.toggleTray();
        break;
    }
  }

  private stepItem(by: number): void {
    const hung = this.hung[this.active];
    const row = this.studies.find((one) => one.study.study_instance_uid === hung?.study.study_instance_uid);
    const contents = row?.contents;
    if (!hung || !contents || typeof contents === "string") return;
    const next = neighbour(contents.items, hung.item.key, by);
    if (next && next.key !== hung.item.key) this.hang(next, hung.study, false);
  }

  private activate(index: number): void {
    this.active = index;
  }

  private summarised(index: number, summary: ViewportSummary): void {
    this.summaries = this.hung.map((_, position) => (position === index ? summary : (this.summaries[position] ?? NOTHING)));
  }

  private toggleTray = (): void => {
    this.isTrayOpen = !this.isTrayOpen;
  };

  private keyDown = (event: KeyboardEvent): void => {
    if (this.cheatSheet?.isOpen && event.key !== "?") return;
    if (event.key === "Escape" && NARROW.matches) this.isTrayOpen = false;
    const summary = this.summaries[this.active] ?? NOTHING;
    const what = pressed(event, summary.hasCine && !summary.isPlaying);
    if (!what) return;
    event.preventDefault();
    this.obey(what);
  };
}
