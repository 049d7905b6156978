/** `<viewbox-toolbar>`: everything that can be done to the pane in use; on a phone the five that matter, the rest in a sheet. */
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { OverlayMode } from "../state/corner_texts";
import { hasChoices, looksTitle } from "../state/looks_offered";
import type { SideFacts } from "../state/pane_link";
import { type Tool, usableTool } from "../state/tool";
import { controls } from "../styles/controls";
import type { Command, PageCommand, Pressed } from "../tools/keys";
import { NOTHING, type ViewportSummary } from "../viewport/summary";
import { type IconName, icon } from "./icons";
import type { LookWished } from "./looks_menu";
import { toolbarStyles } from "./toolbar_styles";

/** A button was used; bubbles to the page. */
export class CommandGiven extends Event {
  constructor(readonly pressed: Pressed) {
    super("command-given", { bubbles: true, composed: true });
  }
}

interface Button {
  readonly icon: IconName;
  readonly words: string;
  readonly key: string;
  readonly pressed: Pressed;
  readonly isOn?: boolean;
  /** Why it can't be used here; "" when it can. */
  readonly why?: string;
}

const viewport = (command: Command): Pressed => ({ to: "viewport", command });
const page = (command: PageCommand): Pressed => ({ to: "page", command });

@customElement("viewbox-toolbar")
export class Toolbar extends LitElement {
  static override styles = [controls, toolbarStyles];

