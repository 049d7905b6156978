/** Styles that every panel shares: buttons, icons, chips. */
import { css } from "lit";

export const controls = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host {
    font: 14px / 1.4 var(--font);
    color: var(--text);
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .icon {
    display: inline-flex;
    flex: none;
  }
  .icon svg {
    width: 18px;
    height: 18px;
    display: block;
  }
  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-width: 34px;
    min-height: 34px;
    padding: 0 8px;
    border: 1px solid transparent;
    border-radius: var(--radius-small);
    background: none;
    color: var(--text-soft);
    font: inherit;
    text-decoration: none;
    cursor: pointer;
    -webkit-tap-highlight-color: transparent;
    touch-action: manipulation;
  }
  button:hover,
  .button:hover {
    background: var(--hover);
    color: var(--text);
  }
  button[aria-pressed="true"] {
    background: var(--accent-ground);
    color: var(--accent);
  }
  button:disabled {
    opacity: 0.45;
    cursor: default;
    background: none;
  }
  button[aria-disabled="true"] {
    opacity: 0.4;
    cursor: default;
  }
  button[aria-disabled="true"]:hover {
    background: none;
    color: var(--text-soft);
  }
  .primary {
    background: var(--accent);
    color: var(--on-accent);
    font-weight: 600;
    padding: 0 16px;
  }
  .primary:hover {
    background: #8cc6ff;
    color: var(--on-accent);
  }
  .outlined {
    border-color: var(--line);
    background: var(--raised);
    color: var(--text);
    padding: 0 14px;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    padding: 1px 7px;
    border-radius: 999px;
    border: 1px solid var(--line);
    background: var(--raised);
    color: var(--text-soft);
    font-size: 12px;
    line-height: 1.5;
    white-space: nowrap;
  }
  .chip .icon svg {
    width: 13px;
    height: 13px;
  }
  .chip.warn {
    border-color: transparent;
    background: var(--warn-ground);
    color: var(--warn);
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (pointer: coarse) {
    button,
    .button {
      min-width: 44px;
      min-height: 44px;
    }
  }
`;
