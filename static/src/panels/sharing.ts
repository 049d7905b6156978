/** The study page's part in shared views: its buttons, strip, panel and picker, all fetched when first needed. */
import { html, nothing, type TemplateResult } from "lit";
import { ApiError, openSharedView, studyContents } from "../net/api";
import { icon } from "./icons";
import type { StripUsed } from "./presenter_bar";
import type { ShareWished } from "./share_panel";
import type { SharedSession } from "./shared_session";
import { panesOf, type Stage } from "./shared_stage";
import type { StudyPicked } from "./study_picker";

export class Sharing {
  session: SharedSession | null = null;
  private isPanelOpen = false;
  private isPicking = false;
  private isStarting = false;
  private problem = "";

  /** narrow: matches on a phone. */
  constructor(
    private readonly stage: Stage & HTMLElement,
    private readonly narrow: MediaQueryList,
  ) {}

  /** A dialog is open that keeps the keys to itself. */
  get isModal(): boolean {
    return this.isPicking || (this.isPanelOpen && this.narrow.matches);
  }

  /** This window shows what the presenter shows. */
  get isFollowing(): boolean {
    const { session } = this;
    return session !== null && !session.isOver && !session.isPresenter && !session.facts.isElsewhere;
  }

  /** Join the shared view whose page this is. */
  async join(key: string): Promise<void> {
    const { SharedSession } = await import("./shared_view");
    this.session = new SharedSession(this.stage, key, false);
    this.stage.sharedChanged();
  }

  close(): void {
    this.session?.close();
  }

  async toggle(): Promise<void> {
    if (this.isPanelOpen) this.closePanel();
    else await this.open();
  }

  /** Something of the session changed. After the end, the page's address is the study's again. */
  changed(): void {
    if (!this.session?.isOver || location.pathname === this.addressAlone()) return;
    history.replaceState(null, "", this.addressAlone());
    this.isPanelOpen = false;
  }

  /** Do what Esc asks of a shared view; false where that is nothing. */
  escape(): boolean {
    if (this.session?.facts.isElsewhere) {
      this.session.goBack();
      return true;
    }
    if (!this.isPanelOpen || !this.stage.shadowRoot?.activeElement?.matches("viewbox-share-panel")) return false;
    this.closePanel();
    return true;
  }

  backButton(): TemplateResult {
    if (!this.session?.isPresenter) return html`<a class="button" href="/" aria-label="All studies">${icon("arrowLeft")}</a>`;
    return html`<button aria-label="Show another study to everyone" aria-haspopup="dialog" @click=${this.pick}>${icon("arrowLeft")}</button>`;
  }

  shareButton(): TemplateResult {
    const isGoing = this.session !== null && !this.session.isOver;
    return html`<button
      class="share ${isGoing ? "going" : ""}"
      aria-label=${isGoing ? "Shared view" : "Share"}
      aria-expanded=${String(this.isPanelOpen)}
      @click=${() => void this.toggle()}
    >
      ${icon("users")}<span class="desk">${isGoing ? "Shared" : "Share"}</span>
    </button>`;
  }

  strip(): TemplateResult | typeof nothing {
    const { session } = this;
    if (!session) return nothing;
    return html`<viewbox-presenter-bar .facts=${session.facts} @strip-used=${this.stripUsed}></viewbox-presenter-bar>`;
  }

  panel(): TemplateResult | typeof nothing {
    if (!this.isPanelOpen) return nothing;
    const { session } = this;
    return html`<viewbox-share-panel
      .facts=${session && !session.isOver ? session.facts : null}
      .sheet=${this.narrow.matches}
      .starting=${this.isStarting}
      .problem=${this.problem}
      @share-wished=${this.wished}
    ></viewbox-share-panel>`;
  }

  picker(): TemplateResult | typeof nothing {
    if (!this.isPicking) return nothing;
    const patient = this.stage.shelf.own?.study.patient ?? null;
    return html`<viewbox-study-picker .patient=${patient} @study-picked=${this.picked}></viewbox-study-picker>`;
  }

  private async start(): Promise<void> {
    const { own } = this.stage.shelf;
    if (!own || this.isStarting) return;
    this.isStarting = true;
    this.problem = "";
    this.stage.sharedChanged();
    try {
      const { SharedSession } = await import("./shared_view");
      const { key, url } = await openSharedView(own.study.study_instance_uid, panesOf(this.stage, []), this.stage.active);
      history.replaceState(null, "", url);
      this.session?.close();
      this.session = new SharedSession(this.stage, key, true);
    } catch (error) {
      this.problem = error instanceof ApiError ? error.message : "The server could not be reached";
    } finally {
      this.isStarting = false;
      this.stage.sharedChanged();
    }
  }

  private wished = ({ wish }: ShareWished): void => {
    if (wish === "start") void this.start();
    else if (wish === "leave") this.leave();
    else if (wish === "close") this.closePanel();
    else void this.session?.handOver(wish.handOverTo);
  };

  private stripUsed = ({ action }: StripUsed): void => {
    if (action === "back") this.session?.goBack();
    else if (action === "elsewhere") this.session?.goElsewhere();
    else if (action === "take-over") void this.session?.takeOver();
    else if (action === "people") void this.open();
    else if (action === "studies") location.assign("/");
    else this.leave();
  };

  /** From now on alone, with the study that is on screen. */
  private leave(): void {
    this.session?.leave();
    this.session = null;
    this.closePanel();
    if (this.stage.shelf.own) history.replaceState(null, "", this.addressAlone());
    else location.assign("/");
  }

  private addressAlone(): string {
    const uid = this.stage.shelf.own?.study.study_instance_uid;
    return uid === undefined ? "/" : `/study/${encodeURIComponent(uid)}`;
  }

  private async open(): Promise<void> {
    await import("./shared_view");
    this.isPanelOpen = true;
    this.problem = "";
    this.stage.sharedChanged();
  }

  private closePanel(): void {
    this.isPanelOpen = false;
    this.stage.sharedChanged();
    this.stage.shadowRoot?.querySelector<HTMLElement>(".share")?.focus();
  }

  private pick = async (): Promise<void> => {
    await import("./study_picker");
    this.isPicking = true;
    this.stage.sharedChanged();
  };

  private picked = async ({ study }: StudyPicked): Promise<void> => {
    if (!this.isPicking) return;
    this.isPicking = false;
    this.stage.sharedChanged();
    if (!study) return;
    const { isSamePatient } = await import("./study_picker");
    const before = this.stage.shelf.own?.study.patient;
    try {
      const contents = await studyContents(study.study_instance_uid);
      await this.session?.present(contents, !before || !isSamePatient(before, study.patient));
    } catch {
      this.session?.complain("the study could not be opened");
    }
  };
}