  @property({ attribute: false }) summary: ViewportSummary = NOTHING;
  @property() tool: Tool = "window";
  @property() overlay: OverlayMode = "full";
  @property({ type: Boolean }) details = false;
  @property({ type: Number }) panes: 1 | 2 = 1;
  /** What two panes do with each other; null for one. */
  @property({ attribute: false }) sides: SideFacts | null = null;
  @state() private open: "" | "presets" | "shown" | "more" | "looks" = "";

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("pointerdown", this.closeOutside);
    document.addEventListener("keydown", this.closeByKey, true);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.closeOutside);
    document.removeEventListener("keydown", this.closeByKey, true);
  }

  override render(): TemplateResult {
    return html`
      <div class="desk" role="toolbar" aria-label="Viewport tools">
        <div class="group">${this.tools().map((button) => this.button(button))}</div>
        <div class="group">${this.measures().map((button) => this.button(button))}</div>
        <div class="group presets">${this.presetsButton()}${this.looksButton()}</div>
        <div class="group">${this.looks().map((button) => this.button(button))}</div>
        <div class="group">${this.plays().map((button) => this.button(button))}</div>
        <div class="group end">${[...this.sideButtons(), ...this.pageButtons()].map((button) => this.button(button))}</div>
      </div>
      ${this.phoneBar()} ${this.sheet()}
    `;
  }

  private tools(): Button[] {
    const { summary } = this;
    const isPanned = summary.kind === "slide" && this.tool !== "length";
    const tool = isPanned ? "pan" : usableTool(this.tool, summary.hasWindow, summary.frameCount);
    const slide =
      { slide: "Slides pan by dragging and zoom by wheel or pinch", object: "There is no picture to use it on" }[summary.kind as string] ??
      "";
    const noWindow = slide || (summary.kind !== "empty" && !summary.hasWindow ? "Colour pictures have no window" : "");
    const single = slide || (summary.frameCount < 2 ? "There is one image only" : "");
    const of = (name: Tool, sign: IconName, words: string, key: string, why: string): Button => ({
      icon: sign,
      words,
      key,
      why,
      isOn: tool === name && !why,
      pressed: page({ kind: "tool", tool: name }),
    });
    return [
      of("window", "contrast", "Window", "w", noWindow),
      of("scroll", "scroll", "Scroll", "s", single),
      of("zoom", "zoom", "Zoom", "z", slide),
      of("pan", "move", "Pan", "p", summary.kind === "slide" ? "" : slide),
    ];
  }

  private measures(): Button[] {
    const kind = this.summary.kind as string;
    const nothingThere = { object: "There is no picture to measure on", empty: "There is no picture yet" }[kind] ?? "";
    const notOnSlides = nothingThere || (kind === "slide" ? "Only lengths are measured on slides" : "");
    const of = (name: Tool, sign: IconName, words: string, key: string, why = notOnSlides): Button => ({
      icon: sign,
      words,
      key,
      why,
      isOn: this.tool === name && !why,
      pressed: page({ kind: "tool", tool: name }),
    });
    return [
      of("length", "ruler", "Length", "l", nothingThere),
      of("ellipse", "ellipse", "Ellipse", "e"),
      of("rectangle", "rectangle", "Rectangle", "r"),
      of("values", "crosshair", "Values", "x"),
    ];
  }

  private looks(): Button[] {
    const { summary } = this;
    const noInvert = summary.kind === "slide" ? "Slides are not inverted" : "";
    const nothingToTurn = summary.kind === "object" ? "There is no picture to use it on" : "";
    const buttons: Button[] = [
      { icon: "invert", words: "Invert", key: "i", isOn: summary.isInverted, why: noInvert, pressed: viewport({ kind: "invert" }) },
      { icon: "flipHorizontal", words: "Flip left–right", key: "h", pressed: viewport({ kind: "flip", axis: "horizontal" }) },
      { icon: "flipVertical", words: "Flip top–bottom", key: "v", pressed: viewport({ kind: "flip", axis: "vertical" }) },
      { icon: "rotateLeft", words: "Rotate left", key: "Shift L", pressed: viewport({ kind: "rotate", quarters: -1 }) },
      { icon: "rotateRight", words: "Rotate right", key: "Shift R", pressed: viewport({ kind: "rotate", quarters: 1 }) },
      { icon: "maximize", words: "Fit", key: "=", pressed: viewport({ kind: "fit" }) },
      { icon: "reset", words: "Reset the view", key: "0", pressed: viewport({ kind: "reset" }) },
    ];
    return buttons.map((button) => ({ ...button, why: button.why || nothingToTurn }));
  }

  private plays(): Button[] {
    const { summary } = this;
    if (!summary.hasCine) return [];
    const [sign, words] = summary.isPlaying ? (["pause", "Pause"] as const) : (["play", "Play"] as const);
    return [{ icon: sign, words, key: "Space", pressed: viewport({ kind: "play" }) }];
  }

  /** What concerns two panes. */
  private sideButtons(): Button[] {
    if (this.panes < 2 || !this.sides) return [];
    const { hasLines, isLinked, whyNot } = this.sides;
    return [
      { icon: "referenceLines", words: "Reference lines", key: "f", isOn: hasLines, pressed: page({ kind: "lines" }) },
      {
        icon: isLinked ? "link" : "unlink",
        words: "Scroll together",
        key: "k",
        isOn: isLinked,
        why: whyNot,
        pressed: page({ kind: "link" }),
      },
    ];
  }

  private pageButtons(): Button[] {
    const texts = { full: "Corner texts: full", minimal: "Corner texts: minimal", off: "Corner texts: off" }[this.overlay];
    return [
      { icon: "captions", words: texts, key: "o", isOn: this.overlay !== "off", pressed: page({ kind: "overlay" }) },
      { icon: "shield", words: "How far to trust it", key: "q", isOn: this.details, pressed: page({ kind: "details" }) },
      {
        icon: this.panes === 2 ? "square" : "columns",
        words: this.panes === 2 ? "One pane" : "Two panes",
        key: "d",
        pressed: page({ kind: "layout" }),
      },
      { icon: "help", words: "Keys", key: "?", pressed: page({ kind: "help" }) },
    ];
  }

  private button({ icon: sign, words, key, pressed, isOn, why }: Button): TemplateResult {
    const tip = why || `${words}  ·  ${key}`;
    const isToggle = isOn !== undefined;
    return html`<button
      class="tip"
      data-tip=${tip}
      aria-label=${why ? `${words}: ${why}` : words}
      aria-pressed=${isToggle ? String(isOn) : nothing}
      aria-disabled=${why ? "true" : nothing}
      @click=${() => !why && this.give(pressed)}
    >
      ${icon(sign)}
    </button>`;
  }

  private presetsButton(): TemplateResult {
    const { presets, preset } = this.summary;
    const isOpen = this.open === "presets";
    return html`<button
        aria-haspopup="true"
        aria-expanded=${String(isOpen)}
        ?disabled=${presets.length === 0}
        @click=${() => (this.open = isOpen ? "" : "presets")}
      >
        ${preset || "Presets"} ${icon("chevronDown")}
      </button>
      ${isOpen ? html`<div class="menu">${this.presetRows()}</div>` : nothing}`;
  }

  private looksButton(): TemplateResult {
    const { looks } = this.summary;
    const isOpen = this.open === "shown";
    return html`<button
        aria-haspopup="true"
        aria-expanded=${String(isOpen)}
        ?disabled=${!hasChoices(looks)}
        @click=${() => (this.open = isOpen ? "" : "shown")}
      >
        <span class="title">${looksTitle(looks)}</span> ${icon("chevronDown")}
      </button>
      ${isOpen ? html`<div class="menu wide">${this.looksMenu()}</div>` : nothing}`;
  }

  /** Fetched when it is opened for the first time. */
  private looksMenu(): TemplateResult {
    void import("./looks_menu");
    const wished = ({ command, isSwitch }: LookWished) => {
      if (!isSwitch) this.open = "";
      this.dispatchEvent(new CommandGiven(viewport(command)));
    };
    return html`<viewbox-looks .looks=${this.summary.looks} @look-wished=${wished}></viewbox-looks>`;
  }

  private presetRows(): TemplateResult[] {
    return this.summary.presets.map(
      (preset, index) => html`<button
        aria-pressed=${String(preset.name === this.summary.preset)}
        @click=${() => this.give(viewport({ kind: "preset", number: index + 1 }))}
      >
        <span>${preset.name}</span><span>${preset.window[1]} / ${preset.window[0]}</span><kbd>${index + 1}</kbd>
      </button>`,
    );
  }

  private phoneBar(): TemplateResult {
    const { summary, tool } = this;
    const current = [...this.tools(), ...this.measures()].find((button) => button.isOn) ?? this.tools()[0];
    const third: Button = summary.hasCine
      ? (this.plays()[0] as Button)
      : { icon: "maximize", words: "Fit", key: "", pressed: viewport({ kind: "reset" }) };
    return html`<div class="phone" role="toolbar" aria-label="Viewport tools">
      <button @click=${() => this.give(page({ kind: "tray" }))}>${icon("layers")}Series</button>
      <button @click=${() => this.nextTool(tool)} aria-label="Tool: ${current?.words ?? ""}; tap for the next">
        ${icon(current?.icon ?? "move")}${current?.words ?? ""}
      </button>
      <button @click=${() => this.give(third.pressed)}>${icon(third.icon)}${third.words}</button>
      <button @click=${() => (this.open = "looks")} ?disabled=${summary.presets.length === 0 && !hasChoices(summary.looks)}>
        ${icon("contrast")}Looks
      </button>
      <button @click=${() => (this.open = "more")} aria-haspopup="dialog">${icon("ellipsis")}More</button>
    </div>`;
  }

  private sheet(): TemplateResult | typeof nothing {
    const { summary } = this;
    if (this.open !== "more" && this.open !== "looks") return nothing;
    const content =
      this.open === "looks"
        ? html`${summary.presets.length > 0 ? html`<h2>Window</h2><div class="menu-rows">${this.presetRows()}</div>` : nothing}${this.looksMenu()}`
        : html`<h2>View</h2><div class="tiles">${[...this.tools().filter((one) => !one.why), ...this.looks().filter((one) => !one.why)].map((one) => this.tile(one))}</div>
            ${this.measureTiles()}
            <h2>Page</h2><div class="tiles">${[...this.sideButtons().filter((one) => !one.why), ...this.pageButtons()].map((one) => this.tile(one))}</div>`;
    return html`<button class="shade" aria-label="Close" @click=${() => (this.open = "")}></button>
      <div class="sheet" role="dialog" aria-label="More tools">${content}</div>`;
  }

  private measureTiles(): TemplateResult | typeof nothing {
    const usable = this.measures().filter((one) => !one.why);
    return usable.length > 0 ? html`<h2>Measure</h2><div class="tiles">${usable.map((one) => this.tile(one))}</div>` : nothing;
  }

  private tile({ icon: sign, words, pressed, isOn }: Button): TemplateResult {
    return html`<button aria-pressed=${isOn === undefined ? nothing : String(isOn)} @click=${() => this.give(pressed)}>
      ${icon(sign)}<span>${words}</span>
    </button>`;
  }

  private nextTool(tool: Tool): void {
    const usable = this.tools().filter((button) => !button.why);
    const at = usable.findIndex(
      (button) => button.pressed.to === "page" && button.pressed.command.kind === "tool" && button.pressed.command.tool === tool,
    );
    const next = usable[(at + 1) % Math.max(usable.length, 1)];
    if (next) this.give(next.pressed);
  }

  private give(pressed: Pressed): void {
    this.open = "";
    this.dispatchEvent(new CommandGiven(pressed));
  }

  private closeOutside = (event: Event): void => {
    if ((this.open === "presets" || this.open === "shown") && !event.composedPath().includes(this)) this.open = "";
  };

  /** Ahead of the page, so that one Esc does one thing. */
  private closeByKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || this.open === "") return;
    this.open = "";
    event.preventDefault();
  };
}
