/** `<viewbox-tray>`: what the study holds, each item with its picture, and the patient's other studies. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import type { ItemDocument, RelatedStudyDocument, StudyContents, StudyDocument } from "../net/documents";
import { badgesOf } from "../state/badges";
import { tagOf } from "../state/hanging";
import { dateInWords } from "../state/person";
import { labelParts } from "../state/tray_label";
import { controls } from "../styles/controls";
import { type IconName, icon } from "./icons";

/** A study of the tray: the page's own, or a related one that was unfolded. */
export interface TrayStudy {
  readonly study: StudyDocument;
  readonly interval: string;
  readonly isCurrent: boolean;
  readonly contents: StudyContents | "loading" | "failed" | null;
}

export class ItemChosen extends Event {
  constructor(
    readonly item: ItemDocument,
    readonly study: StudyDocument,
  ) {
    super("item-chosen", { bubbles: true, composed: true });
  }
}

export class StudyUnfolded extends Event {
  constructor(readonly study: RelatedStudyDocument) {
    super("study-unfolded", { bubbles: true, composed: true });
  }
}

const SIGNS: Record<ItemDocument["kind"], IconName> = {
  stack: "layers",
  clip: "play",
  image: "square",
  slide: "microscope",
  object: "fileText",
};

@customElement("viewbox-tray")
export class Tray extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        display: block;
        overflow-y: auto;
        overscroll-behavior: contain;
        background: var(--panel);
        scrollbar-width: thin;
        scrollbar-color: var(--line-strong) transparent;
      }
      h2 {
        position: sticky;
        z-index: 1;
        top: 0;
        display: flex;
        align-items: center;
        gap: 8px;
        margin: 0;
        padding: 10px 12px 8px;
        background: var(--panel);
        font-size: 12px;
        font-weight: 600;
      }
      .tag {
        padding: 0 6px;
        border-radius: 3px;
        font-size: 11px;
        font-weight: 700;
        line-height: 18px;
        background: var(--accent-ground);
        color: var(--accent);
      }
      .tag.prior {
        background: var(--warn-ground);
        color: var(--warn);
      }
      .when {
        color: var(--text-soft);
        font-weight: 400;
      }
      ul {
        list-style: none;
        margin: 0;
        padding: 0 8px 10px;
        display: grid;
        gap: 4px;
      }
      .item {
        display: grid;
        grid-template-columns: 64px 1fr;
        gap: 10px;
        align-items: center;
        width: 100%;
        min-height: 76px;
        padding: 6px;
        border: 1px solid transparent;
        text-align: left;
        color: var(--text);
      }
      .item[aria-current="true"] {
        border-color: var(--accent);
        background: var(--accent-ground);
      }
      .item.elsewhere {
        border-color: var(--line-strong);
      }
      .picture {
        position: relative;
        display: grid;
        place-items: center;
        width: 64px;
        height: 64px;
        border-radius: var(--radius-small);
        background: #000;
        color: var(--text-soft);
        overflow: hidden;
      }
      .picture img {
        width: 100%;
        height: 100%;
        object-fit: contain;
      }
      .picture .sign {
        position: absolute;
        right: 3px;
        bottom: 3px;
        padding: 2px;
        border-radius: 4px;
        background: rgb(0 0 0 / 70%);
        color: #fff;
      }
      .picture .sign svg {
        width: 12px;
        height: 12px;
      }
      .badges {
        position: absolute;
        left: 3px;
        top: 3px;
        display: grid;
        gap: 2px;
        justify-items: start;
      }
      .badge {
        padding: 0 4px;
        border-radius: 3px;
        font-size: 10px;
        font-weight: 700;
        line-height: 15px;
        background: rgb(0 0 0 / 75%);
        color: #fff;
      }
      .badge.key {
        background: var(--warn);
        color: #000;
      }
      .words {
        min-width: 0;
      }
      .label {
        display: -webkit-box;
        -webkit-line-clamp: 2;
        -webkit-box-orient: vertical;
        overflow: hidden;
        font-size: 13px;
        font-weight: 600;
        line-height: 1.3;
        overflow-wrap: anywhere;
      }
      /* What tells it apart has a line of its own, however long the name before it is. */
      .part {
        display: block;
        overflow-wrap: anywhere;
        font-size: 13px;
        font-weight: 600;
        line-height: 1.3;
      }
      .detail {
        margin-top: 2px;
        color: var(--text-soft);
        font-size: 12px;
      }
      .fold {
        width: 100%;
        justify-content: flex-start;
        min-height: 48px;
        padding: 6px 12px;
        text-align: left;
        border-radius: 0;
        color: var(--text);
      }
      .fold .words {
        flex: 1;
      }
      .fold .icon {
        transition: transform 0.15s;
      }
      .fold[aria-expanded="true"] .icon {
        transform: rotate(180deg);
      }
      section + section {
        border-top: 1px solid var(--line);
      }
      p {
        margin: 0;
        padding: 8px 14px 14px;
        color: var(--text-soft);
      }
    `,
  ];

  @property({ attribute: false }) studies: readonly TrayStudy[] = [];
  /** Key of the item in the pane in use, and of those in other panes. */
  @property() current = "";
  @property({ attribute: false }) elsewhere: readonly string[] = [];

  override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("current")) this.renderRoot.querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
  }

  override render(): TemplateResult {
    return html`${this.studies.map((one) => (one.isCurrent ? this.currentStudy(one) : this.related(one)))}`;
  }

  private currentStudy({ study, contents }: TrayStudy): TemplateResult {
    return html`<section aria-label="This study">
      <h2><span class="tag">CURRENT</span> ${dateInWords(study.study_date)} <span class="when">${study.modalities.join(" ")}</span></h2>
      ${this.items(contents, study)}
    </section>`;
  }

  private related(one: TrayStudy): TemplateResult {
    const { study, interval, contents } = one;
    const { tag, distance } = tagOf(interval);
    return html`<section aria-label="${study.modalities.join(" ")} of ${dateInWords(study.study_date)}, ${study.description ?? ""}">
      <button class="fold" aria-expanded=${String(contents !== null)} @click=${() => this.unfold(one)}>
        <span class="words">
          <span class="tag prior">${tag}</span>
          ${study.modalities.join(" ")} <span class="when">${distance}</span>
          <div class="detail">${dateInWords(study.study_date)} · ${study.description ?? ""}</div>
        </span>
        ${icon("chevronDown")}
      </button>
      ${contents === null ? nothing : this.items(contents, study)}
    </section>`;
  }

  private items(contents: TrayStudy["contents"], study: StudyDocument): TemplateResult {
    if (contents === "loading") return html`<p role="status">Loading</p>`;
    if (contents === "failed" || contents === null) return html`<p role="status">Could not be loaded</p>`;
    if (contents.items.length === 0) return html`<p>This study holds no images</p>`;
    return html`<ul>
      ${contents.items.map((item) => html`<li>${this.item(item, study)}</li>`)}
    </ul>`;
  }

  private item(item: ItemDocument, study: StudyDocument): TemplateResult {
    const isCurrent = item.key === this.current;
    return html`<button
      class="item ${this.elsewhere.includes(item.key) ? "elsewhere" : ""}"
      aria-current=${isCurrent ? "true" : "false"}
      @click=${() => this.dispatchEvent(new ItemChosen(item, study))}
    >
      <span class="picture">
        ${item.thumbnail ? html`<img src=${item.thumbnail} alt="" loading="lazy" decoding="async" @error=${hide} />` : icon(SIGNS[item.kind])}
        ${item.kind === "clip" ? html`<span class="sign">${icon("play")}</span>` : nothing} ${badges(item)}
      </span>
      <span class="words">
        ${label(item.label)}
        <span class="detail">${[item.modality, item.detail].filter(Boolean).join(" · ")}</span>
      </span>
    </button>`;
  }

  private unfold(one: TrayStudy): void {
    this.dispatchEvent(new StudyUnfolded({ ...one.study, interval: one.interval }));
  }
}

function label(words: string): TemplateResult {
  const { name, part } = labelParts(words);
  if (!part) return html`<span class="label">${name}</span>`;
  return html`<span class="label" title=${words}>${name}</span><span class="part">${part}</span>`;
}

function badges(item: ItemDocument): TemplateResult | typeof nothing {
  const found = badgesOf(item);
  if (found.length === 0) return nothing;
  return html`<span class="badges">
    ${found.map(({ kind, sign, words }) => html`<span class="badge ${kind}" role="img" aria-label=${words} title=${words}>${sign}</span>`)}
  </span>`;
}

function hide(event: Event): void {
  (event.target as HTMLImageElement).hidden = true;
}
