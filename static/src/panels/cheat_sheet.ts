/** `<viewbox-cheat-sheet>`: which key does what, as a dialog. */
import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, query } from "lit/decorators.js";
import { controls } from "../styles/controls";
import { CHEAT_SHEET } from "../tools/cheat_sheet_rows";
import { icon } from "./icons";

@customElement("viewbox-cheat-sheet")
export class CheatSheet extends LitElement {
  static override styles = [
    controls,
    css`
      dialog {
        width: min(860px, calc(100vw - 24px));
        max-height: calc(100dvh - 24px);
        padding: 0;
        border: 1px solid var(--line);
        border-radius: 12px;
        background: var(--panel);
        color: var(--text);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 60%);
      }
      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
        padding: 12px 12px 12px 20px;
        border-bottom: 1px solid var(--line);
      }
      h2 {
        margin: 0;
        font-size: 16px;
      }
      .columns {
        columns: 2 300px;
        column-gap: 32px;
        padding: 16px 20px 20px;
      }
      section {
        break-inside: avoid;
        margin-bottom: 16px;
      }
      h3 {
        margin: 0 0 4px;
        color: var(--text-soft);
        font-size: 12px;
        font-weight: 600;
      }
      dl {
        margin: 0;
      }
      .row {
        display: flex;
        justify-content: space-between;
        gap: 16px;
        padding: 4px 0;
        border-bottom: 1px solid var(--line);
      }
      dt {
        white-space: nowrap;
        font: 12px var(--mono);
        color: var(--text);
      }
      dd {
        margin: 0;
        text-align: right;
        color: var(--text-soft);
      }
    `,
  ];

  @query("dialog") private dialog!: HTMLDialogElement;

  get isOpen(): boolean {
    return this.dialog?.open ?? false;
  }

  toggle(): void {
    if (this.dialog.open) this.dialog.close();
    else this.dialog.showModal();
  }

  override render(): TemplateResult {
    return html`<dialog aria-labelledby="title" @click=${this.clickedBeside}>
      <div class="head">
        <h2 id="title">Keys and gestures</h2>
        <button @click=${() => this.dialog.close()} aria-label="Close">${icon("close")}</button>
      </div>
      <div class="columns">
        ${CHEAT_SHEET.map(
          ({ title, rows }) => html`<section>
            <h3>${title}</h3>
            <dl>
              ${rows.map(([keys, meaning]) => html`<div class="row"><dt>${keys}</dt><dd>${meaning}</dd></div>`)}
            </dl>
          </section>`,
        )}
        <section>
          <h3>Touch</h3>
          <dl>
            <div class="row"><dt>one finger</dt><dd>the chosen tool</dd></div>
            <div class="row"><dt>two fingers</dt><dd>pinch to zoom, drag to pan</dd></div>
            <div class="row"><dt>double tap</dt><dd>zoom here, and back</dd></div>
          </dl>
        </section>
      </div>
    </dialog>`;
  }

  private clickedBeside = (event: MouseEvent): void => {
    if (event.target === this.dialog) this.dialog.close();
  };
}
