/** Look of the share panel: a column beside the images on a desk, a sheet from below on a phone. */
import { css } from "lit";

export const sharePanelStyles = css`
  :host {
    display: flex;
    min-height: 0;
  }
  aside {
    width: 320px;
    overflow-y: auto;
    border-left: 1px solid var(--line);
    background: var(--panel);
    scrollbar-width: thin;
    scrollbar-color: var(--line-strong) transparent;
  }
  dialog {
    inset: auto 0 0 0;
    width: 100%;
    max-width: none;
    max-height: 86dvh;
    margin: 0;
    padding: 0 0 env(safe-area-inset-bottom);
    overflow-y: auto;
    border: 0;
    border-top: 1px solid var(--line-strong);
    border-radius: 16px 16px 0 0;
    background: var(--panel);
    color: var(--text);
  }
  dialog::backdrop {
    background: rgb(0 0 0 / 55%);
  }
  .head {
    position: sticky;
    z-index: 6;
    top: 0;
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding: 8px 8px 4px 16px;
    background: var(--panel);
  }
  h2 {
    margin: 0;
    font-size: 15px;
  }
  h2:focus-visible {
    outline: none;
  }
  h3 {
    margin: 0;
    font-size: 12px;
    font-weight: 600;
    color: var(--text-soft);
  }
  section {
    display: grid;
    gap: 8px;
    padding: 8px 16px 14px;
  }
  section + section {
    border-top: 1px solid var(--line);
    padding-top: 14px;
  }
  p {
    margin: 0;
    color: var(--text-soft);
    font-size: 13px;
    line-height: 1.45;
  }
  .lead {
    color: var(--text);
    font-size: 14px;
  }
  .start {
    min-height: 44px;
    font-size: 15px;
  }
  .link {
    display: flex;
    gap: 6px;
  }
  .link input {
    flex: 1;
    min-width: 0;
    height: 36px;
    padding: 0 10px;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
    background: var(--raised);
    color: var(--text-soft);
    font: 12px var(--mono);
  }
  .copy {
    min-width: 112px;
  }
  .problem {
    padding: 8px 12px;
    border-radius: var(--radius-small);
    background: var(--bad-ground);
    color: var(--bad);
  }
  .foot {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  .foot p {
    flex: 1 0 100%;
  }
  .end {
    border-color: transparent;
    background: var(--bad-ground);
    color: var(--bad);
  }
  .end:hover {
    background: #57201d;
    color: #ffc0ba;
  }
  @media (pointer: coarse) {
    .link input {
      height: 44px;
    }
  }
`;
