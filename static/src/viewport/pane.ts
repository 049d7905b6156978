/** `<viewbox-pane>`: one place on the stage: its heading and the viewport that suits the item, or the words for an object. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { ItemDocument, PatientDocument, StudyDocument } from "../net/documents";
import type { StreamClient } from "../net/stream_client";
import type { Target } from "../net/worker_messages";
import { icon } from "../panels/icons";
import type { OverlayMode } from "../state/corner_texts";
import type { StudyTag } from "../state/hanging";
import { ALONE, type PageLoops } from "../state/loop_commands";
import { dateInWords, nameInWords } from "../state/person";
import type { SharedPaneView, SharedPointer } from "../state/shared_state";
import type { Tool } from "../state/tool";
import { controls } from "../styles/controls";
import type { Command } from "../tools/keys";
import type { Seat } from "./side_by_side";
import type { SlideViewport } from "./slide_viewport";
import type { StackSession } from "./stack_session";
import type { StackViewport } from "./stack_viewport";
import "./stack_viewport";
import type { SummaryChanged, ViewportProbe } from "./summary";

/** What hangs in a pane. */
export interface Hung {
  readonly item: ItemDocument;
  readonly study: StudyDocument;
  /** The page's own study, or another of the patient with its distance in time (S04). */
  readonly tag: "CURRENT" | StudyTag;
  readonly interval: string;
  /** How someone else looks at it: it is shown so from the first picture, as `Pane.follow` does. */
  readonly view?: SharedPaneView | null;
}

