/** `<viewbox-studies>`: the list of studies that this person may see, searched and filtered by the server. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { ApiError, bootDocument, findStudies } from "../net/api";
import type { StudyDocument } from "../net/documents";
import { isNarrowed, MODALITIES, SPANS, withSpan } from "../state/study_filter";
import { NO_QUERY, type StudyQuery } from "../state/study_query";
import { controls } from "../styles/controls";
import { icon } from "./icons";
import "./invitations";
import { studyListStyles } from "./study_list_styles";
import { studyRow, waitingRows } from "./study_row";
import { studyRowStyles } from "./study_row_styles";

const TYPING_MS = 180;
const WAITING_ROWS = 8;

@customElement("viewbox-studies")
export class StudyList extends LitElement {
  static override styles = [controls, studyRowStyles, studyListStyles];

  @state() private studies: readonly StudyDocument[] = [];
  @state() private next: string | null = null;
  @state() private phase: "loading" | "more" | "ready" | "failed" = "loading";
  @state() private sentence = "";
  @state() private wanted: StudyQuery = NO_QUERY;
  @state() private departments: readonly string[] = [];
  @query("#search") private searchBox!: HTMLInputElement;
  @query(".more") private end!: HTMLElement | null;

  private readonly boot = bootDocument();
  private asking: AbortController | null = null;
  private typing = 0;
  private readonly nearEnd = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) void this.more();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.keyDown);
    this.departments = this.boot.user?.departments ?? [];
    void this.ask(NO_QUERY);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.keyDown);
    this.nearEnd.disconnect();
  }

  override firstUpdated(): void {
    if (matchMedia("(hover: hover)").matches) this.searchBox.focus();
  }

  override updated(): void {
    this.nearEnd.disconnect();
    if (this.end) this.nearEnd.observe(this.end);
  }

  override render(): TemplateResult {
    const { user } = this.boot;
    return html`
      <header class="bar">
        <span class="brand">${icon("logo")} Viewbox</span>
        <span class="who"><strong>${user?.name}</strong>${user?.roles?.filter((role) => role !== user.name).join(", ")}</span>
        <form method="post" action="/sign-out">
          <input type="hidden" name="csrfmiddlewaretoken" value=${this.boot.csrf_token} />
          <button type="submit">${icon("logOut")} Sign out</button>
        </form>
      </header>
      <main id="studies">
        <div class="heading">
          <h1>Studies</h1>
          <span class="soft" role="status">${this.countInWords()}</span>
        </div>
        <viewbox-invitations .you=${user?.name ?? ""}></viewbox-invitations>
        ${this.filters()} ${this.list()}
      </main>
      <footer>Viewbox · ${this.boot.intended_use}</footer>
    `;
  }

  private filters(): TemplateResult {
    const { wanted } = this;
    return html`<div class="filters" role="search">
      <div class="line">
        <label class="search">
          <span class="visually-hidden">Search by name, patient ID, accession number or description</span>
          ${icon("search")}
          <input
            id="search"
            type="search"
            autocomplete="off"
            spellcheck="false"
            placeholder="Name, ID, accession number, description"
            @input=${this.typed}
          />
        </label>
        <select aria-label="Study date" @change=${this.spanChosen}>
          ${SPANS.map(([days, words]) => html`<option value=${days}>${words}</option>`)}
        </select>
        ${
          this.departments.length > 1
            ? html`<select aria-label="Department" @change=${this.departmentChosen}>
              <option value="">All departments</option>
              ${this.departments.map((name) => html`<option value=${name} ?selected=${name === wanted.department}>${name}</option>`)}
            </select>`
            : nothing
        }
      </div>
      <fieldset>
        <legend class="visually-hidden">Modality</legend>
        ${MODALITIES.map(
          ([code, words]) => html`<label class="pill">
            <input type="radio" name="modality" value=${code} .checked=${wanted.modality === code} @change=${() => this.narrow({ modality: code })} />
            <span>${words}</span>
          </label>`,
        )}
      </fieldset>
    </div>`;
  }

  private list(): TemplateResult {
    if (this.phase === "failed") {
      return html`<div class="message" role="alert">
        ${icon("unplug")}
        <h2>${this.sentence}</h2>
        <button class="outlined" @click=${() => void this.ask(this.wanted)}>Try again</button>
      </div>`;
    }
    if (this.phase === "ready" && this.studies.length === 0) return this.nothingFound();
    return html`
      <div class="head" aria-hidden="true">
        <span></span><span>Patient</span><span>Study date</span><span>Modality</span><span>Description</span>
        <span class="department">Department</span><span class="size">Size</span>
      </div>
      <ol aria-label="Studies" aria-busy=${String(this.phase === "loading")}>
        ${this.phase === "loading" ? waitingRows(WAITING_ROWS) : this.studies.map((study) => studyRow(study))}
      </ol>
      ${
        this.next && this.phase !== "loading"
          ? html`<div class="more">
            <button class="outlined" ?disabled=${this.phase === "more"} @click=${() => void this.more()}>
              ${this.phase === "more" ? "Loading" : "Load more"}
            </button>
          </div>`
          : nothing
      }
    `;
  }

  private nothingFound(): TemplateResult {
    if (!isNarrowed(this.wanted)) {
      return html`<div class="message" role="status">
        ${icon("layers")}
        <h2>No studies yet</h2>
        <p>There is nothing in the archive that you may see. A person sees the studies of their departments.</p>
      </div>`;
    }
    return html`<div class="message" role="status">
      ${icon("search")}
      <h2>Nothing found</h2>
      <p>No study that you may see fits this search.</p>
      <button class="outlined" @click=${this.reset}>Show all studies</button>
    </div>`;
  }

  private countInWords(): string {
    if (this.phase === "loading" || this.phase === "failed") return "";
    const count = this.studies.length;
    return `${count}${this.next ? "+" : ""} ${count === 1 ? "study" : "studies"}`;
  }

  private narrow(change: Partial<StudyQuery>): void {
    void this.ask({ ...this.wanted, ...change });
  }

  private async ask(wanted: StudyQuery): Promise<void> {
    this.wanted = wanted;
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    // Rows that are there stay until the answer comes, so that typing doesn't flicker.
    if (this.studies.length === 0) this.phase = "loading";
    try {
      const page = await findStudies(wanted, null, asking.signal);
      this.studies = page.studies;
      this.next = page.next;
      this.phase = "ready";
      this.learnDepartments(page.studies);
    } catch (error) {
      if (!asking.signal.aborted) this.failed(error);
    }
  }

  private async more(): Promise<void> {
    if (this.phase !== "ready" || !this.next) return;
    const asking = this.asking ?? new AbortController();
    this.phase = "more";
    try {
      const page = await findStudies(this.wanted, this.next, asking.signal);
      this.studies = [...this.studies, ...page.studies];
      this.next = page.next;
      this.phase = "ready";
      this.learnDepartments(page.studies);
    } catch (error) {
      if (!asking.signal.aborted) this.failed(error);
    }
  }

  private failed(error: unknown): void {
    this.sentence = error instanceof ApiError ? error.message : "The server could not be reached";
    this.phase = "failed";
    this.studies = [];
  }

  /** A person's departments are those that their studies come from. */
  private learnDepartments(studies: readonly StudyDocument[]): void {
    const known = new Set([...this.departments, ...studies.flatMap((study) => (study.department ? [study.department] : []))]);
    if (known.size !== this.departments.length) this.departments = [...known].sort();
  }

  private typed = (): void => {
    clearTimeout(this.typing);
    this.typing = window.setTimeout(() => this.narrow({ search: this.searchBox.value.trim() }), TYPING_MS);
  };

  private spanChosen = (event: Event): void => {
    const days = Number((event.target as HTMLSelectElement).value);
    void this.ask(withSpan(this.wanted, days, new Date()));
  };

  private departmentChosen = (event: Event): void => {
    this.narrow({ department: (event.target as HTMLSelectElement).value });
  };

  private reset = (): void => {
    this.searchBox.value = "";
    for (const select of this.renderRoot.querySelectorAll("select")) select.selectedIndex = 0;
    void this.ask(NO_QUERY);
  };

  /** Arrows move through the list, Enter opens, "/" goes to the search box. */
  private keyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const focused = this.shadowRoot?.activeElement;
    if (event.key === "/" && focused !== this.searchBox) {
      event.preventDefault();
      this.searchBox.focus();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (focused instanceof HTMLSelectElement || (focused instanceof HTMLInputElement && focused.type === "radio")) return;
    const links = [...this.renderRoot.querySelectorAll<HTMLAnchorElement>(".row .open")];
    const at = links.indexOf(focused as HTMLAnchorElement);
    const to = event.key === "ArrowDown" ? at + 1 : at - 1;
    event.preventDefault();
    if (to < 0) this.searchBox.focus();
    else links[Math.min(to, links.length - 1)]?.focus();
  };
}
