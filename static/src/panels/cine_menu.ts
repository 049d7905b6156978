/** `<viewbox-cine-menu>`: what else can be done with a loop, in a menu over its strip. */
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { ALONE, type PageLoops } from "../state/loop_commands";
import { controls } from "../styles/controls";
import type { Pressed } from "../tools/keys";
import { icon } from "./icons";
import { CommandGiven } from "./toolbar";

interface Row {
  readonly words: string;
  readonly key: string;
  readonly pressed: Pressed;
  readonly isOn?: boolean;
  readonly why?: string;
}

@customElement("viewbox-cine-menu")
export class CineMenu extends LitElement {
  static override styles = [
    controls,
    css`
      :host {
        position: relative;
        flex: none;
      }
      .menu {
        position: absolute;
        z-index: 40;
        bottom: calc(100% + 8px);
        left: 0;
        width: 264px;
        padding: 4px;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--raised);
        box-shadow: 0 12px 32px rgb(0 0 0 / 55%);
      }
      .menu button {
        width: 100%;
        justify-content: flex-start;
        gap: 10px;
        color: var(--text);
        text-align: left;
      }
      .menu .mark {
        width: 18px;
        flex: none;
      }
      .menu .why {
        font-size: 12px;
        color: var(--text-soft);
      }
      kbd {
        margin-left: auto;
        padding: 0 5px;
        border: 1px solid var(--line);
        border-radius: 4px;
        background: var(--panel);
        color: var(--text-soft);
        font: 11px var(--mono);
        white-space: nowrap;
      }
      @media (max-width: 720px) {
        .menu {
          left: auto;
          right: -70px;
        }
      }
      .open {
        min-width: 28px;
        min-height: 28px;
        padding: 0 5px;
      }
      @media (pointer: coarse) {
        .open {
          min-width: 44px;
          min-height: 44px;
        }
        kbd {
          display: none;
        }
      }
    `,
  ];

  @property({ type: Boolean }) bounces = false;
  @property({ type: Boolean }) isWhole = true;
  @property({ attribute: false }) page: PageLoops = ALONE;
  @state() private isOpen = false;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("pointerdown", this.closeOutside);
    document.addEventListener("keydown", this.closeByKey, { capture: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("pointerdown", this.closeOutside);
    document.removeEventListener("keydown", this.closeByKey, { capture: true });
  }

  override render(): TemplateResult {
    return html`<button
        class="open"
        title="How the loop plays"
        aria-label="How the loop plays"
        aria-haspopup="true"
        aria-expanded=${String(this.isOpen)}
        @click=${() => (this.isOpen = !this.isOpen)}
      >
        ${icon("repeat")}
      </button>
      ${this.isOpen ? html`<div class="menu" role="group" aria-label="How the loop plays">${this.rows().map((row) => this.row(row))}</div>` : nothing}`;
  }

  private rows(): Row[] {
    const { isInStep, whyNotInStep, isClipAfterClip } = this.page;
    const viewport = (command: Extract<Pressed, { to: "viewport" }>["command"]): Pressed => ({ to: "viewport", command });
    return [
      {
        words: "Back and forth",
        key: "b",
        pressed: viewport({ kind: "bounce" }),
        isOn: this.bounces && !isInStep,
        why: isInStep ? "Loops in step go forth only" : "",
      },
      { words: "Begin with this frame", key: "Shift I", pressed: viewport({ kind: "range", edge: "start" }) },
      { words: "End with this frame", key: "Shift O", pressed: viewport({ kind: "range", edge: "end" }) },
      {
        words: "Whole clip",
        key: "Shift C",
        pressed: viewport({ kind: "range", edge: "whole" }),
        why: this.isWhole ? "All of it plays" : "",
      },
      {
        words: "In step, beat for beat",
        key: "y",
        pressed: { to: "page", command: { kind: "in-step" } },
        isOn: isInStep,
        why: isInStep ? "" : whyNotInStep,
      },
      {
        words: "One clip after another",
        key: "a",
        pressed: { to: "page", command: { kind: "clip-after-clip" } },
        isOn: isClipAfterClip,
      },
    ];
  }

  private row({ words, key, pressed, isOn, why }: Row): TemplateResult {
    return html`<button
      aria-pressed=${isOn === undefined ? nothing : String(isOn)}
      aria-disabled=${why ? "true" : nothing}
      @click=${() => !why && this.give(pressed)}
    >
      <span class="mark">${isOn ? icon("check") : nothing}</span>
      <span>${words}${why ? html`<br /><span class="why">${why}</span>` : nothing}</span>
      <kbd>${key}</kbd>
    </button>`;
  }

  private give(pressed: Pressed): void {
    this.isOpen = false;
    this.dispatchEvent(new CommandGiven(pressed));
  }

  private closeOutside = (event: Event): void => {
    if (this.isOpen && !event.composedPath().includes(this)) this.isOpen = false;
  };

  private closeByKey = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !this.isOpen) return;
    this.isOpen = false;
    event.preventDefault();
  };
}
