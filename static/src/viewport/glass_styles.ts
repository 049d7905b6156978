/** How a pane's glass, its corner texts and its strips look; stacks and slides share it. */
import { css } from "lit";

export const glassStyles = css`
  :host {
    display: flex;
    flex-direction: column;
    min-width: 0;
    min-height: 0;
    background: #000;
  }
  .glass {
    position: relative;
    flex: 1;
    min-height: 0;
    overflow: hidden;
    touch-action: none;
    user-select: none;
    -webkit-user-select: none;
    cursor: crosshair;
  }
  canvas {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    display: block;
  }
  canvas:focus-visible {
    outline-width: 1px;
    outline-offset: -2px;
  }
  .corner {
    position: absolute;
    max-width: 46%;
    padding: 8px 10px;
    color: #eceef0;
    font-size: 12px;
    line-height: 1.42;
    font-variant-numeric: tabular-nums;
    text-shadow: 0 0 2px #000, 0 0 3px #000, 0 1px 4px #000;
    pointer-events: none;
    overflow: hidden;
  }
  .corner div {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .corner div:first-child {
    font-weight: 600;
  }
  /** Colour pictures often carry letters of their own. */
  .backed .corner div {
    width: fit-content;
    max-width: 100%;
    padding: 0 4px;
    background: rgb(0 0 0 / 55%);
  }
  .backed .top-right div,
  .backed .bottom-right div {
    margin-left: auto;
  }
  .top-left {
    top: 0;
    left: 0;
  }
  .top-right {
    top: 0;
    right: 0;
    text-align: right;
  }
  .bottom-left {
    bottom: 0;
    left: 0;
  }
  .bottom-right {
    bottom: 0;
    right: 0;
    text-align: right;
  }
  .bottom-left div:first-child,
  .bottom-right div:first-child {
    font-weight: 600;
  }
  .edge {
    position: absolute;
    color: #ffd27a;
    font-weight: 700;
    font-size: 14px;
    text-shadow: 0 0 2px #000, 0 0 4px #000;
    pointer-events: none;
  }
  .edge.left {
    left: 10px;
    top: 50%;
    transform: translateY(-50%);
  }
  .edge.right {
    right: 10px;
    top: 50%;
    transform: translateY(-50%);
  }
  .edge.top {
    top: 8px;
    left: 50%;
    transform: translateX(-50%);
  }
  .edge.bottom {
    bottom: 8px;
    left: 50%;
    transform: translateX(-50%);
  }
  .changes {
    position: absolute;
    top: 32px;
    left: 50%;
    transform: translateX(-50%);
    max-width: 80%;
    padding: 2px 10px;
    border-radius: 999px;
    background: var(--warn-ground);
    color: var(--warn);
    font-size: 12px;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
    pointer-events: none;
  }
  .state {
    position: absolute;
    inset: 0;
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 10px;
    padding: 24px;
    text-align: center;
    color: var(--text-soft);
    pointer-events: none;
  }
  .state .icon svg {
    width: 28px;
    height: 28px;
  }
  .state.error {
    color: var(--bad);
  }
  .state.partial {
    inset: auto 0 34px 0;
    padding: 0;
  }
  .state.partial span {
    padding: 3px 12px;
    border-radius: 999px;
    background: rgb(18 20 23 / 85%);
    font-size: 13px;
  }
  .spinner {
    width: 26px;
    height: 26px;
    border: 3px solid var(--line);
    border-top-color: var(--accent);
    border-radius: 50%;
    animation: turn 0.9s linear infinite;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .spinner {
      animation-duration: 4s;
    }
  }
  .scale {
    position: absolute;
    pointer-events: none;
    overflow: visible;
  }
  .scale text {
    fill: #fff;
    font: 600 12px var(--font);
    text-anchor: middle;
    paint-order: stroke;
    stroke: #000;
    stroke-width: 3px;
  }
  .scale path {
    fill: none;
    stroke: #fff;
    stroke-width: 1.5;
  }
  .scale path.shade {
    stroke: #000;
    stroke-width: 4;
  }
  .strip {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 36px;
    padding: 0 8px;
    background: var(--panel);
    border-top: 1px solid var(--line);
    font-size: 12px;
    color: var(--text-soft);
    font-variant-numeric: tabular-nums;
  }
  .strip button {
    min-width: 28px;
    min-height: 28px;
    padding: 0 5px;
  }
  .strip .words {
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .strip .grow {
    flex: 1;
    min-width: 40px;
  }
  .strip .spring {
    flex: 1;
  }
  .strip select {
    height: 26px;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
    background: var(--raised);
    color: var(--text);
    font: inherit;
  }
  input[type="range"] {
    width: 100%;
    height: 24px;
    margin: 0;
    background: none;
    accent-color: var(--accent);
    cursor: pointer;
  }
  .trust {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    white-space: nowrap;
    color: var(--text);
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .trust .also {
    color: var(--warn);
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .trust::before {
    content: "";
    flex: none;
    width: 9px;
    height: 9px;
    border-radius: 50%;
    border: 2px solid currentColor;
  }
  .trust.full::before {
    background: var(--good);
    border-color: var(--good);
  }
  .trust.source::before {
    border-color: var(--warn);
    background: linear-gradient(90deg, var(--warn) 50%, transparent 50%);
  }
  .trust.preview::before {
    border-color: var(--warn);
  }
  /** Between the corner texts: which image this is and its window stay readable below it, the patient above. */
  .details {
    position: absolute;
    right: 8px;
    top: 84px;
    max-width: min(360px, calc(100% - 16px));
    max-height: max(96px, calc(100% - 196px));
    overflow: auto;
    padding: 12px 14px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--panel);
    color: var(--text);
    font-size: 12px;
    cursor: default;
  }
  .details h3 {
    margin: 0 0 6px;
    font-size: 13px;
  }
  .details dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 2px 12px;
    margin: 0;
  }
  .details dt {
    color: var(--text-soft);
  }
  .details dd {
    margin: 0;
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
  }
  @media (pointer: coarse) {
    .strip {
      min-height: 48px;
    }
    .strip button {
      min-width: 44px;
      min-height: 44px;
    }
    input[type="range"] {
      height: 44px;
    }
    .strip select {
      height: 40px;
    }
  }
  @media (max-width: 720px) {
    .strip {
      flex-wrap: wrap;
      gap: 0 8px;
      padding: 2px 8px;
    }
    .strip input[type="range"] {
      order: -1;
      flex: 1 0 100%;
    }
    .strip.single input[type="range"] {
      order: 0;
      flex: 1 1 40%;
    }
    .strip .rate {
      order: 2;
      flex: 1 0 auto;
    }
    .strip .trust {
      order: 2;
    }
    .corner {
      padding: 6px 8px;
    }
    .details {
      left: 8px;
      max-width: none;
    }
  }
`;