@customElement("viewbox-pane")
export class Pane extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-width: 0;
        min-height: 0;
        background: #000;
        border: 1px solid var(--line);
      }
      :host([active]) {
        border-color: var(--accent);
      }
      header {
        container-type: inline-size;
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 30px;
        padding: 0 10px;
        background: var(--panel);
        border-bottom: 1px solid var(--line);
        font-size: 12px;
        color: var(--text-soft);
      }
      header strong {
        color: var(--text);
        font-weight: 600;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      /* The name of the series gives way last. */
      .detail {
        flex: 0 100000 auto;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .notes {
        margin-left: auto;
        flex: 0 5 auto;
        min-width: 0;
        overflow: hidden;
      }
      .notes span:last-child {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .tag {
        flex: none;
        padding: 0 7px;
        border-radius: 3px;
        font-size: 11px;
        font-weight: 700;
        letter-spacing: 0.03em;
        line-height: 18px;
        background: var(--accent-ground);
        color: var(--accent);
      }
      .tag.prior {
        background: var(--warn-ground);
        color: var(--warn);
      }
      .other {
        padding: 6px 12px;
        background: #8c1d18;
        color: #fff;
        font-weight: 700;
        text-align: center;
      }
      viewbox-stack,
      viewbox-slide {
        flex: 1;
      }
      .object,
      .nothing {
        flex: 1;
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 12px;
        padding: 24px;
        text-align: center;
        background: var(--ground);
      }
      .object .sign .icon svg {
        width: 44px;
        height: 44px;
        color: var(--text-soft);
      }
      .object h2 {
        margin: 0;
        font-size: 18px;
      }
      .object p,
      .nothing p {
        margin: 0;
        max-width: 44ch;
        color: var(--text-soft);
      }
      @media (max-width: 720px) {
        :host {
          border-width: 0;
        }
        .detail {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) client!: StreamClient;
  @property({ attribute: false }) hung: Hung | null = null;
  /** Whose study the page is about. */
  @property({ attribute: false }) patient: PatientDocument | null = null;
  @property() tool: Tool = "window";
  @property() overlay: OverlayMode = "full";
  @property({ type: Boolean }) details = false;
  /** Its place beside the other pane. */
  @property({ attribute: false }) seat: Seat | null = null;
  @property({ type: Boolean, reflect: true }) active = false;
  /** How the page plays its loops. */
  @property({ attribute: false }) loops: PageLoops = ALONE;
  @state() private notes: readonly string[] = [];
  @state() private shownPatient: PatientDocument | null = null;
  /** What slides are shown by is fetched with the first slide, so that the page's first load stays small. */
  @state() private slides: "not asked" | "asked" | "here" | "not to be had" = "not asked";
  @query("viewbox-stack, viewbox-slide") private viewport!: StackViewport | SlideViewport | null;
  private blankWords: string | null = null;
  private followed: { readonly view: SharedPaneView; readonly isMoving: boolean } | null = null;
  private target: { key: string; value: Target } | null = null;

  perform(command: Command): void {
    this.viewport?.perform(command);
  }

  get probe(): ViewportProbe | null {
    return this.viewport?.probe ?? null;
  }

  /** Its loop, for those that play together; null where it shows none. */
  get loop(): StackSession | null {
    const { viewport } = this;
    return viewport && "loop" in viewport ? viewport.loop : null;
  }

  /** How it is looked at now; null before its series is open. */
  sharedView(): SharedPaneView | null {
    return this.viewport?.sharedView() ?? null;
  }

  /**
   * Look as someone else looks at what hangs here now, from now until the person's own hand moves it; also where it is being
   * opened just now. Of something that is yet to hang, `Hung.view` says it.
   *
   * isMoving: pictures that pass by, quick ones; the whole truth follows once nothing comes any more, or at once where false.
   */
  follow(view: SharedPaneView | null, isMoving: boolean): void {
    this.followed = view && { view, isMoving };
    if (!this.isUpdatePending) this.followNow();
  }

  /** Show where someone else points, under that name; null: nowhere. */
  showPointer(pointer: SharedPointer | null, name: string): void {
    this.viewport?.showPointer(pointer, name);
  }

  /** At once nothing of what hung here stays on the glass (S17); until something else hangs, words stand there. */
  blank(words = "Changing patient"): void {
    this.blankWords = words;
    this.followed = null;
    this.requestUpdate();
    this.performUpdate();
  }

  override willUpdate(before: PropertyValues<this>): void {
    if (this.hung?.item.kind === "slide" && this.slides === "not asked") this.fetchSlides();
    if (!before.has("hung") || !this.hung) return;
    this.blankWords = null;
    if (this.hung.view) this.followed = { view: this.hung.view, isMoving: false };
  }

  /** The viewport of what hangs now is here only after an update. */
  override updated(): void {
    this.followNow();
  }

  private followNow(): void {
    if (this.slides === "asked" && this.hung?.item.kind === "slide") return;
    if (this.followed) this.viewport?.follow(this.followed.view, this.followed.isMoving);
    this.followed = null;
  }

  override render(): TemplateResult {
    const { hung } = this;
    if (this.blankWords !== null) return html`<div class="nothing" role="status"><p>${this.blankWords}</p></div>`;
    if (!hung) {
      return html`<div class="nothing" role="status">${icon("layers")}<p>Choose a series from the tray</p></div>`;
    }
    return html`${this.heading(hung)}${this.otherPatient()}${this.content(hung)}`;
  }

  private heading(hung: Hung): TemplateResult {
    const { item, study, tag, interval } = hung;
    return html`<header>
      <span class="tag ${tag === "CURRENT" ? "" : "prior"}">${tag}${interval ? ` · ${interval}` : ""}</span>
      <strong title=${item.label}>${item.label}</strong>
      <span class="detail">${[dateInWords(study.study_date), item.detail].filter(Boolean).join(" · ")}</span>
      ${this.seat ? html`<viewbox-link-chip .seat=${this.seat}></viewbox-link-chip>` : nothing}
      ${
        this.notes.length > 0
          ? html`<span class="chip warn notes" title=${this.notes.join("\n")} role="note"
            >${icon("warning")}<span>${this.notes.join(" · ")}</span></span
          >`
          : nothing
      }
    </header>`;
  }

  /** A second patient only under a full-width warning (S04); compared with what the picture's own document says. */
  private otherPatient(): TemplateResult | typeof nothing {
    const [page, shown] = [this.patient, this.shownPatient];
    if (!page || !shown) return nothing;
    const isSame = page.patient_id === shown.patient_id && (page.issuer ?? "") === (shown.issuer ?? "");
    if (isSame) return nothing;
    return html`<div class="other" role="alert">Another patient: ${nameInWords(shown.name)}, ${shown.patient_id}</div>`;
  }

  private content(hung: Hung): TemplateResult {
    const { item } = hung;
    if (item.object) return this.objectState(item.object, item);
    if (item.kind === "slide" && this.slides !== "here") return this.awaitSlides();
    const target = this.targetOf(item);
    const common = { overlay: this.overlay, details: this.details, label: item.label };
    return item.kind === "slide"
      ? html`<viewbox-slide
          .client=${this.client}
          .target=${target}
          .overlay=${common.overlay}
          .details=${common.details}
          .label=${common.label}
          .tool=${this.tool}
          @summary-changed=${this.summarised}
        ></viewbox-slide>`
      : html`<viewbox-stack
          .client=${this.client}
          .target=${target}
          .likelyFrames=${item.kind === "stack" ? item.count : 0}
          .overlay=${common.overlay}
          .details=${common.details}
          .label=${common.label}
          .item=${item}
          .tool=${this.tool}
          .seat=${this.seat}
          .loops=${this.loops}
          @summary-changed=${this.summarised}
        ></viewbox-stack>`;
  }

  private fetchSlides(): void {
    this.slides = "asked";
    void import("./slide_viewport").then(
      () => (this.slides = "here"),
      () => (this.slides = "not to be had"),
    );
  }

  private awaitSlides(): TemplateResult {
    if (this.slides === "asked") return html`<div class="nothing" role="status"><p>Loading</p></div>`;
    return html`<div class="nothing" role="alert">
      <p>What shows slides could not be fetched from the server.</p>
      <button class="outlined" @click=${() => location.reload()}>Reload the page</button>
    </div>`;
  }

  private objectState(object: NonNullable<ItemDocument["object"]>, item: ItemDocument): TemplateResult {
    return html`<div class="object" role="status">
      <span class="sign">${icon(/ECG|wave/i.test(object.name) ? "activity" : "fileText")}</span>
      <h2>${object.name}</h2>
      <p>${object.reason}. The file is kept as it came.</p>
      ${item.label !== object.name ? html`<p>${item.label}</p>` : nothing}
      <a class="button outlined" href=${object.download} download>${icon("download")} Download DICOM file</a>
    </div>`;
  }

  /** The same object for the same item, so that a redraw doesn't open the series again. */
  private targetOf(item: ItemDocument): Target {
    if (this.target?.key !== item.key) {
      const { series_instance_uid, stack } = item;
      this.target = { key: item.key, value: stack ? { series_instance_uid, stack } : { series_instance_uid } };
      this.notes = [];
      this.shownPatient = null;
    }
    return this.target.value;
  }

  private summarised = (event: SummaryChanged): void => {
    this.notes = event.summary.notes;
    this.shownPatient = event.summary.patient;
  };
}
