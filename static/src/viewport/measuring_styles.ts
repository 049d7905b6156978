/** How measurements, their list and the values under the cursor look on the glass. */
import { css } from "lit";

export const measuringStyles = css`
  .measures {
    position: absolute;
    inset: 0;
    overflow: hidden;
    pointer-events: none;
  }
  .measure path {
    fill: none;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .measure .shade {
    stroke: rgb(0 0 0 / 75%);
    stroke-width: 4;
  }
  .measure .line {
    stroke: #8df0a8;
    stroke-width: 1.5;
  }
  .measure.selected .line {
    stroke: #fff;
  }
  .measure .hold {
    fill: none;
    stroke: transparent;
    stroke-width: 10;
    pointer-events: stroke;
    cursor: move;
  }
  .measure circle.hold {
    pointer-events: all;
    cursor: grab;
  }
  .measure .handle {
    fill: rgb(0 0 0 / 25%);
    stroke: #fff;
    stroke-width: 1.5;
  }
  .measure .ground {
    fill: rgb(0 0 0 / 72%);
  }
  .measure text {
    fill: #d9f7e1;
    font: 12px var(--font);
    font-variant-numeric: tabular-nums;
  }
  .measure .number {
    fill: #8df0a8;
    font-size: 13px;
    font-weight: 700;
  }
  .measure.selected .number {
    fill: #fff;
  }
  .readout {
    position: absolute;
    right: 4px;
    bottom: 76px;
    max-width: min(280px, 60%);
    padding: 2px 6px;
    border-radius: var(--radius-small);
    background: rgb(0 0 0 / 60%);
    color: #d9f7e1;
    font-size: 12px;
    line-height: 1.42;
    text-align: right;
    font-variant-numeric: tabular-nums;
    text-shadow: 0 0 2px #000, 0 0 3px #000, 0 1px 4px #000;
    pointer-events: none;
  }
  .readout.narrow {
    bottom: 124px;
  }
  .readout div:nth-child(2) {
    color: #8df0a8;
    font-size: 13px;
    font-weight: 700;
  }
  .measured {
    position: absolute;
    top: 96px;
    left: 8px;
    display: flex;
    flex-direction: column;
    max-width: min(280px, calc(100% - 16px));
    max-height: calc(100% - 190px);
    overflow: hidden;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: rgb(18 20 23 / 90%);
    color: var(--text);
    font-size: 12px;
    font-variant-numeric: tabular-nums;
    cursor: default;
  }
  .measured button {
    min-height: 28px;
    padding: 2px 8px;
    border-radius: 0;
    font-size: 12px;
  }
  .measured .head {
    flex: none;
    gap: 6px;
  }
  .measured .head[aria-expanded="true"] .icon {
    transform: rotate(180deg);
  }
  .measured .icon svg {
    width: 14px;
    height: 14px;
  }
  .measured ul {
    margin: 0;
    padding: 0;
    overflow: auto;
    list-style: none;
    border-top: 1px solid var(--line);
  }
  .measured li {
    display: flex;
  }
  .measured li button:first-child {
    flex: 1;
    min-width: 0;
    justify-content: flex-start;
    gap: 8px;
    text-align: left;
  }
  .measured li button:first-child span {
    color: var(--text-soft);
  }
  .measured li b {
    overflow: hidden;
    font-weight: 400;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .measured li button:first-child span {
    flex: none;
  }
  .measured p {
    flex: none;
    margin: 0;
    padding: 6px 8px;
    border-top: 1px solid var(--line);
    color: var(--text-soft);
  }
  @media (pointer: coarse) {
    .measured button {
      min-height: 44px;
      min-width: 44px;
    }
    .measure .handle {
      r: 9px;
    }
  }
`;
